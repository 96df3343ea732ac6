r"""Formulas are MathML, written when the book is built: no script has to run before they are read.

Browsers draw MathML and screen readers read it aloud. Its font is a part of STIX Two Math
(``_static/math.woff2``), which a page without formulas does not load.
"""

from __future__ import annotations

import functools
import html
import itertools
import re
from xml.etree import ElementTree

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

# What latex2mathml does not know after \\bigl and its like.
GREEK_CAPITAL = re.compile("[\N{GREEK CAPITAL LETTER ALPHA}-\N{GREEK CAPITAL LETTER OMEGA}]")
SAME = {r"\lVert": r"\|", r"\rVert": r"\|", r"\lvert": "|", r"\rvert": "|"}
FUNCTIONS = {"arg", "cos", "exp", "lim", "ln", "log", "max", "min", "sin", "sup", "tan", "tanh"}
LIMITS = {"lim", "max", "min", "sup"}
SCRIPTS = {"msub", "msup", "msubsup", "munder", "mover", "munderover"}
CLASSES = "math notranslate nohighlight"

logger = logging.getLogger(__name__)


@functools.cache
def mathml(tex: str, display: bool = False) -> str:
    """Convert a formula; what cannot be converted raises ValueError."""
    plain = tex.replace("{aligned}", "{split}")
    braces = re.findall(r"\\.|([{}])", plain)
    if braces.count("{") != braces.count("}"):
        raise ValueError(f"braces do not match in the formula {tex}")
    plain = re.sub(r"\\mathrm\{([A-Za-z])\}", r"\\text{\1}", plain)
    for name, other in SAME.items():
        plain = re.sub(rf"{re.escape(name)}(?![A-Za-z])", lambda _, other=other: other, plain)
    try:
        written = convert(plain, display="block" if display else "inline")
    except Exception as error:  # it has an exception for each kind of mistake, and IndexError
        raise ValueError(f"no formula: {tex} ({error!r})") from error
    formula = ElementTree.fromstring(written.replace(" xmlns=", " data-namespace=", 1))
    del formula.attrib["data-namespace"]
    if not display:
        del formula.attrib["display"]
    for element in formula.iter():
        _mend(element)
    for row in list(formula.iter()):
        if display and row.tag == "msub" and row[0].text in LIMITS:
            row.tag = "munder"
        if row.tag not in SCRIPTS | {"mfrac"}:
            _space_functions(row)
            _sign(row)
    if left := re.search(r"\\[A-Za-z]*|&", "".join(formula.itertext())):
        raise ValueError(f"{left[0]} is unknown in the formula {tex}")
    return ElementTree.tostring(formula, encoding="unicode").replace(" />", "/>")


def _mend(element: ElementTree.Element) -> None:
    """Draw letters upright where TeX does, and space strokes and functions as it does."""
    if element.tag == "mtext" and len(element.text or "") == 1:
        element.tag, element.attrib = "mi", {"mathvariant": "normal"}
    elif element.tag == "mi" and GREEK_CAPITAL.fullmatch(element.text or ""):
        element.set("mathvariant", "normal")
    elif element.tag == "mi" and element.text in {"\N{PLUS-MINUS SIGN}", "\N{MINUS-OR-PLUS SIGN}"}:
        element.tag = "mo"
    elif element.tag == "mo":
        element.text, element[:] = "".join(element.itertext()), []
        element.text = "\N{DOUBLE VERTICAL LINE}" if element.text == r"\|" else element.text
        if element.text in {"/", "|", "\N{DOUBLE VERTICAL LINE}"}:
            element.attrib = {k: v for k, v in element.attrib.items() if k[3:] != "size"}
            element.attrib |= {"lspace": "0", "rspace": "0"}
        elif element.text in {"\N{PARTIAL DIFFERENTIAL}", "\N{NABLA}"}:
            element.tag, element.attrib = "mi", {"mathvariant": "normal"}
        elif element.text in FUNCTIONS:
            element.tag, element.attrib = "mi", {}
    elif element.tag == "mover" and element[1].text == "\N{MACRON}":
        element.set("accent", "true")
    elif element.get("width") == "negativethinmathspace":
        element.set("width", "-0.167em")


def _space_functions(row: ElementTree.Element) -> None:
    """Set functions off from what stands beside them, and say that they are applied."""
    written, children = [], list(row)
    for place, child in enumerate(children, start=1):
        base = child
        while base.tag in SCRIPTS:
            base = base[0]
        if base.tag != "mi" or base.text not in FUNCTIONS:
            written.append(child)
            continue
        before = written[-1] if written else None
        if before is not None and (before.tag not in {"mo", "mspace"} or before.text in {")", "]"}):
            written.append(ElementTree.Element("mspace", width="0.167em"))
        written.append(child)
        for after in children[place : place + 1]:
            applied = ElementTree.Element("mo")
            applied.text = "\N{FUNCTION APPLICATION}"
            written.append(applied)
            if after.tag not in {"mo", "mspace"}:
                written.append(ElementTree.Element("mspace", width="0.167em"))
    row[:] = written


def _sign(row: ElementTree.Element) -> None:
    """Make a minus after a relation a sign of what follows it; += is one operator."""
    for before, element in itertools.pairwise(list(row)):
        if before.tag == element.tag == "mo" and before.text not in {")", "]", "}", "|"}:
            if (before.text, element.text) == ("+", "="):
                element.text = "+="
                row.remove(before)
            elif element.text in {"+", "\N{MINUS SIGN}", "\N{PLUS-MINUS SIGN}"}:
                element.set("form", "prefix")


def displayed(tex: str) -> str:
    """Arrange a formula of its own: lines under each other, aligned where it says so."""
    parts = [part.strip() for part in re.split(r"\n\s*\n", tex) if part.strip()]
    if len(parts) > 1:
        tex = r"\begin{split}" + r" \\ ".join(f"&{part}" for part in parts) + r"\end{split}"
    elif r"\\" in tex and r"\begin" not in tex:
        tex = rf"\begin{{split}}{tex}\end{{split}}"
    return tex.strip()


def _written(node: nodes.Node, tex: str, display: bool) -> str:
    """Convert a node's formula, and say where one stands that cannot be."""
    try:
        return mathml(tex, display)
    except ValueError as error:
        logger.warning("%s", error, location=node)
        return f"<code>{html.escape(tex)}</code>"


def visit_math(self, node: nodes.math) -> None:
    """Write a formula within a sentence."""
    self.body.append(self.starttag(node, "span", "", CLASS=CLASSES))
    self.body.append(_written(node, node.astext(), display=False) + "</span>")
    raise nodes.SkipNode


def visit_displaymath(self, node: nodes.math_block) -> None:
    """Write a formula of its own, with its number; where it is too wide, it scrolls by keys too."""
    self.body.append(self.starttag(node, "div", CLASS=CLASSES, tabindex="0"))
    if node["number"]:
        number = get_node_equation_number(self, node)
        self.body.append(f'<span class="eqno">({number})')
        self.add_permalink_ref(node, "Link to this equation")
        self.body.append("</span>")
    self.body.append(_written(node, displayed(node.astext()), display=True) + "</div>\n")
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict:
    """Register the writer of formulas."""
    app.add_html_math_renderer("mathml", (visit_math, None), (visit_displaymath, None))
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}

"""What a page weighs: bytes over http with compression, which no machine measures otherwise."""

import base64
import functools
import gzip
import html.parser
import io
import re
import urllib.parse

import drawings
import formulas
import guide
import light
import live
import pytest
import tinycss2
from browsing import HTML, ROOT
from PIL import Image

GUIDE_PAGE, PAGE, FOLDER = 350_000, 1_000_000, 25_000_000
PACKED = {".webp", ".png", ".jpg", ".woff2"}  # a server sends these as they are
GUIDE = ["chapters/index", *guide.guide()]
PAGES = sorted(
    page.relative_to(HTML).with_suffix("").as_posix()
    for page in (HTML / "chapters").rglob("*.html")
) or ["chapters/index"]


class Head(html.parser.HTMLParser):
    """Collect what a page loads by itself, and its elements."""

    def __init__(self):
        super().__init__()
        self.tags, self.without_scripts = [], 0

    def handle_starttag(self, tag, attributes):
        self.without_scripts += tag == "noscript"
        if not self.without_scripts:
            self.tags.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        self.without_scripts -= tag == "noscript"


@functools.cache
def parsed(name: str) -> list[tuple[str, dict]]:
    head = Head()
    head.feed((HTML / f"{name}.html").read_text(encoding="utf-8"))
    return head.tags


@functools.cache
def sent(file) -> int:
    content = file.read_bytes()
    return len(content) if file.suffix in PACKED else len(gzip.compress(content, 6))


def loaded(name: str) -> set:
    """Return the files that a page loads, all its figures too."""
    page = HTML / f"{name}.html"
    addresses = set()
    for tag, attributes in parsed(name):
        if tag in {"script", "img"}:
            addresses.add(attributes.get("src"))
        elif tag == "link" and attributes["rel"] in {"stylesheet", "icon", "preload"}:
            addresses.add(attributes["href"])
        elif tag == "math":
            addresses.add(str(HTML / "_static" / "math.woff2"))
    addresses = {address for address in addresses if address and not address.startswith("data:")}
    return {page} | {
        (page.parent / urllib.parse.unquote(address.split("?")[0])).resolve()
        for address in addresses
    }


def weight(name: str, network: bool) -> dict[str, int]:
    files = loaded(name)
    networks = HTML / live.FOLDER / live.NETWORKS
    if any(file.name == "glance.js" for file in files):
        files.add(networks)
    if network:  # what its widgets load when they are touched
        names = {tag["data-widget"] for _, tag in parsed(name) if "data-widget" in tag}
        asked = {stored for name in names for stored in live.WIDGET_STORED.get(name, [])}
        files |= {networks.with_name(f"stored-{stored}.js") for stored in asked}
    return {file.name: sent(file) for file in files if network or file != networks}


@pytest.mark.parametrize("name", GUIDE)
def test_a_page_of_the_guide_is_light(html_folder, name):
    weights = weight(name, network=False)
    assert sum(weights.values()) <= GUIDE_PAGE, sorted(weights.items(), key=lambda w: -w[1])[:8]


@pytest.mark.parametrize("name", PAGES)
def test_no_page_is_heavy(html_folder, name):
    weights = weight(name, network=True)
    assert sum(weights.values()) <= PAGE, sorted(weights.items(), key=lambda w: -w[1])[:8]


def test_the_folder_is_small(html_folder):
    sizes = {file: file.stat().st_size for file in html_folder.rglob("*") if file.is_file()}
    assert sum(sizes.values()) <= FOLDER, sorted(sizes.items(), key=lambda size: -size[1])[:20]


def test_every_file_of_the_theme_and_every_picture_is_used(html_folder):
    pages = [HTML / f"{name}.html" for name in PAGES]
    used = set().union(
        *(loaded(page.relative_to(HTML).with_suffix("").as_posix()) for page in pages)
    )
    pictures = {file for file in (html_folder / "_images").iterdir()}
    waiting = {file.name for file in pictures - used}  # those in <noscript>
    text = "".join(page.read_text(encoding="utf-8") for page in pages)
    assert [name for name in waiting if name not in text] == []
    sources = [*(html_folder / "_static").rglob("*.*s"), *html_folder.glob("*.html")]
    text += "".join(file.read_text(encoding="utf-8") for file in sources)
    theme = [file.name for file in (html_folder / "_static").rglob("*") if file.is_file()]
    assert [name for name in theme if name not in text] == []
    assert not list(html_folder.rglob("*.map"))
    assert not list(html_folder.rglob("fontawesome*"))


# ---- Scripts, styles, icons, pictures ------------------------------------------------------------


@pytest.mark.parametrize("name", [*PAGES, "search", "genindex"])
def test_only_the_styles_are_waited_for(html_folder, name):
    for tag, attributes in parsed(name):
        if tag == "script" and "src" in attributes:
            assert "defer" in attributes, attributes
        assert (tag, attributes.get("rel")) != ("link", "preload")
    styles = [a["href"] for tag, a in parsed(name) if tag == "link" and a["rel"] == "stylesheet"]
    assert [style for style in styles if "_static/" in style] == [
        style for style in styles if style.endswith(f"_static/{light.STYLES}")
    ]
    assert len(styles) <= 3  # and the two of what is alive


@pytest.mark.parametrize("name", [*PAGES, "search", "genindex"])
def test_icons_are_drawings(html_folder, name):
    classes = [attributes.get("class") or "" for _, attributes in parsed(name)]
    named = [found for found in classes if re.search(r"\bfa[srb]?\b|\bfa-", found)]
    assert named
    assert all(found.startswith("svg-inline--fa ") for found in named)


@pytest.mark.parametrize("name", PAGES)
def test_pictures_have_a_size_and_wait(html_folder, name):
    images = [a for tag, a in parsed(name) if tag == "img" and "_images/" in a["src"]]
    for image in images:
        assert int(image["width"]) > 0
        assert int(image["height"]) > 0
        assert image["decoding"] == "async"
    assert sum(image.get("loading") != "lazy" for image in images) <= 1, "the first that is seen"


def test_the_figure_that_is_unseen_at_first_waits():
    still = '<div class="live-still container">\n<figure id="still-0">\n<img src="_images/a.svg"/>'
    page = f'<article>{still}</figure></div><img src="_images/b.svg"/><img src="_images/c.svg"/>'
    eased = light.ease_images(page, lambda name: None)
    assert ["lazy" in tag for tag in re.findall("<img[^>]*>", eased)] == [True, False, True]


def test_an_icon_keeps_what_its_element_said():
    icon = '<i class="theme-switch fa-solid fa-sun fa-lg" data-mode="light" title="Light"></i>'
    start = (
        '<svg class="svg-inline--fa theme-switch fa-sun fa-lg" data-mode="light" '
        'aria-hidden="true" viewBox="0 0 512 512"><title>Light</title>'
    )
    assert light.draw_icons(2 * icon, {"sun": ("512", "512", "M0 0z")}) == (
        f'{start}<path id="icon-sun" fill="currentColor" d="M0 0z"/></svg>'
        f'{start}<use href="#icon-sun"/></svg>'
    )


def test_space_goes_where_it_is_not_seen():
    page = "<p>\n\n  a\n <!-- a\n remark -->\n   b <i>c</i>\n</p>\n"
    page += "<pre>\n  d\n\n</pre>\n\n<script>\n  e\n</script>"
    assert light.without_space(page) == (
        "<p>\na\nb <i>c</i>\n</p>\n<pre>\n  d\n\n</pre>\n<script>\n  e\n</script>"
    )


def test_what_is_not_marked_in_code_looks_as_code_does(html_folder):
    styles = (html_folder / "_static" / light.STYLES).read_text(encoding="utf-8")
    for theme in ("light", "dark"):
        place = rf'html\[data-theme="{theme}"\] \.highlight'
        ground = re.search(rf"{place}\{{[^}}]*;\s*color: *(#\w+)", styles)[1]
        marked = re.findall(rf"{place} \.[npw]\{{color: *([^;}}]*)", styles)
        assert marked == [ground] * len(marked)
    assert light.without_space('<pre><span class="n">a</span><span class="p">(</span></pre>') == (
        "<pre>a(</pre>"
    )
    strings = '<pre><span class="s2">&quot;</span><span class="s2">b</span></pre>'
    assert light.without_space(strings) == '<pre><span class="s2">&quot;b</span></pre>'


def test_styles_keep_what_may_be_seen():
    rules = tinycss2.parse_stylesheet(
        """/*! licence */ /* note */ .a, .b > p { color: red } .c:not(.a) { color: blue }
        @media (width > 1px) { .b { color: red } } @media print { .a .d { margin: 0 } }
        @font-face { font-family: "Font Awesome 6 Free"; src: url(a.woff2) }
        html[data-theme="dark"] { --x: 1 }""",
        skip_whitespace=True,
    )
    assert light.used_styles(rules, {"a", "d"}).split("\n") == [
        "/*! licence */",
        ".a{color: red}",
        "@media print{.a .d{margin: 0}",
        "}",
        'html[data-theme="dark"]{--x: 1}',
        "",
    ]


def test_addresses_in_styles_are_seen_from_the_folder_above():
    moved = light._moved("a{b:url(../c/d.svg)} e{f:url('data:x')} g{h:url(\"i.svg\")}", "styles")
    assert moved == "a{b:url(c/d.svg)} e{f:url('data:x')} g{h:url(\"styles/i.svg\")}"


# ---- Formulas ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PAGES)
def test_formulas_are_mathml_with_letters_of_the_font(html_folder, name):
    text = (html_folder / f"{name}.html").read_text(encoding="utf-8")
    places = len(re.findall(r'class="math ', text))
    written = re.findall(r"<math\b.*?</math>", text, flags=re.DOTALL)
    assert len(written) == places
    ranges = re.findall(r"U\+(\w+)(?:-(\w+))?", (ROOT / "_static" / "light.css").read_text("utf-8"))
    letters = {c for a, b in ranges for c in range(int(a, 16), int(b or a, 16) + 1)}
    for formula in written:
        assert "merror" not in formula
        shown = html.unescape(re.sub("<[^>]*>", "", formula))
        assert "\\" not in shown
        assert "$" not in shown
        assert [c for c in shown if ord(c) not in letters and c != "\N{FUNCTION APPLICATION}"] == []


@pytest.mark.parametrize(
    ("tex", "part"),
    [
        (r"\log p", '<mi>log</mi><mo>\N{FUNCTION APPLICATION}</mo><mspace width="0.167em"/>'),
        (r"\log(p)", '<mi>log</mi><mo>\N{FUNCTION APPLICATION}</mo><mo stretchy="false">('),
        (r"\bigl\lVert x \bigr\rVert", "\N{DOUBLE VERTICAL LINE}"),
        (r"a = -b", '<mo form="prefix">\N{MINUS SIGN}</mo>'),
        (r"a - b", "<mi>a</mi><mo>\N{MINUS SIGN}</mo>"),
        (r"a \mathrel{+}= b", "<mo>+=</mo>"),
        (r"\mathrm{d}x", '<mi mathvariant="normal">d</mi>'),
        (r"a \pm b", "<mo>\N{PLUS-MINUS SIGN}</mo>"),
        (r"p < q", "<mo>&lt;</mo>"),
    ],
)
def test_a_formula_is_spaced_as_tex_does(tex, part):
    assert part in formulas.mathml(tex)


def test_what_stands_below_a_limit_and_lines_below_each_other():
    assert "<munder><mi>min</mi>" in formulas.mathml(r"\min_c x", display=True)
    assert formulas.mathml(formulas.displayed("a = b\n\nc = d"), display=True).count("<mtr>") == 2
    assert formulas.mathml(formulas.displayed(r"a &= b \\ &= d"), display=True).count("<mtr>") == 2


@pytest.mark.parametrize("tex", [r"\nosuchthing x", r"\frac{1"])
def test_what_is_no_formula_is_refused(tex):
    with pytest.raises(ValueError, match="formula"):
        formulas.mathml(tex)


def test_equations_keep_their_numbers(tmp_path):
    from sphinx.application import Sphinx

    (tmp_path / "conf.py").write_text(
        "extensions = ['myst_parser', 'formulas']\nhtml_math_renderer = 'mathml'\n"
        "myst_enable_extensions = ['dollarmath', 'amsmath']\nhtml_theme = 'basic'\n"
    )
    (tmp_path / "index.md").write_text("# T\n\n$$a = b$$ (one)\n\nSee {eq}`one`, $x$.\n")
    out = tmp_path / "out"
    Sphinx(
        tmp_path, tmp_path, out, out / "trees", "html", status=None, warning=io.StringIO()
    ).build()
    text = (out / "index.html").read_text(encoding="utf-8")
    place = re.search(r'<div class="math[^>]*\bid="(equation-one)"[^>]*>', text)
    assert place
    assert '<span class="eqno">(1)' in text
    assert re.search(r'href="#equation-one">\(1\)</a>', text)
    assert text.count("<math") == 2


# ---- Drawings ------------------------------------------------------------------------------------


def svg_of(image: Image.Image) -> str:
    with io.BytesIO() as file:
        image.save(file, "PNG")
        data = base64.b64encode(file.getvalue()).decode()
    return f'<svg width="9pt"><image id="i1" xlink:href="data:image/png;base64,\n{data}"/></svg>'


def pixels_of(svg: str) -> Image.Image:
    data = re.search(r"data:image/\w+;base64,([^\"]*)", svg)[1]
    return Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB")


def test_the_pixels_of_a_digit_stay_what_they_are():
    digit = Image.frombytes("L", (28, 28), bytes(i * 7 % 256 for i in range(784))).convert("RGB")
    assert pixels_of(drawings.lean(svg_of(digit))).tobytes() == digit.tobytes()


def test_a_photograph_looks_the_same():
    import numpy as np

    waves = np.add.outer(np.sin(np.arange(200) / 9), np.cos(np.arange(300) / 17)) * 60 + 128
    grain = np.random.default_rng(0).normal(0, 3, (200, 300))
    photo = np.stack([waves + grain, waves - grain, 255 - waves], -1).clip(0, 255).astype("uint8")
    before = svg_of(Image.fromarray(photo))
    after = drawings.lean(before)
    assert len(after) < len(before) / 3
    difference = np.asarray(pixels_of(after), float) - photo
    assert 10 * np.log10(255**2 / (difference**2).mean()) > 35  # decibels


@pytest.mark.parametrize(
    ("path", "short"),
    [
        ("M 1 1 \nL 2 3 \nL 2.5 3.001 \nz\nM 5 5 \nL 6 4", "m1 1 1 2 .5 0zm4 4 1-1"),
        ("M 0 0 Q 1 2 3 4 Q 3 5 3 6", "m0 0q1 2 3 4 0 1 0 2"),
        ("M 0 0 C 1 2 3 4 5 6 L 1e-05 7", "m0 0c1 2 3 4 5 6l-5 1"),
        ("M 0 0 A 1 2 3 0 1 5 6", "M 0 0 A 1 2 3 0 1 5 6"),
    ],
)
def test_a_path_goes_through_the_same_points(path, short):
    assert drawings.short_path(path) == short


def test_a_lean_drawing_keeps_what_is_drawn():
    lean = drawings.lean(
        """<?xml version="1.0"?>
<!DOCTYPE svg PUBLIC "x"
  "y">
<svg width="9pt"> <metadata> <x/> </metadata>
 <g id="axes_1"> <path d="M 1.234567 2.0
L -0.001 3.5 z
" clip-path="url(#p1)" style="fill: none; stroke: #000000"/> </g>
 <defs> <clipPath id="p1"> <rect x="7.123456" y="1"/> </clipPath> </defs> <text>two  words</text>
</svg>"""
    )
    assert '<path d="m1.23 2-1.23 1.5z" clip-path="url(#_' in lean
    assert lean.count(re.search(r"url\(#(_\w+)\)", lean)[1]) == 2, "it is named where it stands"
    assert 'style="fill:none;stroke:#000"' in lean
    assert '<rect x="7.12" y="1"/>' in lean
    assert "<text>two  words</text>" in lean
    assert "axes_1" not in lean
    assert "metadata" not in lean


def test_a_formula_of_its_own_stands_in_the_middle(browser, html_folder):
    name = next(n for n in PAGES if 'display="block"' in (HTML / f"{n}.html").read_text("utf-8"))
    page = browser.new_page(viewport={"width": 390, "height": 800})
    page.goto((html_folder / f"{name}.html").as_uri())
    for before, after, wide in page.eval_on_selector_all(
        "div.math",
        """boxes => boxes.map((box) => {
          const [outer, inner] = [box, box.querySelector("math > *")].map((node) =>
            node.getBoundingClientRect());
          return [inner.left - outer.left, outer.right - inner.right,
            box.scrollWidth > box.clientWidth];
        })""",
    ):
        assert wide or abs(before - after) < 2
    page.close()

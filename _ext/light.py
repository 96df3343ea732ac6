"""What a page sends: the theme's styles, scripts and icons cut down to what the book uses.

Nothing that a reader sees is lost. Each page gets one file of styles, its scripts after its text,
and its icons as drawings of its own; pictures that are further down wait until one comes near
them. When all pages are written, the styles are made of what these pages use, pictures are packed
(`drawings`), and the folder loses the files that no page leads to.
"""

from __future__ import annotations

import functools
import itertools
import pathlib
import re

import drawings
import policy
import tinycss2
from sphinx.application import Sphinx
from sphinx.util import logging

STYLES = "book-styles.css"
PICTURES = re.compile(r"\.(?:png|jpe?g)$")
STYLE_LINK = re.compile(r'[ \t]*<link\b[^>]*\bhref="([^"?]*_static/)([^"?]+\.css)[^>]*>\n?')
SCRIPT = re.compile(r'<script\b([^>]*)\bsrc="([^"]+)"([^>]*)></script>')
ICON = re.compile(r'<(i|span)\s+class="([^"]*\bfa-[^"]*)"([^>]*)>\s*</\1>')
VERBATIM = re.compile(
    r"(<pre\b.*?</pre>|<script\b.*?</script>|<style\b.*?</style>|<textarea\b.*?</textarea>)",
    re.DOTALL,
)
IMAGE = re.compile(r"<img\b[^>]*>")
# The figure that stands for the live network, unseen but on paper and without scripts.
UNSEEN = re.compile(r'<div class="live-still[^>]*>\s*<figure[^>]*>\s*(?:<a\b[^>]*>\s*)?$')
IMPORT = re.compile(r'@import\s+"([^":]+)";')
# Names, punctuation and operators look as code does: to mark each takes a quarter of a page's
# bytes.
PLAIN = re.compile(r'<span class="(?:[npwo]|nb|sa)">([^<]*)</span>')
SAME_LOOK = re.compile(r'(<span class="(\w+)">[^<]*)</span><span class="\2">')
ICON_STYLES = {"fa", "fas", "fa-solid"}
# A script of an extension, and what a page has that needs it.
NEEDED = {
    "design-tabs.js": "sd-tab-set",
    "clipboard.min.js": "<pre",
    "copybutton.js": "<pre",
}
# Bootstrap puts these names of classes together.
COMPOSED = {"bs-tooltip-auto", "bs-popover-auto"}

logger = logging.getLogger(__name__)

# Where the theme has its icons, and where that of Python 3.10 had them.
ICONS = ("scripts/fontawesome.js", "vendor/fontawesome/*/js/all.min.js")


# ---- One page ------------------------------------------------------------------------------------


@functools.cache
def icons(script: pathlib.Path) -> dict[str, tuple[str, str, str]]:
    """Read width, height and outline of the solid icons out of Font Awesome's script.

    The icons are licensed under CC BY 4.0, the words that say so stand in the styles.
    """
    found = re.findall(
        r'["{,]"?([a-z0-9-]+)"?:\[(\d+),(\d+),\[[^\]]*\],"[0-9a-f]+","([^"]+)"\]',
        script.read_text(encoding="utf-8"),
    )
    return {name: (width, height, path) for name, width, height, path in found}  # solid ones last


def draw_icons(page: str, known: dict[str, tuple[str, str, str]]) -> str:
    """Put each icon's drawing where its name stood, as the theme's script would.

    An icon that stands in a page more than once is drawn once, and used.
    """
    there = set()

    def drawn(found: re.Match) -> str:
        names = [name for name in found[2].split() if name not in ICON_STYLES]
        name = next((n[3:] for n in names if n.startswith("fa-") and n[3:] in known), None)
        if name is None:
            logger.warning("no icon of the names %s", found[2])
            return ""
        width, height, path = known[name]
        rest = re.sub(r'\s*\btitle="([^"]*)"', "", found[3])
        title = re.search(r'\btitle="([^"]*)"', found[3])
        told = f"<title>{title[1]}</title>" if title else ""
        outline = f'<path id="icon-{name}" fill="currentColor" d="{path}"/>'
        if name in there:
            outline = f'<use href="#icon-{name}"/>'
        there.add(name)
        return (
            f'<svg class="svg-inline--fa {" ".join(names)}"{rest.rstrip()} aria-hidden="true" '
            f'viewBox="0 0 {width} {height}">{told}{outline}</svg>'
        )

    return ICON.sub(drawn, page)


def defer_scripts(page: str, options: str) -> str:
    """Let scripts run after the text is there, in their order, and leave out those without use."""

    def deferred(found: re.Match) -> str:
        name = found[2].split("?")[0].rsplit("/", 1)[-1]
        needed = NEEDED.get(name)
        if name == "fontawesome.js" or (needed and not re.search(needed, page)):
            return ""
        if name == "documentation_options.js":  # scripts in the page's head add to it
            return f"<script>{options.strip()}</script>"
        rest = re.sub(r'\bdefer(?:="[^"]*")?', "", f"{found[1]}{found[3]}").strip()
        return f'<script defer src="{found[2]}"{" " + rest if rest else ""}></script>'

    page = re.sub(r'[ \t]*<link rel="preload" as="script"[^>]*>\n?', "", page)
    return SCRIPT.sub(deferred, page)


def link_styles(page: str, styles: list[str]) -> str:
    """Link one file of styles in place of all, and note which they were."""
    place = None

    def gathered(found: re.Match) -> str:
        nonlocal place
        if found[2] not in styles:
            styles.append(found[2])
        first, place = place is None, found[1]
        return f'<link rel="stylesheet" href="{place}{STYLES}" />\n' if first else ""

    return STYLE_LINK.sub(gathered, page)


def ease_images(page: str, sizes) -> str:
    """Say how large pictures are, and let those below the first wait until one comes near.

    The figure that stands for the live network is not seen at first: it waits as well.
    """
    start = page.find("<article")
    seen = 0

    def eased(found: re.Match) -> str:
        nonlocal seen
        tag, source = found[0], re.search(r'\bsrc="([^"]+)"', found[0])
        if found.start() < start or source is None or "/_images/" not in f"/{source[1]}":
            return tag
        unseen = UNSEEN.search(page, max(0, found.start() - 1000), found.start())
        first = seen == 0 and not unseen
        added = 'decoding="async"' if first else 'loading="lazy" decoding="async"'
        seen += not unseen
        name = source[1].rsplit("/", 1)[-1]
        if (size := sizes(name)) and " width=" not in tag and " height=" not in tag:
            added += f' width="{size[0]}" height="{size[1]}"'
        tag = tag.replace(source[0], f'src="{PICTURES.sub(".webp", source[1])}"')
        return tag.replace("<img ", f"<img {added} ", 1)

    return IMAGE.sub(eased, page)


def without_space(page: str) -> str:
    """Take away the remarks, lines and indents of templates; in code and scripts they count.

    In code, what looks the same needs no mark of its own.
    """
    parts = VERBATIM.split(page)
    remarks = re.compile(r"<!--.*?-->", re.DOTALL)
    parts[::2] = [re.sub(r"\s*\n\s*", "\n", remarks.sub("", part)) for part in parts[::2]]
    parts[1::2] = [SAME_LOOK.sub(r"\1", PLAIN.sub(r"\1", part)) for part in parts[1::2]]
    return "".join(parts)


def lighten_pages(app: Sphinx) -> None:
    """Let each page pass through here between its template and its file."""
    if app.builder.name != "html":
        return
    app.builder.light_styles = styles = []
    render = app.builder.templates.render
    themes = [pathlib.Path(folder, "static") for folder in app.builder.theme.get_theme_dirs()]
    script = next(file for folder in themes for name in ICONS for file in folder.glob(name))

    def sizes(name: str) -> tuple[int, int] | None:
        for source, given in app.builder.images.items():
            if given == name:
                return drawings.size(pathlib.Path(app.srcdir, source))
        return None

    def lightened(template: str, context: dict) -> str:
        page = render(template, context)
        if "<html" not in page or "<head>" not in page:
            return page
        page = draw_icons(page, icons(script))
        page = policy.join_scripts(policy.without_attributes(defer_scripts(page, _options(app))))
        return policy.state(without_space(ease_images(link_styles(page, styles), sizes)))

    app.builder.templates.render = lightened


def _options(app: Sphinx) -> str:
    """Return what documentation_options.js says, which Sphinx writes with the static files."""
    return pathlib.Path(app.outdir, "_static", "documentation_options.js").read_text("utf-8")


# ---- The styles ----------------------------------------------------------------------------------


def words(folder: pathlib.Path) -> set[str]:
    """Collect the classes of all pages, and each word of their scripts: it may be a class."""
    found = set(COMPOSED)
    for page in folder.rglob("*.html"):
        for names in re.findall(r'\bclass="([^"]*)"', page.read_text(encoding="utf-8")):
            found.update(names.split())
    for script in folder.rglob("*.js"):
        data = script.name.startswith(("networks.", "stored-", "searchsections."))
        if script.name != "fontawesome.js" and not data:
            found.update(re.findall(r"[A-Za-z][\w-]*", script.read_text(encoding="utf-8")))
    return found


def _selectors(tokens: list) -> list[list]:
    """Split what stands before a rule's braces at its commas."""
    parts = [[]]
    for token in tokens:
        if token.type == "literal" and token.value == ",":
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


def _classes(selector: list) -> set[str]:
    """Name the classes that a selector asks for; those inside :not() and the like are left."""
    return {
        name.value
        for dot, name in itertools.pairwise(selector)
        if dot.type == "literal" and dot.value == "." and name.type == "ident"
    }


def _lean(text: str) -> str:
    """Write styles without the space between them."""
    text = re.sub(r"/\*(?!!).*?\*/", "", text, flags=re.DOTALL)
    return re.sub(r"\s+", " ", text).strip()


def used_styles(rules: list, known: set[str]) -> str:
    """Write the rules whose classes are known; a rule for several drops those that are not."""
    written = []
    for rule in rules:
        if rule.type == "comment" and rule.value.startswith("!"):
            written.append(f"/*{rule.value}*/\n")
        elif rule.type == "qualified-rule":
            kept = [part for part in _selectors(rule.prelude) if _classes(part) <= known]
            if kept:
                heads = ",".join(_lean(tinycss2.serialize(part)) for part in kept)
                written.append(f"{heads}{{{_lean(tinycss2.serialize(rule.content))}}}\n")
        elif rule.type == "at-rule" and rule.lower_at_keyword in {"media", "supports", "layer"}:
            inner = rule.content and used_styles(
                tinycss2.parse_rule_list(rule.content, skip_whitespace=True), known
            )
            if inner:
                head = _lean(tinycss2.serialize(rule.prelude))
                written.append(f"@{rule.at_keyword} {head}{{{inner}}}\n")
        elif rule.type == "at-rule":
            text = _lean(tinycss2.serialize([rule]))
            if "font-face" not in rule.lower_at_keyword or "Font Awesome" not in text.replace(
                "\\", ""
            ):
                written.append(f"{text}\n")
    return "".join(written)


def write_styles(static: pathlib.Path, styles: list[str], known: set[str]) -> None:
    """Write the one file of styles, in the order in which the pages had them."""
    written = ["/* Icons: Font Awesome Free, https://fontawesome.com, CC BY 4.0. */\n"]
    for name in styles:
        text = IMPORT.sub(
            lambda found, file=static / name: (file.parent / found[1]).read_text(encoding="utf-8"),
            (static / name).read_text(encoding="utf-8"),
        )
        rules = tinycss2.parse_stylesheet(text, skip_comments=False, skip_whitespace=True)
        written.append(_moved(used_styles(rules, known), name.rpartition("/")[0]))
    written.append(policy.rules(static.parent))
    (static / STYLES).write_text("".join(written), encoding="utf-8")


def _moved(text: str, folder: str) -> str:
    """Let addresses that were seen from a folder be seen from the one above all."""

    def moved(found: re.Match) -> str:
        address = found[2]
        if re.match(r"data:|#|[a-z]+:|/", address) or not folder:
            return found[0]
        parts = []
        for part in [*folder.split("/"), *address.split("/")]:
            if part == ".." and parts:
                parts.pop()
            elif part != ".":
                parts.append(part)
        return f"url({found[1]}{'/'.join(parts)}{found[1]})"

    return re.sub(r"url\(([\"']?)([^)\"']+)\1\)", moved, text)


# ---- The folder ----------------------------------------------------------------------------------


def drop_unused_files(out: pathlib.Path) -> None:
    """Delete, of the theme's files and the pictures, those that nothing in the folder names."""
    left = {f for part in ("_static", "_images") for f in (out / part).rglob("*") if f.is_file()}
    waiting = [page for page in out.rglob("*.html") if page not in left]
    while waiting:
        text = "\n".join(file.read_text(encoding="utf-8") for file in waiting)
        named = set(re.findall(r"[\w.-]+", text))
        found = {file for file in left if file.name in named and file.suffix != ".map"}
        left -= found
        waiting = [file for file in found if file.suffix in {".css", ".js"}]
    for file in left:
        file.unlink()
    for folder in sorted((f for f in out.rglob("*") if f.is_dir()), reverse=True):
        if not any(folder.iterdir()):
            folder.rmdir()


def lighten_folder(app: Sphinx, exception: Exception | None) -> None:
    """Pack pictures, write the styles, and drop what no page leads to."""
    if exception is not None or not hasattr(app.builder, "light_styles"):
        return
    out = pathlib.Path(app.outdir)
    if app.builder.light_styles:  # a page was written
        drawings.pack(out)
        write_styles(out / "_static", app.builder.light_styles, words(out))
    drop_unused_files(out)  # extensions copy theirs in any case


def setup(app: Sphinx) -> dict:
    """Register what happens to each page, and to the folder after all else."""
    app.connect("builder-inited", lighten_pages, priority=900)
    app.connect("build-finished", lighten_folder, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}

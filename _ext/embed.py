"""Each widget and the playground on a page of its own, which an ``<iframe>`` shows in a course.

The pages share the book's scripts and styles; ``embed/index.html`` lists them, each with the line
to copy.
"""

from __future__ import annotations

import html
import pathlib

import editions
import light
import live
import names
import policy
from sphinx.application import Sphinx

FOLDER = "embed"
# What is seen without scrolling at a width of 700 pixels, and room for what appears when it is
# used. The playground is longer than a window.
HEIGHTS = {
    "playground": 900,
    "glance": 380,
    "convolution": 680,
    "pooling": 760,
    "loss": 600,
    "shapes": 780,
    "descent": 380,
    "detect": 520,
    "segment": 520,
    "tones": 600,
    "word": 560,
    "spoken": 560,
    "flow": 460,
}
SCRIPTS = {
    "playground": live.PLAYGROUND_SCRIPTS,
    "glance": live.GLANCE_SCRIPTS,
    **live.WIDGET_SCRIPTS,
}
# A frame is as light as most course pages are, whatever the reader's system has.
PAGE = """<!DOCTYPE html>
<html lang="en" data-theme="light">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="../_static/logo.svg">
<link rel="stylesheet" href="../_static/{styles}">
{head}</head>
<body>
<main class="bd-article embedded">
{body}
</main>
</body>
</html>
"""
# Where nothing says at which address the book stands, the list asks the browser.
FIND_ADDRESS = """<script>
if (location.protocol.startsWith("http")) {
  for (const line of document.querySelectorAll("td code")) {
    line.textContent = line.textContent.replace("ADDRESS/", new URL("../", location.href));
  }
}
</script>"""


def placed(app: Sphinx) -> dict[str, str]:
    """Return the first page of this edition on which each of them stands, the front page last."""
    found = {}
    for page in sorted(editions.present(), key=app.config.root_doc.__eq__):
        for name in app.env.metadata.get(page, {}).get("widgets", []):
            found.setdefault(name, page)
    return {name: found[name] for name in HEIGHTS if name in found}


def frame(name: str, title: str, address: str) -> str:
    """Write the line that shows one of them in another page."""
    allowed = ' allow="microphone"' if name == "spoken" else ""
    return (
        f'<iframe src="{address}{FOLDER}/{name}.html" title="{html.escape(title)}" width="100%" '
        f'height="{HEIGHTS[name]}" style="border: 0"{allowed}></iframe>'
    )


def page_of(app: Sphinx, name: str, place: str, title: str) -> str:
    """Write the page of one of them: its container, its scripts, and whose it is."""
    links = [f'<link rel="stylesheet" href="../{live.FOLDER}/{style}">' for style in live.STYLES]
    links += [f'<script defer src="../{live.FOLDER}/{s}"></script>' for s in SCRIPTS[name]]
    classes = {"playground": "cnnbook-playground", "glance": "cnnbook-widget cnnbook-glance"}
    hidden = "" if name == "playground" else " hidden"
    project, author = html.escape(app.config.project), html.escape(app.config.author)
    origin = html.escape(f" {names.made_from(names.facts())}".rstrip())
    body = (
        f'<h1 class="cb-hidden">{title}</h1>\n'
        f'<div class="{classes.get(name, "cnnbook-widget")}" data-widget="{name}"{hidden}></div>\n'
        "<noscript><p>This needs JavaScript, which is switched off.</p></noscript>\n"
        f'<p class="embedded-from"><a href="../{place}.html" target="_blank">{title}</a>, from '
        f"<em>{project}</em> by {author}{origin and '.'}{origin}</p>"
    )
    head = "".join(f"{link}\n" for link in links)
    return PAGE.format(title=title, styles=light.STYLES, head=head, body=body)


def list_of(app: Sphinx, places: dict[str, str], titles: dict[str, str]) -> str:
    """Write the list: a link to each, the page on which it stands, and the line to copy."""
    base = app.config.html_baseurl
    address = f"{base.rstrip('/')}/" if base else "ADDRESS/"
    rows = []
    for name, place in places.items():
        line = html.escape(frame(name, html.unescape(titles[name]), address))
        rows.append(
            f'<tr><th scope="row"><a href="{name}.html">{name}</a></th>'
            f'<td><a href="../{place}.html">{titles[name]}</a></td>'
            f"<td><code>{line}</code></td></tr>"
        )
    told = "" if base else " ADDRESS is where you publish the book's folder."
    body = (
        "<h1>The live figures, for your course's pages</h1>\n"
        "<p>Copy a line into a page of your course, where its HTML can be edited: the figure runs "
        f"there, and sends nothing anywhere.{told} Each page below can be linked to as well.</p>\n"
        '<table class="table">\n<thead><tr><th scope="col">Figure</th><th scope="col">In the book'
        '</th><th scope="col">Line to copy</th></tr></thead>\n<tbody>\n'
        + "\n".join(rows)
        + "\n</tbody>\n</table>"
        + ("" if base else f"\n{FIND_ADDRESS}")
    )
    title = f"Live figures of {html.escape(app.config.project)}"
    return PAGE.format(title=title, styles=light.STYLES, head="", body=body)


def write_pages(app: Sphinx, exception: Exception | None) -> None:
    """Write a page for each live figure of this edition, and the list."""
    if exception is not None or app.builder.name != "html":
        return
    folder = pathlib.Path(app.outdir, FOLDER)
    folder.mkdir(exist_ok=True)
    places = placed(app)
    titles = {
        name: html.escape(app.env.titles[page].astext(), quote=False)
        for name, page in places.items()
    }
    pages = {name: page_of(app, name, page, titles[name]) for name, page in places.items()}
    pages["index"] = list_of(app, places, titles)
    for old in folder.glob("*.html"):
        if old.stem not in pages:
            old.unlink()
    for name, text in pages.items():
        (folder / f"{name}.html").write_text(policy.state(text), encoding="utf-8")


def setup(app: Sphinx) -> dict:
    """Register what writes the pages, before their styles are gathered (`light`)."""
    app.connect("build-finished", write_pages)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}

"""What a page may do, said in its own head: it runs and shows the book's files and nothing else.

A Content-Security-Policy in the page holds wherever the book is published, and from a folder. So
that it can be strict, the theme's scripts in the page are joined to one, which is named by its
digest; an attribute with styles becomes a rule of the book's styles, one with a script a name that
`_static/buttons.js` calls.
"""

from __future__ import annotations

import base64
import hashlib
import pathlib
import re

# Nothing is fetched, framed or sent. Pictures and sounds may stand in the page (data:) or be made
# there, of what a reader opens or records (blob:). The search is a form; Firefox needs to be told
# that it may lead to another file.
POLICY = (
    "default-src 'self'; script-src 'self'{scripts}; style-src 'self'{styles}; "
    "img-src 'self' data: blob:; media-src 'self' data: blob:; connect-src 'none'; "
    "frame-src 'none'; object-src 'none'; form-action 'self' file:; base-uri 'none'"
)
SCRIPT = re.compile(r"<script(?: data-cfasync=\"false\")?>(.*?)</script>\n?", re.DOTALL)
STYLE = re.compile(r"<style\b[^>]*>(.*?)</style>", re.DOTALL)
STYLED = re.compile(r'(<[a-zA-Z][^<>]*\s)style="')
CALLED = re.compile(r'\bonclick="(?:window\.)?(\w+)\(\)"')
PLACE = re.compile(r'<meta charset="utf-8" ?/?>')


def join_scripts(page: str) -> str:
    """Make one script of those in the page: the same on all pages, without the page's name."""
    found = dict.fromkeys(text.strip() for text in SCRIPT.findall(page))
    kept = (text for text in found if not text.startswith("DOCUMENTATION_OPTIONS.page"))
    joined = re.sub(r"\n\s+", "\n", "\n".join(kept))
    page = SCRIPT.sub("", page)
    return PLACE.sub(lambda place: f"{place[0]}\n<script>{joined}</script>", page, count=1)


def without_attributes(page: str) -> str:
    """Keep what styles and buttons say in attributes that a strict policy lets stand."""
    return CALLED.sub(r'data-calls="\1"', STYLED.sub(r'\1data-style="', page))


def rules(folder: pathlib.Path) -> str:
    """Write a rule for each of the pages' attributes; it counts as much as the attribute did."""
    found = {
        style
        for page in folder.rglob("*.html")
        for style in re.findall(r'\sdata-style="([^"]*)"', page.read_text(encoding="utf-8"))
    }
    lines = []
    for style in sorted(found):
        said = [f"{each.strip()} !important" for each in style.split(";") if each.strip()]
        lines.append(f'[data-style="{style}"]{{{";".join(said)}}}\n')
    return "".join(lines)


def sources(texts: list[str]) -> str:
    """Name scripts or styles by their digests, as a policy does."""
    digests = (hashlib.sha256(text.encode()).digest() for text in dict.fromkeys(texts))
    return "".join(f" 'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)


def state(page: str) -> str:
    """Put the policy into the page's head, before what it speaks of."""
    policy = POLICY.format(
        scripts=sources(SCRIPT.findall(page)), styles=sources(STYLE.findall(page))
    )
    meta = f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    return PLACE.sub(lambda place: f"{place[0]}\n{meta}", page, count=1)

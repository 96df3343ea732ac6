"""The book's names, which stand in ``_config.yml`` and nowhere else.

The pages read them there. What cannot read, such as ``CITATION.cff``, is kept equal: run as a
script, this writes it (`make format` does), and a test holds it. Under another title or by other
authors, the book says at the foot of each page from which it was made, as its licence asks.
"""

from __future__ import annotations

import functools
import pathlib
import re

import execution
import yaml

# What this book was made from, itself included. The licences ask to name it, so a fork leaves this
# as it is; who makes an edition of an edition adds that one.
ORIGINS = [
    {
        "title": "A Simple Guide to Convolutional Neural Networks",
        "author": "The book's authors",
    }
]
LICENCES = "licences.txt"  # in the published folder


def facts(root: pathlib.Path = execution.ROOT) -> dict[str, str]:
    """Read the names out of ``_config.yml``."""
    file = root / "_config.yml"
    return _facts(file, file.stat().st_mtime_ns)


@functools.cache
def _facts(file: pathlib.Path, changed: int) -> dict[str, str]:
    config = yaml.safe_load(file.read_text(encoding="utf-8"))
    return {
        "title": config["title"],
        "author": config["author"],
        "copyright": str(config["copyright"]),
        "licence": config["sphinx"]["config"]["html_context"]["licence"],
        "repository": config["repository"]["url"].rstrip("/"),
        "address": config["html"]["baseurl"],
        "contact": config["sphinx"]["config"]["html_context"]["contact"],
    }


def origins(here: dict[str, str]) -> list[dict[str, str]]:
    """Return the books from which this one was made, if they are others."""
    return [book for book in ORIGINS if any(here[name] != book[name] for name in book)]


def made_from(here: dict[str, str]) -> str:
    """Say so in words."""
    told = " and ".join(f"{book['title']}, by {book['author']}" for book in origins(here))
    return told and f"Made from {told}."


def on_cover() -> dict[str, str]:
    """Return title, authors and licence, with the origin, for what is handed out without a foot."""
    here = facts()
    licence = f"{here['licence']} {made_from(here)}".rstrip()
    return {"title": here["title"], "author": here["author"], "licence": licence}


def in_citation(text: str, here: dict[str, str]) -> str:
    """Write title, authors and addresses into ``CITATION.cff``."""
    text = re.sub(r"(?m)^(title|repository-code|url):.*\n|^references:\n(?: .*\n)*", "", text)
    lines = {"title": here["title"], "repository-code": here["repository"], "url": here["address"]}
    written = "".join(f"{key}: {_quoted(value)}\n" for key, value in lines.items() if value)
    text = text.replace("type: software\n", f"{written}type: software\n")
    between = ", | and " if " and " in here["author"] else "\n"
    authors = re.split(between, here["author"])
    listed = "".join(f"  - name: {_quoted(author)}\n" for author in authors)
    text = re.sub(r"(?m)^(authors:\n)(?: .*\n)*", lambda found: found[1] + listed, text)
    for number, book in enumerate(origins(here)):
        text += "" if number else "references:\n"
        text += f"  - type: software\n    title: {_quoted(book['title'])}\n"
        text += f"    authors:\n      - name: {_quoted(book['author'])}\n"
    return text


def _quoted(value: str) -> str:
    """Write a value as YAML does, on one line."""
    return yaml.safe_dump(value, allow_unicode=True, width=10_000).splitlines()[0]


def in_licence(text: str, here: dict[str, str]) -> str:
    """Name who holds the rights below those of `ORIGINS`: the licence asks to keep their lines."""
    lines = re.findall(r"(?m)^Copyright \(c\) .*\n", text)
    kept = [line for line in lines if any(book["author"] in line for book in ORIGINS)]
    if not any(here["author"] in line for line in kept):
        kept.append(f"Copyright (c) {here['copyright']} {here['author']}\n")
    return text.replace("".join(lines), "".join(kept))


def in_heading(text: str, here: dict[str, str]) -> str:
    """Write the title above README."""
    return re.sub(r"\A# .*", lambda found: f"# {here['title']}", text)


def in_conduct(text: str, here: dict[str, str]) -> str:
    """Say to whom one writes about a person's conduct."""
    to = here["contact"] or "a maintainer of the repository"
    return re.sub(r"(?<=suffer something, write to ).*(?=; what you write)", lambda found: to, text)


KEPT = {
    "CITATION.cff": in_citation,
    "CODE_OF_CONDUCT.md": in_conduct,
    "LICENSE": in_licence,
    "README.md": in_heading,
}


def kept(name: str, root: pathlib.Path = execution.ROOT) -> str:
    """Return a file as it should be."""
    return KEPT[name]((root / name).read_text(encoding="utf-8"), facts(root))


def in_page(app, docname: str, content: list[str]) -> None:
    """Fill in title and licence where a page says ``{book-title}`` or ``{book-licence}``."""
    here = facts()
    for name in ("title", "licence"):
        content[0] = content[0].replace(f"{{book-{name}}}", here[name])


def all_licences(root: pathlib.Path = execution.ROOT) -> str:
    """Return the licences of code, text and figures, and the notices beside the data."""
    notices = sorted(
        file for part in ("cnnbook", "benchmarks") for file in (root / part).rglob("NOTICE.md")
    )
    here = facts(root)
    parts = [f"{here['title']}, by {here['author']}. {made_from(here)}".rstrip() + "\n"]
    for file in (root / "LICENSE-TEXT.md", root / "LICENSE", *notices):
        if file.is_file():
            name = file.relative_to(root).as_posix()
            parts.append(f"==== {name}\n\n{file.read_text(encoding='utf-8')}")
    return "\n\n".join(parts)


def setup(app) -> dict:
    """Register what fills the names in."""
    app.connect("config-inited", lambda _, config: setattr(config, "project", facts()["title"]))
    app.connect("source-read", in_page)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}


if __name__ == "__main__":
    for name in KEPT:
        text = kept(name)
        (execution.ROOT / name).write_text(text, encoding="utf-8", newline="\n")

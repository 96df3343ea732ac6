"""The addresses outside the book to which it leads, in one file, and whether they answer.

Run as a script, this writes the file (`make format` does), and a test holds it equal to the texts.
With ``--check`` it asks each address, with Sphinx's own checker (`make linkcheck`): the one command
of the book, besides the installation, that uses the network.
"""

from __future__ import annotations

import argparse
import itertools
import json
import pathlib
import re
import sys
import tempfile

import execution

LISTED = execution.ROOT / "chapters" / "links.txt"
FOLDERS = ("chapters", "cnnbook", "benchmarks")
ADDRESS = re.compile(r"https?://[^\s<>\"'`{}|\\^\[\]]+")
DOI = re.compile(r"(?im)^\s*doi\s*=\s*[{\"]([^}\"]+)")
# Stands for a fork, or for this machine; names of XML lead nowhere.
EXAMPLES = re.compile(r"https?://(?:you\.|github\.com/you/|127\.|localhost|www\.w3\.org/)")
# These answers mean that a server is there and wants no programs.
REFUSALS = ("401", "403", "405", "418", "429")


def addresses(text: str) -> set[str]:
    """Find the addresses in a text, without the stops and brackets that end a sentence."""
    here = {f"https://doi.org/{name}" for name in DOI.findall(text)}
    for address in ADDRESS.findall(text):
        address = address.split("),")[0].rstrip(".,;:!?*_")
        while address.endswith(")") and address.count("(") < address.count(")"):
            address = address[:-1].rstrip(".,;:!?*_")
        here.add(address)
    return {address for address in here if not EXAMPLES.match(address)}


def sources(root: pathlib.Path = execution.ROOT) -> list[pathlib.Path]:
    """List the files that a reader sees: pages, docstrings, references, notices."""
    files = list(root.glob("*.md"))
    for folder, kind in itertools.product(FOLDERS, ("md", "bib", "yml", "py")):
        files += (root / folder).rglob(f"*.{kind}")
    return sorted(files)


def found(root: pathlib.Path = execution.ROOT) -> dict[str, list[str]]:
    """Return each address, and the files that have it."""
    files = {}
    for file in sources(root):
        for address in addresses(file.read_text(encoding="utf-8")):
            files.setdefault(address, []).append(file.relative_to(root).as_posix())
    return dict(sorted(files.items()))


def check(files: dict[str, list[str]]) -> list[str]:
    """Ask each address, and return those that do not answer, with the files that have them."""
    from sphinx.application import Sphinx

    with tempfile.TemporaryDirectory() as folder:
        source, out = pathlib.Path(folder, "source"), pathlib.Path(folder, "out")
        source.mkdir()
        page = "Links\n=====\n\n" + "".join(f"- `a <{address}>`__\n" for address in files)
        (source / "index.rst").write_text(page, encoding="utf-8")
        settings = {
            "timeout": 30,
            "retries": 3,
            "anchors": False,
            "report_timeouts_as_broken": False,
        }
        settings = {f"linkcheck_{name}": value for name, value in settings.items()}
        app = Sphinx(source, None, out, out / "trees", "linkcheck", settings, warning=None)
        app.build()
        answers = [json.loads(line) for line in (out / "output.json").read_text().splitlines()]
    broken = []
    for answer in answers:
        refused = answer["info"].startswith(REFUSALS)
        if answer["status"] in {"broken", "timeout"} and not refused:
            broken.append(f"{answer['uri']} ({answer['info']}): {', '.join(files[answer['uri']])}")
    return broken


def main() -> None:
    """Write the list, or ask its addresses."""
    parser = argparse.ArgumentParser(description="List the addresses outside the book.")
    parser.add_argument("--check", action="store_true", help="ask each of them")
    if not parser.parse_args().check:
        LISTED.write_text("\n".join(found()) + "\n", encoding="utf-8", newline="\n")
    elif broken := check(files := found()):
        told = "\n".join(broken)
        sys.exit(f"{told}\n{len(broken)} of {len(files)} addresses do not answer: see above.")


if __name__ == "__main__":
    main()

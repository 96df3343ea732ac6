"""What continuous integration does with the built book, besides putting it on the web.

``python _ext/publish.py branch`` writes ``_build/branch``: the notebooks with their outputs, and
what Binder needs to run them, for the branch that the buttons of the pages lead to.
``python _ext/publish.py changed BEFORE`` lists, in Markdown, the pages that differ from those of an
earlier build in a folder.
"""

from __future__ import annotations

import argparse
import pathlib
import re
import shutil
import sys

import download
import execution
import names
import repository
import yaml
from bs4 import BeautifulSoup

HTML = execution.ROOT / "_build" / "html"
BRANCH = execution.ROOT / "_build" / "branch"


def pins(lock: str) -> str:
    """Take the hashes out of the lock: pip allows none beside a package from a repository."""
    lines = [
        line.removesuffix(" \\") for line in lock.splitlines() if re.match(r"[A-Za-z0-9]", line)
    ]
    return "\n".join(lines) + "\n"


def write_branch(html: pathlib.Path = HTML, folder: pathlib.Path = BRANCH) -> None:
    """Write what the branch of notebooks holds.

    The package comes from the commit that the notebooks name, its libraries in the lock's versions.
    """
    config = yaml.safe_load((execution.ROOT / "_config.yml").read_text(encoding="utf-8"))
    url, branch = config["repository"]["url"].rstrip("/"), config["repository"]["branch"]
    if not url:
        sys.exit(
            "There is no branch of notebooks to write: repository.url in _config.yml is empty."
        )
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(html / "_sources", folder, ignore=_all_but_notebooks)
    here, binder = names.facts(), folder / ".binder"
    address = here["address"] or url
    lock = (execution.ROOT / "requirements.txt").read_text(encoding="utf-8")
    binder.mkdir()
    package = f"-c constraints.txt\n{download.package(url, download.revision(branch))}\n"
    files = {
        folder
        / "README.md": f"# {here['title']}: notebooks\n\nMade from {address}, with outputs.\n",
        folder / names.LICENCES: names.all_licences(),
        binder / "constraints.txt": pins(lock),
        binder / "requirements.txt": package,
        binder / "runtime.txt": f"python-{sys.version_info[0]}.{sys.version_info[1]}\n",
    }
    for file, text in files.items():
        file.write_text(text, encoding="utf-8", newline="\n")
    print(f"{len(list(folder.rglob('*.ipynb')))} notebooks for the branch {repository.NOTEBOOKS}.")


def _all_but_notebooks(folder: str, inside: list[str]) -> list[str]:
    return [
        name
        for name in inside
        if pathlib.Path(folder, name).is_file() and not name.endswith(".ipynb")
    ]


def pages(html: pathlib.Path) -> dict[str, tuple[str, str, str]]:
    """Read, of each page, title, words, and all that it shows; what frames every page is left."""
    found = {}
    for file in sorted((html / "chapters").rglob("*.html")):
        article = BeautifulSoup(file.read_text(encoding="utf-8"), "html.parser").select_one(
            "article"
        )
        for code in article.select("script"):
            code.decompose()
        title = article.h1.get_text().rstrip("#") if article.h1 else file.stem
        words = " ".join(article.get_text(" ").split())
        found[file.relative_to(html).as_posix()] = title, words, str(article)
    return found


def changed(before: dict, after: dict) -> str:
    """List in Markdown which pages are new, gone, or other than before."""
    lines = [f"- new: {after[page][0]} (`{page}`)" for page in after if page not in before]
    lines += [f"- gone: {before[page][0]} (`{page}`)" for page in before if page not in after]
    for page in (page for page in after if page in before and after[page] != before[page]):
        what = "words" if after[page][1] != before[page][1] else "figures or links"
        lines.append(f"- {what}: {after[page][0]} (`{page}`)")
    return "\n".join(["## Changed pages", "", *(lines or ["No page has changed."])])


def main() -> None:
    """Do what is asked."""
    parser = argparse.ArgumentParser(description="Prepare what is published of the built book.")
    parser.add_argument("what", choices=["branch", "changed"])
    parser.add_argument("before", nargs="?", type=pathlib.Path, help="folder of an earlier build")
    arguments = parser.parse_args()
    if not (HTML / "index.html").is_file():
        sys.exit("There is no book yet: run `make book` first.")
    if arguments.what == "branch":
        write_branch()
    elif arguments.before is None or not (arguments.before / "index.html").is_file():
        print("## Changed pages\n\nThere is no earlier build to compare with.")
    else:
        print(changed(pages(arguments.before), pages(HTML)))


if __name__ == "__main__":
    main()

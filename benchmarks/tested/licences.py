"""List the licence of every package in the lock, as the package itself tells it.

``python -m benchmarks.tested.licences`` asks what is installed, without the network, and stores the
table; `tests/tested/test_licences.py` holds it to the lock, and the licences to `ALLOWED`.
"""

import importlib.metadata
import pathlib
import re

LOCK = pathlib.Path(__file__).parents[2] / "requirements.txt"
# They ask to be named, and MPL-2.0 that changes of its own files are given on.
ALLOWED = {
    *(
        "0BSD",
        "Apache-2.0",
        "BSD",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "CC0-1.0",
        "ISC",
        "MIT",
        "MIT-0",
    ),
    *("MIT-CMU", "MPL-2.0", "PSF-2.0", "Zlib"),
}
# Tools that are run: nothing of theirs is in the book, its pages or its package.
TOOLS = {
    "docutils": "GPL for a mode of Emacs alone",
    "python-debian": "read by reuse",
    "reuse": "asks whether every file says its licence",
}
# What a package tells in words: all names that fit.
WORDS = {
    r"\bMIT\b": "MIT",
    r"\bApache\b": "Apache-2.0",
    r"BSD": "BSD",
    r"\bISC\b": "ISC",
    r"\bMPL|Mozilla": "MPL-2.0",
    r"\bPSFL?\b|Python Software Foundation|^License agreement for matplotlib": "PSF-2.0",
    r"GPL": "GPL",
}
# Read in their files: those that tell nothing, and those of other systems and older Pythons.
READ = {
    "appnope": "BSD",
    "axe-playwright-python": "MIT",
    "colorama": "BSD",
    "decorator": "BSD-2-Clause",
    "exceptiongroup": "MIT AND PSF-2.0",
    "namex": "Apache-2.0",
    "pytz": "MIT",
    "pywinpty": "MIT",
    "tomli": "MIT",
}


def locked() -> dict[str, list[str]]:
    """Return the versions of every package of the lock: some have one for older Pythons too."""
    found = {}
    for name, version in re.findall(r"(?m)^([\w.-]+)==([\w.!+]+)", LOCK.read_text("utf-8")):
        found.setdefault(name, []).append(version)
    return found


def told(metadata: importlib.metadata.PackageMetadata) -> str:
    """Return what a package says of its licence: an expression of SPDX, or names joined by AND."""
    if expression := metadata.get("License-Expression"):
        return expression
    kinds = metadata.get_all("Classifier", [])
    kinds = " ".join(kind for kind in kinds if kind.startswith("License ::"))
    text = kinds or metadata.get("License", "").partition("\n")[0]
    return " AND ".join(name for words, name in WORDS.items() if re.search(words, text))


def licence(package: str) -> str:
    """Return the licence of a package, by what is installed, or by what was read in its files."""
    try:
        return told(importlib.metadata.metadata(package)) or READ[package]
    except importlib.metadata.PackageNotFoundError:
        return READ[package]


def names(expression: str) -> set[str]:
    """Return the licences of an expression; of a choice, those that are allowed."""
    choices = [set(re.split(r" AND |, ", part)) for part in expression.strip("()").split(" OR ")]
    return next((choice for choice in choices if choice <= ALLOWED), set().union(*choices))


def rows() -> list[dict[str, str]]:
    """Return a row for each package of the lock."""
    return [
        {"package": package, "version": " or ".join(versions), "licence": licence(package)}
        for package, versions in locked().items()
    ]


def main() -> None:
    """Store the table."""
    from benchmarks import results

    results.save("tested/licences", {"data": "none", "rows": rows()})


if __name__ == "__main__":
    main()

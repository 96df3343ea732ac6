"""Names of months, days, places and languages in twelve languages, and their split.

The names are those of the Unicode Common Locale Data Repository (CLDR), which Babel carries.
"""

import hashlib
import unicodedata
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import babel

from cnnbook.applications.names import END, LANGUAGES, LETTERS, START

#: The states with a coast on the North Sea or the Baltic Sea (ISO 3166).
STATES = ("BE", "DE", "DK", "EE", "FI", "FR", "GB", "LT", "LV", "NL", "NO", "PL", "RU", "SE")
KINDS = ("month", "day", "territory", "language")
#: Where a part ends, when concepts are spread evenly from 0 to 1.
PARTS = {"training": 0.6, "validation": 0.75, "test": 1.0}


class Name(NamedTuple):
    """A name; its concept, such as "month 12", is what it names in whatever language."""

    text: str
    language: str
    kind: str
    concept: str


class Split(NamedTuple):
    """Names in three parts that share no text, and what was left out to make it so."""

    training: list[Name]
    validation: list[Name]
    test: list[Name]
    ambiguous: list[Name]  # in two languages or more
    repeated: list[Name]  # in two parts or more, in one language


def clean(text: str) -> str:
    """Return a name in lower case, of letters, spaces, hyphens and apostrophes alone.

    An accent that Unicode cannot join to its letter becomes a space; a name with a digit becomes
    the empty string.
    """
    text = unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).lower())
    if any(letter.isdigit() for letter in text):
        return ""
    text = text.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    kept = "".join(letter if letter.isalpha() or letter in "-'" else " " for letter in text)
    return " ".join(kept.split())


def _entries(language: str, kind: str) -> Iterable[tuple[str, str]]:
    """Yield key and text of every name that CLDR has of a kind."""
    locale = babel.Locale.parse(language)
    tables = {
        "territory": locale.territories,
        "language": locale.languages,
        "currency": locale.currencies,
    }
    if kind in ("month", "day"):
        for context in ("format", "stand-alone"):
            yield from getattr(locale, f"{kind}s")[context]["wide"].items()
    else:
        yield from tables[kind].items()


def cldr_names(kinds: Sequence[str] = KINDS) -> list[Name]:
    """Return the names that CLDR has, cleaned, each once a language and concept, in order.

    Names without a letter, with a digit, or longer than `LETTERS` are left out. A kind is one of
    `KINDS`, or "currency".
    """
    found = set()
    for language in LANGUAGES:
        for kind in kinds:
            for key, text in _entries(language, kind):
                text = clean(text)
                if len(text) <= LETTERS and any(letter.isalpha() for letter in text):
                    # Austrian German, de_AT, is about German: it stays in the same part.
                    concept = f"{kind} {key.split('_')[0] if kind == 'language' else key}"
                    found.add(Name(text, language, kind, concept))
    return sorted(found)


def part_of(concept: str) -> str:
    """Return the part of a concept, by the start of its SHA-256 digest: the same everywhere."""
    digest = hashlib.sha256(concept.encode()).digest()
    place = int.from_bytes(digest[:8], "big") / 2**64
    return next(part for part, end in PARTS.items() if place < end)


def split(named: Iterable[Name]) -> Split:
    """Split names by concept, without the texts that occur in two languages or in two parts.

    A text that one language uses for two concepts of one part is kept under the first of them.
    """
    named = sorted(set(named))
    languages, parts = {}, {}
    for name in named:
        languages.setdefault(name.text, set()).add(name.language)
        parts.setdefault(name.text, set()).add(part_of(name.concept))
    result, seen = Split([], [], [], [], []), set()
    for name in named:
        if len(languages[name.text]) > 1:
            result.ambiguous.append(name)
        elif len(parts[name.text]) > 1:
            result.repeated.append(name)
        elif name.text not in seen:
            seen.add(name.text)
            getattr(result, part_of(name.concept)).append(name)
    return result


def alphabet(texts: Iterable[str]) -> str:
    """Return the characters of texts in order, after the marks of start and end."""
    return START + END + "".join(sorted(set().union(*texts)))

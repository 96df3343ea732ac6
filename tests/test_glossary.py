"""The glossary is in alphabetical order, without doubles, and short."""

import re
import unicodedata

import execution
import pytest

SOURCE = (execution.ROOT / "chapters" / "glossary.md").read_text(encoding="utf-8")
ENTRIES = re.findall(
    r"^(\w[^\n]*)\n((?:  [^\n]*\n|\n(?=  ))+)", SOURCE.split("{glossary}")[1], re.M
)
TERMS = [term for term, _ in ENTRIES]


def letters(term: str) -> str:
    """Leave of a term what its place in the alphabet depends on."""
    plain = unicodedata.normalize("NFKD", term.lower())
    return "".join(letter for letter in plain if letter.isascii() and letter.isalpha())


def test_terms_are_in_alphabetical_order_and_stand_there_once():
    assert len(TERMS) > 100
    assert sorted(set(TERMS), key=letters) == TERMS


@pytest.mark.parametrize(("term", "meaning"), ENTRIES, ids=TERMS)
def test_a_term_is_explained_in_one_paragraph_of_at_most_two_sentences(term, meaning):
    assert len(meaning.strip().split("\n\n")) == 1
    assert len(re.findall(r"[.?!](?=\s)", meaning)) <= 2

"""How works are cited and listed: by author and year, with a letter where two would read alike.

The label of a work in the list, "Gatys et al., 2016b", holds the words by which the text cites it.
Titles keep the capitals that ``references.bib`` gives them.
"""

from __future__ import annotations

import collections
import functools
import string
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pybtex.plugin
from pybtex.database import Entry
from pybtex.style.formatting import unsrt
from pybtex.style.template import field, node, sentence
from sphinx.application import Sphinx
from sphinxcontrib.bibtex.plugin import register_plugin
from sphinxcontrib.bibtex.style.referencing import PersonStyle
from sphinxcontrib.bibtex.style.referencing.author_year import AuthorYearReferenceStyle
from sphinxcontrib.bibtex.style.template import author_or_editor_or_title


def cited_authors(entry: Entry) -> str:
    """Write the authors as a citation does: "Kim", "Dumoulin and Visin", "Gatys et al."."""
    person, style, backend = _ways_to_cite()
    names = author_or_editor_or_title(
        sep=person.sep, sep2=person.sep2, last_sep=person.last_sep, other=" et al."
    )
    written = names.format_data({"entry": entry, "style": style})
    return " ".join(written.render(backend).split())


@functools.cache
def _ways_to_cite() -> tuple:
    """Return the styles and the writer of plain text; each takes a while to find its plugins."""
    text = pybtex.plugin.find_plugin("pybtex.backends", "text")
    return PersonStyle(), AuthorYearReferenceStyle(), text()


def place_in_the_list(entry: Entry) -> tuple:
    """Sort by what a reader looks for, whatever the accents: the cited authors, then the year.

    Works that agree in both are sorted by all their authors and by title.
    """
    keys = cited_authors(entry), entry.fields["year"], entry.persons, entry.fields["title"]
    plain = (unicodedata.normalize("NFKD", str(key)).casefold() for key in keys)
    return tuple("".join(c for c in key if not unicodedata.combining(c)) for key in plain)


def sort_works(entries: Iterable[Entry]) -> list[Entry]:
    """Sort works as the list shows them."""
    return sorted(entries, key=place_in_the_list)


def labels(entries: Iterable[Entry]) -> Iterator[str]:
    """Label sorted works; those that would read alike get letters behind their years."""
    words = [f"{cited_authors(entry)}, {entry.fields['year']}" for entry in entries]
    alike, met = collections.Counter(words), collections.Counter()
    for label in words:
        yield label + (string.ascii_lowercase[met[label]] if alike[label] > 1 else "")
        met[label] += 1


class WorksAsCited(unsrt.Style):
    """The list of references."""

    def __init__(self, **options):
        super().__init__(**options)
        self.sort, self.format_labels = sort_works, labels

    def format_title(self, e: Entry, which_field: str, as_sentence: bool = True):
        """Leave a title as it is: lower case would make Byt5 of ByT5."""
        return sentence[field(which_field)] if as_sentence else field(which_field)


@node
def with_the_label_s_year(children, data):
    """Format a citation with the year that the work's label has, letter included."""
    year = data["formatted_entry"].label.rpartition(", ")[2]
    fields = {**data["entry"].fields, "year": year}
    entry = Entry(data["entry"].type, fields, data["entry"].persons)
    return children[0].format_data({**data, "entry": entry})


@dataclass
class LetteredAuthorYear(AuthorYearReferenceStyle):
    """Citations by author and year."""

    def inner(self, role_name: str):
        """Take the year from the label."""
        return with_the_label_s_year[super().inner(role_name)]


def reread_where_words_have_changed(app: Sphinx, env, added, changed, removed) -> set[str]:
    """Read a page again if it cites a work whose label has changed: a new one may want letters."""
    domain = env.get_domain("cite")
    works = sort_works(domain.bibdata.data.entries.values())
    now = dict(zip((work.key for work in works), labels(works), strict=True))
    before = {work.key: work.formatted_entry.label for work in domain.citations}
    return {
        reference.docname
        for reference in domain.citation_refs
        if reference.docname in env.found_docs
        and any(now.get(target.key) != before.get(target.key) for target in reference.targets)
    }


def setup(app: Sphinx) -> dict:
    """Register both styles under the name ``as-cited``."""
    pybtex.plugin.register_plugin("pybtex.style.formatting", "as-cited", WorksAsCited, force=True)
    register_plugin(
        "sphinxcontrib.bibtex.style.referencing", "as-cited", LetteredAuthorYear, force=True
    )
    app.connect("env-get-outdated", reread_where_words_have_changed)
    return {"version": "1", "parallel_read_safe": False, "parallel_write_safe": True}

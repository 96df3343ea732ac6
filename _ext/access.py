"""What readers with other eyes, tools and places need of every page, mended where it arises.

No id stands twice on a page, and the theme's scripts find a storage even where the browser gives
none: in the sandboxed frame of a learning platform.
"""

from __future__ import annotations

import collections

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform

# Asked for its storage, a page in a sandboxed frame is answered with an error, which ends the
# theme's scripts. There, what they store is forgotten with the page. First in the head of a page.
STORAGE = """<script>
for (const name of ["localStorage", "sessionStorage"]) {
  try {
    window[name];
  } catch {
    const kept = new Map();
    const value = {
      getItem: (key) => kept.get(`${key}`) ?? null,
      setItem: (key, item) => void kept.set(`${key}`, `${item}`),
      removeItem: (key) => void kept.delete(`${key}`),
      clear: () => kept.clear(),
      key: (place) => [...kept.keys()][place] ?? null,
      get length() { return kept.size; },
    };
    Object.defineProperty(window, name, { value, configurable: true });
  }
}
</script>"""
REPEATED = {"exercise-content", "solution-content"}


class TellIdsApart(SphinxTransform):
    """Number the ids that sphinx-exercise gives to the content of each exercise and solution."""

    default_priority = 20  # after it has put its solutions together

    def apply(self, **options) -> None:
        """Count them page by page; what one refers to is the label around the section."""
        counted = collections.Counter()
        for section in self.document.findall(nodes.section):
            for name in REPEATED.intersection(section["ids"]):
                counted[name] += 1
                section["ids"] = [f"{name}-{counted[name]}"]


def stand_in_for_storage(
    app: Sphinx, pagename: str, templatename: str, context: dict, doctree
) -> None:
    """Put the storage into the head, before whatever asks for it."""
    context["metatags"] = STORAGE + context.get("metatags", "")


def setup(app: Sphinx) -> dict:
    """Register what mends the pages."""
    app.add_transform(TellIdsApart)
    app.connect("html-page-context", stand_in_for_storage)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}

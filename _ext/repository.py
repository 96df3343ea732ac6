"""What a page says of where it comes from: its buttons, and its foot.

With `repository.url` in ``_config.yml``, a page with code opens on Colab, Kaggle and Binder, from
the branch ``notebooks``, which continuous integration writes (`publish`); and each page leads to
its source and to a report of a problem; not so in an edition without solutions, for they are in
the repository. The foot names authors, licences and the origin.
"""

from __future__ import annotations

import pathlib
import urllib.parse

import execution
import names
from sphinx.application import Sphinx

NOTEBOOKS = "notebooks"  # the branch


def host(url: str) -> tuple[str, str, str]:
    """Take the address of a repository apart: who serves it, its owner, its name."""
    parts = urllib.parse.urlsplit(url.rstrip("/").removesuffix(".git"))
    owner, _, name = parts.path.strip("/").rpartition("/")
    served_by = next((known for known in ("github", "gitlab") if known in parts.netloc), "")
    if not (parts.scheme == "https" and served_by and owner and name):
        raise ValueError(
            f"repository.url in _config.yml is {url!r}: it wants the address of a repository on "
            "GitHub or a GitLab, such as https://github.com/you/book."
        )
    return parts.netloc, owner, name


def launches(url: str, page: str) -> dict[str, str]:
    """Say where the notebook of a page runs; Colab and Kaggle read from GitHub alone."""
    netloc, owner, name = host(url)
    file = f"{page}.ipynb"
    path = urllib.parse.quote(f"lab/tree/{file}", safe="")
    where = {}
    if netloc == "github.com":
        there = f"{owner}/{name}/blob/{NOTEBOOKS}/{file}"
        where["Colab"] = f"https://colab.research.google.com/github/{there}"
        where["Kaggle"] = f"https://kaggle.com/kernels/welcome?src=https://github.com/{there}"
        binder = f"gh/{owner}/{name}"
    elif netloc == "gitlab.com":
        binder = f"gl/{urllib.parse.quote(f'{owner}/{name}', safe='')}"
    else:
        return where
    where["Binder"] = f"https://mybinder.org/v2/{binder}/{NOTEBOOKS}?urlpath={path}"
    return where


def source(url: str, branch: str, page: str, file: str | None) -> dict[str, str]:
    """Say where to edit the source of a page, if it has one, and where to report a problem."""
    netloc, owner, name = host(url)
    about = urllib.parse.quote(f"A problem on {page}", safe="")
    github = "github" in netloc
    base = f"https://{netloc}/{owner}/{name}{'' if github else '/-'}"
    edit = {"Suggest an edit": f"{base}/edit/{branch}/{file}"} if file else {}
    form = f"template=mistake.yml&where={about}" if github else f"issue[title]={about}"
    return {**edit, "Report a problem": f"{base}/issues/new?{form}"}


def _group(tooltip: str, icon: str, label: str, links: dict[str, str]) -> dict:
    buttons = [{"type": "link", "text": text, "url": url} for text, url in links.items()]
    return {"type": "group", "tooltip": tooltip, "icon": icon, "label": label, "buttons": buttons}


def add_buttons(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Put the menus beside that of downloads."""
    options = app.config.html_theme_options
    url, branch = options.get("repository_url", ""), options.get("repository_branch") or "main"
    if not url or app.tags.has("student"):
        return
    file, menus = None, []
    if doctree is not None:
        path = pathlib.Path(app.env.doc2path(pagename))
        file = path.relative_to(app.srcdir).as_posix()
        if path in execution.chapters() and (run := launches(url, pagename)):
            menus.append(_group("Run this page", "fas fa-rocket", "launch-buttons", run))
    wrong = source(url, branch, pagename, file)
    menus.append(_group("Edit or report", "fas fa-pencil", "source-buttons", wrong))
    context["header_buttons"][:0] = menus


def add_foot(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Give the template of the foot what ``_config.yml`` says."""
    context["licences"], context["made_from"] = names.LICENCES, names.made_from(names.facts())


def write_licences(app: Sphinx, exception: Exception | None) -> None:
    """Publish every licence and notice of the book as one text, to which each page leads."""
    if exception is None and app.builder.name == "html":
        text = names.all_licences()
        pathlib.Path(app.outdir, names.LICENCES).write_text(text, encoding="utf-8")


def setup(app: Sphinx) -> dict:
    """Register the buttons, the foot and the text of licences."""
    app.connect("html-page-context", add_buttons, priority=850)  # after the theme's
    app.connect("html-page-context", add_foot)
    app.connect("build-finished", write_licences)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}

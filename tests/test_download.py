"""The notebook that a page offers reads as the page does where there is no MyST, and runs."""

import base64
import builtins
import importlib.util
import json
import re
import types
import urllib.parse

import download
import drawings
import editions
import execution
import IPython.core.interactiveshell
import nbformat
import pytest
from bs4 import BeautifulSoup
from docutils import frontend, nodes, utils
from markdown_it import MarkdownIt

SOURCES = execution.chapters()
NAMES = [execution.chapter_name(source) for source in SOURCES]
URL = "https://github.com/you/book"


def offered(html_folder, name: str) -> nbformat.NotebookNode:
    return nbformat.read(html_folder / "_sources" / "chapters" / f"{name}.ipynb", as_version=4)


def prose(notebook) -> str:
    return "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def without_code_and_math(markdown: str) -> str:
    """Leave out what is shown as it is written."""
    markdown = re.sub(r"(?ms)^( *> *| *)(`{3,})(?!\{).*?^( *> *| *)\2$", "", markdown)
    markdown = re.sub(r"(?s)\$\$.*?\$\$|\\begin\{(\w+\*?)\}.*?\\end\{\1\}", "", markdown)
    spans = r"(?<![`}])(`{1,2})(?!`).*?(?<!`)\1(?!`)|(?<!\\)\$.*?(?<!\\)\$"
    return re.sub(f"(?s){spans}", "", markdown)


RAW = {
    "role": r"\{[\w:.+-]+\}`",
    "directive": r"(?m)^[> ]*(`{3,}|~{3,}|:{3,})\s*\{",
    "fence of colons": r"(?m)^[> ]*:{3,}",
    "comment": r"(?m)^[> ]*%",
    "label": r"(?m)^[> ]*\([\w-]+\)=",
    "attributes": r"[\])`]\{[.#]",
    "substitution": r"\{\{|\}\}",
    "block break": r"(?m)^\+\+\+",
}


@pytest.mark.parametrize("name", NAMES)
def test_it_is_written_without_space(html_folder, name):
    text = (html_folder / "_sources" / "chapters" / f"{name}.ipynb").read_text(encoding="utf-8")
    assert text.startswith('{"cells":[{') and text.count("\n") == 1


@pytest.mark.parametrize("name", NAMES)
def test_no_myst_is_left(html_folder, name):
    for cell in offered(html_folder, name).cells:
        if cell.cell_type == "markdown":
            text = without_code_and_math(cell.source)
            found = {kind: re.findall(raw, text) for kind, raw in RAW.items()}
            assert not any(found.values()), (found, cell.source)


def test_myst_would_be_found():
    for kind, text in {
        "role": "The mean is {glue:text}`mean`.",
        "directive": "```{admonition} A\n:class: tip\n```",
        "fence of colons": "> :::",
        "comment": "% a remark",
        "label": "(windows)=",
        "attributes": "[words]{.small}",
        "substitution": "{{ name }}",
        "block break": "+++",
    }.items():
        assert re.search(RAW[kind], without_code_and_math(text)), kind


def said(name: str) -> dict[str, str]:
    """Return the values that a page's run put into its text."""
    found = {}
    source = execution.ROOT / "chapters" / f"{name}.md"
    for cell in execution.executed(source).cells:
        for output in cell.get("outputs", []):
            if glued := output.get("metadata", {}).get("scrapbook"):
                (value,) = output["data"].values()
                found[glued["name"]] = value.strip("'\"")
    return found


@pytest.mark.parametrize("source", SOURCES, ids=NAMES)
def test_every_measured_value_is_filled_in(html_folder, source):
    name, text = execution.chapter_name(source), source.read_text(encoding="utf-8")
    values = said(name)
    words = [values[key] for key in re.findall(r"\{glue:text\}`(\w+)`", text)]
    for page, key in re.findall(r"\{measured\}`([\w/-]+):(\w+)`", text):
        quoted = editions.quoted(f"chapters/{page}", key)
        words.append(said(page)[key] if quoted is None else quoted)
    written = prose(offered(html_folder, name))
    missing = [word for word in words if download.escape(word) not in written]
    assert missing == []


def words_of(html: BeautifulSoup) -> str:
    """Return what one reads, without spaces: how lines break is nobody's concern."""
    return re.sub(r"\s", "", html.get_text())


@pytest.mark.parametrize("name", NAMES)
def test_it_has_the_words_of_the_page_in_their_order(html_folder, name):
    """Paragraphs, headings and cells of tables; formulas apart, which are written otherwise."""
    page = (html_folder / "chapters" / f"{name}.html").read_text(encoding="utf-8")
    article = BeautifulSoup(page, "html.parser").select_one("article.bd-article")
    left_out = ".cell, noscript, .headerlink, .math, .cnnbook-widget, script, .visually-hidden"
    left_out += ", .caption-number"  # a stop follows it in the notebook
    for element in article.select(left_out):
        element.decompose()
    notebook = prose(offered(html_folder, name))
    notebook = re.sub(r"(?s)\$\$.*?\$\$|(?<![\\`$])\$[^$]*?(?<!\\)\$", "", notebook)
    rendered = MarkdownIt("commonmark", {"html": True}).enable("table").render(notebook)
    here, place = words_of(BeautifulSoup(rendered, "html.parser")), 0
    for element in article.select("p, h1, h2, h3, h4, td, th"):
        if element.select_one("p, td") is None and (words := words_of(element)):
            found = here.find(words, place)
            assert found >= 0, element.get_text()
            place = found


def told(output: nbformat.NotebookNode) -> list:
    """Return the words of an output, and whether there is a picture."""
    data = output.get("data", {})
    pictures = [kind for kind in data if kind in {"image/svg+xml", "image/jpeg"}]
    picture = bool(pictures) or data.get("text/html", "").startswith("<img ")
    return [output.get("text"), data.get("text/plain"), output.get("traceback"), picture]


@pytest.mark.parametrize("source", SOURCES, ids=NAMES)
def test_its_cells_are_the_executed_ones_in_order(html_folder, source):
    """What was tested is what is published: code and outputs; a cell that is missing tells only."""
    ran = [c for c in nbformat.read(execution.notebook_path(source), 4).cells if "outputs" in c]
    install, *cells = [
        c for c in offered(html_folder, execution.chapter_name(source)).cells if "outputs" in c
    ]
    assert "find_spec" in install.source and install.outputs == []
    staying = [cell for cell, stays in zip(ran, download.kept(ran), strict=True) if stays]
    assert [cell.source for cell in cells] == [cell.source for cell in staying]
    for cell, tested in zip(cells, staying, strict=True):
        assert [told(output) for output in cell.outputs] == [
            told(output)
            for output in tested.outputs
            if "scrapbook" not in output.get("metadata", {})
        ]
        tags = set(tested.metadata.get("tags", []))
        shown = [json.dumps(output, sort_keys=True) for output in download.offered_outputs(tested)]
        assert [json.dumps(output, sort_keys=True) for output in cell.outputs] == shown
        folded = cell.metadata.get("jupyter", {}).get("source_hidden", False)
        assert folded or not tags & {"hide-input", "hide-cell", "remove-input", "remove-cell"}
        assert ("raises-exception" in cell.metadata.get("tags", [])) == ("raises-exception" in tags)
    assert any(cell.outputs for cell in cells)
    missing = [cell for cell in ran if cell not in staying]
    assert all("remove-cell" in cell.metadata.get("tags", []) for cell in missing)


def test_a_drawing_is_an_image_that_untrusted_notebooks_show():
    path = '<path d="M 0.123456 1.5 L 10.999999 2" transform="scale(0.015625)"/>'
    svg = f"<svg><metadata>when\nand how</metadata>{path}</svg>"
    drawn = nbformat.v4.new_output("display_data", {"image/svg+xml": svg, "text/plain": "Figure"})
    told = nbformat.v4.new_output("stream", text="told")
    warned = nbformat.v4.new_output("stream", name="stderr", text="a warning")
    glued = nbformat.v4.new_output("display_data", metadata={"scrapbook": {"name": "x"}})
    options = {"mystnb": {"image": {"alt": 'A "line"'}}, "tags": ["remove-stderr"]}
    outputs = [told, warned, drawn, glued]
    cell = nbformat.v4.new_code_cell("draw()", outputs=outputs, metadata=options)
    stream, image = download.offered_outputs(cell)
    assert stream.text == "told" and set(image.data) == {"text/html", "text/plain"}
    tag = BeautifulSoup(image.data["text/html"], "html.parser").img
    assert tag["alt"] == 'A "line"'
    written = urllib.parse.unquote(tag["src"].removeprefix("data:image/svg+xml,"))
    assert written == drawings.lean(svg).replace('"', "'")
    assert cell.outputs[2].data["image/svg+xml"] == svg, "the executed notebook stays"


@pytest.mark.parametrize("name", NAMES)
def test_every_name_of_a_cell_is_made_before_it(html_folder, name):
    made = {*dir(builtins), "display", "get_ipython"}
    for cell in offered(html_folder, name).cells:
        if cell.cell_type != "code" or "raises-exception" in cell.metadata.get("tags", []):
            continue
        here, needed = download.made_and_needed(cell.source)
        assert needed - made == set(), cell.source
        made |= here


@pytest.mark.parametrize("source", SOURCES, ids=NAMES)
def test_solutions_are_folded(html_folder, source):
    notebook = offered(html_folder, execution.chapter_name(source))
    solutions = source.read_text(encoding="utf-8").count("{solution-start}")
    named = re.findall(r"(?m)^(?:<summary>|\*\*)Solution to", prose(notebook))
    assert len(named) >= solutions
    inside = False
    for cell in execution.read_source(source).cells:
        if cell.cell_type == "markdown":
            marks = re.findall(r"\{solution-(start|end)\}", cell.source)
            inside = marks[-1] == "start" if marks else inside
        elif inside and "remove-cell" not in cell.metadata.get("tags", []):
            (there,) = (c for c in notebook.cells if c.source == cell.source)
            assert there.metadata["jupyter"] == {"source_hidden": True, "outputs_hidden": True}


@pytest.mark.parametrize("url", ["", URL])
def test_the_first_cell_needs_no_name(url):
    made, needed = download.made_and_needed(download.install_cell(url, "main").source)
    assert "importlib" in made and needed <= {*dir(builtins)}


def written(app_options: dict, *children: nodes.Node, base: str = "") -> str:
    """Write a small page."""
    builder = types.SimpleNamespace(fignumbers={"figure": {"fig-a": (3,)}})
    config = types.SimpleNamespace(
        html_baseurl=base, numfig_format={"figure": "Fig. %s"}, html_theme_options={}, **app_options
    )
    app = types.SimpleNamespace(config=config, builder=builder, srcdir=execution.ROOT)
    document = utils.new_document("page", frontend.get_default_settings())
    document.extend(children)
    return "\n\n".join(download.Writer(app, "chapters/one/two").blocks(document))


@pytest.mark.parametrize(
    ("base", "address"),
    [
        ("", None),
        ("https://you.github.io/book/", "https://you.github.io/book/chapters/loss.html#softmax"),
    ],
)
def test_a_reference_leads_to_the_published_page_or_is_its_words(base, address):
    reference = nodes.reference("", "softmax", internal=True, refuri="../loss.html#softmax")
    text = written({}, nodes.paragraph("", "", nodes.Text("See "), reference), base=base)
    assert text == ("See softmax" if address is None else f"See [softmax]({address})")
    outside = nodes.reference("", "a paper", refuri="https://arxiv.org/abs/1")
    assert written({}, nodes.paragraph("", "", outside)) == "[a paper](https://arxiv.org/abs/1)"


@pytest.mark.parametrize(
    "text", ["2 * 3 * 4", "_x_ and a_b", "5 $ and 6 $", "<b>", "a[0](1)", "1. not a list", "# no",
             "- no", "> no", "back\\slash", "`tick`"]
)  # fmt: skip
def test_words_stay_words(text):
    rendered = MarkdownIt("commonmark").render(written({}, nodes.paragraph("", text)))
    assert BeautifulSoup(rendered, "html.parser").get_text().strip() == text
    assert set(re.findall(r"<(\w+)", rendered)) == {"p"}


def test_a_picture_of_the_repository_goes_with_the_cell():
    place = "_static/logo.svg"
    image = nodes.image(uri=place, alt="A logo", candidates={"*": place})
    assert written({}, image) == "![A logo](attachment:logo.svg)"
    app = types.SimpleNamespace(
        config=types.SimpleNamespace(html_baseurl=""), srcdir=execution.ROOT
    )
    writer = download.Writer(app, "page")
    writer.inline(image)
    (contents,) = writer.attachments["logo.svg"].values()
    assert base64.b64decode(contents) == (execution.ROOT / place).read_bytes()


@pytest.mark.parametrize("url", ["", URL])
@pytest.mark.parametrize("is_there", [True, False])
def test_the_first_cell_installs_the_package_only_where_it_is_missing(monkeypatch, url, is_there):
    shell = IPython.core.interactiveshell.InteractiveShell()
    asked = []
    shell.register_magic_function(asked.append, magic_name="pip")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name if is_there else None)
    result = shell.run_cell(download.install_cell(url, "main").source)
    if is_there:
        assert result.success and asked == []
    elif url:
        assert result.success and asked == [f'install --quiet "cnnbook @ git+{URL}@main"']
    else:
        assert asked == [] and isinstance(result.error_in_exec, ModuleNotFoundError)
        assert "run `%pip install PATH`" in str(result.error_in_exec)


@pytest.mark.parametrize(("others_have_it", "reference"), [(True, "abc123"), (False, "main")])
def test_it_installs_the_commit_of_the_book_if_others_have_it(
    monkeypatch, others_have_it, reference
):
    def run(command, **options):
        answer = "abc123" if "rev-parse" in command else "abc123\n" * others_have_it
        return types.SimpleNamespace(stdout=answer)

    monkeypatch.setattr(download.subprocess, "run", run)
    assert download.revision("main") == reference


def test_where_there_is_no_git_it_installs_the_branch(monkeypatch, tmp_path):
    monkeypatch.setattr(execution, "ROOT", tmp_path)
    assert download.revision("course") == "course"


@pytest.mark.parametrize(
    ("removed", "stays"),
    [
        ("say('mean', x.mean())", False),
        ("assert x > 1", False),
        ("y = x + 1", True),
        ("seed(1)", True),
        ("low = model.fit(x)", True),
        ("del x", True),
        ("x[0] = 1", True),
        ("own = []\nown.append(x)", False),
    ],
)
def test_a_cell_that_the_page_removes_stays_only_if_others_rest_on_it(removed, stays):
    cells = [
        nbformat.v4.new_code_cell("x = 1"),
        nbformat.v4.new_code_cell(removed, metadata={"tags": ["remove-cell"]}),
        nbformat.v4.new_code_cell("print(y)"),
    ]
    assert download.kept(cells) == [True, stays, True]


def test_a_click_saves_the_notebook_under_its_name(browser, site):
    page = browser.new_page()
    page.goto(f"{site}/chapters/training.html")
    page.get_by_label("Download this page").click()
    with page.expect_download() as saved:
        page.locator("a.btn-download-notebook-button").click()
    assert saved.value.suggested_filename == "training.ipynb"
    page.close()


def test_every_link_to_a_source_is_one_to_save(html_folder):
    for page in html_folder.rglob("*.html"):
        html = page.read_text(encoding="utf-8")
        for link in re.findall(r"<a\s[^>]*_sources/[^>]*>", html):
            assert " download=" in link, (page.name, link)

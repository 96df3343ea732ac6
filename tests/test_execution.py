"""The pipeline, on a small book: a notebook runs once, when it must, and its failure stops."""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import time
import types

import execution
import joblib
import names
import nbformat
import psutil
import pytest
import repository
import whole
from bs4 import BeautifulSoup

CHAPTER = """---
jupytext:
  formats: md:myst
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  display_name: Python 3
  language: python
  name: python3
---

# A chapter

Prose.

```{code-cell} ipython3
---
mystnb:
  figure:
    caption: A caption.
---
from cnnbook import helper

print("the helper says", helper.ANSWER)
```
"""


@pytest.fixture
def book(tmp_path, monkeypatch):
    """A book of one chapter with a package of one helper."""
    (tmp_path / "chapters").mkdir()
    (tmp_path / "chapters" / "one.md").write_text(CHAPTER)
    (tmp_path / "_toc.yml").write_text("format: jb-book\nroot: chapters/one\n")
    (tmp_path / "requirements.txt").write_text("")
    (tmp_path / "cnnbook").mkdir()
    (tmp_path / "cnnbook" / "__init__.py").write_text("")
    (tmp_path / "cnnbook" / "helper.py").write_text("ANSWER = 42\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return tmp_path


def edit(book, old: str, new: str) -> None:
    chapter = book / "chapters" / "one.md"
    text = chapter.read_text()
    assert old in text
    chapter.write_text(text.replace(old, new))


def printed(book) -> str:
    notebook = nbformat.read(book / "notebooks" / "one.ipynb", as_version=4)
    (cell,) = [cell for cell in notebook.cells if cell.cell_type == "code"]
    return "".join(output.get("text", "") for output in cell.outputs)


def test_a_chapter_runs_once_and_again_only_when_its_outputs_could_change(book, capsys):
    def runs() -> bool:
        assert execution.execute(book)
        return "running" in capsys.readouterr().out

    assert runs()
    assert printed(book) == "the helper says 42\n"
    assert not runs(), "nothing changed"
    edit(book, "Prose.", "Better prose.")
    assert not runs(), "prose has no outputs"
    edit(book, "A caption.", "A better caption.")
    assert not runs(), "a caption is prose"
    assert printed(book) == "the helper says 42\n"
    (book / "cnnbook" / "helper.py").write_text("ANSWER = 43\n")
    assert runs(), "a helper changed"
    assert printed(book) == "the helper says 43\n"
    edit(book, "the helper says", "it says")
    assert runs(), "code changed"
    (book / "cnnbook" / "helper.py").write_text("ANSWER = 42\n")
    edit(book, "it says", "the helper says")
    assert not runs(), "a change taken back finds its old outputs"
    assert printed(book) == "the helper says 42\n"


def test_a_chapter_edited_while_it_runs_is_taken_as_it_then_stands(book, capsys):
    itself = 'open("../chapters/one.md", "a").write("More prose.\\n")\n'
    edit(book, 'print("the', itself + 'print("the')
    assert not execution.execute(book)
    assert "one.md: changed while it ran" in capsys.readouterr().out
    assert execution.execute(book)
    assert "running" not in capsys.readouterr().out, "only prose was added"
    notebook = nbformat.read(book / "notebooks" / "one.ipynb", as_version=4)
    assert notebook.cells[-1].source == "More prose."
    assert printed(book).endswith("the helper says 42\n")


def test_a_chapter_edited_while_it_waits_runs_as_it_then_stands(book, monkeypatch):
    run = execution._run_all

    def late(*arguments):
        edit(book, "the helper says", "it says")
        return run(*arguments)

    monkeypatch.setattr(execution, "_run_all", late)
    assert execution.execute(book)
    assert printed(book) == "it says 42\n"


def test_an_expected_error_that_is_no_longer_expected_runs_again(book, capsys):
    edit(book, "---\nmystnb", "---\ntags: [raises-exception]\nmystnb")
    edit(book, "helper.ANSWER)", "helper.MISSING)")
    assert execution.execute(book)
    edit(book, "tags: [raises-exception]\n", "")
    assert not execution.execute(book)


def test_a_failing_cell_stops_with_file_cell_and_traceback(book, capsys):
    edit(book, "helper.ANSWER)", "helper.MISSING)")
    assert not execution.execute(book)
    said = capsys.readouterr().out
    assert "chapters/one.md: FAILED" in said
    assert "notebooks" in said and "one.ipynb" in said
    assert "helper.MISSING" in said
    assert "AttributeError" in said
    assert not execution.execute(book), "a failure is not remembered as a success"


def test_one_failing_chapter_does_not_stop_the_others(book, capsys):
    for name in ("two", "three"):
        (book / "chapters" / f"{name}.md").write_text(CHAPTER)
    edit(book, "helper.ANSWER)", "helper.MISSING)")
    toc = "format: jb-book\nroot: chapters/one\nchapters:\n- file: chapters/two\n"
    (book / "_toc.yml").write_text(toc + "- file: chapters/three\n")
    assert not execution.execute(book)
    said = capsys.readouterr().out
    assert "chapters/two.md: passed" in said and "chapters/three.md: passed" in said
    assert said.endswith("The book is not built: chapters/one.md failed.\n")


def test_outputs_that_cannot_be_read_are_dropped_and_the_chapter_runs_anew(book, capsys):
    def runs() -> bool:
        assert execution.execute(book)
        assert printed(book) == "the helper says 42\n"
        return "running" in capsys.readouterr().out

    assert runs()
    database = execution.cache_folder(book) / "global.db"
    notebook = book / "notebooks" / "one.ipynb"
    for file, contents in ((database, b""), (database, b"corrupt"), (notebook, b"{")):
        file.write_bytes(contents)
        assert not runs(), f"{file} was damaged, the outputs are there"
    notebook.write_text("{")
    execution.convert(book)
    assert printed(book) == ""
    (entry,) = execution.cache_folder(book).glob("executed/*/base.ipynb")
    entry.write_text(entry.read_text()[:100])
    assert runs()
    entry.unlink()
    assert runs()
    assert not runs()


def test_a_sentence_that_became_untrue_is_named_with_its_page(book):
    """As nbmake shows it, in colours; in the end, what the log of a weekly run says."""
    chapter = book / "chapters" / "one.md"
    chapter.write_text("It has {glue:text}`ink` of ink.\nThat is\n{glue:text}`ink_more` more.\n")
    said = "\x1b[31mAssertionError\x1b[39m: The sentence with ink is no longer true: it is now 3."
    why = execution.reason(chapter, f"a line\n{said}\nmore")
    assert why == (
        "AssertionError: The sentence with ink is no longer true: it is now 3.\n"
        "    It has {glue:text}`ink` of ink."
    )
    assert execution.reason(chapter, "KeyError: 'x'\n\nFAILED") == "KeyError: 'x'"
    assert execution.reason(chapter, "killed") == "what pytest says is above"


def test_a_digest_follows_what_the_chapter_uses_and_nothing_else(book):
    package, results = book / "cnnbook", book / "benchmarks"
    (results / "one").mkdir(parents=True)
    (package / "__pycache__").mkdir()
    chapter = book / "chapters" / "one.md"
    written = []

    def changes(file: pathlib.Path, text: str) -> bool:
        before = execution.digest(chapter, book)
        file.write_text(text)
        os.utime(file, ns=(len(written), len(written)))  # two writes within one tick of the clock
        written.append(file)
        return execution.digest(chapter, book) != before

    assert not changes(package / "other.py", "nobody imports this")
    assert not changes(package / "__pycache__" / "helper.pyc", "bytecode")
    assert not changes(results / "unnamed.json", "{}")
    assert not changes(results / "chapters.json", "{}"), "pages show it, no chapter reads it"
    assert changes(package / "helper.py", "from cnnbook import other; ANSWER = 42")
    assert changes(package / "other.py", "now the helper imports it")
    assert changes(chapter, chapter.read_text().replace("helper.ANSWER", "'one/stored'")) is False
    assert changes(results / "one" / "stored.json", "{}"), "its name stands in the chapter's code"
    assert changes(results / "one" / "stored.npz", "weights of the same name")
    assert changes(results / "one" / "picture.webp", "a picture beside them")
    assert changes(package / "data.bin", "the package's data")
    (package / "digits").mkdir()
    assert changes(package / "digits" / "data.bin", "the package's data in a folder of its own")
    (package / "room").mkdir()
    assert not changes(package / "room" / "__init__.py", "nobody imports this room")
    assert not changes(package / "room" / "data.bin", "data of that room")
    assert changes(book / "requirements.txt", "numpy==2")


def test_the_reader_s_settings_change_nothing(book, monkeypatch):
    """A backend without figures, another library and precision, no assertions, fatal warnings."""
    (book / "keras.json").write_text('{"floatx": "float16", "backend": "torch"}')
    monkeypatch.setenv("KERAS_HOME", str(book))
    monkeypatch.setenv("MPLBACKEND", "Agg")
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    monkeypatch.setenv("PYTHONOPTIMIZE", "1")
    monkeypatch.setenv("PYTHONWARNINGS", "error")
    edit(
        book,
        "print(",
        "import os\n\nimport keras\nimport matplotlib\n\n"
        "optimised = True\nassert not (optimised := False)\n"
        "print('inline' in matplotlib.get_backend(), keras.backend.backend(), end=' ')\n"
        "print(keras.config.floatx())\n"
        "print(optimised)\n"
        "print(",
    )
    assert execution.execute(book)
    assert printed(book).splitlines()[:2] == ["True tensorflow float32", "False"]


def test_an_interrupt_ends_the_runs_at_once_and_starts_no_more(book, monkeypatch):
    """Of three chapters, one at a time, the first is running: the others never begin."""
    for name in ("one", "two", "three"):
        text = CHAPTER.replace("print(", "import time\n\ntime.sleep(600)\nprint(")
        (book / "chapters" / f"{name}.md").write_text(text)
    toc = "format: jb-book\nroot: chapters/one\nchapters:\n- file: chapters/two\n"
    (book / "_toc.yml").write_text(toc + "- file: chapters/three\n")
    monkeypatch.setenv("CNNBOOK_CHAPTERS", "1")
    before, begun = psutil.Process().children(), []  # a browser of other tests may be among them

    def interrupted(seconds):
        begun.extend(child for child in psutil.Process().children() if child not in before)
        raise KeyboardInterrupt

    clock = types.SimpleNamespace(sleep=interrupted, perf_counter=time.perf_counter)
    monkeypatch.setattr(execution, "time", clock)
    with pytest.raises(KeyboardInterrupt):
        execution.execute(book)
    assert len(begun) == 1 and not begun[0].is_running()
    assert printed(book) == "", "its notebook is there, without outputs"


def test_as_many_chapters_at_once_as_cores_and_memory_allow(monkeypatch):
    def machine(cores: int, gigabytes: float) -> int:
        monkeypatch.setattr(joblib, "cpu_count", lambda: cores)
        memory = types.SimpleNamespace(available=gigabytes * 1e9)
        monkeypatch.setattr(psutil, "virtual_memory", lambda: memory)
        return execution.chapters_at_once()

    monkeypatch.delenv("CNNBOOK_CHAPTERS", raising=False)
    assert [machine(2, 16), machine(8, 64), machine(8, 7), machine(4, 1)] == [2, 8, 3, 1]
    monkeypatch.setenv("CNNBOOK_CHAPTERS", "5")
    assert machine(2, 16) == 5


def test_a_notebook_that_cannot_be_written_leaves_the_old_one(book, monkeypatch):
    execution.convert(book)
    before = (book / "notebooks" / "one.ipynb").read_bytes()

    def fail(*arguments):
        raise OSError("no space left on device")

    monkeypatch.setattr(nbformat, "write", fail)
    with pytest.raises(OSError):
        execution.write_notebook(nbformat.v4.new_notebook(), book / "notebooks" / "one.ipynb")
    assert (book / "notebooks" / "one.ipynb").read_bytes() == before


def plain_build(
    book, *options: str, settings: dict[str, str] = types.MappingProxyType({})
) -> subprocess.CompletedProcess:
    """Build the small book as someone without make would: `jupyter-book build .`"""
    for name in ("_config.yml", "_ext", "_static", "_templates", "playground"):
        source = execution.ROOT / name
        copy = shutil.copytree if source.is_dir() else shutil.copy
        if not (book / name).exists():
            copy(source, book / name)
    (book / "chapters" / "references.bib").write_text("")
    config = (book / "_config.yml").read_text(encoding="utf-8")
    for key, value in settings.items():
        config, found = re.subn(rf"(?m)^( *{key}): .*", rf'\1: "{value}"', config, count=1)
        assert found, key
    (book / "_config.yml").write_text(config, encoding="utf-8")
    command = shutil.which("jupyter-book", path=str(pathlib.Path(sys.executable).parent))
    return subprocess.run(
        [command, "build", ".", *options],
        cwd=book,
        env={**os.environ, "PYTHONPATH": ""},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def test_a_plain_jupyter_book_build_runs_the_chapter_and_offers_it(book):
    result = plain_build(book, "-W", "-n", "--keep-going")
    assert result.returncode == 0, result.stdout
    html = book / "_build" / "html"
    assert "the helper says 42" in (html / "chapters" / "one.html").read_text()
    offered = (html / "_sources" / "chapters" / "one.ipynb").read_text()
    assert "the helper says 42" in offered


def test_a_fork_has_its_own_name_and_its_pages_lead_to_its_notebooks(book):
    edit(book, "# A chapter\n\nProse.", "(place)=\n# A chapter\n\nBack to {ref}`here <place>`.")
    address = "https://github.com/you/book"
    settings = {"url": address, "baseurl": "https://you.github.io/book/"}
    settings |= {"title": "Pictures in 90 Minutes", "author": "Ada Example"}
    result = plain_build(book, "-W", "-n", "--keep-going", settings=settings)
    assert result.returncode == 0, result.stdout
    html = book / "_build" / "html"
    offered = nbformat.read(html / "_sources" / "chapters" / "one.ipynb", as_version=4)
    install, text, code = offered.cells
    assert f'%pip install --quiet "cnnbook @ git+{address}@main"' in install.source
    assert "Back to [here](https://you.github.io/book/chapters/one.html#place)." in text.source
    assert code.outputs[0].text == "the helper says 42\n"
    page = BeautifulSoup((html / "chapters" / "one.html").read_text(), "html.parser")
    menus = {
        menu: [link["href"] for link in page.select(f".dropdown-{menu} a")]
        for menu in ("launch-buttons", "source-buttons")
    }
    assert menus["launch-buttons"] == list(repository.launches(address, "chapters/one").values())
    assert menus["source-buttons"] == list(
        repository.source(address, "main", "chapters/one", "chapters/one.md").values()
    )
    assert "Pictures in 90 Minutes" in page.title.text
    assert "A Simple Guide" not in str(page.head)
    foot = page.select_one(".component-author")
    origin = "Made from A Simple Guide to Convolutional Neural Networks, by The book's authors."
    assert "By Ada Example." in foot.text and origin in foot.text
    assert (html / "chapters" / foot.a["href"]).is_file()
    assert (html / ".nojekyll").is_file()


def test_a_book_without_an_address_has_no_buttons_for_it(html_folder):
    if names.facts()["repository"]:
        pytest.skip("this book has an address")
    for page in html_folder.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert "launch-buttons" not in text and "source-buttons" not in text, page


def test_a_failing_cell_fails_every_build_with_its_traceback(book):
    edit(book, "helper.ANSWER)", "helper.MISSING)")
    result = plain_build(book)
    assert result.returncode != 0
    assert "one.md" in result.stdout
    assert "AttributeError" in result.stdout


def test_a_reference_to_no_label_fails_each_build_until_it_is_mended(book, monkeypatch):
    edit(book, "Prose.", "Prose, see {ref}`no-such-label`.")
    monkeypatch.setattr(whole, "BUILD", book / "_build")
    for _ in range(2):
        result = plain_build(book)
        assert result.returncode != 0 and "no-such-label" in result.stdout
        assert not whole.is_whole("html")
    edit(book, ", see {ref}`no-such-label`", "")
    assert plain_build(book).returncode == 0
    assert whole.is_whole("html")
    page = book / "_build" / "html" / "chapters" / "one.html"
    page.write_text(page.read_text()[:1000])
    assert not whole.is_whole("html"), "a page is cut short: all are written anew"


def test_two_builds_wait_for_each_other(tmp_path, capsys):
    with whole.alone(tmp_path), (tmp_path / "lock").open() as file:
        assert not whole._lock(file)
    with (tmp_path / "lock").open() as file:
        assert whole._lock(file)


def test_the_longest_chapter_begins_first_and_a_new_one_before_it(tmp_path):
    facts = tmp_path / execution.CHAPTER_FACTS
    facts.parent.mkdir(parents=True)
    facts.write_text('{"chapters": {"short": {"seconds": 5}, "long": {"seconds": 60}}}')
    sources = [tmp_path / "chapters" / f"{name}.md" for name in ("short", "long", "new")]
    ordered = execution._longest_first(sources, tmp_path)
    assert [source.stem for source in ordered] == ["new", "long", "short"]
    facts.unlink()
    assert execution._longest_first(sources, tmp_path) == sources

"""With data that the test draws, the guide says what is so of them, and nothing of digits."""

import gzip
import json
import re
import struct
import subprocess
import sys

import execution
import jupytext
import nbclient
import nbformat
import numpy as np
import other_data
import PIL.Image
import PIL.ImageDraw
import pytest
import yaml

NAMES = ["disc", "ring", "square", "frame", "roof", "cross", "bar", "stripes", "eyes", "arrow"]
GUIDE = ["architecture", "convolution", "pooling", "loss", "training", "applications"]


def draw(kind: int, random: np.random.Generator) -> np.ndarray:
    """Draw a light shape on a dark ground, with some noise."""
    picture = PIL.Image.new("L", (56, 56))
    pen, size = PIL.ImageDraw.Draw(picture), random.uniform(12, 22)
    x, y = 28 + random.uniform(-5, 5, 2)
    box = [x - size, y - size, x + size, y + size]
    level, upright = [(x - size, y), (x + size, y)], [(x, y - size), (x, y + size)]
    match NAMES[kind]:
        case "disc":
            pen.ellipse(box, fill=255)
        case "ring":
            pen.ellipse(box, outline=255, width=5)
        case "square":
            pen.rectangle(box, fill=255)
        case "frame":
            pen.rectangle(box, outline=255, width=5)
        case "roof":
            pen.polygon([(x, y - size), (x - size, y + size), (x + size, y + size)], fill=255)
        case "cross":
            pen.line(level, 255, 5)
            pen.line(upright, 255, 5)
        case "bar":
            pen.line(level, 255, 9)
        case "stripes":
            for shift in (-0.7, 0, 0.7):
                pen.line([(a, b + shift * size) for a, b in level], 255, 4)
        case "eyes":
            for place in (x - 0.6 * size, x + 0.6 * size):
                pen.ellipse([place - 6, y - 6, place + 6, y + 6], fill=255)
        case "arrow":
            pen.line(level, 255, 5)
            pen.polygon([level[1], (x, y - 0.6 * size), (x, y + 0.6 * size)], fill=255)
    small = np.asarray(picture.resize((28, 28), PIL.Image.Resampling.BOX), float)
    return np.uint8(np.clip(small + random.normal(0, 20, (28, 28)), 0, 255))


def shapes(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    labels = random.permutation(np.arange(count) % 10).astype(np.uint8)
    return np.stack([draw(label, random) for label in labels]), labels


@pytest.fixture(scope="session")
def drawn() -> dict[str, np.ndarray]:
    """5,200 and 200 pictures of ten shapes."""
    (x_train, y_train), (x_test, y_test) = shapes(5200, 0), shapes(200, 1)
    return {"x_train": x_train, "y_train": y_train, "x_test": x_test, "y_test": y_test}


@pytest.fixture(scope="session")
def made(drawn, tmp_path_factory):
    """The folder of a book about these shapes, before anything has run."""
    folder = tmp_path_factory.mktemp("shapes")
    np.savez(folder / "shapes.npz", **drawn, class_names=np.array(NAMES))
    return other_data.make_folder(folder / "shapes.npz", folder)


def run_python(made, code: str) -> str:
    """Run code as the pages of that book do."""
    environment = {"PATH": "", "CNNBOOK_DATA": str(made / "data.npz"), "PYTHONPATH": str(made)}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=made, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_four_files_of_fashion_mnist_are_read_like_an_npz(drawn, tmp_path):
    for name, file in other_data.IDX.items():
        array = drawn[name]
        head = struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
        with gzip.open(tmp_path / f"{file}.gz", "wb") as stream:
            stream.write(head + array.tobytes())
    (tmp_path / "classes.txt").write_text("\n".join(NAMES) + "\n")
    found = other_data.read(tmp_path)
    assert all(np.array_equal(found[name], array) for name, array in drawn.items())
    assert found["class_names"].tolist() == NAMES


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"x_train": np.zeros((5200, 28, 28))}, "x_train must be uint8 pictures of 28 by 28"),
        ({"x_test": np.zeros((200, 32, 32), np.uint8)}, "got uint8 of shape (200, 32, 32)"),
        ({"y_test": np.zeros(200, np.uint8)}, "y_test must have a label from 0 to 9"),
        ({"y_test": np.arange(199) % 10}, "got 199 labels for 200 pictures"),
        ({"class_names": np.array(["one"])}, "10 names of classes, got 1"),
    ],
)
def test_data_that_the_network_could_not_learn_from_are_refused(drawn, tmp_path, change, words):
    np.savez(tmp_path / "bad.npz", **{**drawn, **change})
    with pytest.raises(ValueError, match=re.escape(words)):
        other_data.read(tmp_path / "bad.npz")


def test_too_few_pictures_and_a_missing_file_are_refused(drawn, tmp_path):
    few = {"x_train": drawn["x_train"][:5000], "y_train": drawn["y_train"][:5000]}
    np.savez(tmp_path / "few.npz", **{**drawn, **few})
    with pytest.raises(ValueError, match="more than the 5,000"):
        other_data.read(tmp_path / "few.npz")
    with pytest.raises(ValueError, match="there is no"):
        other_data.read(tmp_path / "none.npz")


def test_the_book_has_the_guide_and_what_one_looks_up(made):
    toc = yaml.safe_load((made / "_toc.yml").read_text(encoding="utf-8"))
    pages = [name.removeprefix("chapters/") for name in execution.toc_files(toc)]
    assert pages == ["index", *GUIDE, "playground", "glossary", "reading", "helpers"]


@pytest.mark.parametrize("page", [*GUIDE, "playground", "index"])
def test_no_page_speaks_of_digits(made, page):
    """What may be said of ink and of a 7 is said of the small 7 of the widgets, or of others."""
    text = (made / "chapters" / f"{page}.md").read_text(encoding="utf-8")
    cells = jupytext.reads(text, "md:myst").cells
    prose = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    prose = re.sub(r"`[^`\n]*`", "", prose)
    assert not re.findall(r".*\b(?<!MNIST's )digits?\b.*", prose)
    assert other_data.KEPT not in text
    for cell in cells:
        shown = cell.metadata.get("mystnb", {})
        if "figure" in shown:
            caption = shown["figure"]["caption"].replace("brush strokes", "")
            assert "igit" not in caption + shown["image"]["alt"]
            assert not other_data.HANDWRITING.search(caption)


def test_a_hidden_assertion_that_fails_says_so_and_does_not_stop_its_cell():
    said = {}
    code = "for n in (1, 2):\n    assert n < 2, 'no'\nsay('after', 1)"
    exec(
        other_data.tolerant(code),
        {"say": lambda name, value, holds=True: holds and said.update({name: value})},
    )
    assert said == {"untrue0": 0, "after": 1}


def test_what_was_measured_on_other_data_is_refused_and_an_untrue_sentence_left_out(made):
    told = run_python(
        made,
        """if True:
        from cnnbook import data, results
        (x_train, y_train), (x_test, y_test) = data.load_mnist()
        assert x_train.shape == (5200, 28, 28) and data.CLASSES[5] == "cross"
        for name in ("article_recipe", "pooling/pooling_control"):
            try:
                results.load(name)
            except results.OtherDataError as error:
                print(error)
        print(len(results.load("applications/style")["runs"]) > 0)
        """,
    )
    assert told.count("was measured on other data (06af5dfe73b7...)") == 2
    assert told.endswith("True\n")


def test_the_first_page_runs_and_names_the_classes(made, untrained, monkeypatch):
    """With a network that has learned nothing: what is tested is the page."""
    digest = other_data._digest(made)
    facts = {"data": digest, "architecture": "{}"}
    arrays = {f"w{n}": array for n, array in enumerate(untrained.get_weights())}
    np.savez(made / "benchmarks" / "article_network.npz", facts=json.dumps(facts), **arrays)
    notebook = jupytext.read(made / "chapters" / "architecture.md")
    monkeypatch.setenv("CNNBOOK_DATA", str(made / "data.npz"))
    monkeypatch.setenv("PYTHONPATH", str(made))
    client = nbclient.NotebookClient(notebook, timeout=600, allow_errors=True)
    client.execute(cwd=str(made / "chapters"))
    failed, said = other_data.settle(notebook, "architecture")
    assert failed == []
    assert {"for_first", "first", "second", "label", "accuracy", "as_dense"} <= said
    values = [
        output.data["application/papermill.record/text/plain"].strip("'")
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if output.get("metadata", {}).get("scrapbook", {}).get("name") in ("first", "label")
    ]
    assert set(values) <= set(NAMES)
    assert sum("image/svg+xml" in str(cell.get("outputs", "")) for cell in notebook.cells) == 5


def test_a_cell_without_its_result_says_so():
    def settled(ename: str, evalue: str) -> tuple:
        error = nbformat.v4.new_output("error", ename=ename, evalue=evalue)
        cell = nbformat.v4.new_code_cell("x", outputs=[error])
        failed, _ = other_data.settle(nbformat.v4.new_notebook(cells=[cell]), "pooling")
        return failed, cell.outputs

    failed, [note] = settled("OtherDataError", "x was measured on other data than these: run it")
    assert failed == []
    assert note.data["text/markdown"] == "*Left out: x was measured on other data than these.*"
    failed, _ = settled("KeyError", "a")
    assert failed, "a fault of the book is none of the data's"

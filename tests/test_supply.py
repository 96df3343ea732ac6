"""What the book brings and reads: every file has its licence, package and pages load no pickle."""

import ast
import io
import pickle
import re
import subprocess
import sys

import execution
import keras
import numpy as np
import pytest

from cnnbook import data, results

ROOT = execution.ROOT


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="git tells which files are the book's")
def test_every_file_says_who_holds_it_and_under_which_licence():
    pytest.importorskip("reuse")
    command = [sys.executable, "-m", "reuse", "lint", "--lines"]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout


# ---- Pickles: a file that is one runs whatever its writer wanted ---------------------------------

UNPICKLE = {"pickle", "cPickle", "cloudpickle", "dill", "shelve", "marshal", "torch"}
CALLS = {"read_pickle", "enable_unsafe_deserialization", "from_pickle"}
# The second reads what Sphinx wrote a moment ago, this file writes a pickle to see it refused.
MAY = {"tests/test_supply.py", "tests/test_editions.py"}


def unsafe(code: str) -> set[str]:
    """Name what in a piece of Python could unpickle."""
    found = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names} & UNPICKLE
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module.split(".")[0]} & UNPICKLE
            found |= {f"{node.module}.{a.name}" for a in node.names} & {"joblib.load"}
        elif isinstance(node, ast.Attribute):
            found |= {node.attr} & CALLS
            found |= {ast.unparse(node)} & {"joblib.load"}
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == "np.load":
            found |= {"allow_pickle" for _ in node.args[2:]}
        elif isinstance(node, ast.keyword) and (node.arg, ast.unparse(node.value)) not in (
            ("allow_pickle", "False"),
            ("safe_mode", "True"),
        ):
            found |= {node.arg} & {"allow_pickle", "safe_mode"}
    return found


def test_no_code_of_the_book_unpickles():
    found = {}
    for folder in ("cnnbook", "benchmarks", "_ext", "tests"):
        for file in (ROOT / folder).rglob("*.py"):
            found[file.relative_to(ROOT).as_posix()] = unsafe(file.read_text(encoding="utf-8"))
    for source in [*execution.chapters(), *(ROOT / "projects").glob("*.md")]:
        cells = [c.source for c in execution.read_source(source).cells if c.cell_type == "code"]
        code = [re.sub(r"(?m)^\s*[%!].*$", "pass", cell) for cell in cells]
        found[source.name] = set().union(*(unsafe(cell) for cell in code if is_python(cell)))
    assert {name for name, words in found.items() if words} == MAY


def is_python(code: str) -> bool:
    """Say whether Python can read it: a cell may show an error of syntax."""
    try:
        return bool(ast.parse(code))
    except SyntaxError:
        return False


@pytest.mark.parametrize(
    "code",
    [
        "import pickle",
        "from joblib import load",
        "joblib.load(file)",
        "np.load(file, allow_pickle=True)",
        "np.load(file, None, True)",
        "np.load(file, allow_pickle=trusted)",
        "keras.saving.load_model(file, safe_mode=False)",
        "keras.config.enable_unsafe_deserialization()",
        "pandas.read_pickle(file)",
    ],
)
def test_what_could_unpickle_is_seen(code):
    assert unsafe(code)


class Trap:
    """Unpickled, it would print."""

    def __reduce__(self):
        return print, ("unpickled",)


def a_pickle() -> bytes:
    return pickle.dumps(Trap())


def an_array_of_objects() -> bytes:
    np.savez(file := io.BytesIO(), facts=np.array([Trap()], dtype=object))
    return file.getvalue()


@pytest.mark.parametrize("content", [a_pickle(), an_array_of_objects()])
def test_a_pickled_file_is_refused_and_not_run(content, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(results, "STORED", tmp_path)
    (tmp_path / "network.npz").write_bytes(content)
    with pytest.raises(ValueError, match="pickle"):
        results.load_network("network")
    with pytest.raises(data.DataFileError, match="is not the one published"):
        data.load_mnist(tmp_path / "network.npz")
    assert not capsys.readouterr().out


def test_a_network_with_code_in_it_is_refused(tmp_path):
    layer = keras.layers.Lambda(lambda x: x + 1)
    keras.Sequential([keras.Input((1,)), layer]).save(tmp_path / "network.keras")
    with pytest.raises(ValueError, match="unsafe"):
        keras.saving.load_model(tmp_path / "network.keras")

"""Results and weights come back as they were stored; a missing one is named."""

import json
import re

import editions
import keras
import numpy as np
import pytest

from benchmarks import __main__ as benchmarks
from benchmarks import results as benchmark
from cnnbook import results

ROOT = results.STORED.parent


def test_the_article_recipe_was_run_on_ten_seeds_or_more():
    result = results.load("article_recipe")
    seeds = [run["seed"] for run in result["runs"]]
    assert len(seeds) >= 10
    assert seeds == list(range(len(seeds))), "a seed left out would be a result chosen"
    assert {"processor", "cores", "python", "tensorflow", "keras"} <= set(result["machine"])


@pytest.mark.skipif(
    bool(editions.left_out()), reason="a chapter that was left out may have stored it"
)
def test_make_bench_runs_a_program_for_everything_that_is_stored():
    folder = results.STORED
    programs = [folder.parent / f"{name.replace('.', '/')}.py" for name in benchmarks.names()]
    programs += (folder / "tested").glob("*.py")  # commands of their own, such as `make faults`
    codes = [program.read_text(encoding="utf-8") for program in programs]
    for file in [*folder.rglob("*.json"), *folder.rglob("*.npz")]:
        stored = file.relative_to(folder).with_suffix("").as_posix()
        # Written whole, or from the room and one of the program's names.
        whole, joined = rf"[\"'/]{stored}\b", f"{file.parent.name}/{{name}}"
        assert any(
            re.search(whole, code) or (joined in code and f'"{file.stem}"' in code)
            for code in codes
        ), f"no program stores {stored}"


def test_a_missing_result_is_named():
    with pytest.raises(FileNotFoundError, match=r"nonsense\.json must be a file.*make bench"):
        results.load("nonsense")


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.setattr(results, "STORED", tmp_path)
    monkeypatch.setattr(benchmark, "STORED", tmp_path)
    return tmp_path


def test_a_result_comes_back_with_the_machine(elsewhere):
    benchmark.save("chapter/trial", {"runs": [1, 2]})
    stored = results.load("chapter/trial")
    assert stored["runs"] == [1, 2] and stored["machine"] == benchmark.machine()


def test_a_network_comes_back_without_the_code_that_built_it(elsewhere):
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, activation="relu")])
    benchmark.save_weights("chapter/network", model, {"seed": 7})
    back, facts = results.load_network("chapter/network")
    x = np.ones((1, 4), np.float32)
    np.testing.assert_allclose(back(x), model(x), atol=1e-2)  # float16 in between
    assert facts["seed"] == 7 and len(facts["data"]) == 64


def test_weights_beyond_float16_are_refused(elsewhere):
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.set_weights([np.array([[1e6]], np.float32), np.zeros(1, np.float32)])
    with pytest.raises(ValueError, match="large has weights that float16 cannot hold"):
        benchmark.save_weights("large", model, {})
    assert not list(elsewhere.iterdir())


def test_no_network_that_a_page_builds_says_what_only_a_newer_keras_knows():
    """Keras 3.12, the last for Python 3.10, refuses a setting that it does not know."""
    pages = (page.read_text(encoding="utf-8") for page in (ROOT / "chapters").rglob("*.md"))
    built = set(re.findall(r'load_network\("([\w/]+)"', "\n".join(pages)))
    assert built
    for name in built:
        with np.load(results.STORED / f"{name}.npz", allow_pickle=False) as stored:
            architecture = json.loads(json.loads(str(stored["facts"]))["architecture"])
        assert benchmark._reduced(architecture) == architecture, name

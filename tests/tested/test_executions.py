"""What two executions are compared by, and what a condition tells of itself."""

import ast

import nbformat
import pytest

from benchmarks.tested import determinism, margins


def notebook(*printed: str, tags=(), code: str = "go()") -> nbformat.NotebookNode:
    """A page whose cells print these texts."""
    cells = []
    for text in printed:
        stream = nbformat.v4.new_output("stream", name="stdout", text=text)
        cells.append(
            nbformat.v4.new_code_cell(code, outputs=[stream], metadata={"tags": list(tags)})
        )
    return nbformat.v4.new_notebook(cells=cells)


def test_a_digit_that_differs_is_named_with_its_cell():
    first, second = notebook("a", "loss 0.125"), notebook("a", "loss 0.126")
    [found] = determinism.compare(first, second)
    assert (found["cell"], found["output"], found["why"]) == (2, "stdout", "")
    assert "0.125" in found["is"] and "0.126" in found["is"]
    assert determinism.compare(first, first) == []
    assert determinism.compare(first, notebook("a", "loss 0.125", code="run()")) is None


@pytest.mark.parametrize(
    ("one", "other", "why"),
    [
        ("44 steps, 7 seconds", "44 steps, 12 seconds", "measured there"),
        ("44 steps, 7 seconds", "45 steps, 7 seconds", ""),
        ("kept   6 MB", "kept  13 MB", "measured there"),
    ],
)
def test_where_a_cell_measures_only_what_it_measures_may_differ(one, other, why):
    [found] = determinism.compare(notebook(one, tags=["measured"]), notebook(other))
    assert found["why"] == why


def test_a_condition_tells_what_is_left_of_it_and_stops_nothing():
    cell = """
falls = all(step < 0 for step in (-2, -1))
say("size", x, ".1f", falls and 0.9 < x < 1 or never)
assert x == 3 and x > 0.5
"""
    left, held = {}, {}
    tree = margins.Conditions().visit(ast.parse(cell))
    words = {"x": 0.93, "never": False, "say": lambda *arguments: None}
    words |= margins.tellers({"left": left, "held": held})
    exec(compile(tree, "cell", "exec"), words)
    assert left == {
        "step < 0": 1, "0.9 < x": pytest.approx(0.03), "x < 1": pytest.approx(0.07),
    }  # fmt: skip
    assert list(held.values()) == [True, False]

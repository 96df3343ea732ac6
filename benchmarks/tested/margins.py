"""Measure how far the conditions of sentences are from failing, over trainings from other seeds.

    python -m benchmarks.tested.margins [training loss ...]    # the guide's pages if none is named

A page runs once for each of five shifts, which are added to each seed that `set_random_seed` gets;
where five leave it open, for ten more; where nothing calls it, once in all.
Of each inequality that a `say` or an `assert` states, what is left of it is stored: 0.02 where
0.93 must be below 0.95. On one machine a seed repeats itself; on another, roundings differ and
training takes another path, not as far away as another seed where this was measured (determinism).
So by the spread over seeds and Student's t, a sentence fails elsewhere more seldom than is said.
"""

from __future__ import annotations

import argparse
import ast
import json
import operator
import os
import pathlib
import sys

import nbclient
import nbformat
import numpy as np

SHIFTS, MORE = range(0, 5000, 1000), range(5000, 15000, 1000)
GUIDE = ("architecture", "convolution", "pooling", "loss", "training", "applications")
AT_MOST = 1e-3  # a sentence may fail once in so many runs
# Said of weights that are drawn and not trained: every machine draws the same ones. So do a program
# in a process of its own and a stored run, which the last three compare with the page's own.
DRAWN = {
    "edges_before <= 2", "blobs_before == 0", "random_share < 0.4",
    "abs(explained_before - 1 / 3) < 0.08", "unlogged[0] > 4",
    "first_loss > np.log(10) + 0.1", "losses[1] > np.log(10)", "np.log(10) > losses[0] + 0.5",
    "losses[1] > np.log(10) > losses[0] + 0.5",
    "max(per_step) < 0.001 and per_step[0] < 1e-05", "difference(moved_by_two, moved) < 0.001",
    "np.allclose(norms[kind], again, rtol=0.05)",
}  # fmt: skip
ALL = {"all", "np.all"}
ORDER = {ast.Lt: "lt", ast.LtE: "le", ast.Gt: "gt", ast.GtE: "ge"}


# ---- In the page's kernel ----------------------------------------------------------------------


class Conditions(ast.NodeTransformer):
    """Have each condition of a cell tell what is left of it, and fail no more."""

    def visit_Module(self, cell: ast.Module) -> ast.Module:
        """Rewrite the conditions, and what is assigned to a name that is one."""
        self.names = set()
        self.generic_visit(cell)
        while self.names:
            wanted, self.names = self.names, set()
            for node in ast.walk(cell):
                if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in wanted:
                    node.value = self.weighed(node.value)
        return ast.fix_missing_locations(cell)

    def visit_Assert(self, node: ast.Assert) -> ast.Assert:
        """Rewrite what must hold."""
        node.test = self.held("assert", node.test)
        return node

    def visit_Call(self, node: ast.Call) -> ast.Call:
        """Rewrite the fourth argument of `say`."""
        if isinstance(node.func, ast.Name) and node.func.id == "say":
            named = [each for each in node.keywords if each.arg == "holds"]
            if len(node.args) > 3:
                node.args[3] = self.held(ast.unparse(node.args[0]), node.args[3])
            elif named:
                named[0].value = self.held(ast.unparse(node.args[0]), named[0].value)
        return node

    def held(self, name: str, condition: ast.expr) -> ast.expr:
        """Note whether it holds, and go on."""
        where = f"{name}: {ast.unparse(condition)}"
        return _call("__held__", ast.Constant(where), self.weighed(condition))

    def weighed(self, node: ast.expr) -> ast.expr:
        """Rewrite the inequalities that all must hold for a condition to be true."""
        if isinstance(node, ast.Name):
            self.names.add(node.id)
        elif isinstance(node, ast.BoolOp):
            node.values = [self.weighed(value) for value in node.values]
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in ALL and node.args:
            inner = node.args[0]
            if isinstance(inner, ast.GeneratorExp):
                inner.elt = self.weighed(inner.elt)
            else:
                node.args[0] = self.weighed(inner)
        elif isinstance(node, ast.Compare) and all(type(how) in ORDER for how in node.ops):
            sides, parts = [node.left, *node.comparators], []
            for left, how, right in zip(sides, node.ops, sides[1:], strict=False):
                said = ast.Constant(ast.unparse(ast.Compare(left, [how], [right])))
                parts.append(_call("__left__", said, ast.Constant(ORDER[type(how)]), left, right))
            return parts[0] if len(parts) == 1 else ast.BoolOp(ast.And(), parts)
        return node


def _call(name: str, *arguments: ast.expr) -> ast.Call:
    return ast.Call(ast.Name(name, ast.Load()), list(arguments), [])


def tellers(told: dict) -> dict:
    """Return the functions that rewritten cells call, which write into `told`."""

    def left(said, order, one, other):
        true = getattr(operator, order)(one, other)
        if np.all(true) and not isinstance(one, (str, tuple, list, set)):
            smallest = float(np.min(np.abs(np.subtract(one, other))))
            told["left"][said] = min(smallest, told["left"].get(said, smallest))
        return true

    def held(where, true):
        told["held"][where] = bool(np.all(true)) and told["held"].get(where, True)
        return True

    return {"__left__": left, "__held__": held, "__told__": told}


def watch(shell, shift: int) -> None:
    """Have the cells that follow tell of their conditions, from shifted seeds."""
    import keras

    seeded, told = keras.utils.set_random_seed, {"left": {}, "held": {}, "seeded": False}

    def shifted(seed):
        told["seeded"] = True
        seeded(seed + shift)

    keras.utils.set_random_seed = shifted
    shell.user_ns |= tellers(told)
    shell.ast_transformers.append(Conditions())


# ---- In this process ---------------------------------------------------------------------------


def run(source: pathlib.Path, shift: int) -> dict:
    """Run a page from shifted seeds, and return what its conditions told."""
    import execution

    notebook = execution.read_source(source)
    begin = f"from benchmarks.tested import margins\nmargins.watch(get_ipython(), {shift})"
    end = "import json\nprint(json.dumps(__told__))"
    notebook.cells.insert(0, nbformat.v4.new_code_cell(begin))
    notebook.cells.append(nbformat.v4.new_code_cell(end))
    client = nbclient.NotebookClient(notebook, timeout=None)
    done = client.execute(cwd=str(source.parent))
    printed = (each.text for each in done.cells[-1].outputs if each.get("name") == "stdout")
    return json.loads("".join(printed))


def measure(page: str, runs: list[dict]) -> dict:
    """Put the runs of a page together: what holds always, by how much, and how surely."""
    from scipy import stats

    row = {"page": page, "conditions": len(runs[0]["held"]), "smallest": {}, "by_chance": []}
    row["failed"] = {
        where: f"{sum(not run['held'].get(where, False) for run in runs)} of {len(runs)}"
        for where in runs[0]["held"]
        if not all(run["held"].get(where, False) for run in runs)
    }
    row["of_what_is_drawn"] = [where for where in row["failed"] if where.split(": ")[1] in DRAWN]
    for said in runs[0]["left"]:
        left = [run["left"].get(said) for run in runs]
        row["smallest"][said] = min(each for each in left if each is not None)
        if said in DRAWN or None in left or np.ptp(left) == 0:
            continue
        spread = np.std(left, ddof=1) * np.sqrt(1 + 1 / len(left))
        chance = float(stats.t.sf(np.mean(left) / spread, len(left) - 1))
        row["by_chance"].append({"condition": said, "left": left, "fails_at_most": chance})
    row["too_often"] = sum(each["fails_at_most"] > AT_MOST for each in row["by_chance"])
    return row


def flakes(row: dict) -> bool:
    """Say whether a condition of a page may fail where nothing is wrong."""
    return bool(row["too_often"] or len(row["failed"]) > len(row["of_what_is_drawn"]))


def main() -> int:
    """Run pages from every seed, and store what is left of their conditions."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pages", nargs="*", metavar="page", help="its path below chapters/")
    pages = parser.parse_args().pages or GUIDE
    sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "_ext"))
    import execution

    from benchmarks import results

    execution.prepare_environment()
    os.environ.update(execution.one_thread())
    file = results.STORED / "tested" / "margins.json"
    stored = json.loads(file.read_text(encoding="utf-8"))["rows"] if file.is_file() else []
    rows = {row["page"]: row for row in stored}
    for page in pages:
        source = execution.ROOT / "chapters" / f"{page}.md"
        runs = [run(source, SHIFTS[0])]
        if runs[0]["seeded"]:
            runs += [run(source, shift) for shift in SHIFTS[1:]]
        if measure(page, runs)["too_often"]:
            runs += [run(source, shift) for shift in MORE]
        rows[page] = measure(page, runs)
        results.save("tested/margins", {"rows": list(rows.values())})
        print(json.dumps(rows[page], indent=2), flush=True)
    return int(any(map(flakes, rows.values())))


if __name__ == "__main__":
    sys.exit(main())

"""Compare two executions of every page, and trainings under other threads and instructions.

    python -m benchmarks.tested.determinism elsewhere/notebooks    # pages, here and there
    python -m benchmarks.tested.determinism    # what changes a training's sums

Pages: two builds on one machine must give the same outputs, figures included, to the last digit. A
cell that shows the time or memory of its own run says so by its tag `measured`: its numbers of
seconds, times and MB, and the values that it says, may differ. Of all others, page, cell and both
outputs are named. Pages whose code is not the same are left out.

Settings: the first training of the guide, one epoch over 10,000 digits, by seed and setting.
"""

from __future__ import annotations

import argparse
import difflib
import json
import os
import pathlib
import re
import subprocess
import sys

import nbformat

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "_ext"))
import execution

ROOT = execution.ROOT
MEASURED = "measured"
QUANTITY = re.compile(r"[\d.,]+ (?=times\b|MB\b|(?:processor )?seconds\b)|(?<= ) +")
WHEN = re.compile(r"<metadata>.*?</metadata>", re.DOTALL)  # of a figure; the pages have none
SEEDS = (0, 1, 2)
THREADS = ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS")
# The first is how the pages are run; the last two are what `make compat` made.
SETTINGS = {
    "one thread": {},
    "one thread again": {},
    "two threads": dict.fromkeys(THREADS, "2"),
    "four threads": dict.fromkeys(THREADS, "4"),
    "instructions up to AVX2": {"ONEDNN_MAX_CPU_ISA": "AVX2"},
    "instructions up to SSE4.1": {"ONEDNN_MAX_CPU_ISA": "SSE41"},
    "without oneDNN": {"TF_ENABLE_ONEDNN_OPTS": "0"},
    "oldest versions": {"python": "other/oldest/.venv"},
    "newest versions": {"python": "other/newest/.venv"},
}


# ---- Pages -------------------------------------------------------------------------------------


def outputs(cell: nbformat.NotebookNode) -> dict[str, str]:
    """Return what a cell put out: what it printed, and each form of what it showed."""
    found = {}
    for output in cell.outputs:
        parts = {
            "stream": lambda o: {o.name: o.text},
            "error": lambda o: {"error": "\n".join(o.traceback)},
        }.get(output.output_type, lambda o: o.data)(output)
        for kind, content in parts.items():
            glued = output.get("metadata", {}).get("scrapbook", {}).get("name", "")
            key = f"{kind} {glued}".strip()
            found[key] = found.get(key, "") + WHEN.sub("", str(content))
    return found


def difference(first: str, second: str) -> str:
    """Show the first lines in which two outputs differ; of a picture, only that it does."""
    if max(map(len, (first, second))) > 5000 and " " not in first[:200]:
        return "another picture"
    lines = difflib.unified_diff(first.splitlines(), second.splitlines(), n=0, lineterm="")
    return "; ".join(line for line in lines if line[:2] not in {"--", "++", "@@"})[:200]


def compare(first: nbformat.NotebookNode, second: nbformat.NotebookNode) -> list[dict] | None:
    """Return each output that is not the same, or None if the two are not of the same code.

    Of a cell with the tag, the first notebook says so.
    """
    pairs = [
        [cell for cell in notebook.cells if cell.cell_type == "code"]
        for notebook in (first, second)
    ]
    if [cell.source for cell in pairs[0]] != [cell.source for cell in pairs[1]]:
        return None
    rows = []
    for number, (one, other) in enumerate(zip(*pairs, strict=True), 1):
        mine, theirs = outputs(one), outputs(other)
        for kind in sorted(mine.keys() | theirs.keys()):
            if (a := mine.get(kind, "")) != (b := theirs.get(kind, "")):
                told = MEASURED in one.metadata.get("tags", [])
                numbers = QUANTITY.sub("", a) == QUANTITY.sub("", b)
                why = "measured there" if told and ("record" in kind or numbers) else ""
                rows.append({"cell": number, "output": kind, "why": why, "is": difference(a, b)})
    return rows


def compare_pages(here: pathlib.Path, there: pathlib.Path) -> dict:
    """Compare the executed pages of two folders."""
    row = {"pages": 0, "outputs": 0, "figures": 0, "not_compared": [], "differ": []}
    for file in sorted(here.rglob("*.ipynb")):
        page = file.relative_to(here).with_suffix("").as_posix()
        other = there / file.relative_to(here)
        first = nbformat.read(file, as_version=4)
        source = execution.read_source(execution.ROOT / "chapters" / f"{page}.md")
        for cell, written in zip(first.cells, source.cells, strict=False):
            cell.metadata = written.metadata  # a new tag runs nothing, and is not there yet
        second = nbformat.read(other, as_version=4) if other.is_file() else None
        ran = second and all(any(c.get("outputs") for c in each.cells) for each in (first, second))
        found = compare(first, second) if ran else None
        if found is None:
            row["not_compared"].append(page)
            continue
        row["differ"] += [{"page": page, **each} for each in found]
        row["pages"] += 1
        kinds = [kind for cell in first.cells if "outputs" in cell for kind in outputs(cell)]
        row["outputs"] += len(kinds)
        row["figures"] += sum(kind.startswith("image/") for kind in kinds)
    return row


# ---- Settings ----------------------------------------------------------------------------------


def train() -> list[dict[str, float]]:
    """Train as chapters/training.md does first, with each seed, and return what it measures."""
    import keras
    import tensorflow as tf

    from cnnbook import data, models

    (x_train, y_train), _ = data.load_mnist()
    (x_fit, y_fit), (x_validation, y_validation) = data.split_validation(
        data.scale_pixels(x_train), y_train, validation_count=5000, seed=0
    )
    tf.config.experimental.enable_op_determinism()
    runs = []
    for seed in SEEDS:
        keras.utils.set_random_seed(seed)
        model = models.article_network()
        model.compile(
            loss="sparse_categorical_crossentropy", optimizer="adam", metrics=["accuracy"]
        )
        model.fit(x_fit[:10_000], y_fit[:10_000], batch_size=32, epochs=1, verbose=0)
        loss, accuracy = model.evaluate(x_validation, y_validation, verbose=0)
        runs.append({"seed": seed, "loss": loss, "accuracy": accuracy})
    return runs


def run(setting: dict[str, str]) -> list[dict] | None:
    """Train in a process with this setting; None if its versions are not there."""
    python = pathlib.Path(sys.executable)
    if folder := setting.get("python"):
        python = ROOT / folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
        if not python.is_file():
            return None
    execution.prepare_environment()
    variables = {key: value for key, value in setting.items() if key != "python"}
    variables = {**os.environ, **execution.one_thread(), **variables}
    command = [python, "-m", "benchmarks.tested.determinism", "--train"]
    done = subprocess.run(
        command, cwd=ROOT, env=variables, check=True, stdout=subprocess.PIPE, text=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def measure_settings() -> list[dict]:
    """Train with every setting; say how far each is from the first, and its seeds apart."""
    rows = []
    for name, setting in SETTINGS.items():
        if (runs := run(setting)) is None:
            continue
        rows.append({"setting": name, "runs": runs})
        for key in ("loss", "accuracy"):
            pairs = zip(runs, rows[0]["runs"], strict=True)
            rows[-1][f"{key}_apart"] = max(abs(a[key] - b[key]) for a, b in pairs)
        print(json.dumps(rows[-1]), flush=True)
    return rows


def main() -> int:
    """Compare with the notebooks of another execution, or measure the settings; store the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("elsewhere", nargs="?", type=pathlib.Path, help="its folder of notebooks")
    parser.add_argument("--train", action="store_true", help="train with each seed, and print it")
    asked = parser.parse_args()
    if asked.train:
        print(json.dumps(train()))
        return 0
    from benchmarks import results

    name = "tested/determinism"
    file = results.STORED / f"{name}.json"
    stored = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    kept = {key: stored[key] for key in ("rows", "pages") if key in stored}
    if not asked.elsewhere:
        kept["rows"] = measure_settings()
    else:
        kept["pages"] = compare_pages(ROOT / "notebooks", asked.elsewhere)
        print(json.dumps(kept["pages"], indent=2, ensure_ascii=False))
    results.save(name, kept)
    unmarked = [each for each in kept.get("pages", {}).get("differ", []) if not each["why"]]
    return 1 if unmarked else 0


if __name__ == "__main__":
    sys.exit(main())

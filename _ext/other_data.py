"""A book about other data than MNIST's digits: ``CNNBOOK_DATA=path make book``.

The path is an npz as `keras.datasets` has it (x_train, y_train, x_test, y_test, and class_names if
there are any), or a folder with the four IDX files in which MNIST, Fashion-MNIST and KMNIST are
published, zipped or not. A file ``classes.txt`` beside the data, a line a class, names the classes.

The book is made in a folder of its own, ``other/<name>-<digest>``, so that nothing of MNIST's is
overwritten, and has the guide, the playground and what one looks up. ``chapters/other_data.yml``
says which sentences and lines of code hold for MNIST's digits alone, and what replaces them. What
else speaks of handwriting is left out, as is each sentence whose number was not measured or
whose condition fails; a cell that needs a result of other data says so.
"""

from __future__ import annotations

import ast
import functools
import gzip
import hashlib
import io
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tokenize
from collections.abc import Iterator

import execution
import jupyter_cache
import jupytext
import nbformat
import numpy as np
import yaml

ROOT = execution.ROOT
DATA, FACTS, PATCHES = "data.npz", "other_data.json", pathlib.Path("chapters", "other_data.yml")
COPIED = ("_ext", "_static", "_templates", "benchmarks", "chapters", "cnnbook", "playground")
FILES = ("_config.yml", "pyproject.toml", "requirements.txt", "CITATION.cff")
# What pages show without loading it, and so without asking of which data it is.
UNCHECKED = {"benchmarks/chapters.json", "benchmarks/playground/playground.json"}
# The ledger of what was found with MNIST, lessons made of pages in depth, and this book's tests.
PAGES_LEFT_OUT = {"chapters/claims", "chapters/teaching", "chapters/tested"}
IDX = {
    "x_train": "train-images-idx3-ubyte", "y_train": "train-labels-idx1-ubyte",
    "x_test": "t10k-images-idx3-ubyte", "y_test": "t10k-labels-idx1-ubyte",
}  # fmt: skip
CLASSES, SIDE, SET_ASIDE = 10, 28, 5000

# A sentence with one of these is about handwriting.
HANDWRITING = re.compile(
    r"\b(MNIST|strokes?|ink|pens?|handwrit\w*(?! digit)|writers?|sevens?)\b"
    r"|\b(a|an|the|two|each|small|plain|hooked) [0-9]"
    r"(?![\w%/]|[.,]\d| by | pixels?| channels| maps| weights)"
    r"|\b[0-9]s\b",
    re.IGNORECASE,
)
KEPT = "\N{INVISIBLE SEPARATOR}"  # before a line that was written for these data
DIGIT = re.compile(r"(?<![\w{.\[/-])([Dd])igit(s?)(?![\w\[(=}-])")
# Where a digit is one of the answers.
CLASS = re.compile(
    r"(\b(?:ten|two of the ten|for each|for a|one a|tenth to each|score each|gives each|gives no"
    r"|probable each|right|between two|into another|names a|the other|rules for each)|\*right\*)"
    r" digit(s?)\b"
)
REFERENCE = re.compile(r"\{(?:ref|doc|numref)\}`(?:[^`<]*<)?/?([\w/-]+)>?`")
GLUE = re.compile(r"\{glue:text\}`([\w-]+)`")


# ---- The data ----------------------------------------------------------------------------------


def read(path: pathlib.Path) -> dict[str, np.ndarray]:
    """Read a data set, and refuse what the network of the book could not learn from."""
    if not path.exists():
        raise ValueError(f"CNNBOOK_DATA must be a file or a folder, and there is no {path}.")
    folder = path if path.is_dir() else path.parent
    if path.is_dir():
        arrays = {name: _read_idx(path, file) for name, file in IDX.items()}
    else:
        with np.load(path, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in (*IDX, "class_names") if name in stored}
    if missing := IDX.keys() - arrays:
        raise ValueError(f"{path} must hold {', '.join(IDX)}, and {', '.join(missing)} is missing.")
    for part in ("train", "test"):
        images, labels = arrays[f"x_{part}"], arrays[f"y_{part}"]
        if images.dtype != np.uint8 or images.shape[1:] != (SIDE, SIDE):
            raise ValueError(
                f"x_{part} must be uint8 pictures of {SIDE} by {SIDE} pixels, got {images.dtype} "
                f"of shape {images.shape}."
            )
        if labels.shape != (len(images),) or set(np.unique(labels)) != set(range(CLASSES)):
            raise ValueError(
                f"y_{part} must have a label from 0 to {CLASSES - 1} for each picture, and each of "
                f"them, got {len(labels)} labels for {len(images)} pictures, "
                f"{np.unique(labels)[:12].tolist()}."
            )
        arrays[f"y_{part}"] = labels.astype(np.uint8)
    if len(arrays["x_train"]) <= SET_ASIDE:
        raise ValueError(
            f"x_train must have more than the {SET_ASIDE:,} pictures that are set aside for "
            f"validation, got {len(arrays['x_train']):,}."
        )
    if (folder / "classes.txt").is_file():
        lines = (folder / "classes.txt").read_text(encoding="utf-8").splitlines()
        arrays["class_names"] = np.array([line.strip() for line in lines if line.strip()])
    names = arrays.get("class_names", np.arange(CLASSES)).astype(str)
    if len(names) != CLASSES:
        raise ValueError(f"There must be {CLASSES} names of classes, got {len(names)}.")
    return arrays | {"class_names": names}


def _read_idx(folder: pathlib.Path, name: str) -> np.ndarray:
    """Read one of the four files: two zeros, the type (8: uint8), the axes, their sizes, values."""
    for file, opened in ((folder / name, open), (folder / f"{name}.gz", gzip.open)):
        if file.is_file():
            with opened(file, "rb") as stream:
                content = stream.read()
            axes = content[3]
            if content[:3] != b"\0\0\x08":
                raise ValueError(f"{file} must be an IDX file of bytes.")
            shape = np.frombuffer(content, ">u4", axes, 4).astype(int)
            return np.frombuffer(content, np.uint8, offset=4 + 4 * axes).reshape(shape)
    raise ValueError(f"{folder} must hold {name} or {name}.gz.")


def write(arrays: dict[str, np.ndarray], file: pathlib.Path) -> None:
    """Write a data set so that the same pictures give the same bytes."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **{name: arrays[name] for name in sorted(arrays)})
    if not file.is_file() or file.read_bytes() != buffer.getvalue():
        file.write_bytes(buffer.getvalue())


# ---- The folder --------------------------------------------------------------------------------


def make_folder(path: pathlib.Path, above: pathlib.Path = ROOT / "other") -> pathlib.Path:
    """Write the book of these data into a folder of its own, and return that."""
    arrays = read(path)
    contents = hashlib.sha256(b"".join(arrays[n].tobytes() for n in sorted(arrays))).hexdigest()
    name = re.sub(r"\W+", "-", path.stem.lower())
    target = above / f"{name}-{contents[:8]}"
    target.mkdir(parents=True, exist_ok=True)
    write(arrays, target / DATA)
    digest = _digest(target)
    facts = {
        "name": path.stem,
        "data": digest,
        "training": len(arrays["x_train"]),
        "test": len(arrays["x_test"]),
        "classes": arrays["class_names"].tolist(),
    }
    _write(target / FACTS, json.dumps(facts, indent=2) + "\n")
    sources = {file.relative_to(ROOT): file for file in _sources()}
    for here, file in sources.items():
        _bring(file, target / here, digest)
    for file in (file for folder in COPIED for file in (target / folder).rglob("*.*")):
        here = file.relative_to(target)
        if file.is_file() and here not in sources and here.parts[0] != "benchmarks":
            file.unlink()  # of a page or a module that the book no longer has
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    _write(target / "_toc.yml", yaml.safe_dump(without_depth(toc), sort_keys=False))
    return target


def _digest(folder: pathlib.Path) -> str:
    """Return the digest of a folder's data, as the results that are stored there carry it."""
    return hashlib.sha256((folder / DATA).read_bytes()).hexdigest()


def _name(folder: pathlib.Path) -> str:
    return json.loads((folder / FACTS).read_text(encoding="utf-8"))["name"]


def _sources() -> Iterator[pathlib.Path]:
    for name in FILES:
        yield ROOT / name
    for folder in COPIED:
        for file in sorted((ROOT / folder).rglob("*")):
            here = file.relative_to(ROOT).as_posix()
            if file.is_file() and "__pycache__" not in here and here not in UNCHECKED:
                yield file


def _bring(file: pathlib.Path, target: pathlib.Path, digest: str) -> None:
    """Copy a file, its words changed where they are of digits; what was measured here stays."""
    here = file.relative_to(ROOT)
    if here.parts[0] == "benchmarks" and target.is_file() and _data_of(target) == digest:
        return
    if here.name == "_config.yml":
        text = file.read_text(encoding="utf-8")
        title = json.dumps(f"{yaml.safe_load(text)['title']} ({_name(target.parent)})")
        _write(target, re.sub(r"(?m)^title: .*", lambda _: f"title: {title}", text))
    elif here.parts[0] == "chapters" and file.suffix == ".md":
        _write(target, adapted(file, target.parents[len(here.parts) - 1]))
    elif here.name in {"figures.py", "plots.py"}:
        _write(target, renamed_in_code(file.read_text(encoding="utf-8")))
    elif here.parts[0] == "playground" and file.suffix == ".js":
        _write(target, renamed_in_script(file.read_text(encoding="utf-8")))
    elif not target.is_file() or target.read_bytes() != file.read_bytes():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)


def _write(file: pathlib.Path, text: str) -> None:
    if not file.is_file() or file.read_text(encoding="utf-8") != text:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


def _data_of(file: pathlib.Path) -> str | None:
    """Say of which data a stored result is, if it says so."""
    if file.suffix == ".json":
        return json.loads(file.read_text(encoding="utf-8")).get("data")
    if file.suffix == ".npz":
        with np.load(file, allow_pickle=False) as stored:
            return json.loads(str(stored["facts"])).get("data") if "facts" in stored else None
    return None


def without_depth(entry: object) -> object:
    """Return a table of contents without the pages below those of the guide, and the ledger."""
    if isinstance(entry, list):
        kept = [e for e in entry if not isinstance(e, dict) or e.get("file") not in PAGES_LEFT_OUT]
        return [without_depth(item) for item in kept]
    if isinstance(entry, dict):
        return {key: without_depth(v) for key, v in entry.items() if key != "sections"}
    return entry


# ---- Words and code ----------------------------------------------------------------------------


def renamed(text: str) -> str:
    """Call digits pictures."""
    text = CLASS.sub(lambda m: f"{m[1]} class{'es' if m[2] else ''}", text)
    text = re.sub(r"\bhandwritten ", "", text)
    text = re.sub(r"\b([Pp])ictures? of a digit\b", r"\1icture", text)
    return DIGIT.sub(lambda m: ("P" if m[1] == "D" else "p") + "icture" + m[2], text)


def renamed_in_code(code: str) -> str:
    """Call digits pictures in texts of several words, and nowhere else."""
    lines = code.splitlines(keepends=True)
    texts = [t for t in tokenize.generate_tokens(io.StringIO(code).readline) if t.type == 3]
    for token in reversed(texts):
        (row, start), (last, end) = token.start, token.end
        if row == last and " " in token.string:
            line = lines[row - 1]
            lines[row - 1] = line[:start] + renamed(token.string) + line[end:]
    return "".join(lines)


def renamed_in_script(code: str) -> str:
    """Call digits pictures in the texts of a script that have several words."""
    parts = re.compile(r'//[^\n]*|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`')

    def told(match: re.Match) -> str:
        if match[0].startswith("//") or " " not in match[0]:
            return match[0]
        pieces = re.split(r"(\$\{[^}]*(?:\}|$))", match[0])
        return "".join(p if p.startswith("${") else renamed(p) for p in pieces)

    return parts.sub(told, code)


def patched(text: str, patches: list[dict], page: str, folder: pathlib.Path) -> str:
    """Replace what `chapters/other_data.yml` names, lines and code: each must be there."""
    for patch in patches:
        if "each" in patch:
            if patch["each"] not in text:
                raise ValueError(f"{PATCHES}: {page} does not have {patch['each']!r}.")
            text = text.replace(patch["each"], patch.get("say", ""))
        elif begins := patch.get("line", patch.get("keep")):
            text = _line_replaced(text, begins, patch, page, folder)
    return text


def _line_replaced(text: str, begins: str, patch: dict, page: str, folder: pathlib.Path) -> str:
    lines = text.split("\n")
    found = [n for n, line in enumerate(lines) if line.strip().startswith(begins)]
    if len(found) != 1:
        raise ValueError(f"{PATCHES}: {len(found)} lines of {page} begin with {begins!r}, not one.")
    [first], last = found, found[0] + 1
    if until := patch.get("until"):
        after = (n for n in range(last, len(lines)) if lines[n].startswith(until))
        if (last := next(after, None)) is None:
            raise ValueError(f"{PATCHES}: {page} has no line {until!r} after {begins!r}.")
    if "unless" in patch:
        stored = folder / "benchmarks" / f"{patch['unless']}.json"
        if stored.is_file() and _data_of(stored) == _digest(folder):
            return text
    said = lines[first] if "keep" in patch else patch.get("say", "")
    said = [line if line[:1] in "`|#" else KEPT + line for line in said.split("\n")] if said else []
    if "keep" in patch and begins.startswith("```"):
        said[0] += KEPT
    return "\n".join([*lines[:first], *said, *lines[last:]])


def adapted(file: pathlib.Path, folder: pathlib.Path) -> str:
    """Return a page with what holds for MNIST's digits alone replaced, or left out."""
    text = file.read_text(encoding="utf-8")
    page = file.relative_to(ROOT).with_suffix("").as_posix()
    rules = yaml.safe_load((ROOT / PATCHES).read_text(encoding="utf-8"))
    if page not in rules:
        return text
    text = patched(text, rules[page], page, folder)
    facts = json.loads((folder / FACTS).read_text(encoding="utf-8"))
    text = text.replace("{classes}", ", ".join(facts["classes"])).replace("{name}", facts["name"])
    if "kernelspec:" not in text:
        return filtered(text, about_digits, renamed)[0]
    notebook = jupytext.reads(text, "md:myst")
    for patch in (patch for patch in rules[page] if "cell" in patch):
        code = (cell for cell in notebook.cells if cell.cell_type == "code")
        found = [cell for cell in code if patch["cell"] in cell.source]
        if len(found) != 1:
            raise ValueError(f"{PATCHES}: {len(found)} cells of {page} have {patch['cell']!r}.")
        found[0].source = patch.get("code", "")
    notebook.cells = [cell for cell in notebook.cells if cell.source]
    captions = {patch["figure"]: patch["say"] for patch in rules[page] if "figure" in patch}
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = filtered(cell.source, about_digits, renamed)[0]
        else:
            _adapt_cell(cell, captions)
    return jupytext.writes(notebook, "md:myst")


def _adapt_cell(cell: nbformat.NotebookNode, captions: dict[str, str]) -> None:
    """Rename what a cell and its figure say, and let one that fails stop neither page nor cell."""
    tags = cell.metadata.setdefault("tags", [])
    if "remove-cell" in tags:
        cell.source = tolerant(cell.source)
    cell.source = renamed_in_code(cell.source + "\n").rstrip("\n")
    if "raises-exception" not in tags:
        tags.append("raises-exception")
    shown = cell.metadata.get("mystnb", {})
    if "code_prompt_show" in shown:
        shown["code_prompt_show"] = renamed(shown["code_prompt_show"])
    if "figure" in shown:
        sentences = re.split(r"(?<=[.!?:]) ", shown["figure"].get("caption", ""))
        kept = [s for s in sentences if not (HANDWRITING.search(s) or GLUE.search(s))]
        caption = captions.get(shown["figure"]["name"]) or renamed(" ".join(kept))
        shown["figure"]["caption"] = caption or "Drawn from the data of this edition."
        # What the alt text tells was seen in a figure of digits.
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", caption).replace("`", "")
        shown["image"] = {"alt": f"A figure of this edition's data. {plain}".strip()}


def tolerant(code: str) -> str:
    """Let each assertion of a hidden cell note that it fails, and go on."""
    lines = code.split("\n")
    asserted = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Assert)]
    for number, node in sorted(enumerate(asserted), key=lambda pair: -pair[1].lineno):
        condition = ast.unparse(node.test)
        noted = f'say("untrue{number}", 0, holds=not ({condition}))'
        lines[node.lineno - 1 : node.end_lineno] = [" " * node.col_offset + noted]
    return "\n".join(lines)


def about_digits(line: str) -> bool:
    """Say whether a line is about handwriting, or leads to a page in depth or quotes one."""
    if KEPT in line:
        return False
    leads = any(target in gone() for target in REFERENCE.findall(line))
    return bool(leads or HANDWRITING.search(line) or "{measured}" in line)


@functools.cache
def gone() -> frozenset[str]:
    """Return the pages that are left out, and their labels."""
    toc = without_depth(yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8")))
    here = set(execution.toc_files(toc))
    known = json.loads((ROOT / "chapters" / "offered.json").read_text(encoding="utf-8"))
    out = {page: facts["labels"] for page, facts in known.items() if page not in here}
    return frozenset([*out, *(label for labels in out.values() for label in labels)])


def filtered(text: str, leaves_out, words=str) -> tuple[str, int]:
    """Leave lines out of Markdown, and whole questions; return it and how many lines those were.

    A line is one sentence or two, as the pages have them.
    """
    kept, count = [], 0
    for block in _blocks(text.split("\n")):
        is_question = "{question}" in block[0]
        if is_question or not block[0].startswith(("```", ":::")):
            bad = [line for line in block if _can_go(line) and leaves_out(line)]
            if is_question and not block[0].endswith(KEPT) and (bad or leaves_out(block[0])):
                count += 1
                continue
            count += 0 if is_question else len(bad)
            block = [line for line in block if is_question or line not in bad]
        kept += [line[1:] if line[:1] == KEPT else words(line).rstrip(KEPT) for line in block]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)), count


def _can_go(line: str) -> bool:
    return not line.startswith(("#", "(", "$$", "```", ":::", "| ---"))


def _blocks(lines: list[str]) -> Iterator[list[str]]:
    """Return fenced blocks whole, and every other line by itself."""
    block, fence = [], ""
    for line in lines:
        opening = re.match(r"(`{3,}|:{3,})\{", line)
        if fence:
            block.append(line)
            if line.strip() == fence:
                yield block
                block, fence = [], ""
        elif opening and "{solution" not in line and "{exercise}" not in line:
            block, fence = [line], opening[1]
        else:
            yield [line]
    if block:
        yield block


# ---- The run, in that folder -------------------------------------------------------------------


def settle(notebook: nbformat.NotebookNode, page: str) -> tuple[list[str], set[str]]:
    """Put a note where a cell lacks a result; return what failed, and the values that were said.

    Failed has a cell with any other error: that is a fault of the book.
    """
    failed, said = [], set()
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            said.add(output.get("metadata", {}).get("scrapbook", {}).get("name"))
        errors = [o for o in cell.get("outputs", []) if o.output_type == "error"]
        for error in errors:
            notes = {
                "OtherDataError": f"Left out: {error.evalue.split(':')[0]}.",
                "NameError": "Left out: it needs what a cell above leaves out.",
            }
            if error.ename not in notes:
                failed.append(f"{page}: {error.ename}: {error.evalue}\n{cell.source}\n")
                continue
            kept = [o for o in cell.outputs if "scrapbook" in o.get("metadata", {})]
            shown = {"text/markdown": f"*{notes[error.ename]}*"}
            cell.outputs = [*kept, nbformat.v4.new_output("display_data", shown)]
    return failed, said


def _leave_out_beside(cells: list, number: int) -> int:
    """Leave out the paragraph that a hidden cell stands behind, or if none, the one after it."""
    for place, at in ((number - 1, -1), (number + 1, 0)):
        if 0 <= place < len(cells) and cells[place].cell_type == "markdown":
            paragraphs = cells[place].source.split("\n\n")
            if paragraphs[at].startswith(("#", "(", "`", ":", "*Left out")):
                return 0
            del paragraphs[at]
            cells[place].source = "\n\n".join(paragraphs)
            return 1
    return 0


def run(benchmarks: list[str]) -> int:
    """Train, run the pages, leave out what is not so, and build: in the folder of these data."""
    execution.prepare_environment()
    for name in ["article_network", *benchmarks]:
        stored = ROOT / "benchmarks" / name.replace(".", "/")
        files = [file for end in (".json", ".npz") if (file := stored.with_suffix(end)).is_file()]
        if all(_data_of(file) != _digest(ROOT) for file in files):
            print(f"benchmarks/{name}: running on these data ...", flush=True)
            subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], cwd=ROOT, check=True)
    if not execution.execute():
        return 1
    failed, left_out = [], {}
    cache = jupyter_cache.get_cache(execution.cache_folder())
    for source in execution.chapters():
        page = source.relative_to(ROOT).with_suffix("").as_posix()
        notebook = execution.executed(source)
        faults, said = settle(notebook, page)
        failed += faults

        def unsaid(line: str, said=said) -> bool:
            return not said.issuperset(GLUE.findall(line))

        left_out[page] = 0
        for cell in notebook.cells:
            if cell.cell_type == "markdown":
                cell.source, count = filtered(cell.source, unsaid)
                left_out[page] += count
        for number in (n for n, c in enumerate(notebook.cells) if _untrue(c)):
            left_out[page] += _leave_out_beside(notebook.cells, number)
        _write(source, jupytext.writes(notebook, "md:myst"))
        execution.write_notebook(notebook, execution.notebook_path(source))
        execution._store(notebook, source, execution.digest(source), cache, 0.0)
        execution.note_outputs(source)
    for fault in failed:
        print(fault, flush=True)
    if failed:
        return 1
    facts = json.loads((ROOT / FACTS).read_text(encoding="utf-8")) | {"left_out": left_out}
    _write(ROOT / FACTS, json.dumps(facts, indent=2) + "\n")
    print("Sentences left out:", json.dumps(left_out), flush=True)
    command = [str(pathlib.Path(sys.executable).with_name("jupyter-book")), "build", "."]
    return subprocess.run([*command, "-W", "-n", "--keep-going"], cwd=ROOT).returncode


def _untrue(cell: nbformat.NotebookNode) -> bool:
    """Say whether an assertion of a hidden cell failed."""
    names = (o.get("metadata", {}).get("scrapbook", {}) for o in cell.get("outputs", []))
    return any(name.get("name", "").startswith("untrue") for name in names)


def main() -> int:
    """Make the folder from the book's, or, in such a folder, the book."""
    if (ROOT / DATA).is_file():
        return run(sys.argv[1:])
    path = os.environ.get("CNNBOOK_DATA", "")
    try:
        folder = make_folder(pathlib.Path(path).resolve())
    except ValueError as error:
        print(error)
        return 2
    command = [sys.executable, str(folder / "_ext" / "other_data.py"), *sys.argv[1:]]
    code = subprocess.run(command, cwd=folder).returncode
    if code == 0:
        print(f"The book of {path} is at {folder / '_build' / 'html' / 'index.html'}")
    return code


if __name__ == "__main__":
    sys.exit(main())

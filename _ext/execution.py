"""Run the chapters once, with nbmake, and put their outputs where the book finds them.

chapters/*.md  --jupytext-->  notebooks/*.ipynb  --nbmake-->  the same files with outputs
--jupyter-cache-->  `jupyter-book build`, for which every chapter is then in the cache.

A chapter whose code has been run before, with what it uses of the package, the data and the
environment, is not run again. Run as a script:
``python _ext/execution.py [--convert-only] [training/learning ...]``.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import copy
import functools
import hashlib
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator, Sequence

import jupyter_cache
import jupytext
import nbformat
import psutil
import whole
import yaml
from jupyter_cache.cache.db import NbCacheRecord
from jupyter_cache.cache.main import CacheBundleIn

ROOT = pathlib.Path(__file__).resolve().parent.parent
CELL_TIMEOUT_SECONDS = 1800
CHAPTER_BYTES = 2e9  # what a chapter's kernel may need
# How long each chapter took when `make bench` measured it.
CHAPTER_FACTS = pathlib.Path("benchmarks") / "chapters.json"
# Results that pages show and no chapter reads: a new one of these changes no output.
SHOWN_RESULTS = {"chapters", "playground/playground"}
CODE = {".py", ".pyc"}
# A chapter's outputs are made in the book's environment, not in the reader's: none of his settings
# may hide a figure, take another library or switch the assertions off.
PINNED = {
    "CNNBOOK_PROGRESS": "lines",  # one line an epoch, no bar that redraws itself
    "CUDA_VISIBLE_DEVICES": "-1",
    "JUPYTER_PREFER_ENV_PATH": "1",  # this environment's kernel, not one of the same name at home
    "KERAS_BACKEND": "tensorflow",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",  # its warning would be each notebook's first line
    "PYTHONHASHSEED": "0",
    "PYTHONNOUSERSITE": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
}
STYLE = ROOT / "_ext" / "matplotlibrc"
OWN_FOLDERS = ("IPYTHONDIR", "KERAS_HOME")  # no keras.json, no start-up scripts
DROPPED = (
    "CNNBOOK_DATA",
    "PYTHONOPTIMIZE",
    "PYTHONSTARTUP",
    "PYTHONWARNINGS",
    "TF_USE_LEGACY_KERAS",
)
DROPPED_BEGIN = ("TF_DETERMINISTIC", "TF_ENABLE", "TF_XLA", "XLA_")


def chapters(root: pathlib.Path = ROOT) -> list[pathlib.Path]:
    """Return the sources that hold code, in the order of the table of contents."""
    toc = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
    sources = [root / f"{name}.md" for name in toc_files(toc)]
    return [source for source in sources if "{code-cell}" in source.read_text(encoding="utf-8")]


def toc_files(entry: object) -> list[str]:
    """Collect every `root` and `file` of a table of contents, top to bottom."""
    if isinstance(entry, list):
        return [name for item in entry for name in toc_files(item)]
    if not isinstance(entry, dict):
        return []
    here = [entry[key] for key in ("root", "file") if key in entry]
    return here + [name for value in entry.values() for name in toc_files(value)]


def notebook_path(source: pathlib.Path, root: pathlib.Path = ROOT) -> pathlib.Path:
    """Say where a chapter's notebook stands: the same place under ``notebooks/``."""
    return (root / "notebooks" / source.relative_to(root / "chapters")).with_suffix(".ipynb")


def chapter_name(source: pathlib.Path, root: pathlib.Path = ROOT) -> str:
    """Call a page by its path below ``chapters/``, as the ledger and stored facts do."""
    return source.relative_to(root / "chapters").with_suffix("").as_posix()


def room(page: str) -> str:
    """Name the folder in ``cnnbook/``, ``benchmarks/`` and ``tests/`` that belongs to a page.

    A page of the guide, and each page below one, has a room of its name; pages below that share it.
    """
    parts = page.removeprefix("chapters/").split("/")
    return parts[0] if len(parts) == 1 else parts[1]


@functools.cache
def _named(code: str) -> tuple[frozenset[str], frozenset[str]]:
    """Return what code imports, and the texts that stand in it as constants.

    What Python cannot read, such as a cell that shows an error, imports nothing.
    """
    try:
        tree = ast.parse(code)
    except SyntaxError:
        return frozenset(), frozenset()
    imported, texts = set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            imported |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            texts.add(node.value)
    return frozenset(imported), frozenset(texts)


def _used(code: str, root: pathlib.Path) -> set[pathlib.Path]:
    """Find what code uses: modules of the package, stored results, files beside the chapters."""
    imported, texts = _named(code)
    files = set()
    for name in (name.split(".") for name in imported):
        for depth in range(1, len(name) + 1):
            place = root.joinpath(*name[:depth]) if name[0] == "cnnbook" else root
            files |= {place.with_suffix(".py"), place / "__init__.py"}
    stored = root / "benchmarks"  # of one name: results in .json, weights in .npz
    for text in texts:
        if re.fullmatch(r"[\w-]+(?:[./][\w-]+)*", text) and text not in SHOWN_RESULTS:
            files |= {stored / f"{text}.json", stored / f"{text}.npz", root / "chapters" / text}
    if "KERAS_HOME" in texts:  # weights that a reader put there
        files |= set((root / "_build" / ".keras_home" / "models").glob("*"))
    return {file for file in files if file.exists() and not file.is_dir()}


@functools.cache
def _hash(file: pathlib.Path, changed: int) -> str:
    """Hash a file as it is on every system: universal newlines make the same text the same."""
    contents = file.read_bytes()
    if file.suffix in {".py", ".txt", ".json", ".md", ".bib"}:
        contents = contents.replace(b"\r\n", b"\n")
    return hashlib.sha256(contents).hexdigest()


def dependencies(source: pathlib.Path, root: pathlib.Path = ROOT) -> set[pathlib.Path]:
    """Collect the files that a chapter's outputs depend on, apart from the chapter itself.

    These are the modules that it imports, and those that they import, with the data beside them;
    the stored results that one of these names, with the pictures beside them; the package's data in
    folders of their own; and the lock.
    """
    cells = [cell.source for cell in read_source(source).cells if cell.cell_type == "code"]
    waiting = set().union(*(_used(code, root) for code in cells))
    found = {root / "requirements.txt"}
    package = root / "cnnbook"
    data = {file for file in package.rglob("*.*") if file.suffix not in CODE}
    waiting |= {file for file in data if not any(file.parent.glob("*.py"))}
    while waiting:
        file = waiting.pop()
        found.add(file)
        if file.suffix == ".py":
            beside = {other for other in data if other.parent == file.parent}
            waiting |= (beside | _used(file.read_text(encoding="utf-8"), root)) - found
        elif file.suffix == ".json" and root / "benchmarks" in file.parents:
            found |= set(file.parent.glob("*.webp"))
    return found


def _settings(root: pathlib.Path) -> str:
    """Summarise what decides outputs beside the files' contents: Python, environment, names.

    The names count because a new file may be found where there was none.
    """
    names = [str(file) for part in ("cnnbook", "benchmarks") for file in (root / part).rglob("*.*")]
    names = sorted(name for name in names if "__pycache__" not in name)
    parts = [sys.version_info[:2], PINNED, names, _style()]
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def _style() -> list[str]:
    """Return what the style of all drawings sets, which is nothing."""
    return [line for line in STYLE.read_text("utf-8").splitlines() if line.partition("#")[0]]


def _contents(file: pathlib.Path) -> str:
    if file.is_file():
        return _hash(file, file.stat().st_mtime_ns)
    if file.exists() and not file.is_dir():
        raise SystemExit(f"{file} must be a file; it is a pipe or a device, which may never end.")
    return ""


def digest(source: pathlib.Path, root: pathlib.Path = ROOT) -> str:
    """Summarise what a chapter's outputs depend on: files, settings, and the version of Python."""
    if note := _note(source, root):
        return note["digest"]
    files = sorted((file.relative_to(root).as_posix(), file) for file in dependencies(source, root))
    contents = [(name, _contents(file)) for name, file in files]
    parts = [sys.version_info[:2], PINNED, contents, *_style()]
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def _note_file(source: pathlib.Path, root: pathlib.Path) -> pathlib.Path:
    return root / "_build" / "ready" / f"{chapter_name(source, root)}.json"


def _note(source: pathlib.Path, root: pathlib.Path) -> dict | None:
    """Return what `note_outputs` wrote, if all that it follows from is as it was then.

    To compare contents takes a moment; to find again what a chapter depends on, much longer.
    """
    try:
        note = json.loads(_note_file(source, root).read_text(encoding="utf-8"))
        unchanged = note["settings"] == _settings(root) and _are_as_noted(note["files"], root)
        return note if unchanged and note["outputs"] else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):  # damaged or old
        return None


def _are_as_noted(files: dict[str, str], root: pathlib.Path) -> bool:
    return all(_contents(root / name) == contents for name, contents in files.items())


def note_outputs(source: pathlib.Path, root: pathlib.Path = ROOT) -> None:
    """Note that a chapter's notebook has its outputs, and what these follow from."""
    stamp = digest(source, root)
    cached = _cached_file(_stamped(read_source(source), stamp), root)

    def noted(files) -> dict[str, str]:
        return {file.relative_to(root).as_posix(): _contents(file) for file in files}

    note = {
        "digest": stamp,
        "settings": _settings(root),
        "files": noted([source, *sorted(dependencies(source, root))]),
        "outputs": noted([notebook_path(source, root), cached]),
    }
    file = _note_file(source, root)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.with_suffix(".tmp").write_text(json.dumps(note), encoding="utf-8")
    file.with_suffix(".tmp").replace(file)


def has_outputs(source: pathlib.Path, root: pathlib.Path = ROOT) -> bool:
    """Say whether a chapter's present outputs stand in its notebook and in the cache, untouched."""
    note = _note(source, root)
    return note is not None and _are_as_noted(note["outputs"], root)


def cache_folder(root: pathlib.Path = ROOT) -> pathlib.Path:
    """Return the cache of outputs, in which each notebook stands with its digest."""
    return root / "_build" / ".jupyter_cache"


def _cached_file(stamped: nbformat.NotebookNode, root: pathlib.Path) -> pathlib.Path:
    """Say where the cache has the outputs of a notebook."""
    _, key = jupyter_cache.get_cache(cache_folder(root)).create_hashed_notebook(stamped)
    return cache_folder(root) / "executed" / key / "base.ipynb"


def open_cache(root: pathlib.Path = ROOT) -> jupyter_cache.cache.main.JupyterCacheBase:
    """Open the cache of outputs. Where its list cannot be read, it is written from the files."""
    folder = cache_folder(root)
    if not _is_intact(folder / "global.db"):
        (folder / "global.db").unlink(missing_ok=True)
    cache = jupyter_cache.get_cache(folder)
    cache.change_cache_limit(10_000)  # its default of 1,000 would one day drop a chapter
    listed = {record.hashkey for record in cache.list_cache_records()}
    for file in folder.glob("executed/*/base.ipynb"):
        if (key := file.parent.name) not in listed:
            NbCacheRecord.create_record(uri="", hashkey=key, db=cache.db, data={})
    return cache


def _is_intact(database: pathlib.Path) -> bool:
    """Say whether the cache's list can be read; where it is intact but not ours to write, fail."""
    if not database.is_file():
        return False
    try:
        with contextlib.closing(sqlite3.connect(database, timeout=60)) as connection:
            connection.execute("update settings set value = value")  # taken back at the end
            connection.execute("select hashkey, uri, data from nbcache").fetchall()
            return connection.execute("pragma quick_check").fetchone() == ("ok",)
    except sqlite3.DatabaseError as error:
        if any(word in str(error) for word in ("locked", "readonly", "unable to open", "disk")):
            raise sqlite3.OperationalError(f"{database}: {error}") from None
        return False


def prepare_environment(root: pathlib.Path = ROOT) -> None:
    """Give this process, and the kernels that inherit from it, the environment of the book."""
    for name in list(os.environ):
        if name in DROPPED or name.startswith(DROPPED_BEGIN):
            del os.environ[name]
    # Matplotlib keeps its list of fonts at home; where it cannot, it says so among the outputs.
    folders = (
        OWN_FOLDERS if _can_be_written(os.path.expanduser("~")) else (*OWN_FOLDERS, "MPLCONFIGDIR")
    )
    own = {name: str(root / "_build" / f".{name.lower()}") for name in folders}
    style = {"MATPLOTLIBRC": str(STYLE)}
    # A book of other data than MNIST's digits has them at its top (_ext/other_data.py).
    other = {"CNNBOOK_DATA": str(root / "data.npz")} if (root / "data.npz").is_file() else {}
    os.environ.update({**PINNED, **own, **style, **other, "PYTHONPATH": str(root)})


def _can_be_written(folder: str) -> bool:
    try:
        tempfile.TemporaryFile(dir=folder).close()
    except OSError:
        return False
    return True


def write_notebook(notebook: nbformat.NotebookNode, file: pathlib.Path, **layout) -> None:
    """Write a notebook whole or not at all; `layout` is for `json.dumps`."""
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_suffix(".ipynb.tmp")
    if layout:  # nbformat.write keeps to its own
        content = json.loads(nbformat.writes(notebook, split_lines=False))
        text = json.dumps(content, ensure_ascii=False, **layout)
        unfinished.write_text(text + "\n", encoding="utf-8")
    else:
        nbformat.write(notebook, unfinished)
    unfinished.replace(file)


@functools.cache
def _read(source: pathlib.Path, changed: int) -> nbformat.NotebookNode:
    return jupytext.read(source)


def read_source(source: pathlib.Path) -> nbformat.NotebookNode:
    """Read a chapter's source as a notebook without outputs, cells numbered from 0."""
    notebook = copy.deepcopy(_read(source, source.stat().st_mtime_ns))
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number}"  # jupytext's are random: each conversion would differ
    return notebook


def _stamped(notebook: nbformat.NotebookNode, stamp: str) -> nbformat.NotebookNode:
    """Return a copy with a digest in its kernelspec, the one metadata that jupyter-cache hashes.

    Sphinx's glue writes the same into the text that MyST-NB reads (`book.stamp_source`).
    """
    stamped = copy.deepcopy(notebook)
    stamped.metadata.kernelspec["digest"] = stamp
    return stamped


def executed(source: pathlib.Path, root: pathlib.Path = ROOT) -> nbformat.NotebookNode | None:
    """Return a chapter's notebook with the outputs of its present code, or None if it never ran."""
    if has_outputs(source, root):
        return nbformat.read(notebook_path(source, root), as_version=4)
    return with_outputs(source, jupyter_cache.get_cache(cache_folder(root)), root)


def with_outputs(
    source: pathlib.Path,
    cache: jupyter_cache.cache.main.JupyterCacheBase,
    root: pathlib.Path = ROOT,
) -> nbformat.NotebookNode | None:
    """Return a chapter's notebook with its outputs from the cache, or None if there are none.

    What cannot be read is dropped: a disk was full when it was written, or a file is gone.
    """
    stamped = _stamped(read_source(source), digest(source, root))
    try:
        _, merged = cache.merge_match_into_notebook(stamped)
    except (KeyError, ValueError, IndexError, AttributeError):
        _drop(stamped, cache, root)
        return None
    del merged.metadata.kernelspec["digest"]
    return merged


def _drop(stamped: nbformat.NotebookNode, cache, root: pathlib.Path) -> None:
    """Take a notebook's outputs out of the cache, if it has any."""
    file = _cached_file(stamped, root)
    with contextlib.suppress(KeyError):
        record = NbCacheRecord.record_from_hashkey(file.parent.name, cache.db)
        NbCacheRecord.remove_records([record.pk], cache.db)
    if file.parent.exists():
        shutil.rmtree(file.parent)


def _code(notebook: nbformat.NotebookNode) -> list[tuple[str, bool]]:
    """Return what decides a notebook's outputs: its code, and where an error is expected."""
    return [
        (cell.source, "raises-exception" in cell.metadata.get("tags", []))
        for cell in notebook.cells
        if cell.cell_type == "code"
    ]


def _outputs_of_same_code(
    source: pathlib.Path, cache: jupyter_cache.cache.main.JupyterCacheBase, root: pathlib.Path
) -> nbformat.NotebookNode | None:
    """Find outputs for a notebook of which only captions, alt texts or tags have changed.

    jupyter-cache hashes all metadata of a cell, so it calls such a notebook a new one.
    """
    notebook, stamp = read_source(source), digest(source, root)
    for record in cache.list_cache_records():
        if record.uri != str(source):
            continue
        try:
            cached = cache.get_cache_bundle(record.pk).nb
        except (KeyError, ValueError):  # damaged: it is dropped when its chapter is looked up
            continue
        if cached.metadata.kernelspec.get("digest") == stamp and _code(cached) == _code(notebook):
            code_cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
            for cell, old in zip(code_cells, (c for c in cached.cells), strict=True):
                cell.outputs, cell.execution_count = old.outputs, old.execution_count
            return notebook
    return None


def _shorten_paths(notebook: nbformat.NotebookNode, root: pathlib.Path) -> None:
    """Cut this machine's folders out of tracebacks: they are noise, and nobody's business."""
    folders = [sysconfig.get_path(name) for name in ("purelib", "stdlib")] + [str(root)]
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            for folder in folders if output.output_type == "error" else []:
                output.traceback = [line.replace(folder + os.sep, "") for line in output.traceback]


def _store(
    notebook: nbformat.NotebookNode, source: pathlib.Path, stamp: str, cache, seconds: float
) -> None:
    """Put an executed notebook into the cache under the hash that the book will look up."""
    stamped = _stamped(notebook, stamp)
    cache.cache_notebook_bundle(
        CacheBundleIn(stamped, str(source), data={"execution_seconds": seconds}),
        check_validity=False,
        overwrite=True,
    )


def _name(source: pathlib.Path, root: pathlib.Path) -> str:
    """Call a chapter by its path in the repository."""
    return source.relative_to(root).as_posix()


def chapters_at_once() -> int:
    """Say how many chapters may run side by side, on a core and with 2 GB of memory each.

    The variable CNNBOOK_CHAPTERS overrides it. joblib counts the cores that this process may use.
    """
    import joblib  # with NumPy, which reads the number of its threads when it is imported

    if asked := os.environ.get("CNNBOOK_CHAPTERS"):
        return max(1, int(asked))
    return max(1, min(joblib.cpu_count(), int(psutil.virtual_memory().available / CHAPTER_BYTES)))


def one_thread() -> dict[str, str]:
    """Return variables that keep a process to one thread.

    Two kernels with two threads each on two cores take a fifth more processor time than two with
    one: threads wait for each other. The operations of a graph share one thread as well: to hand
    each of them to another thread costs more than it gains.
    """
    return dict.fromkeys(
        ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS"), "1"
    )


class _Run:
    """A chapter's notebook, run by nbmake in a process of its own, which writes the outputs."""

    def __init__(self, source: pathlib.Path, root: pathlib.Path):
        self.source = source
        self.ran = digest(source, root), _contents(source)
        write_notebook(read_source(source), notebook_path(source, root))  # as it now stands
        self.start = time.perf_counter()
        # A pipe that nobody reads would fill up.
        self.output = tempfile.TemporaryFile()  # noqa: SIM115 (it is gone with this object)
        command = [sys.executable, "-m", "pytest", "--nbmake", "--overwrite", "-q", "--no-header"]
        command += [f"--nbmake-timeout={CELL_TIMEOUT_SECONDS}", "-p", "no:cacheprovider"]
        # Matplotlib would write the time into each drawing: two runs would give two books. (Sphinx
        # takes the year of its copyright from there, so it is set for chapters alone.)
        alike = {**one_thread(), "SOURCE_DATE_EPOCH": "0"}
        self.process = subprocess.Popen(
            [*command, str(notebook_path(source, root))], cwd=root,
            env={**os.environ, **alike}, stdout=self.output, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def seconds(self) -> float:
        return time.perf_counter() - self.start

    def said(self) -> str:
        self.output.seek(0)
        return self.output.read().decode("utf-8", errors="replace")

    def end(self) -> None:
        """Stop the run now, with its kernel."""
        for process in [*psutil.Process(self.process.pid).children(recursive=True), self.process]:
            process.kill()
        self.process.wait()


def reason(source: pathlib.Path, said: str) -> str:
    """Say in a line why a chapter failed, and below it which of its sentences is untrue."""
    plain = re.sub(r"\x1b\[[\d;]*m", "", said)
    errors = re.findall(r"(?m)^[\w.]+(?:Error|Exception|Warning|Interrupt): .+$", plain)
    why = errors[-1] if errors else "what pytest says is above"
    if spoken := re.match(r"AssertionError: The sentence with (\S+) is ", why):
        lines = source.read_text(encoding="utf-8").splitlines()
        why += "".join(f"\n    {line}" for line in lines if f"`{spoken[1]}`" in line)
    return why


def _run_all(sources: Sequence[pathlib.Path], root: pathlib.Path) -> Iterator[_Run]:
    """Run chapters side by side, and give each back as it ends; Ctrl-C ends them all at once."""
    waiting, running, places = list(sources), [], chapters_at_once()
    try:
        while waiting or running:
            while waiting and len(running) < places:
                number = f"{len(sources) - len(waiting) + 1} of {len(sources)}"
                print(f"{_name(waiting[0], root)}: running ({number}) ...", flush=True)
                running.append(_Run(waiting.pop(0), root))
            ended = [run for run in running if run.process.poll() is not None]
            running = [run for run in running if run not in ended]
            yield from ended
            time.sleep(0 if ended else 0.1)
    finally:
        for run in running:
            if run.process.poll() is None:
                run.end()


def _longest_first(sources: list[pathlib.Path], root: pathlib.Path) -> list[pathlib.Path]:
    """Order chapters by how long they took before, new ones first: none then ends alone, late."""
    facts = root / CHAPTER_FACTS
    known = json.loads(facts.read_text(encoding="utf-8"))["chapters"] if facts.is_file() else {}
    unknown = {"seconds": float("inf")}
    return sorted(
        sources,
        key=lambda source: -known.get(chapter_name(source, root), unknown)["seconds"],
    )


def check_loopback() -> None:
    """Refuse at once what every kernel would wait a minute for."""
    try:
        with socket.create_server(("127.0.0.1", 0)) as server:
            socket.create_connection(server.getsockname(), timeout=5).close()
    except OSError as error:
        raise SystemExit(
            "Jupyter talks to a notebook's kernel over this machine's loopback interface, "
            f"127.0.0.1, which does not answer ({error.strerror or error}): bring it up, on Linux "
            "with `ip link set lo up`."
        ) from None


def execute(root: pathlib.Path = ROOT, names: Sequence[str] = ()) -> bool:
    """Run every chapter that needs it; say which, for how long; return whether all passed.

    With names, only these chapters. The cache is filled from this process alone: two that write at
    once would lock each other out.
    """
    with whole.alone(root / "_build"):
        return _execute(root, names)


def _execute(root: pathlib.Path, names: Sequence[str]) -> bool:
    prepare_environment(root)
    cache = open_cache(root)
    waiting, failed, unchanged = [], [], 0
    for source in chapters(root):
        if names and chapter_name(source, root) not in names:
            continue
        if has_outputs(source, root):
            unchanged += 1
            continue
        ready = with_outputs(source, cache, root)
        if ready is None and (ready := _outputs_of_same_code(source, cache, root)) is not None:
            _store(ready, source, digest(source, root), cache, 0.0)
        write_notebook(ready or read_source(source), notebook_path(source, root))
        if ready is None:
            waiting.append(source)
        else:
            note_outputs(source, root)
            unchanged += 1
    if unchanged:
        print(f"{unchanged} chapters have their outputs and are not run again.", flush=True)
    if waiting:
        check_loopback()
        # Who imports Matplotlib first on a machine lists its fonts, and says so among its outputs.
        fonts = [sys.executable, "-c", "import matplotlib.font_manager"]
        subprocess.run(fonts, stderr=subprocess.DEVNULL, check=False)
    with contextlib.closing(_run_all(_longest_first(waiting, root), root)) as runs:
        for run in runs:
            name, file = _name(run.source, root), notebook_path(run.source, root)
            if run.process.returncode != 0:
                print(run.said(), flush=True)
                why = reason(run.source, run.said())
                print(f"{name}: FAILED after {run.seconds():.0f} s: {why}", flush=True)
                failed.append(name)
                continue
            notebook = nbformat.read(file, as_version=4)
            for cell in notebook.cells:
                # nbmake's timings: jupyter-cache would hash them, and the book never find it
                cell.metadata.pop("execution", None)
            _shorten_paths(notebook, root)
            write_notebook(notebook, file)
            _store(notebook, run.source, run.ran[0], cache, run.seconds())
            if run.ran != (digest(run.source, root), _contents(run.source)):
                print(f"{name}: changed while it ran; build the book again", flush=True)
                failed.append(name)
                continue
            note_outputs(run.source, root)
            print(f"{name}: passed in {run.seconds():.0f} s", flush=True)
    if failed:
        print(f"The book is not built: {', '.join(failed)} failed.", flush=True)
    return not failed


def convert(root: pathlib.Path = ROOT) -> None:
    """Write every chapter's notebook, keeping outputs that are there for unchanged code."""
    for source in chapters(root):
        file, notebook = notebook_path(source, root), read_source(source)
        try:
            unchanged = _code(nbformat.read(file, as_version=4)) == _code(notebook)
        except (FileNotFoundError, ValueError, AttributeError):  # not there, or damaged
            unchanged = False
        if not unchanged:
            write_notebook(notebook, file)


def cause(error: BaseException | None) -> str | None:
    """Say in words what kept a file from being read or written, if that is what happened."""
    while error is not None:
        if isinstance(error, OSError) and error.errno:
            return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
        if isinstance(error, sqlite3.Error):
            return str(error)
        error = error.__cause__
    return None


def main() -> int:
    """Convert, and unless told otherwise execute."""
    parser = argparse.ArgumentParser(description="Run the book's chapters with nbmake.")
    parser.add_argument(
        "--convert-only", action="store_true", help="write the notebooks, run nothing"
    )
    parser.add_argument("names", nargs="*", metavar="chapter", help="run only these chapters")
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - {chapter_name(source) for source in chapters()}:
        parser.error(f"there is no chapter {', '.join(sorted(unknown))} with code in _toc.yml")
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # to be told to end is like Ctrl-C
    try:
        if arguments.convert_only:
            convert()
            return 0
        return 0 if execute(names=arguments.names) else 1
    except KeyboardInterrupt:
        print("Stopped. What has run is kept, and is not run again.", flush=True)
        return 130
    except Exception as error:  # libraries wrap it; what is not of a file goes on
        if (told := cause(error)) is None:
            raise
        print(f"Stopped: a file cannot be read or written ({told}).", flush=True)
        return 1


if __name__ == "__main__":
    sys.exit(main())

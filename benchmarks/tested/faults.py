"""Do to small copies of the book what may happen to it, and note what follows: `make faults`.

A fault is a row of `FAULTS`: what it is called, how it is made, and the words of the sentence that
the build must end with; where it must end well, there are none. After each, the fault is taken away
and `make book` must write the very pages that it writes where nothing happened.

A copy has the front page and two small ones, which load the digits and train a network. Needs make,
and for some rows Linux. ``python -m benchmarks.tested.faults "data file" locale`` does those alone
whose names begin so; the rows of the others stay as they were stored.
"""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable

ROOT = pathlib.Path(__file__).resolve().parents[2]
STORED = pathlib.Path(__file__).with_suffix(".json")
SOURCES = ("chapters", "cnnbook", "benchmarks", "playground", "_ext", "_static", "_templates")
FILES = ("_config.yml", "Makefile", "pyproject.toml", "requirements.txt", "README.md", "LICENSE",
         "LICENSE-TEXT.md", "CITATION.cff")  # fmt: skip
CONTENTS = """format: jb-book
root: chapters/index
parts:
  - caption: The guide
    chapters:
      - file: chapters/loading
      - file: chapters/fitting
"""
PAGE = """---
jupytext:
  formats: md:myst
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  display_name: Python 3 (ipykernel)
  language: python
  name: python3
---

({name})=
# {name}

```{{code-cell}} ipython3
{code}
```
"""
LOADING = """import matplotlib.pyplot as plt

from cnnbook import data

(images, labels), _ = data.load_mnist()
plt.imshow(images[0])
print(images.shape, labels[:10])"""
FITTING = """import keras

from cnnbook import data, models

(images, labels), _ = data.load_mnist()
keras.utils.set_random_seed(0)
network = models.article_network()
network.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
history = network.fit(data.scale_pixels(images[:6000]), labels[:6000], verbose=0)
print(history.history)"""
DATA = "cnnbook/mnist/mnist.npz"
Ended = tuple[int | str, str]  # a build's exit code, and what it said
KILLS, SEED, HUNG_SECONDS = 20, 0, 900
# What root may do to any file is taken from it, so that modes mean what they mean for others.
IS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0
NO_ROOT = ("setpriv", "--bounding-set=-dac_override,-dac_read_search") if IS_ROOT else ()


@dataclasses.dataclass(frozen=True)
class Fault:
    """One thing that may happen."""

    name: str
    make: Callable[[pathlib.Path], object] = lambda book: None  # done to the copy
    fails: str = ""  # words of the sentence; without any, the build must end well
    under: tuple[str, ...] = ()  # the command that runs the build
    settings: dict[str, str | None] = dataclasses.field(default_factory=dict)
    built: bool = False  # the copy has its pages already
    run: Callable[[Books, Fault], list[Ended]] = lambda books, fault: [ended(books.start(fault))]
    stopped: bool = False  # from outside: no matter how it ends
    quick: bool = False  # it ends before a chapter runs or a page is read: also a test


# ---- How faults are made -------------------------------------------------------------------------


def cut(name: str, keep: float = 0.5) -> Callable[[pathlib.Path], None]:
    """Truncate the first file of a name, which may be a pattern."""

    def make(book: pathlib.Path) -> None:
        file = sorted(book.glob(name))[0]
        os.truncate(file, int(file.stat().st_size * keep))

    return make


def flip(name: str) -> Callable[[pathlib.Path], None]:
    """Turn one bit in the middle of a file."""

    def make(book: pathlib.Path) -> None:
        content = bytearray((book / name).read_bytes())
        content[len(content) // 2] ^= 1
        (book / name).write_bytes(content)

    return make


def gone(name: str, then: Callable[[pathlib.Path], object] | None = None):
    """Delete the files of a name, a pattern perhaps; put something in the place of the first."""

    def make(book: pathlib.Path) -> None:
        files = sorted(book.glob(name))
        assert files, name
        for file in files:
            shutil.rmtree(file) if file.is_dir() else file.unlink()
        if then:
            then(files[0])

    return make


def cached(page: str, damage: Callable) -> Callable[[pathlib.Path], None]:
    """Do something to the outputs of a page, where the cache has them."""

    def make(book: pathlib.Path) -> None:
        note = book / "_build" / "ready" / f"{page}.json"
        if note.is_file():
            _, entry = json.loads(note.read_text("utf-8"))["outputs"]
            damage(entry)(book)

    return make


def forget(page: str) -> Callable[[pathlib.Path], None]:
    """Take away a page's outputs, so that it runs."""
    return cached(page, gone)


def mode(name: str, bits: str) -> Callable[[pathlib.Path], None]:
    """Change what may be done to a file, or to those of a folder."""

    def make(book: pathlib.Path) -> None:
        if not (book / name).exists():
            (book / name).mkdir(parents=True)
        subprocess.run(["chmod", "-R", bits, book / name], check=True)

    return make


def write(name: str, text: str) -> Callable[[pathlib.Path], object]:
    """Put a text in the place of a file."""
    return lambda book: (book / name).write_text(text)


def add(name: str, text: str) -> Callable[[pathlib.Path], None]:
    """Add a line to a page."""

    def make(book: pathlib.Path) -> None:
        with (book / name).open("a", encoding="utf-8") as file:
            file.write(f"\n{text}\n")

    return make


def of_an_older_book(book: pathlib.Path) -> None:
    """Write notes as an earlier version of the book did."""
    for note in (book / "_build" / "ready").glob("*.json"):
        facts = json.loads(note.read_text("utf-8"))
        facts.pop("outputs", None)
        note.write_text(json.dumps(facts | {"notebook": [1, 2]}))
    (book / "_build" / "built-html").write_text("")
    (book / "_build" / "html" / "chapters" / "loading.html").write_text("of an older book")


def network(lo: str) -> tuple[str, ...]:
    """Run in a network of its own, in which there is nothing but the loopback interface."""
    command = f'ip link set lo {lo}; exec "$@"'
    return ("unshare", "--net", "--map-root-user", "sh", "-c", command, "sh")


def limited(kilobytes: int) -> tuple[str, ...]:
    """Run in so much memory."""
    return ("sh", "-c", f'ulimit -d {kilobytes}; exec "$@"', "sh")


def full(kilobytes: int) -> tuple[str, ...]:
    """Have `_build` on a disk with so much room; the disk is in memory, and gone after the build.

    What stood on it then is left beside the copy, as `full`.
    """
    command = f"""mkdir -p _build && cp -a _build ../full
        mount -t tmpfs -o size=100m none _build && cp -a ../full/. _build
        cat /dev/zero > _build/filler 2> /dev/null; truncate -s -{kilobytes}k _build/filler
        "$@"; code=$?
        rm -r _build/filler ../full && cp -a _build ../full; exit $code"""
    return ("unshare", "--mount", "--map-root-user", "sh", "-c", command, "sh")


# ---- How the build is run ------------------------------------------------------------------------


def twice(books: Books, fault: Fault) -> list[Ended]:
    """Run the build again without mending anything."""
    return [ended(books.start(fault)), ended(books.start(fault))]


def two(books: Books, fault: Fault) -> list[Ended]:
    """Run two builds at once."""
    return [ended(process) for process in (books.start(fault), books.start(fault))]


def at(percent: int, sent: signal.Signals):
    """Send a signal to the build and all that it runs, after a part of the time that it takes."""

    def run(books: Books, fault: Fault) -> list[Ended]:
        process = books.start(fault)
        time.sleep(percent / 100 * books.seconds)
        if process.poll() is not None:  # it was quicker than the one that was timed: once more
            process.communicate()
            books.seconds *= 0.9
            books.take("outputs")
            fault.make(books.book)
            return run(books, fault)
        os.killpg(process.pid, sent)
        return [ended(process)]

    return run


def on_full_disk(books: Books, fault: Fault) -> list[Ended]:
    """Run the build, and keep what was written until there was no more room."""
    end = ended(books.start(fault))
    shutil.rmtree(books.book / "_build")
    (books.folder / "full").rename(books.book / "_build")
    return [end]


def moved(name: str):
    """Run the build after the folder was moved."""

    def run(books: Books, fault: Fault) -> list[Ended]:
        books.book = books.book.rename(books.folder / name)
        books.adopt()
        return [ended(books.start(fault))]

    return run


NO_FILE = "cannot be read or written|cannot be written"

FAULTS = [
    Fault("data file missing", gone(DATA), fails="MNIST file .* is missing: restore it"),
    Fault("data file truncated", cut(DATA), fails="is not the one published"),
    Fault("data file with one bit flipped", flip(DATA), fails="is not the one published"),
    Fault("data file unreadable", mode(DATA, "000"), fails=f"{NO_FILE}.*mnist.npz: Permission",
          under=NO_ROOT, quick=True),
    Fault("data file a directory", gone(DATA, pathlib.Path.mkdir), fails=r"cannot be read \(Is a"),
    Fault("data file a pipe", gone(DATA, os.mkfifo), fails="mnist.npz must be a file", quick=True),
    Fault("disk full while outputs are stored", forget("loading"), fails="disk is full",
          under=full(4), run=on_full_disk),
    Fault("disk full while pages are written", fails="The disk of .* is full: make room",
          under=full(1000), run=on_full_disk),
    Fault("checkout read-only", mode(".", "a-w"), fails=NO_FILE, under=NO_ROOT, quick=True),
    Fault("cache of outputs read-only", mode("_build/.jupyter_cache", "a-w"), fails=NO_FILE,
          under=NO_ROOT, quick=True),
    Fault("HOME absent", forget("loading"), settings={"HOME": None}),
    Fault("HOME read-only", forget("loading"), settings={"HOME": "/proc"}),
    Fault("no network but loopback", forget("loading"), under=network("up")),
    Fault("loopback down", forget("loading"), fails="loopback interface", under=network("down"),
          quick=True),
    Fault("locale C", forget("loading"), settings={"LC_ALL": "C", "PYTHONUTF8": "0",
          "PYTHONCOERCECLOCALE": "0"}),
    Fault("2 GB of memory", forget("fitting"), under=limited(2_000_000)),
    Fault("one core", forget("fitting"), under=("taskset", "--cpu-list", "0")),
    Fault("outputs of an older version", of_an_older_book, built=True),
    Fault("cached outputs truncated", cached("loading", cut)),
    Fault("cached outputs gone", cached("loading", gone)),
    Fault("list of cached outputs empty", write("_build/.jupyter_cache/global.db", "")),
    Fault("list of cached outputs corrupt", write("_build/.jupyter_cache/global.db", "corrupt")),
    Fault("notebook truncated", cut("notebooks/loading.ipynb")),
    Fault("page of the HTML truncated", cut("_build/html/chapters/loading.html"), built=True),
    Fault("picture of the HTML truncated", cut("_build/html/_images/*.*"), built=True),
    Fault("index of the search gone", gone("_build/html/_static/searchsections.js"), built=True),
    Fault("what Sphinx has read truncated", lambda book: [
        cut("_build/.doctrees/environment.pickle")(book), gone("_build/html/index.html")(book)],
        built=True),
    Fault("reference to no label, run twice", add("chapters/loading.md", "{ref}`no-such-label`"),
          fails="no-such-label", built=True, run=twice),
    Fault("failing cell, run twice", add("chapters/loading.md", "```{code-cell}\n1 / 0\n```"),
          fails="ZeroDivisionError", run=twice),
    Fault("two builds at once", forget("loading"), run=two),
    Fault("a path with spaces and umlauts", run=moved("Über zwei Straßen")),
    Fault("folder moved", built=True, run=moved("elsewhere")),
    *(Fault(f"Ctrl-C after {share} % of its time", forget("loading"), stopped=True,
            run=at(share, signal.SIGINT)) for share in (20, 70)),
    *(Fault(f"killed after {share} % of its time", forget("loading"), stopped=True,
            run=at(share, signal.SIGKILL))
      for share in sorted(random.Random(SEED).sample(range(1, 100), KILLS))),
]  # fmt: skip


# ---- What happens --------------------------------------------------------------------------------


class Books:
    """A copy of the book in a folder, which each fault finds as it was at the beginning."""

    def __init__(self, folder: pathlib.Path):
        self.folder, self.book, self.seconds = folder, folder / "book", 0.0
        ignored = shutil.ignore_patterns("__pycache__")
        for name in SOURCES:
            shutil.copytree(ROOT / name, self.book / name, ignore=ignored)
        for name in FILES:
            shutil.copy2(ROOT / name, self.book)
        for name, code in (("loading", LOADING), ("fitting", FITTING)):
            page = PAGE.format(name=name, code=code)
            (self.book / "chapters" / f"{name}.md").write_text(page)
        (self.book / "_toc.yml").write_text(CONTENTS)
        self.adopt()
        self.keep("sources")

    def restore(self) -> None:
        """Bring the sources back as they were, whatever was done to them."""
        subprocess.run(["chmod", "-R", "u+rwX", self.book], check=True)
        for name in SOURCES:
            shutil.rmtree(self.book / name)
            shutil.copytree(self.folder / "sources" / name, self.book / name)

    def adopt(self) -> None:
        """Let the copy take this environment for its own."""
        (environment := self.book / ".venv").mkdir(exist_ok=True)
        for file in pathlib.Path(sys.prefix).iterdir():
            if file.name != "installed" and not (environment / file.name).exists():
                (environment / file.name).symlink_to(file)
        (environment / "installed").write_text(str(self.book))

    def keep(self, name: str) -> None:
        """Keep the copy as it is."""
        shutil.copytree(self.book, self.folder / name, symlinks=True)

    def take(self, name: str) -> None:
        """Have the copy as it was kept."""
        subprocess.run(["chmod", "-R", "u+rwX", self.book], check=True)
        shutil.rmtree(self.book)
        self.book = self.folder / "book"
        shutil.copytree(self.folder / name, self.book, symlinks=True)

    def start(self, fault: Fault) -> subprocess.Popen:
        """Begin `make book`, with this process's settings but for what is of its own call."""
        own = dict.fromkeys(("PYTHONPATH", "MAKEFLAGS", "MAKELEVEL", "MFLAGS"))
        settings = {**os.environ, **own, **fault.settings}
        return subprocess.Popen(
            [*fault.under, "make", "book", f"PYTHON={sys.executable}"], cwd=self.book,
            env={name: value for name, value in settings.items() if value is not None},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            start_new_session=True, encoding="utf-8", errors="replace",
        )  # fmt: skip

    def pages(self) -> dict[str, bytes]:
        """Return the pages, and all that belongs to them."""
        html = self.book / "_build" / "html"
        files = sorted(file for file in html.rglob("*") if file.is_file())
        return {file.relative_to(html).as_posix(): file.read_bytes() for file in files}


def ended(process: subprocess.Popen) -> Ended:
    """Wait for a build."""
    try:
        said, _ = process.communicate(timeout=HUNG_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        return "hung", process.communicate()[0]
    return process.returncode, re.sub(r"\x1b\[[\d;]*m", "", said)  # without colours


def can_be_made(fault: Fault) -> bool:
    """Say whether this system has what a fault runs under."""
    command = [*fault.under, "true"]
    return bool(shutil.which(command[0])) and subprocess.run(command).returncode == 0


def happens(fault: Fault, books: Books) -> dict:
    """Make a fault, run the build, and return how it ended, with the sentence that says why."""
    fault.make(books.book)
    begun = time.perf_counter()
    builds = fault.run(books, fault)
    codes, texts = zip(*builds, strict=True)
    found = [re.findall(rf"(?m)^(?=.*(?:{fault.fails})).*$", text) for text in texts]
    said = found[-1][-1] if fault.fails and found[-1] else ""
    if fault.fails:
        as_it_must = all(found) and not {0, "hung"} & set(codes)
    else:
        as_it_must = fault.stopped or set(codes) == {0}
    return {
        "fault": fault.name,
        "exit": list(codes),
        "seconds": round(time.perf_counter() - begun, 1),
        "said": said.replace(f"{books.book}/", "").replace(f"{sys.prefix}/", "").strip()[:300],
        "as_it_must": as_it_must,
        "output": texts[-1],
    }


def afterwards(books: Books, undisturbed: dict[str, bytes]) -> dict:
    """Take the fault away, build again, and compare the pages with those of an undisturbed book."""
    books.restore()
    code, output = ended(books.start(Fault("none")))
    now = books.pages()
    names = now.keys() | undisturbed.keys()
    other = sorted(name for name in names if now.get(name) != undisturbed.get(name))
    return {"exit": code, "clean": code == 0 and not other, "other": other, "output": output}


def main() -> None:
    """Make each fault, and store what happened."""
    from benchmarks import results

    chosen = [fault for fault in FAULTS if fault.name.startswith(tuple(sys.argv[1:] or [""]))]
    # What a shell runs in the background does not hear Ctrl-C, nor do its children.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        books = Books(pathlib.Path(folder).resolve() / "books")
        code, output = ended(books.start(Fault("none")))
        undisturbed = books.pages()
        if code != 0:
            sys.exit(output)
        books.keep("built")
        for name in (".doctrees", "jupyter_execute", "html", "built-html"):
            gone(f"_build/{name}")(books.book)
        books.keep("outputs")
        forget("loading")(books.book)
        begun = time.perf_counter()
        ended(books.start(Fault("none")))
        books.seconds = time.perf_counter() - begun  # of a build that Ctrl-C or a kill will end
        for fault in chosen:
            if not can_be_made(fault):
                rows.append({"fault": fault.name, "tried": False})
                continue
            books.take("built" if fault.built else "outputs")
            row = happens(fault, books)
            if row["as_it_must"] and not (fault.fails or fault.stopped):
                row["as_it_must"] = books.pages() == undisturbed
            after = afterwards(books, undisturbed)
            right = row["as_it_must"] and after["clean"]
            outputs = row.pop("output"), after["output"]
            rows.append({**row, "next_run_clean": after["clean"]})
            print(json.dumps(rows[-1], ensure_ascii=False), flush=True)
            if not right:
                print(*outputs, f"other: {after['other']}", sep="\n" + 80 * "-" + "\n", flush=True)
    known = results.load("tested/faults")["rows"] if STORED.is_file() else []
    known = {row["fault"]: row for row in [*known, *rows]}
    rows = [known[fault.name] for fault in FAULTS if fault.name in known]
    results.save("tested/faults", {"seed": SEED, "kills": KILLS, "rows": rows})
    marks = ("as_it_must", "next_run_clean")
    wrong = [row["fault"] for row in rows if not all(row.get(mark, True) for mark in marks)]
    sys.exit(f"Not as it must be: {', '.join(wrong)}" if wrong else 0)


if __name__ == "__main__":
    main()

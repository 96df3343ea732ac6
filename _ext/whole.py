"""Whether a build ended well: what did not, or has changed since, is made anew.

Sphinx reads and writes what has changed, so what a killed build left half done would stay so.
Each build that ends well lists its files with their digests, in ``_build/built-html``, and what it
read of the pages in ``_build/built-read``; the next one trusts these alone. The outputs of cells
are kept elsewhere (`execution.py`): to make pages anew runs nothing.

``python _ext/whole.py html`` prints "whole" where all that was listed is there, for the Makefile;
it needs nothing but Python.
"""

from __future__ import annotations

import atexit
import contextlib
import errno
import hashlib
import json
import os
import pathlib
import shutil
import sys
import time
from collections.abc import Iterator

try:
    import fcntl
except ImportError:  # on Windows
    fcntl = None
    import msvcrt

BUILD = pathlib.Path(__file__).resolve().parent.parent / "_build"
READ = (".doctrees", "jupyter_execute")  # what Sphinx read of the pages, and the figures in it
ENVIRONMENT = ".doctrees/environment.pickle"  # written whenever it has read some


def _digest(file: pathlib.Path) -> str:
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError:
        return ""


def _list_file(name: str) -> pathlib.Path:
    return BUILD / f"built-{name}"


def is_whole(name: str) -> bool:
    """Say whether a list is there, and each file in it is as it was."""
    try:
        files = json.loads(_list_file(name).read_text(encoding="utf-8"))["files"]
        return all(_digest(BUILD / file) == digest for file, digest in files.items())
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def _write_list(name: str, *folders: str) -> None:
    found = (file for folder in folders for file in (BUILD / folder).rglob("*") if file.is_file())
    files = {file.relative_to(BUILD).as_posix(): _digest(file) for file in sorted(found)}
    content = {"of": _digest(BUILD / ENVIRONMENT), "files": files}
    unfinished = _list_file(f"{name}.tmp")
    unfinished.write_text(json.dumps(content, indent=0), encoding="utf-8")
    unfinished.replace(_list_file(name))


def _is_of_what_was_read(name: str) -> bool:
    """Say whether pages were written from what is read now: another edition may have read since."""
    content = json.loads(_list_file(name).read_text(encoding="utf-8"))
    return content["of"] == _digest(BUILD / ENVIRONMENT)


def _lock(file) -> bool:
    """Take a lock if nobody has it; where the file system has none, nobody can tell."""
    try:
        if fcntl:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        else:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    except (BlockingIOError, PermissionError):
        return False
    except OSError:
        return True
    return True


@contextlib.contextmanager
def alone(build: pathlib.Path) -> Iterator[None]:
    """Wait until no other build is at work in a folder; the lock of a killed one is free."""
    build.mkdir(parents=True, exist_ok=True)
    with (build / "lock").open("a") as file:
        if not _lock(file):
            print(f"Another build is at work in {build}; this one waits for its end.", flush=True)
            while not _lock(file):
                time.sleep(0.5)
        yield


def begin(app, config) -> None:
    """Delete what cannot be trusted, and the lists, which come back when all went well."""
    from sphinx.errors import SphinxError

    edition = pathlib.Path(app.outdir).name
    app.book_begun, app.book_alone = time.time(), contextlib.ExitStack()
    try:
        app.book_alone.enter_context(alone(BUILD))
        folders = []
        if not is_whole("read"):
            folders = [*READ, edition]
        elif not is_whole(edition) or not _is_of_what_was_read(edition):
            folders = [edition]
        for folder in folders:
            if (BUILD / folder).exists():
                shutil.rmtree(BUILD / folder)
            (BUILD / folder).mkdir()
        for name in ("read", edition):
            _list_file(name).unlink(missing_ok=True)
    except OSError as error:
        told = f"The book cannot be written: {error.filename}: {error.strerror}."
        raise SphinxError(told) from None


def end(app, exception: Exception | None) -> None:
    """List what was made, unless there was a warning: that is an error, however the build began."""
    if exception is None and app._warncount:
        app.statuscode = 1
    elif exception is None:
        edition = pathlib.Path(app.outdir).name
        _write_list("read", *READ)
        _write_list(edition, edition)
        # What is edited while the build runs is newer than its list, so `make` builds again.
        os.utime(_list_file(edition), (app.book_begun, app.book_begun))
    elif os.strerror(errno.ENOSPC) in str(exception):
        told = f"The disk of {BUILD} is full: make room, and run the same command again."
        atexit.register(print, told, file=sys.stderr)  # below what Sphinx tells of it
    app.book_alone.close()


def setup(app) -> dict:
    """Register the first and the last step of a build."""
    app.connect("config-inited", begin, priority=0)
    app.connect("build-finished", end, priority=1000)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}


if __name__ == "__main__":
    print("whole" if is_whole(sys.argv[1]) else "")

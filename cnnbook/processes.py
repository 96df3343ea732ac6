"""Start worker processes on this machine, collect their arrays, and leave none behind."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import runpy
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence

import numpy as np

LOOPBACK = "127.0.0.1"
SECONDS_BETWEEN_LOOKS = 0.05
PARENT_IS_GONE = 3


class WorkerError(RuntimeError):
    """A worker process failed, or did not end in time."""


def run(
    script: str,
    count: int = 1,
    arguments: Sequence[str] = (),
    timeout_seconds: float = 300,
    threads: int | None = 1,
) -> list[dict[str, np.ndarray]]:
    """Run a Python script in several processes at once, and return what each of them saved.

    Each process finds in ``sys.argv[1]`` the name of the ``.npz`` file for its arrays, after it
    the arguments, and in the environment variable ``TF_CONFIG`` its place in the cluster
    (:func:`cluster_config`). The processes talk over this machine's loopback address alone. When
    this function returns or raises, all of them have ended and their files are gone; should this
    process be killed, they notice and end too.

    Parameters
    ----------
    script : source code in Python
    count : how many processes, 1 or more
    arguments : texts handed to each of them
    timeout_seconds : how long all of them together may take
    threads : how many threads TensorFlow may use in each, or None for its own choice

    Returns
    -------
    list of `count` dicts, worker by worker: name to array, as saved with
    ``np.savez(sys.argv[1], name=array, ...)``; empty for a worker that saved nothing

    Raises
    ------
    ValueError
        If ``count``, ``timeout_seconds`` or ``threads`` is not positive.
    WorkerError
        If a worker ends with an error (the message holds the last line it wrote), or if one has
        not ended in time.
    """
    numbers = {"count": count, "timeout_seconds": timeout_seconds}
    for name, number in (numbers if threads is None else numbers | {"threads": threads}).items():
        if isinstance(number, bool) or not number > 0:
            raise ValueError(f"{name} must be a positive number, got {number!r}.")
    with tempfile.TemporaryDirectory(prefix="cnnbook-workers-") as name:
        folder = pathlib.Path(name)
        source = folder / "worker.py"
        source.write_text(script, encoding="utf-8")
        saved = [folder / f"worker-{index}.npz" for index in range(count)]
        ports = free_ports(count)
        with contextlib.ExitStack() as stack:
            processes, logs = [], []
            # Callbacks run last in, first out, also after an error or an interrupt.
            stack.callback(_end_all, processes)
            for index in range(count):
                logs.append(folder / f"worker-{index}.log")
                written = stack.enter_context(logs[-1].open("wb"))
                command = [sys.executable, "-m", "cnnbook.processes"]
                processes.append(
                    subprocess.Popen(
                        [*command, str(source), str(saved[index]), *arguments],
                        stdin=subprocess.PIPE,
                        stdout=written,
                        stderr=subprocess.STDOUT,
                        env=_environment(cluster_config(ports, index), threads),
                    )
                )
            _wait_for_all(processes, logs, timeout_seconds)
        return [_arrays(file) for file in saved]


def cluster_config(ports: Sequence[int], index: int) -> str:
    """Return the ``TF_CONFIG`` of one worker: the addresses of all, and which of them it is.

    Parameters
    ----------
    ports : one port a worker, on the loopback address
    index : the worker's place in that list, from 0

    Raises
    ------
    ValueError
        If there is no worker of that index.
    """
    if not 0 <= index < len(ports):
        raise ValueError(f"index must be from 0 to {len(ports) - 1}, got {index}.")
    addresses = [f"{LOOPBACK}:{port}" for port in ports]
    return json.dumps(
        {"cluster": {"worker": addresses}, "task": {"type": "worker", "index": index}}
    )


def free_ports(count: int) -> list[int]:
    """Return that many different ports of the loopback address that nobody listens at now."""
    with contextlib.ExitStack() as stack:
        # All are held at once, so that no two are the same.
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind((LOOPBACK, 0))
        return [one.getsockname()[1] for one in sockets]


def _environment(config: str, threads: int | None) -> dict[str, str]:
    """Return the environment of a worker: where `cnnbook` is, its place, quiet, no proxy."""
    environment = dict(os.environ)
    package = str(pathlib.Path(__file__).resolve().parent.parent)
    paths = [package, *environment.get("PYTHONPATH", "").split(os.pathsep)]
    environment |= {
        "PYTHONPATH": os.pathsep.join(dict.fromkeys(path for path in paths if path)),
        "PYTHONUNBUFFERED": "1",
        "TF_CONFIG": config,
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "no_grpc_proxy": LOOPBACK,  # a classroom's proxy must not be asked for this machine
    }
    for name in ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS"):
        environment.pop(name, None)
        if threads is not None:
            environment[name] = str(threads)
    return environment


def _wait_for_all(
    processes: list[subprocess.Popen], logs: list[pathlib.Path], timeout_seconds: float
) -> None:
    """Return when all have ended well; raise as soon as one has not, or the time is over."""
    deadline = time.monotonic() + timeout_seconds
    while True:
        codes = [process.poll() for process in processes]
        for index, code in enumerate(codes):
            if code not in (None, 0):
                raise WorkerError(
                    f"worker {index} of {len(processes)} ended with code {code}: "
                    f"{_last_line(logs[index])}"
                )
        if None not in codes:
            return
        if time.monotonic() > deadline:
            raise WorkerError(
                f"worker {codes.index(None)} of {len(processes)} had not ended after "
                f"{timeout_seconds:g} s: it was stopped, and all others with it."
            )
        time.sleep(SECONDS_BETWEEN_LOOKS)


def _end_all(processes: list[subprocess.Popen]) -> None:
    """Kill whatever still runs, and wait until it is gone."""
    for process in processes:
        if process.poll() is None:
            process.kill()
    for process in processes:
        process.wait()
        process.stdin.close()


def _last_line(log: pathlib.Path) -> str:
    """Return the last line that says something, as a rule the error's own."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return next((line.strip() for line in reversed(lines) if line.strip()), "it wrote nothing.")


def _arrays(file: pathlib.Path) -> dict[str, np.ndarray]:
    """Read what a worker saved."""
    if not file.exists():
        return {}
    with np.load(file, allow_pickle=False) as arrays:
        return dict(arrays)


def _end_with_parent() -> None:
    """End this process when the one that started it is gone: its end of the pipe then closes."""
    # os.read rather than sys.stdin, whose lock a waiting thread would hold when Python ends.
    while os.read(0, 1):
        pass
    os._exit(PARENT_IS_GONE)


if __name__ == "__main__":
    threading.Thread(target=_end_with_parent, daemon=True).start()
    sys.argv = sys.argv[1:]
    runpy.run_path(sys.argv[0], run_name="__main__")

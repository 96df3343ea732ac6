"""Start processes on this machine, collect their arrays, and leave none behind."""

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


class WorkerError(RuntimeError):
    """A process failed, or did not end in time."""


def run(
    program: str | os.PathLike,
    count: int = 1,
    arguments: Sequence[str] = (),
    timeout_seconds: float = 300,
    threads: int = 1,
) -> list[dict[str, np.ndarray]]:
    """Run a Python file in several processes at once, and return what each of them saved.

    Each finds in ``sys.argv[1]`` the name of the ``.npz`` file for its arrays, after it the
    arguments, and in the environment variable ``TF_CONFIG`` its place in the cluster. When this
    function returns or raises, or this process is killed, all end, and their files are gone.
    """
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="cnnbook-workers-"))
        saved = [pathlib.Path(folder, f"{index}.npz") for index in range(count)]
        logs = [file.with_suffix(".log") for file in saved]
        ports, processes = free_ports(count), []
        for index in range(count):
            command = [
                sys.executable,
                "-m",
                "cnnbook.training.processes",
                str(program),
                str(saved[index]),
            ]
            process = subprocess.Popen(
                [*command, *arguments],
                stdin=subprocess.PIPE,
                stdout=stack.enter_context(logs[index].open("wb")),
                stderr=subprocess.STDOUT,
                env=_environment(cluster_config(ports, index), threads),
            )
            processes.append(process)
            stack.callback(_end, process)  # also after an error or an interrupt
        _wait_for_all(processes, logs, timeout_seconds)
        return [dict(np.load(file)) if file.exists() else {} for file in saved]


def cluster_config(ports: Sequence[int], index: int) -> str:
    """Return the ``TF_CONFIG`` of a worker: the addresses of all, and which of them it is."""
    addresses = [f"{LOOPBACK}:{port}" for port in ports]
    task = {"type": "worker", "index": index}
    return json.dumps({"cluster": {"worker": addresses}, "task": task})


def free_ports(count: int) -> list[int]:
    """Return different ports of this machine that nobody listens at now."""
    with contextlib.ExitStack() as stack:  # all are held at once, so that no two are the same
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind((LOOPBACK, 0))
        return [one.getsockname()[1] for one in sockets]


def _environment(config: str, threads: int) -> dict[str, str]:
    package = str(pathlib.Path(__file__).resolve().parents[2])
    limits = ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS")
    changes = {
        "PYTHONPATH": os.pathsep.join(filter(None, [package, os.environ.get("PYTHONPATH")])),
        "PYTHONUNBUFFERED": "1",
        "TF_CONFIG": config,
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "no_grpc_proxy": LOOPBACK,  # a classroom's proxy must not be asked for this machine
    }
    return os.environ | dict.fromkeys(limits, str(threads)) | changes


def _wait_for_all(processes: list, logs: list[pathlib.Path], timeout_seconds: float) -> None:
    deadline = time.monotonic() + timeout_seconds
    while None in (codes := [process.poll() for process in processes]) or any(codes):
        for index, code in enumerate(codes):
            if code:
                lines = logs[index].read_text(encoding="utf-8", errors="replace").split("\n")
                last = next((line for line in reversed(lines) if line.strip()), "no word")
                raise WorkerError(f"worker {index} of {len(codes)} ended with code {code}: {last}")
        if time.monotonic() > deadline:
            late = f"worker {codes.index(None)} of {len(codes)} had not ended"
            raise WorkerError(f"{late} after {timeout_seconds:g} s: all were stopped.")
        time.sleep(0.05)


def _end(process: subprocess.Popen) -> None:
    process.kill()
    process.wait()
    process.stdin.close()


def _end_with_parent() -> None:
    """End this process when the one that started it is gone, and its end of the pipe closes."""
    # os.read rather than sys.stdin, whose lock a waiting thread would hold when Python ends.
    while os.read(0, 1):
        pass
    os._exit(3)


if __name__ == "__main__":
    threading.Thread(target=_end_with_parent, daemon=True).start()
    sys.argv = sys.argv[1:]
    runpy.run_path(sys.argv[0], run_name="__main__")

"""Worker processes hand back what they save, and none outlives the call that started it."""

import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import time

import numpy as np
import psutil
import pytest

from cnnbook.training import processes

SAVE = """
import json, os, sys
import numpy as np

place = json.loads(os.environ["TF_CONFIG"])
np.savez(sys.argv[1], index=place["task"]["index"], texts=sys.argv[2:])
"""
WAIT = "import time\ntime.sleep(600)\n"


@pytest.fixture
def program(tmp_path_factory):
    """Return a function that writes source code into a file."""
    file = tmp_path_factory.mktemp("programs") / "program.py"

    def write(source):
        file.write_text(source, encoding="utf-8")
        return file

    return write


@pytest.fixture
def no_worker_is_left(tmp_path, monkeypatch):
    """Fail if a process or a file of the test's workers is there after it."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    yield tmp_path
    assert not any(map(_is_worker, psutil.Process().children(recursive=True)))
    assert list(tmp_path.glob("cnnbook-workers-*")) == []


def _is_worker(process: psutil.Process) -> bool:
    """Tell workers from a browser's processes, of which one may have ended meanwhile."""
    try:
        return "cnnbook.training.processes" in process.cmdline()
    except psutil.Error:
        return False


def test_each_worker_knows_its_place_and_its_arrays_come_back_in_order(no_worker_is_left, program):
    results = processes.run(program(SAVE), count=3, arguments=["a", "b"])
    assert [int(result["index"]) for result in results] == [0, 1, 2]
    assert all(result["texts"].tolist() == ["a", "b"] for result in results)


def test_a_worker_that_saves_nothing_gives_an_empty_dict(no_worker_is_left, program):
    assert processes.run(program("print('done')")) == [{}]


def test_a_failure_is_told_in_the_workers_words_and_stops_the_others(no_worker_is_left, program):
    script = (
        "import os\nif '\"index\": 1' in os.environ['TF_CONFIG']:\n    raise ValueError('no')\n"
    )
    begun = time.monotonic()
    with pytest.raises(
        processes.WorkerError, match=r"worker 1 of 2 ended with code 1.*ValueError: no"
    ):
        processes.run(program(script + WAIT), count=2)
    assert time.monotonic() - begun < 200


def test_workers_that_do_not_end_are_stopped(no_worker_is_left, program):
    with pytest.raises(processes.WorkerError, match=r"worker 0 of 2 had not ended after 0\.5 s"):
        processes.run(program(WAIT), count=2, timeout_seconds=0.5)


def test_an_interrupt_stops_the_workers_too(no_worker_is_left, monkeypatch, program):
    def interrupt(seconds):
        raise KeyboardInterrupt

    monkeypatch.setattr(processes.time, "sleep", interrupt)
    with pytest.raises(KeyboardInterrupt):
        processes.run(program(WAIT), count=2)


def test_workers_end_when_the_process_that_started_them_is_killed(tmp_path, program):
    touch = f"pathlib.Path({str(tmp_path)!r}, str(os.getpid())).touch()"
    script = f"import os, pathlib\n{touch}\n{WAIT}"
    file = str(program(script))
    starter = f"from cnnbook.training import processes\nprocesses.run({file!r}, count=2)"
    root = str(pathlib.Path(processes.__file__).parent.parent)
    environment = os.environ | {"PYTHONPATH": root, "TMPDIR": str(tmp_path)}
    parent = subprocess.Popen([sys.executable, "-c", starter], env=environment)
    try:
        found = _until(lambda: [f for f in tmp_path.iterdir() if f.name.isdigit()], 2)
        children = [psutil.Process(int(file.name)) for file in found]
    finally:
        parent.kill()
        parent.wait()
    _, alive = psutil.wait_procs(children, timeout=120)
    assert alive == []


def _until(look, count: int) -> list:
    """Look until that many are there, for two minutes at most."""
    deadline = time.monotonic() + 120
    while len(found := look()) < count:
        assert time.monotonic() < deadline, f"only {len(found)} workers started"
    return found


def test_the_cluster_is_on_this_machine_alone_and_each_port_is_free():
    ports = processes.free_ports(5)
    assert len(set(ports)) == 5
    for port in ports:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
    config = json.loads(processes.cluster_config(ports, 4))
    assert config["task"] == {"type": "worker", "index": 4}
    assert [address.split(":")[0] for address in config["cluster"]["worker"]] == ["127.0.0.1"] * 5


@pytest.mark.parametrize("threads", [1, 2])
def test_the_number_of_threads_reaches_the_worker(threads, program):
    script = (
        "import os, sys\nimport numpy as np\n"
        "np.savez(sys.argv[1], threads=os.environ.get('TF_NUM_INTRAOP_THREADS', ''))\n"
    )
    (result,) = processes.run(program(script), threads=threads)
    assert str(result["threads"]) == str(threads)


def test_two_workers_add_up_what_they_hold(program):
    script = """
import sys
import numpy as np, tensorflow as tf

strategy = tf.distribute.MultiWorkerMirroredStrategy()
context = tf.distribute.get_replica_context


def add_up():
    mine = tf.constant([1.0, 10.0]) * (tf.cast(context().replica_id_in_sync_group + 1, tf.float32))
    return context().all_reduce("SUM", mine)


total = strategy.run(tf.function(add_up))
np.savez(sys.argv[1], total=total)
"""
    for result in processes.run(program(script), count=2):
        np.testing.assert_array_equal(result["total"], [3.0, 30.0])

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

from cnnbook import processes

SAVE = """
import json, os, sys
import numpy as np

place = json.loads(os.environ["TF_CONFIG"])
np.savez(sys.argv[1], index=place["task"]["index"], texts=sys.argv[2:])
"""
WAIT = "import time\ntime.sleep(600)\n"


@pytest.fixture
def no_worker_is_left(tmp_path, monkeypatch):
    """Fail if a process or a file of the test's workers is there after it."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    yield tmp_path
    running = [
        child.pid
        for child in psutil.Process().children(recursive=True)
        if "cnnbook.processes" in child.cmdline()
    ]
    assert running == []
    assert list(tmp_path.glob("cnnbook-workers-*")) == []


def test_each_worker_knows_its_place_and_its_arrays_come_back_in_order(no_worker_is_left):
    results = processes.run(SAVE, count=3, arguments=["a", "b"])
    assert [int(result["index"]) for result in results] == [0, 1, 2]
    assert all(result["texts"].tolist() == ["a", "b"] for result in results)


def test_a_worker_that_saves_nothing_gives_an_empty_dict(no_worker_is_left):
    assert processes.run("print('done')") == [{}]


def test_a_failure_is_told_in_the_workers_words_and_stops_the_others(no_worker_is_left):
    script = (
        "import os\nif '\"index\": 1' in os.environ['TF_CONFIG']:\n    raise ValueError('no')\n"
    )
    begun = time.monotonic()
    with pytest.raises(
        processes.WorkerError, match=r"worker 1 of 2 ended with code 1.*ValueError: no"
    ):
        processes.run(script + WAIT, count=2)
    assert time.monotonic() - begun < 200


def test_workers_that_do_not_end_are_stopped(no_worker_is_left):
    with pytest.raises(processes.WorkerError, match=r"worker 0 of 2 had not ended after 0\.5 s"):
        processes.run(WAIT, count=2, timeout_seconds=0.5)


def test_an_interrupt_stops_the_workers_too(no_worker_is_left, monkeypatch):
    def interrupt(seconds):
        raise KeyboardInterrupt

    monkeypatch.setattr(processes.time, "sleep", interrupt)
    with pytest.raises(KeyboardInterrupt):
        processes.run(WAIT, count=2)


def test_workers_end_when_the_process_that_started_them_is_killed(tmp_path):
    touch = f"pathlib.Path({str(tmp_path)!r}, str(os.getpid())).touch()"
    script = f"import os, pathlib\n{touch}\n{WAIT}"
    starter = f"from cnnbook import workers\nworkers.run({script!r}, count=2)"
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


@pytest.mark.parametrize("threads", [1, 2, None])
def test_the_number_of_threads_reaches_the_worker(threads):
    script = (
        "import os, sys\nimport numpy as np\n"
        "np.savez(sys.argv[1], threads=os.environ.get('TF_NUM_INTRAOP_THREADS', 'None'))\n"
    )
    (result,) = processes.run(script, threads=threads)
    assert str(result["threads"]) == str(threads)


def test_two_workers_add_up_what_they_hold():
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
    for result in processes.run(script, count=2):
        np.testing.assert_array_equal(result["total"], [3.0, 30.0])


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: processes.run("", count=0), "count must be a positive number, got 0"),
        (lambda: processes.run("", threads=-1), "threads must be a positive number, got -1"),
        (lambda: processes.run("", timeout_seconds=0), "timeout_seconds must be a positive"),
        (lambda: processes.cluster_config([1, 2], 2), "from 0 to 1, got 2"),
    ],
)
def test_bad_arguments_are_refused(call, words):
    with pytest.raises(ValueError) as error:
        call()
    assert words in str(error.value)

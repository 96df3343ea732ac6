"""Train many networks, two at a time, each in a process and on a thread of its own."""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Callable, Iterable

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

PROCESSES = 2


def one_thread() -> None:
    """Keep TensorFlow to one thread and one order of additions: a seed then repeats itself."""
    import tensorflow

    tensorflow.config.threading.set_intra_op_parallelism_threads(1)
    tensorflow.config.threading.set_inter_op_parallelism_threads(1)
    tensorflow.config.experimental.enable_op_determinism()


def run_all(
    train: Callable[[dict], dict], settings: Iterable[dict], processes: int = PROCESSES
) -> list[dict]:
    """Call train with each of the settings and return, in order, settings and results together.

    A fresh process for each: a run may not inherit anything from the one before it. As many as
    `processes` run at a time.
    """
    settings, runs = list(settings), []
    spawn = multiprocessing.get_context("spawn")
    with spawn.Pool(processes, initializer=one_thread, maxtasksperchild=1) as pool:
        for setting, result in zip(settings, pool.imap(train, settings, chunksize=1), strict=True):
            runs.append(setting | result)
            print(runs[-1], file=sys.stderr)
    return runs


def digits(count: int) -> tuple:
    """Return the first `count` digits learned from, and the validation digits, scaled."""
    from cnnbook import data

    (x_train, y_train), _ = data.load_mnist()
    (x_fit, y_fit), (x_validation, y_validation) = data.split_validation(
        x_train, y_train, validation_count=5000, seed=0
    )
    return (
        (data.scale_pixels(x_fit[:count]), y_fit[:count]),
        (data.scale_pixels(x_validation), y_validation),
    )

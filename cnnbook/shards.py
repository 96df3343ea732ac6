"""Digits in TFRecord files: written in shards, read as a stream."""

from __future__ import annotations

import os
import pathlib
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

SIDE = 28
FEATURES = {
    "image": tf.io.FixedLenFeature([], tf.string),
    "label": tf.io.FixedLenFeature([], tf.int64),
}


def record(image: np.ndarray, label: int) -> bytes:
    """Return one digit as the bytes of a ``tf.train.Example``.

    Parameters
    ----------
    image : uint8 array of shape (28, 28), pixels from 0 to 255
    label : from 0 to 9

    The chapter "Use more than one machine" builds it step by step.
    """
    features = {
        "image": tf.train.Feature(bytes_list=tf.train.BytesList(value=[image.tobytes()])),
        "label": tf.train.Feature(int64_list=tf.train.Int64List(value=[int(label)])),
    }
    return tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString()


def write_shards(
    folder: str | os.PathLike, images: np.ndarray, labels: np.ndarray, shards: int
) -> list[str]:
    """Write digits into several TFRecord files of nearly equal length, all of them or none.

    Neighbours stay neighbours: the first file holds the first digits, and so on.

    Parameters
    ----------
    folder : an existing folder
    images : uint8 array of shape (N, 28, 28), pixels from 0 to 255
    labels : integer array of shape (N,)
    shards : how many files, from 1 to N

    Returns
    -------
    list of the files' paths, ``digits-00000-of-00004.tfrecord`` and so on

    Raises
    ------
    TypeError
        If images is not a uint8 array.
    ValueError
        If images has other axes, labels another length, or shards is out of range.
    """
    if getattr(images, "dtype", None) != np.uint8:
        got = getattr(images, "dtype", type(images).__name__)
        raise TypeError(f"images must be a uint8 array of raw pixels, got {got}.")
    if images.shape[1:] != (SIDE, SIDE):
        raise ValueError(f"images must have the shape (N, {SIDE}, {SIDE}), got {images.shape}.")
    if len(labels) != len(images):
        raise ValueError(
            f"labels must hold one for each of the {len(images)} images, got {len(labels)}."
        )
    if not 1 <= shards <= len(images):
        raise ValueError(f"shards must be from 1 to {len(images)}, got {shards}.")
    parts = np.array_split(np.arange(len(images)), shards)
    files = [
        pathlib.Path(folder) / f"digits-{number:05d}-of-{shards:05d}.tfrecord"
        for number in range(shards)
    ]
    unfinished = [file.with_suffix(".tfrecord.tmp") for file in files]
    try:
        for file, part in zip(unfinished, parts, strict=True):
            with tf.io.TFRecordWriter(str(file)) as writer:
                for index in part:
                    writer.write(record(images[index], labels[index]))
        for file, finished in zip(unfinished, files, strict=True):
            file.replace(finished)
    finally:
        for file in unfinished:
            file.unlink(missing_ok=True)
    return [str(file) for file in files]


def parse(serialized: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Turn a batch of records into images and labels.

    Parameters
    ----------
    serialized : strings of shape (N,), as :func:`record` makes them

    Returns
    -------
    images : float32 tensor of shape (N, 28, 28, 1), pixels in [0, 1]
    labels : int64 tensor of shape (N,)
    """
    features = tf.io.parse_example(serialized, FEATURES)
    pixels = tf.io.decode_raw(features["image"], tf.uint8, fixed_length=SIDE * SIDE)
    images = tf.reshape(tf.cast(pixels, tf.float32) / 255, (-1, SIDE, SIDE, 1))
    return images, features["label"]


def stream(
    files: Sequence[str],
    batch_size: int,
    shuffle_buffer: int = 0,
    seed: int = 0,
    worker: int = 0,
    workers: int = 1,
) -> tf.data.Dataset:
    """Read digits from TFRecord files, in batches, holding a few batches in memory and no more.

    Parameters
    ----------
    files : paths, as :func:`write_shards` returns them
    batch_size : digits in a batch; the last one may be shorter
    shuffle_buffer : how many records to choose the next one from; 0 keeps the order, and reads
        one file after another
    seed : seed of the order
    worker, workers : read the share of one of several workers: every `workers`-th file, so that
        each digit is read by exactly one of them

    Raises
    ------
    ValueError
        If a number is out of range, or there are fewer files than workers.
    """
    if batch_size < 1 or shuffle_buffer < 0:
        raise ValueError(
            "batch_size must be 1 or more and shuffle_buffer 0 or more, "
            f"got {batch_size} and {shuffle_buffer}."
        )
    if not 0 <= worker < workers:
        raise ValueError(f"worker must be from 0 to {workers - 1}, got {worker}.")
    if len(files) < workers:
        raise ValueError(
            f"files must hold one or more for each of the {workers} workers, got {len(files)}."
        )
    share = list(files)[worker::workers]
    names = tf.data.Dataset.from_tensor_slices(share)
    if shuffle_buffer:
        names = names.shuffle(len(share), seed=seed)
        digits = names.interleave(tf.data.TFRecordDataset, cycle_length=4, block_length=1)
        digits = digits.shuffle(shuffle_buffer, seed=seed)
    else:
        digits = names.flat_map(tf.data.TFRecordDataset)
    return digits.batch(batch_size).map(parse).prefetch(2)

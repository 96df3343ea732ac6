"""Digits in TFRecord files: written in shards, read as a stream."""

import os
import pathlib
from collections.abc import Sequence

import numpy as np
import tensorflow as tf


def record(image: np.ndarray, label: int) -> bytes:
    """Return a digit, uint8 (28, 28), as bytes of a `tf.train.Example`."""
    pixels = tf.train.BytesList(value=[image.tobytes()])
    answer = tf.train.Int64List(value=[label])
    features = {
        "image": tf.train.Feature(bytes_list=pixels),
        "label": tf.train.Feature(int64_list=answer),
    }
    example = tf.train.Example(features=tf.train.Features(feature=features))
    return example.SerializeToString()


def write_shards(
    folder: str | os.PathLike, images: np.ndarray, labels: np.ndarray, count: int
) -> list[str]:
    """Write digits, uint8 (N, 28, 28), into TFRecord files of nearly equal length; all or none.

    Neighbours stay neighbours. Returns the paths, ``digits-00000-of-00004.tfrecord`` and so on.
    """
    if images.dtype != np.uint8 or images.shape[1:] != (28, 28):
        got = f"{images.dtype} of shape {images.shape}"
        raise ValueError(f"images must be raw pixels, uint8 of shape (N, 28, 28), got {got}.")
    if len(labels) != len(images):
        raise ValueError(f"labels must be one for each of {len(images)} digits, got {len(labels)}.")
    files = [
        pathlib.Path(folder) / f"digits-{number:05d}-of-{count:05d}.tfrecord"
        for number in range(count)
    ]
    unfinished = [file.with_suffix(".tfrecord.tmp") for file in files]
    try:
        parts = np.array_split(np.arange(len(images)), count)
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
    """Turn records into images (N, 28, 28, 1) in [0, 1], and labels."""
    kinds = {
        "image": tf.io.FixedLenFeature([], tf.string),
        "label": tf.io.FixedLenFeature([], tf.int64),
    }
    features = tf.io.parse_example(serialized, kinds)
    pixels = tf.io.decode_raw(features["image"], tf.uint8)
    pixels = tf.reshape(pixels, (-1, 28, 28, 1))
    return tf.cast(pixels, tf.float32) / 255, features["label"]


def stream(
    files: Sequence[str],
    batch_size: int,
    buffer: int,
    seed: int,
) -> tf.data.Dataset:
    """Read digits from shards in a random order, in batches."""
    names = tf.data.Dataset.from_tensor_slices(list(files))
    names = names.shuffle(len(files), seed=seed)
    digits = names.interleave(
        tf.data.TFRecordDataset,
        cycle_length=4,
        block_length=1,
    )
    digits = digits.shuffle(buffer, seed=seed)
    return digits.batch(batch_size).map(parse, tf.data.AUTOTUNE).prefetch(2)

"""Digits written into shards come back as they were, in any share, and never by half."""

import numpy as np
import pytest
import tensorflow as tf

from cnnbook import data
from cnnbook.training import shards


@pytest.fixture
def digits():
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (50, 28, 28), dtype=np.uint8)
    images[:, 0, 0] = np.arange(50)  # every image can be told from the others
    return images, generator.integers(0, 10, 50)


def read(files, buffer=20, seed=0) -> tuple[np.ndarray, np.ndarray]:
    pairs = [(x.numpy(), y.numpy()) for x, y in shards.stream(files, 8, buffer, seed)]
    return tuple(np.concatenate(part) for part in zip(*pairs, strict=True))


def test_what_is_written_is_read(digits, tmp_path):
    images, labels = digits
    found, their_labels = read(shards.write_shards(tmp_path, images, labels, 4))
    order = np.rint(found[:, 0, 0, 0] * 255).astype(int)
    assert sorted(order) == list(range(50)) and found.dtype == np.float32
    np.testing.assert_array_equal(found, data.scale_pixels(images[order]))
    np.testing.assert_array_equal(their_labels, labels[order])


def test_files_keep_the_order_say_how_many_they_are_and_differ_by_one_digit(digits, tmp_path):
    files = shards.write_shards(tmp_path, *digits, 4)
    assert [file.name for file in sorted(tmp_path.iterdir())] == [
        f"digits-0000{number}-of-00004.tfrecord" for number in range(4)
    ]
    records = [list(tf.data.TFRecordDataset(file).as_numpy_iterator()) for file in files]
    assert [len(part) for part in records] == [13, 13, 12, 12]
    _, labels = shards.parse([record for part in records for record in part])
    np.testing.assert_array_equal(labels, digits[1])


def test_a_seed_fixes_the_order_and_another_changes_it(digits, tmp_path):
    files = shards.write_shards(tmp_path, *digits, 4)
    first, again, other = (read(files, seed=seed)[0] for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_an_interrupted_writing_leaves_nothing_on_the_disk(digits, tmp_path, monkeypatch):
    written = []

    def interrupted(image, label):
        written.append(label)
        if len(written) == 30:
            raise KeyboardInterrupt
        return b"record"

    monkeypatch.setattr(shards, "record", interrupted)
    with pytest.raises(KeyboardInterrupt):
        shards.write_shards(tmp_path, *digits, 4)
    assert list(tmp_path.iterdir()) == []


def test_a_broken_file_is_an_error_and_not_fewer_digits(digits, tmp_path):
    (file,) = shards.write_shards(tmp_path, *digits, 1)
    with open(file, "r+b") as half:
        half.truncate(1000)
    with pytest.raises(tf.errors.DataLossError):
        read([file])


IMAGES = np.zeros((4, 28, 28), np.uint8)


@pytest.mark.parametrize(
    ("images", "labels", "count", "words"),
    [
        (IMAGES / 255, np.zeros(4), 1, "got float64"),
        (IMAGES[:, :9], np.zeros(4), 1, "(4, 9, 28)"),
        (IMAGES, np.zeros(5), 1, "each of 4 digits, got 5"),
        (IMAGES, np.zeros(4), 0, "larger than 0"),
    ],
)
def test_writing_refuses_what_could_not_be_read(tmp_path, images, labels, count, words):
    with pytest.raises(ValueError) as error:
        shards.write_shards(tmp_path, images, labels, count)
    assert words in str(error.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("files", [[], ["a"]])
def test_nothing_to_read_is_an_error(files):
    with pytest.raises((ValueError, TypeError, tf.errors.OpError)):
        read(files)

"""Digits written into shards come back as they were, in any share, and never by half."""

import numpy as np
import pytest
import tensorflow as tf

from cnnbook import data, shards


@pytest.fixture
def digits():
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (50, 28, 28), dtype=np.uint8)
    images[:, 0, 0] = np.arange(50)  # every image can be told from the others
    return images, generator.integers(0, 10, 50)


def read(batches) -> tuple[np.ndarray, np.ndarray]:
    pairs = [(images.numpy(), labels.numpy()) for images, labels in batches]
    return tuple(np.concatenate(part) for part in zip(*pairs, strict=True))


def test_what_is_written_is_read_in_the_same_order(digits, tmp_path):
    images, labels = digits
    files = shards.write_shards(tmp_path, images, labels, shards=4)
    read_images, read_labels = read(shards.stream(files, batch_size=8))
    np.testing.assert_array_equal(read_images, data.scale_pixels(images))
    np.testing.assert_array_equal(read_labels, labels)


def test_batches_are_what_the_networks_expect(digits, tmp_path):
    files = shards.write_shards(tmp_path, *digits, shards=2)
    images, labels = shards.stream(files, batch_size=8).element_spec
    assert images.shape.as_list() == [None, 28, 28, 1] and images.dtype == tf.float32
    assert labels.shape.as_list() == [None] and labels.dtype == tf.int64


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_each_digit_is_read_by_exactly_one_worker(digits, tmp_path, workers):
    files = shards.write_shards(tmp_path, *digits, shards=7)
    firsts = [
        read(shards.stream(files, 8, shuffle_buffer=9, worker=worker, workers=workers))[0]
        for worker in range(workers)
    ]
    numbers = np.rint(np.concatenate(firsts)[:, 0, 0, 0] * 255)
    assert sorted(numbers) == list(range(50))


def test_a_seed_fixes_the_order_and_another_changes_it(digits, tmp_path):
    files = shards.write_shards(tmp_path, *digits, shards=4)
    first, again, other = (read(shards.stream(files, 8, 20, seed=seed))[0] for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_files_say_how_many_they_are_and_differ_by_one_digit_at_most(digits, tmp_path):
    files = shards.write_shards(tmp_path, *digits, shards=4)
    assert [file.name for file in sorted(tmp_path.iterdir())] == [
        f"digits-0000{number}-of-00004.tfrecord" for number in range(4)
    ]
    counts = [sum(1 for _ in tf.data.TFRecordDataset(file)) for file in files]
    assert counts == [13, 13, 12, 12]


def test_an_interrupted_writing_leaves_nothing_on_the_disk(digits, tmp_path, monkeypatch):
    written = []

    def interrupted(image, label):
        written.append(label)
        if len(written) == 30:
            raise KeyboardInterrupt
        return b"record"

    monkeypatch.setattr(shards, "record", interrupted)
    with pytest.raises(KeyboardInterrupt):
        shards.write_shards(tmp_path, *digits, shards=4)
    assert list(tmp_path.iterdir()) == []


def test_a_broken_file_is_an_error_and_not_fewer_digits(digits, tmp_path):
    (file,) = shards.write_shards(tmp_path, *digits, shards=1)
    with open(file, "r+b") as half:
        half.truncate(1000)
    with pytest.raises(tf.errors.DataLossError):
        read(shards.stream([file], batch_size=8))


IMAGES = np.zeros((4, 28, 28), np.uint8)


@pytest.mark.parametrize(
    ("images", "labels", "shards", "words"),
    [
        (IMAGES / 255, np.zeros(4), 1, "got float64"),
        (IMAGES[:, :9], np.zeros(4), 1, "(4, 9, 28)"),
        (IMAGES, np.zeros(3), 1, "each of the 4 images, got 3"),
        (IMAGES, np.zeros(4), 5, "from 1 to 4, got 5"),
        (IMAGES, np.zeros(4), 0, "from 1 to 4, got 0"),
    ],
)
def test_writing_refuses_bad_arguments(tmp_path, images, labels, shards, words):
    with pytest.raises((TypeError, ValueError)) as error:
        shards.write_shards(tmp_path, images, labels, shards)
    assert words in str(error.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"batch_size": 0}, "got 0 and 0"),
        ({"batch_size": 8, "shuffle_buffer": -1}, "got 8 and -1"),
        ({"batch_size": 8, "worker": 2, "workers": 2}, "from 0 to 1, got 2"),
        ({"batch_size": 8, "worker": 0, "workers": 3}, "each of the 3 workers, got 2"),
    ],
)
def test_reading_refuses_bad_arguments(arguments, words):
    with pytest.raises(ValueError) as error:
        shards.stream(["a", "b"], **arguments)
    assert words in str(error.value)

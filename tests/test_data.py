"""MNIST ships whole, and nothing else passes for it."""

import hashlib
import os
import socket
import struct

import numpy as np
import pytest

from cnnbook import data

# The MD5 sums that were published for the original files, uncompressed.
PUBLISHED_MD5 = {
    "x_train": "6bbc9ace898e44ae57da46a324031adb",
    "y_train": "a25bea736e30d166cdddb491f175f624",
    "x_test": "2646ac647ad5339dbf082846283269ea",
    "y_test": "27ae3e4e09519cfbb04c329615203637",
}


@pytest.fixture(scope="module")
def mnist():
    (x_train, y_train), (x_test, y_test) = data.load_mnist()
    return {"x_train": x_train, "y_train": y_train, "x_test": x_test, "y_test": y_test}


@pytest.fixture(scope="module")
def contents() -> bytes:
    return data.MNIST_FILE.read_bytes()


def idx_bytes(array: np.ndarray) -> bytes:
    """Write an array in the form of the original files: a magic number, the sizes, the values."""
    header = struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
    return header + array.tobytes()


@pytest.mark.parametrize("name", PUBLISHED_MD5)
def test_each_array_is_the_published_file(mnist, name):
    assert hashlib.md5(idx_bytes(mnist[name])).hexdigest() == PUBLISHED_MD5[name]


def test_arrays_have_the_shapes_and_types_of_keras(mnist):
    assert {name: array.shape for name, array in mnist.items()} == {
        "x_train": (60000, 28, 28),
        "y_train": (60000,),
        "x_test": (10000, 28, 28),
        "y_test": (10000,),
    }
    assert all(array.dtype == np.uint8 for array in mnist.values())


def test_loading_asks_no_network(monkeypatch):
    def refuse(*arguments, **options):
        raise AssertionError("load_mnist opened a socket")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    data.load_mnist()


def one_clear_sentence(error: pytest.ExceptionInfo, *words: str) -> bool:
    """Say whether the message is one line that names these words and a remedy."""
    message = str(error.value)
    return (
        "\n" not in message
        and message.endswith(".")
        and "git checkout" in message
        and all(word in message for word in words)
        and error.value.__cause__ is None
        and error.value.__suppress_context__ | (error.value.__context__ is None)
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda whole: whole[:1_000_000], "1,000,000 bytes"),
        (lambda whole: b"", "0 bytes"),
        (lambda whole: whole[:99] + bytes([whole[99] ^ 1]) + whole[100:], "not the one published"),
    ],
    ids=["truncated", "empty", "one bit"],
)
def test_a_damaged_file_is_refused(tmp_path, contents, change, words):
    (tmp_path / "mnist.npz").write_bytes(change(contents))
    with pytest.raises(data.DataFileError) as error:
        data.load_mnist(tmp_path / "mnist.npz")
    assert one_clear_sentence(error, words)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(data.DataFileError) as error:
        data.load_mnist(tmp_path / "mnist.npz")
    assert one_clear_sentence(error, str(tmp_path / "mnist.npz"), "missing")


def test_a_folder_in_its_place_is_refused(tmp_path):
    (tmp_path / "mnist.npz").mkdir()
    with pytest.raises(data.DataFileError) as error:
        data.load_mnist(tmp_path / "mnist.npz")
    assert one_clear_sentence(error, "cannot be read")


def test_an_unreadable_file_is_refused(tmp_path, monkeypatch):
    # Root may read anything, so the refusal is the operating system's own, raised here.
    def refuse(self):
        raise PermissionError(13, os.strerror(13), str(self))

    monkeypatch.setattr("pathlib.Path.read_bytes", refuse)
    with pytest.raises(data.DataFileError) as error:
        data.load_mnist(tmp_path / "mnist.npz")
    assert one_clear_sentence(error, "Permission denied")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="There are no pipes in folders.")
def test_a_pipe_in_its_place_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "mnist.npz")
    with pytest.raises(data.DataFileError) as error:
        data.load_mnist(tmp_path / "mnist.npz")
    assert one_clear_sentence(error, "not the one published")


def test_scaled_pixels_are_float32_from_0_to_1_with_a_channel(mnist):
    scaled = data.scale_pixels(mnist["x_test"][:100])
    assert scaled.shape == (100, 28, 28, 1)
    assert scaled.dtype == np.float32
    assert (scaled.min(), scaled.max()) == (0, 1)
    # The article's own two lines.
    np.testing.assert_array_equal(
        scaled, (mnist["x_test"][:100].astype("float32") / 255.0)[..., None]
    )


X = np.arange(10)
PIXELS = np.zeros((2, 28, 28), np.uint8)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: data.scale_pixels(PIXELS / 255), "images must be a uint8 array"),
        (lambda: data.scale_pixels([[0, 1]]), "got list"),
        (lambda: data.scale_pixels(PIXELS[0]), "images must have the axes (N, height, width)"),
        (lambda: data.scale_pixels(PIXELS[..., None]), "(2, 28, 28, 1)"),
        (lambda: data.split_validation(X, X, 0, seed=0), "validation_count must be from 1 to 9"),
        (lambda: data.split_validation(X, X, -3, seed=0), "got -3"),
        (lambda: data.split_validation(X, X, 10, seed=0), "got 10"),
        (lambda: data.split_validation(X, X[:9], 3, seed=0), "10 examples and 9 labels"),
        (lambda: data.split_validation(X, X, 3, seed=None), "seed must be an integer"),
        (lambda: data.draw_balanced(X % 3, 3, seed=None), "seed must be an integer"),
        (lambda: data.draw_balanced(X % 3, 0, seed=0), "count must be from 1 to 10"),
        (lambda: data.draw_balanced(X % 3, 11, seed=0), "got 11"),
    ],
)
def test_what_would_be_silently_wrong_is_refused(call, words):
    with pytest.raises((TypeError, ValueError)) as error:
        call()
    assert words in str(error.value)


def test_every_example_is_in_exactly_one_half_of_a_split():
    x, y = np.arange(100), np.arange(100) % 10
    (x_fit, y_fit), (x_validation, y_validation) = data.split_validation(x, y, 30, seed=1)
    assert (len(x_fit), len(x_validation)) == (70, 30)
    assert sorted([*x_fit, *x_validation]) == list(range(100))
    np.testing.assert_array_equal(y_fit, x_fit % 10)
    np.testing.assert_array_equal(y_validation, x_validation % 10)


def test_the_same_seed_gives_the_same_split_and_another_seed_another():
    x = np.arange(1000)
    chosen = [data.split_validation(x, x, 100, seed=seed)[1][0].tolist() for seed in (1, 1, 2)]
    assert chosen[0] == chosen[1] != chosen[2]


def test_label_errors_are_those_that_most_reviewers_rejected(mnist):
    assert len(data.MNIST_TEST_LABEL_ERRORS) == 15
    for index, (proposed, (kept, _, _)) in data.MNIST_TEST_LABEL_ERRORS.items():
        assert mnist["y_test"][index] != proposed
        assert kept < 3  # of five reviewers


@pytest.fixture(scope="module")
def uci():
    return data.load_uci_digits()


def test_the_digits_of_scikit_learn_come_as_pictures_like_mnists(uci):
    images, labels = uci
    assert images.shape == (1797, 28, 28) and images.dtype == np.uint8
    assert labels.shape == (1797,) and labels.dtype == np.uint8
    assert images.min() == 0 and (images.max(axis=(1, 2)) > 200).all()
    assert set(labels) == set(range(10))
    data.scale_pixels(images)  # takes them as it takes MNIST's


def test_the_digits_keep_the_order_and_the_ink_of_the_file(uci):
    import sklearn.datasets

    images, labels = uci
    original = sklearn.datasets.load_digits()
    np.testing.assert_array_equal(labels, original.target)
    # Enlarged from 8 to 20 pixels a side: 6.25 times the area, and 255 for 16.
    expected = original.images.sum(axis=(1, 2)) * 6.25 * 255 / 16
    # Clipping what the bicubic curve overshoots, and its treatment of edges, change a few percent.
    ratio = images.sum(axis=(1, 2)) / expected
    assert (np.abs(ratio - 1) < 0.15).all() and abs(ratio.mean() - 1) < 0.05


def test_the_halves_of_the_digits_are_by_different_hands(uci):
    labels = "".join(map(str, uci[1]))
    # The list that was copied again and again ends with 490898 and starts by counting up.
    assert labels[: data.UCI_HALF].endswith("490898")
    assert labels[:20] == labels[646:666] == 2 * "0123456789"
    assert labels[data.UCI_HALF :].startswith("123456789" + "0123456789")  # its 0 is missing
    assert labels[1:60] == labels[647:706]
    assert labels[data.UCI_HALF :].startswith(labels[1:45])


def test_the_digits_are_centred_by_mass_as_mnists_are(uci, mnist):
    for images in (uci[0], mnist["x_test"]):
        images = images.astype(float)
        for axis in (1, 2):
            lines = images.sum(axis=3 - axis)
            centers = lines @ np.arange(28) / lines.sum(axis=1)
            assert abs(centers.mean() - 14) < 0.3
            assert (np.abs(centers - 14) < 1.5).mean() > 0.99


def test_a_balanced_draw_takes_as_many_of_each_class():
    labels = np.random.default_rng(0).integers(0, 10, 500)
    chosen = data.draw_balanced(labels, 100, seed=3)
    assert len(set(chosen)) == 100
    assert np.bincount(labels[chosen]).tolist() == [10] * 10
    counts = np.bincount(labels[data.draw_balanced(labels, 13, seed=3)], minlength=10)
    assert set(counts) == {1, 2}


def test_a_larger_draw_contains_the_smaller_and_a_seed_repeats_it():
    labels = np.random.default_rng(0).integers(0, 10, 500)
    small, large = (data.draw_balanced(labels, count, seed=3) for count in (20, 200))
    np.testing.assert_array_equal(large[:20], small)
    assert not np.array_equal(small, data.draw_balanced(labels, 20, seed=4))


def test_a_draw_of_everything_is_every_example_once():
    labels = np.array([0, 0, 0, 0, 0, 1, 1, 2])
    assert sorted(data.draw_balanced(labels, 8, seed=0)) == list(range(8))
    # One class runs out, the others fill up.
    assert np.bincount(labels[data.draw_balanced(labels, 6, seed=0)]).tolist() == [3, 2, 1]


def test_a_label_that_is_missing_counts_as_a_class_of_its_own():
    labels = np.array([0, 1, np.nan] * 4)
    assert np.isnan(labels[data.draw_balanced(labels, 6, seed=0)]).sum() == 2


def test_a_centering_offset_puts_the_centre_of_mass_on_the_centre_of_the_field():
    assert data.centering_offset(np.ones(3)) == data.CENTER_PIXEL - 1
    assert data.centering_offset(np.array([0, 0, 0, 1.0])) == data.CENTER_PIXEL - 3
    # A digit as large as the field stays in it.
    assert data.centering_offset(np.arange(28.0)) == 0

"""The MNIST digits that ship with the book, and how they are split and preprocessed."""

import hashlib
import io
import json
import os
import pathlib

import numpy as np

from cnnbook import checks

MNIST_FILE = pathlib.Path(__file__).parent / "mnist" / "mnist.npz"
LABEL_ERRORS_FILE = MNIST_FILE.with_name("label_errors.json")
# Each digit was scaled to a box of 20 pixels and placed in a field of 28, its centre of mass on a
# pixel counted from 0 (LeCun et al. 1998, section III.A).
FIELD_PIXELS, BOX_PIXELS, CENTER_PIXEL = 28, 20, 14
MNIST_SHA256 = "06af5dfe73b70e3bc1c36439982b18a8d76803db9b544f6fdf838a37fbb01b64"
# With CNNBOOK_DATA, the path of an npz of MNIST's layout, its pictures stand in the digits' place.
OTHER_FILE = os.environ.get("CNNBOOK_DATA")


def _named() -> tuple[str, tuple[str, ...]]:
    """Return the digest of the data at hand, and what their classes are called."""
    if not OTHER_FILE:
        return MNIST_SHA256, tuple("0123456789")
    contents = pathlib.Path(OTHER_FILE).read_bytes()
    with np.load(io.BytesIO(contents), allow_pickle=False) as arrays:
        names = arrays["class_names"] if "class_names" in arrays else range(10)
        return hashlib.sha256(contents).hexdigest(), tuple(map(str, names))


DATA_SHA256, CLASSES = _named()

# The test digits whose label most of five human reviewers rejected: Northcutt, Athalye and
# Mueller (2021), "Pervasive Label Errors in Test Sets Destabilize Machine Learning Benchmarks".
# Each index maps to the label the authors' method proposed and to how many of the five reviewers
# chose the original label, the proposed one, or neither (github.com/cleanlab/label-errors).
MNIST_TEST_LABEL_ERRORS = {
    int(index): (proposed, votes)
    for index, (proposed, votes) in json.loads(LABEL_ERRORS_FILE.read_text("utf-8")).items()
}

# scikit-learn's digits are 14 copies of one list of 130 digits, a few of which are missing; here,
# nearest to the middle, the list starts anew and so does another hand.
UCI_HALF = 906


class DataFileError(RuntimeError):
    """A data file of the book is missing, unreadable or not the one that was published."""


def load_mnist(
    path: str | os.PathLike | None = None,
) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """Load all 70,000 MNIST digits as ``keras.datasets.mnist.load_data()`` does, offline.

    (x_train, y_train), (x_test, y_test): uint8 images of shape (60000, 28, 28) and (10000, 28, 28),
    from 0 (paper) to 255 (ink), and labels. The file, by default the one inside the package, is
    checked against its SHA-256 on every call. LeCun, Bottou, Bengio and Haffner (1998),
    "Gradient-based learning applied to document recognition". Where the variable CNNBOOK_DATA
    names a file of this layout, its pictures are loaded instead (README).
    """
    if path is None and OTHER_FILE:
        contents = pathlib.Path(OTHER_FILE).read_bytes()
    else:
        contents = _read_checked(pathlib.Path(path or MNIST_FILE), MNIST_SHA256)
    with np.load(io.BytesIO(contents), allow_pickle=False) as arrays:
        return (arrays["x_train"], arrays["y_train"]), (arrays["x_test"], arrays["y_test"])


def _read_checked(file: pathlib.Path, sha256: str) -> bytes:
    """Read a file whole and return it only if its SHA-256 is the one expected."""
    remedy = "restore it with `git checkout -- cnnbook/mnist/mnist.npz`, or clone the book again"
    try:
        contents = b"" if file.is_fifo() else file.read_bytes()  # a pipe would keep us waiting
    except OSError as error:
        told = f"cannot be read ({error.strerror or type(error).__name__})"
        told = "is missing" if isinstance(error, FileNotFoundError) else told
        raise DataFileError(f"The MNIST file {file} {told}: {remedy}.") from None
    found = hashlib.sha256(contents).hexdigest()
    if found != sha256:
        raise DataFileError(
            f"The MNIST file {file} is not the one published with the book "
            f"({len(contents):,} bytes with SHA-256 {found[:12]}..., expected {sha256[:12]}...): "
            f"{remedy}."
        )
    return contents


def scale_pixels(images: np.ndarray) -> np.ndarray:
    """Turn uint8 images (N, height, width) into float32 (N, height, width, 1) in [0, 1].

    That is what the book's networks expect. Anything else is refused: scaled twice, it would pass
    in silence.
    """
    if getattr(images, "dtype", None) != np.uint8:
        got = getattr(images, "dtype", type(images).__name__)
        raise TypeError(f"images must be a uint8 array of raw pixels from 0 to 255, got {got}.")
    if images.ndim != 3:
        raise ValueError(
            f"images must have the axes (N, height, width), got an array of shape {images.shape}."
        )
    return images.astype("float32")[..., np.newaxis] / np.float32(255)


def split_validation(
    x: np.ndarray, y: np.ndarray, validation_count: int, seed: int
) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """Return (x_train, y_train), (x_validation, y_validation): a random part is set aside.

    Every example is in exactly one half, and the same seed gives the same split.
    """
    if len(x) != len(y):
        raise ValueError(
            f"x and y must have the same length, got {len(x)} examples and {len(y)} labels."
        )
    checks.integer("validation_count", validation_count, 1, len(x) - 1)
    order = np.random.default_rng(checks.seed("seed", seed)).permutation(len(x))
    # Sorted, so that each half keeps the original order and only the choice is random.
    validation = np.sort(order[:validation_count])
    training = np.sort(order[validation_count:])
    return (x[training], y[training]), (x[validation], y[validation])


def load_uci_digits() -> tuple[np.ndarray, np.ndarray]:
    """Load the 1,797 digits of scikit-learn as pictures like MNIST's, and their labels (uint8).

    Each picture of 8 x 8 pixels from 0 to 16 is enlarged (bicubic) to the 20 x 20 box of MNIST and
    placed in a field of 28 x 28 by its centre of mass. They were written by 13 people, in 14 blocks
    of one hand each: to score on other hands, split them without shuffling, at ``UCI_HALF``.
    Alpaydin and Kaynak (1998), "Optical Recognition of Handwritten Digits", UCI Machine Learning
    Repository: scikit-learn ships the test part of this set.
    """
    import PIL.Image
    import sklearn.datasets

    digits = sklearn.datasets.load_digits()
    side = BOX_PIXELS
    fields = np.zeros((len(digits.images), FIELD_PIXELS, FIELD_PIXELS), np.uint8)
    for field, ink in zip(fields, digits.images.astype("float32") / 16, strict=True):
        large = PIL.Image.fromarray(ink).resize((side, side), PIL.Image.Resampling.BICUBIC)
        large = np.asarray(large).clip(0, 1)  # bicubic curves overshoot
        top, left = (centering_offset(large.sum(axis=axis)) for axis in (1, 0))
        field[top : top + side, left : left + side] = np.round(255 * large)
    return fields, digits.target.astype(np.uint8)


def draw_balanced(labels: np.ndarray, count: int, seed: int) -> np.ndarray:
    """Choose examples at random, as many of each class, give or take one: places in ``labels``.

    Where a class has no more examples left, the others fill up. With one seed, a larger count
    contains every smaller one.
    """
    checks.integer("count", count, 1, len(labels))
    generator = np.random.default_rng(checks.seed("seed", seed))
    order = generator.permutation(len(labels))
    # The n-th example of each class stands before the (n + 1)-th of any.
    turns = np.empty(len(labels), int)
    classes, places = np.unique(labels[order], return_inverse=True)
    for place in range(len(classes)):
        of_class = np.flatnonzero(places == place)
        turns[of_class] = np.arange(len(of_class))
    return order[np.argsort(turns, kind="stable")][:count]


def centering_offset(ink_by_line: np.ndarray) -> int:
    """Say where, by the ink in each row (or column), a digit begins if it is centred by mass."""
    center = np.average(np.arange(len(ink_by_line)), weights=ink_by_line)
    # A digit with a long tail may not leave the field.
    return int(np.clip(round(CENTER_PIXEL - center), 0, FIELD_PIXELS - len(ink_by_line)))

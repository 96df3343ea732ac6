"""The rule that no answer is wrong in silence, for the tests of the shared modules and the rooms.

A door is a public function that takes a learner's arrays. One of these is spoiled, twice over. Then
the function raises, or answers as a reference does: loops, NumPy or SciPy in float64. Where no
answer is right (a label that is no class), the reference raises, and so must the function. What is
left as it is must be answered: a function that refuses everything is broken.
"""

import numpy as np
import pytest
import scipy.special
from hypothesis import given, settings
from hypothesis import strategies as st

# The same examples each time, however busy the machine is.
EXAMPLES = settings(deadline=None, derandomize=True, max_examples=60, database=None)
TYPES = ("bool", "uint8", "int64", "uint64", "float16", "float32", ">f8", "complex64", "U4", "O")


def with_one(value):
    return lambda a: np.where(np.arange(a.size).reshape(a.shape) == 1, value, a)


SPOILERS = {
    "left as it is": lambda a: a,
    "a list": lambda a: a.tolist(),
    "negative": lambda a: -1 - a,
    "as bytes": lambda a: 255 * a,
    "empty": lambda a: a[:0],
    "one fewer": lambda a: a[:-1],
    "only one": lambda a: a[:1],
    "twice": lambda a: np.concatenate([a, a]),
    "an axis more": lambda a: a[..., None],
    "an axis less": lambda a: a[0],
    "turned": lambda a: a.T,
    "a NaN in it": with_one(np.nan),
    "infinity in it": with_one(np.inf),
    "a half in it": with_one(0.5),
    **{kind: lambda a, kind=kind: a.astype(kind) for kind in TYPES},
}


def wrong_answers(doors):
    """Return the test of some doors: name to function, reference, and what draws each argument."""

    @pytest.mark.filterwarnings("ignore")
    @pytest.mark.parametrize("door", doors)
    @EXAMPLES
    @given(st.integers(0, 9), st.integers(0, 1), *[st.sampled_from(list(SPOILERS))] * 2)
    def test(door, seed, place, first, then):
        function, reference, *draws = doors[door]
        generator = np.random.default_rng(seed)
        arguments = [draw(generator) for draw in draws]
        place = min(place, len(draws) - 1)
        try:
            arguments[place] = SPOILERS[then](SPOILERS[first](arguments[place]))
            answer = np.asarray(function(*arguments))
        except Exception:  # refused, by whoever sees it first: that is not silent
            if first == then == "left as it is":
                raise
            return
        if np.isfinite(answer).all():  # NaN and infinity are seen
            expected = reference(*arguments)
            size = np.abs(expected).max(initial=1)
            np.testing.assert_allclose(answer.reshape(np.shape(expected)), expected, 0, 2e-3 * size)

    return test


def reals(*shape):
    return lambda generator: generator.random(shape)


def whole_numbers(end, *shape):
    return lambda generator: generator.integers(0, end, shape, np.uint8)


def shares(generator):
    return scipy.special.softmax(generator.normal(size=(5, 4)), axis=1)


def floats(values):
    return np.real_if_close(np.asarray(values)).astype(float)


def whole(values, end):
    """Return whole numbers from 0 to one below the end, or raise."""
    values = floats(values)
    assert ((values == np.floor(values)) & (values >= 0) & (values < end)).all()
    return values.astype(int)


def losses(labels, logits):
    logits = floats(logits)
    labels = whole(labels, logits.shape[1])
    assert labels.shape == logits.shape[:1]
    return -scipy.special.log_softmax(logits, axis=1)[np.arange(len(labels)), labels]

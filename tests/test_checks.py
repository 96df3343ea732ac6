"""Tests of the checks of arguments."""

import numpy as np
import pytest

from cnnbook import checks


@pytest.mark.parametrize(
    "call, wanted",
    [
        (lambda: checks.integer("steps", True), "steps must be an integer, 1 or more, got True."),
        (lambda: checks.integer("steps", 2.0), "steps must be an integer, 1 or more, got 2.0."),
        (lambda: checks.integer("steps", 0), "steps must be 1 or more, got 0."),
        (lambda: checks.integer("most", 9, 0, 8), "most must be from 0 to 8, got 9."),
        (lambda: checks.seed("seed", None), "seed must be an integer, from 0 to 4294967295, got"),
        (lambda: checks.seed("seed", -1), "seed must be from 0 to 4294967295, got -1."),
        (lambda: checks.number("rate", "1"), "rate must be a number, got '1'."),
        (lambda: checks.number("rate", False), "rate must be a number, got False."),
        (lambda: checks.number("rate", np.nan), "rate must be a finite number, got nan."),
        (
            lambda: checks.number("rate", 0, 0, open_=True),
            "rate must be a finite number, above 0, got 0.",
        ),
        (
            lambda: checks.number("share", 2, 0, 1),
            "share must be a finite number, 0 or more and 1 or less, got 2.",
        ),
        (lambda: checks.array("x", None, "ui", "(N,)"), "x must be an array of integers, got None"),
        (
            lambda: checks.array("x", [None], "ui", "(N,)"),
            "x must be an array of integers, got list",
        ),
        (
            lambda: checks.array("x", ["a"], "uif", "(N,)"),
            "x must be an array of integers or real numbers, got the type",
        ),
        (
            lambda: checks.array("x", [0.5], "ui", "(N,)"),
            "x must be an array of integers, got the type float64.",
        ),
        (
            lambda: checks.array("x", np.zeros(3), "f", "(N, H)"),
            r"x must have the axes \(N, H\), got the shape \(3,\).",
        ),
        (
            lambda: checks.array("x", [np.inf], "f", "(N,)"),
            "x must hold finite numbers, got NaN or infinity among them.",
        ),
        (
            lambda: checks.labels("labels", [3, 10], 9),
            "labels must be from 0 to 9, got values from 3 to 10.",
        ),
        (
            lambda: checks.labels("labels", [-2, 3], 9, least=-1),
            "labels must be from -1 to 9, got values from -2 to 3.",
        ),
        (lambda: checks.labels("labels", [[1]], 9), r"labels must have the axes \(N,\), got"),
        (lambda: checks.labels("labels", [True], 9), "labels must be an array of integers, got"),
    ],
)
def test_a_bad_argument_is_refused_with_its_name(call, wanted):
    with pytest.raises((TypeError, ValueError), match=f"^{wanted}"):
        call()


def test_what_is_right_comes_back_as_plain_numbers():
    assert checks.integer("steps", np.uint8(3)) == 3
    assert isinstance(checks.integer("steps", np.uint8(3)), int)
    assert checks.number("rate", np.float32(0.5), 0, 1) == 0.5
    assert checks.array("x", [], "ui", "(N,)").shape == (0,)
    assert np.isinf(checks.array("x", [np.inf], "f", "(N,)", finite=False))
    assert checks.labels("labels", np.array([9], np.uint8), 9).dtype == np.int64


def test_bounds_belong_to_what_is_right():
    assert [checks.integer("most", value, 0, 8) for value in (0, 8)] == [0, 8]
    assert [checks.number("share", value, 0, 1) for value in (0, 1)] == [0, 1]
    assert checks.number("share", 1, 0, 1, open_=True) == 1
    assert checks.labels("labels", [-1, 9], 9, least=-1).tolist() == [-1, 9]
    assert checks.labels("labels", [0], 9) == 0
    assert [checks.seed("seed", value) for value in (0, 2**32 - 1)] == [0, 2**32 - 1]

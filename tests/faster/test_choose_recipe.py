"""Elastic distortions are those of Simard et al. (2003), and a fold is the book's split."""

import numpy as np

from benchmarks.faster import choose_recipe
from cnnbook import data


def test_displacements_have_the_deviation_and_the_smoothness_that_they_say():
    strength, smoothness = choose_recipe.STRENGTH, choose_recipe.SMOOTHNESS
    fields = choose_recipe.displacements(2000, 28, np.random.default_rng(0), strength)
    deviation = strength / (2 * smoothness * np.sqrt(3 * np.pi))
    # 4,000 fields: the error of a deviation is about a hundredth of it.
    np.testing.assert_allclose(fields.std(axis=(0, 1)), deviation, rtol=0.06)
    for apart in (1, 4, 8):
        together = np.mean(fields[..., :-apart] * fields[..., apart:]) / deviation**2
        assert abs(together - np.exp(-(apart**2) / (4 * smoothness**2))) < 0.03


def test_a_field_of_whole_pixels_moves_a_picture_and_none_leaves_it():
    images = np.random.default_rng(0).random((3, 28, 28, 1), dtype="float32")
    fields = np.zeros((3, 2, 28, 28), "float32")
    np.testing.assert_array_equal(choose_recipe.displaced(images, fields), images)
    fields[:, 0], fields[:, 1] = 2, -3  # read two columns to the right, three rows above
    moved = choose_recipe.displaced(images, fields)
    np.testing.assert_array_equal(moved[:, 3:, :-2], images[:, :-3, 2:])
    assert not moved[:, :3].any() and not moved[:, :, -2:].any()
    half = choose_recipe.displaced(images, fields * 0 + 0.5)[:, :-1, :-1]
    corners = [images[:, i : i + 27, j : j + 27] for i in (0, 1) for j in (0, 1)]
    np.testing.assert_allclose(half, np.mean(corners, axis=0), atol=1e-6)


def test_each_digit_is_bent_in_its_own_way_and_keeps_most_of_its_ink():
    (images, _), _ = data.load_mnist()
    digits = data.scale_pixels(np.repeat(images[:1], 50, axis=0))
    moves = {"shift_pixels": 0, "degrees": 0, "zoom": 0, "shear": 0}
    bent = choose_recipe.distorted(digits, np.random.default_rng(0), 34, moves)
    assert len(np.unique(bent.reshape(50, -1), axis=0)) == 50
    ink = bent.sum(axis=(1, 2, 3)) / digits[0].sum()
    assert abs(ink.mean() - 1) < 0.05 and ink.min() > 0.7


def test_folds_are_apart_and_the_first_is_the_split_of_the_book():
    x, y = np.arange(60_000), np.arange(60_000) % 10
    (fit, _), (aside, _) = choose_recipe.fold_of(x, y, 0)
    (_, _), (expected, _) = data.split_validation(x, y, 5000, seed=0)
    assert (aside == expected).all() and not set(fit) & set(aside)
    assert not set(aside) & set(choose_recipe.fold_of(x, y, 1)[1][0])

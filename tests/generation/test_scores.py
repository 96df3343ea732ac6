"""The distance between drawn and real digits is Fréchet's, and a classifier reads them."""

import types

import numpy as np
import pytest
import scipy.linalg
import scipy.special
import silent

from cnnbook import data
from cnnbook.generation import scores


@pytest.fixture(scope="module")
def digits():
    (x_train, y_train), _ = data.load_mnist()
    return data.scale_pixels(x_train[:256]), y_train[:256]


def features(seed, count=300, width=6):
    generator = np.random.default_rng(seed)
    mixing = generator.normal(size=(width, width))
    return generator.normal(size=(count, width)) @ mixing + generator.normal(size=width)


def test_the_frechet_distance_is_that_of_scipy_s_matrix_root():
    first, second = features(0), features(1, count=400)
    covariances = [np.cov(array, rowvar=False) for array in (first, second)]
    root = scipy.linalg.sqrtm(covariances[0] @ covariances[1]).real
    gap = first.mean(axis=0) - second.mean(axis=0)
    expected = gap @ gap + np.trace(covariances[0] + covariances[1] - 2 * root)
    assert scores.frechet_distance(first, second) == pytest.approx(expected, rel=1e-8)


def test_means_of_features_in_32_bits_are_taken_in_64():
    first, second = ((features(seed) + 1000).astype("float32") for seed in (0, 1))
    exact = scores.frechet_distance(first.astype(float), second.astype(float))
    assert scores.frechet_distance(first, second) == pytest.approx(exact, rel=1e-9)


def test_a_set_is_at_no_distance_from_itself_and_a_shift_adds_its_square():
    first = features(4)
    assert scores.frechet_distance(first, first) == pytest.approx(0, abs=1e-7)
    assert scores.frechet_distance(first, first + 2) == pytest.approx(4 * 6, rel=1e-6)


def test_the_distance_is_symmetric_and_not_negative_even_without_full_rank():
    first, second = features(5), features(6)
    first[:, 0] = second[:, 3] = 1
    # The root of a value near zero turns rounding of 1e-15 into 1e-7.
    there, back = scores.frechet_distance(first, second), scores.frechet_distance(second, first)
    assert there == pytest.approx(back, rel=1e-6)
    few = 100 * np.random.default_rng(0).normal(size=(2, 10))
    assert 0 <= scores.frechet_distance(few, few) < 1e-6


def test_fewer_samples_of_one_distribution_lie_further_away():
    generator = np.random.default_rng(7)
    all_of_them = generator.normal(size=(20_000, 20))
    few = scores.frechet_distance(all_of_them[:10_000], all_of_them[10_000:10_100])
    many = scores.frechet_distance(all_of_them[:10_000], all_of_them[10_000:])
    assert few > 10 * many > 0


def test_the_evaluator_reads_what_its_classifier_reads(digits):
    evaluator = scores.stored_evaluator()
    found, read = evaluator.read(digits[0])
    probabilities = evaluator.classifier.predict(digits[0], verbose=0)
    np.testing.assert_array_equal(read, probabilities.argmax(axis=1))
    weights, bias = evaluator.classifier.layers[-1].get_weights()
    # float32, and kernels that add in another order for other batches
    np.testing.assert_allclose(
        scipy.special.softmax(found @ weights + bias, axis=1), probabilities, atol=1e-4
    )


def test_a_score_compares_with_the_digits_asked_for_and_with_real_ones(digits):
    import keras

    keras.utils.set_random_seed(0)
    image = keras.Input((28, 28, 1))
    features_of = keras.layers.Dense(3)(keras.layers.Flatten()(image))
    evaluator = scores.Evaluator(keras.Model(image, keras.layers.Dense(10)(features_of)))
    found, read = evaluator.read(digits[0])
    assert evaluator.score(digits[0], read % 5, found + 1) == {
        "samples": 256,
        "distance": scores.frechet_distance(found, found + 1),
        "recognised": np.mean(read < 5),
        "grey": scores.grey_share(digits[0]),
    }


def test_recognised_is_the_share_that_is_read_as_asked():
    reader = types.SimpleNamespace(read=lambda images: (features(0), np.arange(300) % 10))

    def share(labels):
        return scores.Evaluator.score(reader, np.ones(300), labels, features(1))["recognised"]

    assert share(np.arange(300) % 5) == 0.5 and share(np.arange(300) % 10) == 1
    with pytest.raises(ValueError, match=r"^labels must be from 0 to 9"):
        share(np.full(300, 10))


def test_grey_pixels_are_counted_among_the_inked_ones():
    assert scores.grey_share(np.array([0, 0.05, 0.5, 0.95, 1, 0.2])) == 0.5


def frechet(first, second):
    one, other = (np.cov(silent.floats(f), rowvar=False) for f in (first, second))
    gap = silent.floats(first).mean(axis=0) - silent.floats(second).mean(axis=0)
    return gap @ gap + np.trace(one + other - 2 * scipy.linalg.sqrtm(one @ other).real)


def grey(images):
    images = silent.floats(images).astype("float32")  # in 64 bits, 0.9 is not what it was in 32
    assert images.min() >= 0 and images.max() <= 1
    return np.mean(images[images > 0.1] < 0.9)


test_no_score_is_wrong_in_silence = silent.wrong_answers({
    "distance": (scores.frechet_distance, frechet, silent.reals(9, 3), silent.reals(8, 3)),
    "greys": (scores.grey_share, grey, silent.reals(2, 4, 4, 1)),
})  # fmt: skip

"""Generation: the distance is Frechet's, the solver has its order, guidance is a line."""

import keras
import numpy as np
import pytest
import scipy.linalg
import tensorflow as tf

from cnnbook import classifiers, data, generation

TINY = classifiers.TrainingConfig(blocks=((4, 3, True), (8, 3, True)), batch_size=64)


@pytest.fixture(scope="module")
def digits():
    (x_train, y_train), _ = data.load_mnist()
    return data.scale_pixels(x_train[:256]), y_train[:256]


def features(seed, count=300, width=6, scale=1.0):
    generator = np.random.default_rng(seed)
    mixing = generator.normal(size=(width, width))
    return scale * (generator.normal(size=(count, width)) @ mixing + generator.normal(size=width))


def test_the_frechet_distance_is_that_of_scipy_s_matrix_root():
    first, second = features(0), features(1, count=400)
    covariances = [np.cov(array, rowvar=False) for array in (first, second)]
    root = scipy.linalg.sqrtm(covariances[0] @ covariances[1]).real
    gap = first.mean(axis=0) - second.mean(axis=0)
    expected = gap @ gap + np.trace(covariances[0] + covariances[1] - 2 * root)
    assert generation.frechet_distance(first, second) == pytest.approx(expected, rel=1e-8)


def test_for_one_feature_the_distance_has_a_closed_form():
    first, second = features(2, width=1), features(3, width=1, scale=3)
    mean_gap = first.mean() - second.mean()
    spread_gap = first.std(ddof=1) - second.std(ddof=1)
    expected = mean_gap**2 + spread_gap**2
    assert generation.frechet_distance(first, second) == pytest.approx(expected, rel=1e-8)


def test_a_set_is_at_no_distance_from_itself_and_a_shift_adds_its_square():
    first = features(4)
    assert generation.frechet_distance(first, first) == pytest.approx(0, abs=1e-7)
    assert generation.frechet_distance(first, first + 2) == pytest.approx(4 * 6, rel=1e-6)


def test_the_distance_is_symmetric_even_when_features_are_constant():
    first, second = features(5), features(6)
    first[:, 0] = second[:, 3] = 1  # covariances without full rank
    there = generation.frechet_distance(first, second)
    back = generation.frechet_distance(second, first)
    # The root of a value near zero turns rounding of 1e-15 into 1e-7.
    assert there == pytest.approx(back, rel=1e-6)


def test_fewer_samples_of_one_distribution_lie_further_away():
    generator = np.random.default_rng(7)
    all_of_them = generator.normal(size=(20_000, 20))
    few = generation.frechet_distance(all_of_them[:10_000], all_of_them[10_000:10_100])
    many = generation.frechet_distance(all_of_them[:10_000], all_of_them[10_000:])
    assert few > 10 * many > 0


@pytest.mark.parametrize(
    ("first", "second", "named"),
    [
        (np.zeros((1, 3)), np.zeros((5, 3)), "first"),
        (np.zeros((5, 3)), np.zeros(5), "second"),
        (np.zeros((5, 3)), np.zeros((5, 4)), "second"),
        (np.full((5, 3), np.nan), np.zeros((5, 3)), "first"),
        (np.zeros((5, 0)), np.zeros((5, 0)), "first"),
        ([[1, 2], [3]], np.zeros((5, 3)), "first"),
        (np.zeros((5, 3)), [["a"], ["b"]], "second"),
    ],
)
def test_what_is_no_set_of_features_is_refused(first, second, named):
    with pytest.raises((TypeError, ValueError), match=f"^{named} must"):
        generation.frechet_distance(first, second)


def test_no_distance_is_below_zero():
    generator = np.random.default_rng(0)
    for _ in range(20):
        pair = generator.normal(size=(2, 10)) * 100
        assert 0 <= generation.frechet_distance(pair, pair) < 1e-6


def test_the_judge_reads_what_its_classifier_reads(digits):
    images, labels = digits
    judge = generation.train_judge(images, labels, seed=0, recipe=TINY)
    found, read = judge.read(images)
    probabilities = judge.classifier.predict(images, verbose=0)
    np.testing.assert_array_equal(read, probabilities.argmax(axis=1))
    weights, bias = judge.classifier.layers[-1].get_weights()
    scores = found @ weights + bias
    # float32, and kernels that add in another order for other batches
    np.testing.assert_allclose(scipy.special.softmax(scores, axis=1), probabilities, atol=1e-4)


def test_the_nearest_row_is_the_one_of_a_plain_search(digits):
    images, _ = digits
    distances, places = generation.nearest(images[:20], images[20:])
    every = np.sqrt(
        ((images[:20, None].astype(float) - images[None, 20:]) ** 2).sum(axis=(2, 3, 4))
    )
    np.testing.assert_array_equal(places, every.argmin(axis=1))
    np.testing.assert_allclose(distances, every.min(axis=1), rtol=1e-6)
    assert (generation.nearest(images[:20], images)[0] == 0).all()
    with pytest.raises(ValueError, match="queries and bank"):
        generation.nearest(images, images[:, :5])


def test_neighbours_far_from_zero_are_found_too():
    points = np.random.default_rng(0).normal(size=(10, 3))
    for shift in (0, 1e3, 1e7):
        distances, places = generation.nearest(shift + points, shift + points)
        np.testing.assert_array_equal(places, np.arange(10))
        assert (distances == 0).all()


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_neighbours_of_numbers_that_are_not_finite_are_refused(bad):
    points = np.array([[1.0, 2.0], [bad, 0.0]])
    with pytest.raises(ValueError, match=r"^queries must hold finite numbers"):
        generation.nearest(points, points[:1])
    with pytest.raises(ValueError, match=r"^bank must hold finite numbers"):
        generation.nearest(points[:1], points)


BLANK = np.zeros((4, 28, 28, 1), np.float32)
FOUR = np.arange(4)


def new_judge():
    classifier = classifiers.network(TINY)
    return generation.Judge(classifier, keras.Model(classifier.input, classifier.layers[-2].output))


@pytest.mark.parametrize(
    ("images", "error", "words"),
    [
        (BLANK.astype(np.uint8), TypeError, "images must be an array of real numbers"),
        (BLANK + 2, ValueError, r"images must hold pixels in \[0, 1\], got 2 to 2"),
        (BLANK - 1, ValueError, r"images must hold pixels in \[0, 1\], got -1 to -1"),
        (BLANK * np.nan, ValueError, "images must hold finite numbers"),
        (BLANK[..., 0], ValueError, r"images must have the axes \(N, 28, 28, 1\)"),
        (BLANK[:0], ValueError, r"images must have the axes .* with N of 1 or more, got \(0, 28,"),
        (BLANK[:, :5], ValueError, r"images must have the axes \(N, 28, 28, 1\)"),
        ([[1], [1, 2]], TypeError, "images must be an array of real numbers"),
    ],
)
def test_images_that_are_no_scaled_digits_are_refused(images, error, words):
    for call in (
        lambda: new_judge().read(images),
        lambda: generation.train_judge(images, FOUR, recipe=TINY),
        lambda: generation.batches(images, FOUR, np.random.default_rng(0), 2),
    ):
        with pytest.raises(error, match=f"^{words}"):
            call()


@pytest.mark.parametrize(
    ("labels", "options", "error", "words"),
    [
        (FOUR / 2, {}, TypeError, "labels must be an array of integers"),
        (FOUR - 1, {}, ValueError, "labels must be from 0 to 9, got values from -1 to 2"),
        (FOUR + 90, {}, ValueError, "labels must be from 0 to 9"),
        (FOUR[:3], {}, ValueError, "labels must hold one for each of 4, got 3"),
        (FOUR, {"seed": None}, TypeError, "seed must be an integer"),
        (FOUR, {"seed": -1}, ValueError, "seed must be from 0"),
    ],
)
def test_the_judge_is_not_trained_on_what_it_cannot_learn_from(labels, options, error, words):
    with pytest.raises(error, match=f"^{words}"):
        generation.train_judge(BLANK, labels, **{"recipe": TINY} | options)


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"labels": FOUR / 2}, TypeError, "labels must be an array of integers"),
        ({"labels": FOUR + 90}, ValueError, "labels must be from 0 to 9"),
        ({"labels": FOUR + 7}, ValueError, "labels must be from 0 to 9"),
        ({"labels": FOUR + 8, "with_times": True}, ValueError, "labels must be from 0 to 10"),
        ({"labels": FOUR[:3]}, ValueError, "labels must hold one for each of 4, got 3"),
        ({"generator": 0}, TypeError, "generator must be a NumPy Generator, got int"),
        ({"batch_size": -1}, ValueError, "batch_size must be 1 or more, got -1"),
        ({"batch_size": 0}, ValueError, "batch_size must be 1 or more, got 0"),
        ({"batch_size": True}, TypeError, "batch_size must be an integer"),
        ({"batch_size": 5}, ValueError, "images must hold 5 or more, a batch, got 4"),
        ({"noise_shape": 12}, ValueError, "noise_shape must have the axes"),
        ({"noise_shape": [-1]}, ValueError, "noise_shape must be 1 or more, got -1"),
        ({"noise_shape": [1.5]}, TypeError, "noise_shape must be an array of integers"),
        ({"drop": 2}, ValueError, "drop must be a finite number"),
        ({"drop": np.nan}, ValueError, "drop must be a finite number"),
    ],
)
def test_batches_are_refused_before_the_first_is_asked_for(change, error, words):
    good = {
        "images": BLANK,
        "labels": FOUR,
        "generator": np.random.default_rng(0),
        "batch_size": 2,
    }
    with pytest.raises(error, match=f"^{words}"):
        generation.batches(**good | change)


def test_batches_with_times_may_have_labels_that_ask_for_no_class():
    labels = FOUR + 7
    made = generation.batches(BLANK, labels, np.random.default_rng(0), 4, with_times=True, drop=0)
    assert sorted(next(made)[1]) == [7, 8, 9, generation.NO_CLASS]


def test_grey_pixels_are_counted_among_the_inked_ones():
    assert generation.grey_share(np.array([0, 0.05, 0.5, 0.95, 1, 0.2])) == 0.5
    with pytest.raises(ValueError, match="ink"):
        generation.grey_share(np.zeros(5))


@pytest.mark.parametrize(
    ("images", "options", "error", "words"),
    [
        (np.array([0, 200], np.uint8), {}, TypeError, "images must be an array of real numbers"),
        ([0.5, 200.0], {}, ValueError, r"images must hold pixels in \[0, 1\], got 0.5 to 200"),
        ([0.5, np.nan], {}, ValueError, "images must hold finite numbers"),
        ([0.5], {"low": "0"}, TypeError, "low must be a number"),
        ([0.5], {"high": 2}, ValueError, "high must be a finite number"),
    ],
)
def test_grey_is_not_counted_where_pixels_have_another_range(images, options, error, words):
    with pytest.raises(error, match=f"^{words}"):
        generation.grey_share(images, **options)


def test_the_vae_loss_is_the_bound_written_out(digits):
    images, labels = digits[0][:8], digits[1][:8].astype("int32")
    keras.utils.set_random_seed(0)
    encoder, decoder = generation.vae_networks(latent=3, widths=(4, 8))
    noise = np.random.default_rng(0).standard_normal((8, 3), dtype=np.float32)
    mean, log_variance = np.split(np.asarray(encoder([images, labels]), float), 2, axis=1)
    z = mean + np.exp(log_variance / 2) * noise
    p = scipy.special.expit(np.asarray(decoder([z, labels]), float))
    fit = (images * np.log(p) + (1 - images) * np.log(1 - p)).sum(axis=(1, 2, 3))
    divergence = 0.5 * (np.exp(log_variance) + mean**2 - 1 - log_variance).sum(axis=1)
    loss = generation.vae_loss(encoder, decoder)(images, labels, noise)
    assert float(loss) == pytest.approx((divergence - fit).mean(), rel=1e-4)


def test_the_flow_loss_is_the_mean_square_of_the_way_to_go(digits):
    images, labels = digits[0][:8], digits[1][:8].astype("int32")

    def still(inputs, training):
        return tf.zeros_like(inputs[0])

    generator = np.random.default_rng(0)
    noise = generator.standard_normal(images.shape, dtype=np.float32)
    times = generator.random(8, dtype=np.float32)
    loss = generation.flow_loss(still)(images, labels, noise, times)
    assert float(loss) == pytest.approx(((2 * images - 1 - noise) ** 2).mean(), rel=1e-5)


def test_the_flow_loss_shows_the_network_a_point_on_the_straight_line(digits):
    images, labels = digits[0][:4], digits[1][:4].astype("int32")
    shown = []

    def network(inputs, training):
        shown.append(inputs[0])
        return tf.zeros_like(inputs[0])

    noise = np.random.default_rng(0).standard_normal(images.shape, dtype=np.float32)
    times = np.array([0, 0.25, 0.5, 1], "float32")
    generation.flow_loss(network)(images, labels, noise, times)
    for point, t, start, end in zip(shown[0], times, noise, 2 * images - 1, strict=True):
        np.testing.assert_allclose(point, start + t * (end - start), atol=1e-5)


def test_batches_drop_the_share_of_labels_and_repeat_with_a_seed(digits):
    images, labels = digits

    def some(seed):
        made = generation.batches(
            images, labels, np.random.default_rng(seed), 64, with_times=True, drop=0.25
        )
        return [next(made) for _ in range(40)]

    one, again = some(3), some(3)
    for first, second in zip(one, again, strict=True):
        for a, b in zip(first, second, strict=True):
            np.testing.assert_array_equal(a, b)
    dropped = np.concatenate([batch[1] == generation.NO_CLASS for batch in one])
    # 2,560 draws: a standard deviation of 0.009, and the margin is five of them.
    assert dropped.mean() == pytest.approx(0.25, abs=0.045)
    times = np.concatenate([batch[3] for batch in one])
    assert times.min() > 0 and times.max() < 1
    assert times.mean() == pytest.approx(0.5, abs=5 * 0.006)  # uniform: five deviations
    assert times.std() == pytest.approx(12**-0.5, abs=0.02)
    epoch = np.concatenate([batch[0] for batch in one[:4]])
    assert (
        np.unique(epoch.reshape(256, -1), axis=0).shape
        == np.unique(images.reshape(256, -1), axis=0).shape
    )
    with pytest.raises(ValueError, match="images must hold 300"):
        generation.batches(images, labels, np.random.default_rng(0), 300)


def test_training_goes_down_and_its_average_follows_the_rule():
    variable = keras.Variable(np.array([4.0], "float32"))
    seen = []

    def loss(x):
        value = tf.reduce_mean((variable.value - x) ** 2)
        return value

    def data():
        while True:
            seen.append(variable.numpy().copy())  # the weights before the step
            yield (np.zeros(1, "float32"),)

    training = generation.train(loss, [variable], data(), steps=60, peak_rate=0.1, decay=0.9)
    weights = [*seen[1:], variable.numpy()]
    average = seen[0]
    for number, weight in enumerate(weights):
        decay = min(0.9, (1 + number) / (10 + number))
        average = decay * average + (1 - decay) * weight
    np.testing.assert_allclose(training.averages[0], average, rtol=1e-4)
    assert training.losses[-1] < training.losses[0] / 4
    assert len(training.losses) == 60 and training.processor_seconds > 0
    old = generation.use([variable], training.averages)
    np.testing.assert_array_equal(old[0], weights[-1])
    np.testing.assert_array_equal(variable.numpy(), training.averages[0])


def test_a_decay_of_one_is_refused():
    with pytest.raises(ValueError, match="decay"):
        generation.train(lambda x: x, [], iter(()), steps=1, decay=1)


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"decay": "1"}, TypeError, "decay must be a number"),
        ({"decay": np.nan}, ValueError, "decay must be"),
        ({"peak_rate": -1}, ValueError, "peak_rate must be a finite number, above 0, got -1"),
        ({"peak_rate": np.nan}, ValueError, "peak_rate must be a finite number"),
        ({"lines": -1}, ValueError, "lines must be 0 or more, got -1"),
        ({"lines": 1.5}, TypeError, "lines must be an integer"),
        ({"variables": []}, ValueError, "variables must hold one or more, got none"),
        ({"data": iter([([0.0],)])}, ValueError, "data must hold a batch for each of 3 .* got 1"),
    ],
)
def test_training_refuses_what_it_cannot_follow(change, error, words):
    variable = keras.Variable(np.ones(1, "float32"))
    good = {"variables": [variable], "data": [([0.0],)] * 3, "steps": 3}
    with pytest.raises(error, match=f"^{words}"):
        generation.train(lambda x: tf.reduce_sum(variable.value), **good | change)


def test_more_lines_than_steps_print_one_a_step(capsys):
    variable = keras.Variable(np.ones(1, "float32"))
    generation.train(
        lambda x: tf.reduce_sum(variable.value), [variable], [([0.0],)] * 3, steps=3, lines=7
    )
    assert len(capsys.readouterr().out.splitlines()) == 3


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([np.zeros(2)], "values must hold one for each of 2, got 1"),
        ([np.zeros(2), np.zeros(4)], r"values must have .* got \(4,\) for \(3,\) at 1"),
    ],
)
def test_variables_that_cannot_all_be_given_keep_their_values(values, words):
    variables = [keras.Variable(np.ones(size, "float32")) for size in (2, 3)]
    with pytest.raises(ValueError, match=f"^{words}"):
        generation.use(variables, values)
    assert all((variable.numpy() == 1).all() for variable in variables)


@pytest.mark.parametrize(("method", "order"), [("euler", 1), ("heun", 2), ("midpoint", 2)])
def test_the_solver_has_its_order(method, order):
    # dx/dt = x (1 + t) has the solution x0 exp(t + t^2 / 2).
    errors = [
        abs(generation.integrate(lambda x, t: x * (1 + t), 1.0, steps, method) - np.exp(1.5))
        for steps in (50, 100)
    ]
    assert np.log2(errors[0] / errors[1]) == pytest.approx(order, abs=0.1)


def test_the_exact_velocity_carries_noise_to_the_normal_distribution_it_should():
    mean, deviation = 3.0, 0.5

    def velocity(x, t):
        variance = (1 - t) ** 2 + (t * deviation) ** 2
        slope = (t * deviation**2 - (1 - t)) / variance
        return mean + slope * (x - t * mean)

    start = np.random.default_rng(0).standard_normal(1000)
    end = generation.integrate(velocity, start, 200)
    np.testing.assert_allclose(end, mean + deviation * start, atol=1e-3)


def test_a_solver_without_steps_or_with_another_name_is_refused():
    with pytest.raises(ValueError, match="steps"):
        generation.integrate(lambda x, t: x, 1.0, 0)
    with pytest.raises(ValueError, match="method"):
        generation.integrate(lambda x, t: x, 1.0, 3, "rk4")
    with pytest.raises(TypeError, match="steps must be an integer"):
        generation.integrate(lambda x, t: x, 1.0, True)


def stirred(network):
    """Give a new network, whose last convolutions are zero, weights that are not."""
    generator = np.random.default_rng(0)
    for weight in network.trainable_variables:
        if not np.any(weight.numpy()):
            weight.assign(generator.normal(scale=0.1, size=weight.shape))
    return network


def test_guidance_is_a_line_through_both_velocities():
    keras.utils.set_random_seed(0)
    network = stirred(generation.velocity_network(widths=(8, 8), blocks=1))
    x = np.random.default_rng(1).standard_normal((4, 28, 28, 1), dtype=np.float32)
    labels = np.array([3, 1, 4, 1])
    asked, free = (
        np.asarray(network([x, np.full(4, 0.3, "float32"), classes.astype("int32")]))
        for classes in (labels, np.full(4, generation.NO_CLASS))
    )
    assert np.abs(asked - free).max() > 1e-3
    for guidance in (0.0, 1.0, 2.5):
        velocity = generation.guided_velocity(network, labels, guidance)(x, 0.3)
        np.testing.assert_allclose(velocity, free + guidance * (asked - free), atol=1e-4)


def test_samples_are_pixels_and_repeat_with_a_seed():
    keras.utils.set_random_seed(0)
    network = stirred(generation.velocity_network(widths=(8, 8), blocks=1))
    _, decoder = generation.vae_networks(latent=3, widths=(4, 8))
    labels = np.arange(7) % 10
    for draw in (
        lambda seed: generation.sample_flow(network, labels, seed, steps=2, guidance=2.0),
        lambda seed: generation.sample_vae(decoder, labels, seed),
    ):
        images = draw(5)
        assert images.shape == (7, 28, 28, 1) and images.dtype == np.float32
        assert images.min() >= 0 and images.max() <= 1
        np.testing.assert_allclose(255 * images, np.round(255 * images), atol=1e-4)
        np.testing.assert_array_equal(images, draw(5))
        assert not np.array_equal(images, draw(6))


@pytest.fixture(scope="module")
def generators():
    """Return a velocity network and a decoder, not trained."""
    keras.utils.set_random_seed(0)
    network = stirred(generation.velocity_network(widths=(8, 8), blocks=1))
    return network, generation.vae_networks(latent=3, widths=(4, 8))[1]


@pytest.mark.parametrize(
    ("labels", "seed", "error", "words"),
    [
        ([-1], 0, ValueError, "labels must be from 0 to"),
        ([11], 0, ValueError, "labels must be from 0 to"),
        ([], 0, ValueError, "labels must hold one or more, got none"),
        ([1.7], 0, TypeError, "labels must be an array of integers"),
        ([True], 0, TypeError, "labels must be an array of integers"),
        ([[1]], 0, ValueError, r"labels must have the axes \(N,\)"),
        ([1], None, TypeError, "seed must be an integer"),
        ([1], -1, ValueError, "seed must be from 0"),
        ([1], 0.5, TypeError, "seed must be an integer"),
    ],
)
def test_digits_that_cannot_be_asked_for_are_not_drawn(generators, labels, seed, error, words):
    network, decoder = generators
    for call in (
        lambda: generation.sample_flow(network, labels, seed, steps=1),
        lambda: generation.sample_vae(decoder, labels, seed),
    ):
        with pytest.raises(error, match=f"^{words}"):
            call()
    if "labels" in words:
        with pytest.raises(error, match=f"^{words}"):
            generation.guided_velocity(network, labels)


def test_only_the_flow_can_be_asked_for_no_class(generators):
    network, decoder = generators
    asked = [generation.NO_CLASS]
    assert generation.sample_flow(network, asked, 0, steps=1).shape == (1, 28, 28, 1)
    with pytest.raises(ValueError, match=r"^labels must be from 0 to 9, got"):
        generation.sample_vae(decoder, asked, 0)


@pytest.mark.parametrize(
    ("guidance", "error"), [(np.nan, ValueError), (np.inf, ValueError), ("2", TypeError)]
)
def test_guidance_is_a_finite_number(generators, guidance, error):
    with pytest.raises(error, match=r"^guidance must be a"):
        generation.sample_flow(generators[0], [1], 0, steps=1, guidance=guidance)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: generation.vae_networks(0), ValueError, "latent must be 1 or more, got 0"),
        (lambda: generation.vae_networks(1.5), TypeError, "latent must be an integer"),
        (lambda: generation.vae_networks(widths=(8, 0)), ValueError, "widths must be 1 or more"),
        (lambda: generation.velocity_network(2), ValueError, "widths must have the axes"),
        (lambda: generation.velocity_network((8, 8, 8)), ValueError, "widths must hold two"),
        (lambda: generation.velocity_network((8.5, 8)), TypeError, "widths must be an array of"),
        (lambda: generation.velocity_network(blocks=-1), ValueError, "blocks must be 0 or more"),
        (lambda: generation.velocity_network(blocks=None), TypeError, "blocks must be an integer"),
        (
            lambda: generation.residual_block(keras.Input((7, 7, 8)), keras.Input((4,)), 4),
            ValueError,
            "channels must be the last axis of x, 8, got 4",
        ),
        (lambda: generation.pack_images([["a"]]), TypeError, "images must be an array of"),
        (lambda: generation.pack_images([[1], [1, 0]]), TypeError, "images must be an array of"),
        (lambda: generation.unpack_images({}), ValueError, "packed must be a dict of pack_images"),
        (lambda: generation.unpack_images("{}"), TypeError, "packed must be a dict of pack_images"),
        (
            lambda: generation.unpack_images({"shape": [1], "pixels": "eJxjYGAAAAADAAE="}),
            ValueError,
            "packed must be a dict of pack_images",
        ),
        (
            lambda: generation.unpack_images({"shape": [1], "pixels": "none"}),
            ValueError,
            "packed must be a dict of pack_images",
        ),
    ],
)
def test_bad_arguments_are_refused(call, error, words):
    with pytest.raises(error, match=f"^{words}"):
        call()


def test_packed_images_come_back_as_they_were(digits):
    images, _ = digits
    packed = generation.pack_images(images)
    np.testing.assert_array_equal(generation.unpack_images(packed), images)
    assert len(packed["pixels"]) < images.size / 2
    with pytest.raises(ValueError, match="pixels in"):
        generation.pack_images(2 * images + 1)


def test_each_part_of_the_velocity_network_can_be_left_out():
    sizes = {
        (whole, carry): generation.velocity_network((8, 8), 1, whole, carry).count_params()
        for whole in (True, False)
        for carry in (True, False)
    }
    dense = 49 * 8 * 128 + 128 + 64 * 128 + 128 + 128 * 49 * 8 + 49 * 8
    assert sizes[True, True] - sizes[False, True] == dense
    assert sizes[True, True] - sizes[True, False] == 64 + 1


def test_a_residual_block_starts_as_the_identity():
    x, condition = keras.Input((7, 7, 8)), keras.Input((64,))
    block = keras.Model([x, condition], generation.residual_block(x, condition, 8))
    generator = np.random.default_rng(0)
    maps = generator.normal(size=(2, 7, 7, 8)).astype("float32")
    steer = generator.normal(size=(2, 64)).astype("float32")
    np.testing.assert_array_equal(block([maps, steer]), maps)

"""Generation: the distance is Frechet's, the solver has its order, guidance is a line."""

import keras
import numpy as np
import pytest
import scipy.linalg
import tensorflow as tf

from cnnbook import data, generation, recipes

TINY = recipes.Recipe(blocks=((4, 3, True), (8, 3, True)), batch_size=64)


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
    ],
)
def test_what_is_no_set_of_features_is_refused(first, second, named):
    with pytest.raises(ValueError, match=f"^{named} must"):
        generation.frechet_distance(first, second)


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


def test_grey_pixels_are_counted_among_the_inked_ones():
    assert generation.grey_share(np.array([0, 0.05, 0.5, 0.95, 1, 0.2])) == 0.5
    with pytest.raises(ValueError, match="ink"):
        generation.grey_share(np.zeros(5))


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
        next(generation.batches(images, labels, np.random.default_rng(0), 300))


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

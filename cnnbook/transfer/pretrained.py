"""Networks that others trained on ImageNet: built here, with their weights where they are stored.

Nothing in this module asks the network: Keras downloads weights only when its own functions are
called with ``weights="imagenet"``, which is left to the reader.
"""

from __future__ import annotations

import os
import pathlib

import keras

# The sides of the square pictures for which Keras offers weights of MobileNetV2.
MOBILENET_SIDES = (96, 128, 160, 192, 224)


def imagenet_weights(
    side: int = 96, folder: str | os.PathLike | None = None
) -> pathlib.Path | None:
    """Look for the ImageNet weights of MobileNetV2, without its last layer, among stored files.

    Parameters
    ----------
    side : side of the pictures in pixels, one of 96, 128, 160, 192 and 224
    folder : where to look, or None for where Keras stores what it downloads: ``models`` in
        ``$KERAS_HOME``, or else in ``~/.keras``

    Returns
    -------
    the path of the file, or None if there is none

    Raises
    ------
    ValueError
        If side is another number.
    """
    if folder is None:
        home = os.environ.get("KERAS_HOME") or pathlib.Path.home() / ".keras"
        folder = pathlib.Path(home) / "models"
    file = pathlib.Path(folder) / weights_file_name(side)
    return file if file.is_file() else None


def weights_file_name(side: int) -> str:
    """Return the name under which Keras stores these weights; raises as `imagenet_weights` does."""
    if side not in MOBILENET_SIDES:
        raise ValueError(
            f"side must be one of {', '.join(map(str, MOBILENET_SIDES))} pixels, got {side!r}."
        )
    return f"mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_{side}_no_top.h5"


def mobilenet(side: int = 96, folder: str | os.PathLike | None = None) -> keras.Model:
    """Build MobileNetV2 without its last layer, with ImageNet's weights if they are stored.

    Input (N, side, side, 3), pixels in [-1, 1]; output (N, side / 32, side / 32, 1280); 2,257,984
    parameters. Where no weights are stored, they are random, from Keras's global seed.
    `imagenet_weights` with the same arguments says which of the two it is.

    Parameters
    ----------
    side, folder : as for `imagenet_weights`

    Raises
    ------
    ValueError
        If side is not one of those, or the stored file does not hold this network's weights.

    References
    ----------
    Sandler, Howard, Zhu, Zhmoginov and Chen (2018), "MobileNetV2: Inverted Residuals and Linear
    Bottlenecks".
    """
    file = imagenet_weights(side, folder)
    network = keras.applications.MobileNetV2(
        input_shape=(side, side, 3), include_top=False, weights=None
    )
    if file is not None:
        try:
            network.load_weights(file)
        except (OSError, ValueError, KeyError) as error:
            reason = str(error).splitlines()[0].rstrip(".")
            raise ValueError(
                f"folder must hold the weights of MobileNetV2 in {file.name}, and that file does "
                f"not ({reason}): delete {file} and let Keras download it again."
            ) from None
    return network


def say_which_weights(side: int = 96, folder: str | os.PathLike | None = None) -> str:
    """Say in one sentence whether the weights are stored, and if not, how to get them.

    Parameters
    ----------
    side, folder : as for `imagenet_weights`, which says what is raised
    """
    if imagenet_weights(side, folder) is not None:
        return "The ImageNet weights of MobileNetV2 are on this machine, and are used."
    return (
        "The ImageNet weights of MobileNetV2 are not on this machine, so the same code runs with "
        "random weights and its answers mean nothing: call keras.applications.MobileNetV2("
        f"input_shape=({side}, {side}, 3), include_top=False) once, with a connection, and Keras "
        f"stores them as {weights_file_name(side)} in the folder models of ~/.keras."
    )

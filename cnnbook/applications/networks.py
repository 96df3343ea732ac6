"""The trained networks of the applications, ready to be called.

``benchmarks/stored_networks.py`` trains each as the chapter of its task does, and stores the
weights as float16 with its scores. Here the network is built again and given them: that takes a
moment, where training took up to seven minutes.
"""

from __future__ import annotations

import keras

from cnnbook import results

#: task to the stored network
STORED = {
    "classification": "applications/fast_network",
    "detection": "applications/detection_network",
    "segmentation": "applications/segmentation_network",
    "flow": "applications/flow_network",
    "audio": "applications/audio_network",
    "text": "applications/text_network",
}


def load(task: str) -> tuple[keras.Model, dict]:
    """Return a trained network, and the facts that were stored with it.

    Parameters
    ----------
    task : "classification" (28 x 28 digits to 10 probabilities), "detection", "segmentation"
        (scenes of 96 x 96, see `cnnbook.detection.look` and `cnnbook.segmentation.predict`), "flow"
        (see `cnnbook.applications.flow`), "audio" (samples to 17 logits) or "text" (encoded
        names to 12 logits; ``facts["letters"]`` is the alphabet)

    Returns
    -------
    network : not compiled
    facts : dict with "seed", "processor_seconds" of its training, and, each with the number of
        examples, "validation" and "test" scores of the rounded weights

    Raises
    ------
    ValueError
        If there is no such task.
    """
    if task not in STORED:
        raise ValueError(f"task must be one of {', '.join(STORED)}, got {task!r}.")
    return results.load_network(STORED[task])

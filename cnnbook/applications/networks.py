"""The trained networks of the applications, ready to be called."""

import keras

from cnnbook import results

STORED = {
    "classification": "applications/fast_network",
    "detection": "applications/detection_network",
    "segmentation": "applications/segmentation_network",
    "flow": "applications/flow_network",
    "audio": "applications/audio_network",
    "text": "applications/text_network",
}


def load(task: str) -> tuple[keras.Model, dict]:
    """Return the network of a task, a key of `STORED`, and how it was trained and how it scores."""
    return results.load_network(STORED[task])

"""The trained networks of the applications, ready to be called."""

import keras

from cnnbook import results

FILES = {  # written whole: by these names a chapter is known to depend on them
    "classification": "applications/classification_network",
    "detection": "applications/detection_network",
    "segmentation": "applications/segmentation_network",
    "flow": "applications/flow_network",
    "audio": "applications/audio_network",
    "text": "applications/text_network",
}


def load(task: str) -> tuple[keras.Model, dict]:
    """Return the network of a task in `FILES`, and how it was trained and how it scores."""
    return results.load_network(FILES[task])

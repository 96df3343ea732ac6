"""The trained networks of the applications, ready to be called."""

import keras

from cnnbook import results

TASKS = ("classification", "detection", "segmentation", "flow", "audio", "text")


def load(task: str) -> tuple[keras.Model, dict]:
    """Return the network of one of `TASKS`, and how it was trained and how it scores."""
    return results.load_network(f"applications/{task}_network")

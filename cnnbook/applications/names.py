"""Names as rows of one-hot letters, and what each letter adds to a network's answer."""

from collections.abc import Sequence

import keras
import numpy as np

#: The languages of the names (code of CLDR: English name); Norwegian is Bokmål.
LANGUAGES = {
    "da": "Danish",
    "de": "German",
    "en": "English",
    "et": "Estonian",
    "fi": "Finnish",
    "fr": "French",
    "lt": "Lithuanian",
    "lv": "Latvian",
    "nb": "Norwegian",
    "nl": "Dutch",
    "pl": "Polish",
    "sv": "Swedish",
}
START, END = "<", ">"  # marks of a name's start and end
LETTERS = 30  # of the longest name
MARGIN = 3  # empty places before the start, and at least as many after the end
PLACES = MARGIN + 1 + LETTERS + 1 + MARGIN


def encode(texts: Sequence[str], letters: str, start: int = MARGIN) -> np.ndarray:
    """Return texts as one-hot letters of shape (N, PLACES, len(letters)), between two marks.

    Letters without a channel are left empty, as places before ``start`` and after the end are.
    """
    if isinstance(texts, str) or len(set(letters)) < len(letters):
        raise ValueError(
            f"texts must be a list, and letters all different, got {texts!r} and {letters!r}."
        )
    channels = {letter: channel for channel, letter in enumerate(letters)}
    rows = np.zeros((len(texts), PLACES, len(letters)), "float32")
    for row, text in zip(rows, texts, strict=True):
        if {START, END} & set(text) or not 0 <= start <= PLACES - len(text) - 2:
            raise ValueError(
                f"texts must be without {START} and {END}, and fit with these two into {PLACES} "
                f"places from place {start} on, got {text!r}."
            )
        for place, letter in enumerate(START + text + END, start):
            if letter in channels:
                row[place, channels[letter]] = 1
    return rows


def letter_contributions(network: keras.Model, rows: np.ndarray) -> np.ndarray:
    """Return what each place of encoded names adds to each logit, (N, PLACES, languages).

    A filter adds its largest activation times its weight in the last layer, shared evenly among
    the places of its best window. With the bias, the places add up to the logit.
    """
    kinds = [type(layer) for layer in network.layers]
    if kinds.count(keras.layers.GlobalMaxPooling1D) != kinds.count(keras.layers.Conv1D):
        raise ValueError("network must take the maximum over places of each of its filters.")
    weights, _ = network.get_layer("logits").get_weights()
    result = np.zeros((len(rows), PLACES, weights.shape[1]))
    start = 0
    for layer in network.layers:
        if not isinstance(layer, keras.layers.Conv1D):
            continue
        (width,), end = layer.kernel_size, start + layer.filters
        maps = np.asarray(layer(rows))
        best = maps.argmax(axis=1)  # (N, filters)
        parts = maps.max(axis=1)[..., None] * weights[start:end] / width
        for offset in range(width):
            np.add.at(result, (np.arange(len(rows))[:, None], best + offset), parts)
        start = end
    return result

"""Names of months, days, places and languages in twelve languages, split, and as one-hot letters.

The names are those of the Unicode Common Locale Data Repository (CLDR), which Babel carries.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import babel
import keras
import numpy as np

from cnnbook import checks

#: The states with a coast on the North Sea or the Baltic Sea (ISO 3166).
STATES = ("BE", "DE", "DK", "EE", "FI", "FR", "GB", "LT", "LV", "NL", "NO", "PL", "RU", "SE")
#: Their official languages that are written in Latin letters (code of CLDR: English name). Of the
#: two written forms of Norwegian it is Bokmål.
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
KINDS = ("month", "day", "territory", "language")
OTHER_KINDS = ("currency",)
PARTS = ("training", "validation", "test")
#: Where a part ends, when concepts are spread evenly from 0 to 1.
PART_ENDS = (0.6, 0.75, 1.0)

#: A name, with a mark at its start and one at its end, stands in a row of so many places.
LETTERS = 30  # of the longest name
MARGIN = 3  # empty places before the start, and at least as many after the end
PLACES = MARGIN + 1 + LETTERS + 1 + MARGIN
START, END = "<", ">"


class Name(NamedTuple):
    """One name of one thing in one language."""

    #: lower-case letters, spaces, hyphens and apostrophes
    text: str
    #: a key of `LANGUAGES`
    language: str
    #: one of `KINDS` or `OTHER_KINDS`
    kind: str
    #: what is named, the same in all languages: the kind and the key of CLDR
    concept: str


class Split(NamedTuple):
    """Names in three parts that share no string, and what was left out to make it so."""

    training: list[Name]
    validation: list[Name]
    test: list[Name]
    #: names whose text occurs in two languages or more
    ambiguous: list[Name]
    #: names whose text occurs in two parts or more, in one language
    repeated: list[Name]


def clean(text: str) -> str:
    """Return a name in lower case with its letters, spaces, hyphens and apostrophes alone.

    A letter with an accent is one character where Unicode has one for it (NFC); where it has none,
    the letter stays and a space takes the place of the accent. A name with a digit, such as that
    of a currency with its years, becomes the empty string, which `names` leaves out.

    Parameters
    ----------
    text : a name

    Returns
    -------
    the name, without spaces at its ends and with one at most between words

    Raises
    ------
    TypeError
        If text is no string.
    """
    if not isinstance(text, str):
        raise TypeError(f"text must be a string, got {text!r}.")
    text = unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).lower())
    if any(letter.isdigit() for letter in text):
        return ""
    text = text.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    kept = "".join(letter if letter.isalpha() or letter in "-'" else " " for letter in text)
    return " ".join(kept.split())


def _in_one_language(code: str, kinds: Sequence[str]) -> Iterable[tuple[str, str, str]]:
    """Yield kind, key and text of every name that CLDR has."""
    locale = babel.Locale.parse(code)
    for kind, table in (("month", locale.months), ("day", locale.days)):
        if kind in kinds:
            for context in ("format", "stand-alone"):
                for key, text in table[context]["wide"].items():
                    yield kind, str(key), text
    tables = (
        ("territory", locale.territories),
        ("language", locale.languages),
        ("currency", locale.currencies),
    )
    for kind, table in tables:
        if kind in kinds:
            for key, text in table.items():
                # Austrian German is about German: it stays in the same part.
                yield kind, key.split("_")[0] if kind == "language" else key, text


def _several(name: str, value: object, kind: type, wanted: str) -> tuple:
    """Return a tuple of what is in an iterable, if it is one of that kind of things, and no string.

    Parameters
    ----------
    name : the argument's name, for the sentence
    value : the iterable; a generator is used up
    kind : what each of them must be
    wanted : what to call them, in the plural
    """
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise TypeError(f"{name} must be a list of {wanted}, got {value!r}.")
    result = tuple(value)
    for one in result:
        if not isinstance(one, kind):
            raise TypeError(f"{name} must be a list of {wanted}, got {one!r} in it.")
    return result


def names(languages: Iterable[str] = tuple(LANGUAGES), kinds: Sequence[str] = KINDS) -> list[Name]:
    """Return all names that CLDR has, cleaned, each once a language and concept, in a fixed order.

    Names without a letter, with a digit, or longer than `LETTERS` are left out.

    Parameters
    ----------
    languages : codes of CLDR, spelled as it does, such as those of `LANGUAGES`
    kinds : some of `KINDS` and `OTHER_KINDS`

    Raises
    ------
    TypeError
        If languages or kinds is no list of strings.
    ValueError
        If a language or a kind is unknown, or a code is spelled otherwise.
    """
    languages = _several("languages", languages, str, "codes")
    kinds = _several("kinds", kinds, str, "strings")
    unknown = set(kinds) - {*KINDS, *OTHER_KINDS}
    if unknown:
        raise ValueError(
            f"kinds must be some of {', '.join(KINDS + OTHER_KINDS)}, got {sorted(unknown)}."
        )
    found = set()
    for language in languages:
        try:
            spelled = str(babel.Locale.parse(language))
            entries = list(_in_one_language(language, kinds))
        except (ValueError, babel.UnknownLocaleError) as error:
            raise ValueError(f"languages must be codes that CLDR has: {error}") from None
        if language != spelled:  # it would count as another language
            raise ValueError(
                f"languages must be codes as CLDR spells them, got {language!r} for {spelled!r}."
            )
        for kind, key, text in entries:
            text = clean(text)
            if 0 < len(text) <= LETTERS and any(letter.isalpha() for letter in text):
                found.add(Name(text, language, kind, f"{kind} {key}"))
    return sorted(found)


def part_of(concept: str) -> str:
    """Return the part that a concept belongs to, with all its names in all languages.

    The place of a concept between 0 and 1 is the start of the SHA-256 digest of its name: it is
    the same on every machine, and stays the same when a later CLDR knows more concepts.

    Parameters
    ----------
    concept : as a `Name` has it

    Returns
    -------
    one of `PARTS`

    Raises
    ------
    TypeError
        If concept is no string.
    """
    if not isinstance(concept, str):
        raise TypeError(f"concept must be a string, got {concept!r}.")
    digest = hashlib.sha256(concept.encode()).digest()
    place = int.from_bytes(digest[:8], "big") / 2**64
    return next(part for part, end in zip(PARTS, PART_ENDS, strict=True) if place < end)


def split(named: Iterable[Name]) -> Split:
    """Split names by concept, without the texts that occur in two languages or in two parts.

    Each text occurs once in what is left: a text that one language uses for two concepts of one
    part is kept under the first of them.

    Parameters
    ----------
    named : as `names` returns them

    Raises
    ------
    TypeError
        If named holds something else than `Name`.
    """
    named = _several("named", named, Name, "names (languages.Name)")
    languages, parts = {}, {}
    for name in named:
        languages.setdefault(name.text, set()).add(name.language)
        parts.setdefault(name.text, set()).add(part_of(name.concept))
    result = Split([], [], [], [], [])
    seen = set()
    for name in sorted(set(named)):
        if len(languages[name.text]) > 1:
            result.ambiguous.append(name)
        elif len(parts[name.text]) > 1:
            result.repeated.append(name)
        elif name.text not in seen:
            seen.add(name.text)
            getattr(result, part_of(name.concept)).append(name)
    return result


def alphabet(texts: Iterable[str]) -> str:
    """Return the characters of the texts in order, after the marks of start and end.

    Raises
    ------
    TypeError
        If texts is no list of strings.
    ValueError
        If a text holds a mark.
    """
    texts = _several("texts", texts, str, "strings")
    characters = {character for text in texts for character in text}
    if characters & {START, END}:
        raise ValueError(f"texts must not hold the marks {START} and {END}.")
    return START + END + "".join(sorted(characters))


def encode(texts: Sequence[str], letters: str, start: int = MARGIN) -> np.ndarray:
    """Return each text as a row of one-hot letters, between its marks.

    Parameters
    ----------
    texts : N texts without marks; with both marks they must fit into `PLACES` from ``start`` on:
        `LETTERS` characters by default, and as many more as the margin after the end has places
    letters : the characters that have a channel, as `alphabet` returns them; others are left empty
    start : the place of the start mark; 0 or more

    Returns
    -------
    array of shape (N, PLACES, len(letters)), float32: 1 for the letter of a place, 0 elsewhere;
    an empty place is 0 in all channels.

    Raises
    ------
    TypeError
        If texts is no list of strings, letters no string, or start no integer.
    ValueError
        If a text holds a mark or does not fit into the row with its marks, letters is empty or
        holds a character twice, or start is negative.
    """
    texts = _several("texts", texts, str, "texts")
    if not isinstance(letters, str):
        raise TypeError(f"letters must be a string, got {letters!r}.")
    if not letters or len(set(letters)) < len(letters):
        raise ValueError(f"letters must hold characters, each of them once, got {letters!r}.")
    start = checks.integer("start", start, least=0)
    channels = {letter: channel for channel, letter in enumerate(letters)}
    rows = np.zeros((len(texts), PLACES, len(letters)), "float32")
    for row, text in zip(rows, texts, strict=True):
        if START in text or END in text:
            raise ValueError(f"texts must not hold the marks {START} and {END}, got {text!r}.")
        marked = START + text + END
        if start + len(marked) > PLACES:
            raise ValueError(
                f"texts must fit into {PLACES} places from place {start} on, two marks included, "
                f"got {text!r} with {len(text)} characters."
            )
        for place, letter in enumerate(marked, start):
            if letter in channels:
                row[place, channels[letter]] = 1
    return rows


def network(
    channels: int,
    classes: int = len(LANGUAGES),
    filters: int = 64,
    widths: Sequence[int] = (2, 3, 4),
    pooling: str = "max",
    seed: int = 0,
) -> keras.Model:
    """Return a network from rows of one-hot letters to logits, one a language.

    One convolution layer a width, ReLU, one number a filter by pooling over the places, dropout by
    half, and a dense layer.

    Parameters
    ----------
    channels : letters that `encode` knows
    classes : languages
    filters : of each width
    widths : how many neighbouring letters a filter sees, each width once
    pooling : "max", or "mean" over the windows in which a letter or a mark stands
    seed : of the dropout; the weights start from Keras's global seed

    Raises
    ------
    TypeError
        If a size, a width or the seed is no integer.
    ValueError
        If pooling is neither, a size is below 1, or widths are not from 1 to ``MARGIN + 1``, each
        once.

    References
    ----------
    Kim (2014), "Convolutional neural networks for sentence classification", with letters for words.
    """
    if pooling not in ("max", "mean"):
        raise ValueError(f"pooling must be 'max' or 'mean', got {pooling!r}.")
    channels = checks.integer("channels", channels)
    classes = checks.integer("classes", classes)
    filters = checks.integer("filters", filters)
    seed = checks.seed("seed", seed)
    widths = [
        checks.integer("widths", width, most=MARGIN + 1)
        for width in _several("widths", widths, object, "integers")
    ]
    if not widths or len(set(widths)) < len(widths):
        raise ValueError(f"widths must be from 1 to {MARGIN + 1}, each once, got {widths}.")
    rows = keras.Input((PLACES, channels))
    pooled = []
    for width in widths:
        maps = keras.layers.Conv1D(filters, width, activation="relu", name=f"width_{width}")(rows)
        if pooling == "max":
            pooled.append(keras.layers.GlobalMaxPooling1D()(maps))
            continue
        filled = keras.ops.max(rows, axis=2, keepdims=True)
        filled = keras.layers.MaxPooling1D(width, strides=1)(filled)
        pooled.append(keras.ops.sum(maps * filled, axis=1) / keras.ops.sum(filled, axis=1))
    features = keras.layers.Concatenate()(pooled) if len(pooled) > 1 else pooled[0]
    features = keras.layers.Dropout(0.5, seed=seed)(features)
    return keras.Model(rows, keras.layers.Dense(classes, name="logits")(features))


def letter_contributions(model: keras.Model, rows: np.ndarray) -> np.ndarray:
    """Return what each place of a row adds to each logit of a `network` with max pooling.

    A filter adds its largest activation times its weight in the last layer; it is shared evenly
    among the places of the window where the maximum was found (the first, if there are several).
    The sum over the places, with the bias of the last layer, is the logit.

    Parameters
    ----------
    model : as `network` returns it, with ``pooling="max"``
    rows : array of shape (N, PLACES, channels), as `encode` returns them

    Returns
    -------
    array of shape (N, PLACES, classes)

    Raises
    ------
    TypeError
        If model is no Keras model, or rows are no real numbers.
    ValueError
        If model does not take the maximum over places, or rows do not fit it.
    """
    if not isinstance(model, keras.Model):
        raise TypeError(f"model must be a Keras model, got {type(model).__name__}.")
    counts = [
        sum(isinstance(layer, kind) for layer in model.layers)
        for kind in (keras.layers.Conv1D, keras.layers.GlobalMaxPooling1D)
    ]
    if counts[0] != counts[1] or not counts[0] or model.layers[-1].name != "logits":
        raise ValueError(
            "model must be a network with pooling='max', as languages.network builds it, "
            f"got {counts[0]} Conv1D and {counts[1]} GlobalMaxPooling1D layers, "
            f"the last layer {model.layers[-1].name!r}."
        )
    rows = checks.array("rows", rows, "f", "(N, PLACES, channels)")
    if rows.shape[1:] != model.input_shape[1:]:
        raise ValueError(
            f"rows must have the shape (N, {', '.join(map(str, model.input_shape[1:]))}), "
            f"got {rows.shape}."
        )
    weights, _ = model.get_layer("logits").get_weights()
    result = np.zeros((len(rows), PLACES, weights.shape[1]))
    samples = np.arange(len(rows))[:, None]
    start = 0
    for layer in model.layers:
        if not isinstance(layer, keras.layers.Conv1D):
            continue
        (width,), filters = layer.kernel_size, layer.filters
        maps = np.asarray(layer(rows))
        best = maps.argmax(axis=1)  # (N, filters)
        parts = maps.max(axis=1)[..., None] * weights[start : start + filters] / width
        for offset in range(width):
            np.add.at(result, (samples, best + offset), parts)
        start += filters
    return result

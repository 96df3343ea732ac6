"""Names are clean, split without overlap, and encoded so that a convolution moves with them."""

import collections

import babel.languages
import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnbook.text import figures, languages


@pytest.fixture(scope="module")
def named():
    return languages.names()


@pytest.fixture(scope="module")
def parts(named):
    return languages.split(named)


def test_the_languages_follow_from_the_rule():
    official = {
        code
        for state in languages.STATES
        for code in babel.languages.get_official_languages(state, de_facto=True)
    }
    # Russian is not in Latin letters; of Norwegian (no) it is Bokmål (nb), not Nynorsk (nn).
    assert set(languages.LANGUAGES) == official - {"ru", "no", "nn"}


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("Côte d\N{RIGHT SINGLE QUOTATION MARK}Ivoire", "côte d'ivoire"),
        ("Hongkong (S.A.R. Kiina)", "hongkong s a r kiina"),
        ("O\N{COMBINING DIAERESIS}sterreich", "österreich"),
        ("Dinar (1992-1998)", ""),
        ("Øst-Europa", "øst-europa"),
        ("...", ""),
    ],
)
def test_a_name_is_cleaned(text, cleaned):
    assert languages.clean(text) == cleaned


@given(st.text(max_size=40))
def test_cleaning_twice_changes_nothing(text):
    once = languages.clean(text)
    assert languages.clean(once) == once
    assert not set(once) & {languages.START, languages.END}


def test_all_kinds_and_languages_are_there(named):
    assert {name.kind for name in named} == set(languages.KINDS)
    per_language = collections.Counter(name.language for name in named)
    assert set(per_language) == set(languages.LANGUAGES)
    assert min(per_language.values()) > 700
    assert all(0 < len(name.text) <= languages.LETTERS for name in named)
    assert languages.Name("dezember", "de", "month", "month 12") in named


def test_no_string_and_no_concept_is_in_two_parts(parts):
    for of in ("text", "concept"):
        sets = [{getattr(n, of) for n in getattr(parts, part)} for part in languages.PARTS]
        assert sum(map(len, sets)) == len(set.union(*sets))
    texts = [name.text for part in languages.PARTS for name in getattr(parts, part)]
    assert len(texts) == len(set(texts))


def test_what_is_left_out_is_left_out_for_its_reason(named, parts):
    uses = collections.defaultdict(set)
    for name in named:
        uses[name.text].add(name.language)
    assert all(len(uses[name.text]) > 1 for name in parts.ambiguous)
    assert all(len(uses[name.text]) == 1 for name in parts.repeated)
    kept = [name for part in languages.PARTS for name in getattr(parts, part)]
    assert {n.text for n in [*kept, *parts.ambiguous, *parts.repeated]} == set(uses)


def test_a_split_by_hand():
    def name(text, language, concept):
        return languages.Name(text, language, "territory", concept)

    concepts = [f"territory {n}" for n in range(60)]
    first = {languages.part_of(c): c for c in reversed(concepts)}
    assert set(first) == set(languages.PARTS)
    named = [
        name("argentina", "de", first["training"]),
        name("argentina", "en", first["training"]),
        name("luxembourg", "fr", first["training"]),
        name("luxembourg", "fr", first["test"]),
        name("schweiz", "de", first["test"]),
    ]
    parts = languages.split(named)
    assert [n.text for n in parts.ambiguous] == ["argentina"] * 2
    assert [n.text for n in parts.repeated] == ["luxembourg"] * 2
    assert parts.test == [named[-1]] and not parts.training and not parts.validation


def test_parts_have_about_their_shares():
    drawn = collections.Counter(languages.part_of(f"concept {n}") for n in range(4000))
    # Four standard deviations of a share of 4,000 draws are 3 % at most.
    assert drawn["training"] / 4000 == pytest.approx(0.6, abs=0.03)
    assert drawn["validation"] / 4000 == pytest.approx(0.15, abs=0.03)
    assert languages.part_of("territory 151") == "test"  # the same on every machine


def test_a_row_has_one_letter_at_each_place():
    letters = languages.alphabet(["abc"])
    assert letters == "<>abc"
    rows = languages.encode(["cab", "ax", ""], letters)
    assert rows.shape == (3, languages.PLACES, 5) and rows.dtype == np.float32
    start = languages.MARGIN
    np.testing.assert_array_equal(rows[0, start : start + 5].argmax(axis=1), [0, 4, 2, 3, 1])
    np.testing.assert_array_equal(rows[1, start : start + 4].sum(axis=1), [1, 1, 0, 1])
    assert rows.sum() == 5 + 3 + 2 and rows.max() == 1
    longest = languages.encode(["a" * languages.LETTERS], letters)
    assert longest[:, : languages.MARGIN].sum() == longest[:, -languages.MARGIN :].sum() == 0


@given(st.text("abc", max_size=10), st.integers(0, 20))
def test_a_moved_name_is_the_moved_row(text, shift):
    letters = languages.alphabet(["abc"])
    row = languages.encode([text], letters)
    moved = languages.encode([text], letters, start=languages.MARGIN + shift)
    np.testing.assert_array_equal(np.roll(row, shift, axis=1), moved)


@pytest.mark.parametrize("pooling", ["max", "mean"])
def test_the_answer_does_not_depend_on_where_the_name_stands(pooling):
    keras.utils.set_random_seed(0)
    letters = languages.alphabet(["abcdefgh"])
    model = languages.network(len(letters), 3, filters=4, pooling=pooling)
    for layer in model.layers:  # a bias that would show in empty places
        if isinstance(layer, keras.layers.Conv1D):
            kernel, bias = layer.get_weights()
            layer.set_weights([kernel, bias + 0.3])
    rows = languages.encode(["abcd", "hgfedc"], letters)
    moved = languages.encode(["abcd", "hgfedc"], letters, start=languages.MARGIN + 9)
    np.testing.assert_allclose(model(rows), model(moved), atol=1e-5)


def test_letter_contributions_add_up_to_the_logits():
    keras.utils.set_random_seed(0)
    letters = languages.alphabet(["abcdefgh"])
    model = languages.network(len(letters), 3, filters=5)
    rows = languages.encode(["abcd", "hgfedc", "a"], letters)
    added = languages.letter_contributions(model, rows)
    assert added.shape == (3, languages.PLACES, 3)
    _, bias = model.get_layer("logits").get_weights()
    np.testing.assert_allclose(added.sum(axis=1) + bias, model(rows), atol=1e-5)


def test_one_width_of_one_is_a_bag_of_letters():
    keras.utils.set_random_seed(0)
    letters = languages.alphabet(["abcdefgh"])
    model = languages.network(len(letters), 3, filters=5, widths=(1,))
    rows = languages.encode(["abcd", "dbca"], letters)
    np.testing.assert_allclose(model(rows)[0], model(rows)[1], atol=1e-6)


@pytest.mark.usefixtures("no_figure_open")
@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: languages.clean(3), TypeError, "text must be a string"),
        (lambda: languages.names(kinds=("planet",)), ValueError, "kinds must be some of"),
        (lambda: languages.names(["xx"]), ValueError, "languages must be codes"),
        (lambda: languages.alphabet(["a<"]), ValueError, "must not hold the marks"),
        (lambda: languages.names("de"), TypeError, "languages must be a list of codes"),
        (lambda: languages.names([5]), TypeError, "languages must be a list of codes, got 5 in it"),
        (
            lambda: languages.names(["de", "DE"]),
            ValueError,
            "as CLDR spells them, got 'DE' for 'de'",
        ),
        (lambda: languages.names(kinds="month"), TypeError, "kinds must be a list of strings"),
        (lambda: languages.part_of(151), TypeError, "concept must be a string"),
        (lambda: languages.split(["argentina"]), TypeError, "named must be a list of names"),
        (lambda: languages.alphabet([5]), TypeError, "texts must be a list of strings"),
        (lambda: languages.encode("abc", "<>abc"), TypeError, "list of texts"),
        (lambda: languages.encode([5], "<>abc"), TypeError, "list of texts, got 5 in it"),
        (lambda: languages.encode(["a<"], "<>a"), ValueError, "must not hold the marks < and >"),
        (lambda: languages.encode([">"], "<>a"), ValueError, "must not hold the marks < and >"),
        (lambda: languages.encode(["a"], "<>aa"), ValueError, "letters must hold characters"),
        (lambda: languages.encode(["a"], ["a"]), TypeError, "letters must be a string"),
        (lambda: languages.encode(["a" * 34], "<>a"), ValueError, "with 34 characters"),
        (lambda: languages.encode(["a" * 40], "<>a"), ValueError, "with 40 characters"),
        (lambda: languages.encode(["a"], "<>a", start=-1), ValueError, "start must be 0"),
        (lambda: languages.network(5, pooling="sum"), ValueError, "'max' or 'mean'"),
        (lambda: languages.network(5, widths=(9,)), ValueError, "widths must be from 1 to 4"),
        (lambda: languages.network(5, widths=()), ValueError, "widths must be from 1 to 4"),
        (lambda: languages.network(5, 2, 2, widths=(2, 2)), ValueError, "each once, got [2, 2]"),
        (lambda: languages.network(5, widths=3), TypeError, "widths must be a list of integers"),
        (lambda: languages.network(5, widths=(2.0,)), TypeError, "widths must be an integer"),
        (lambda: languages.network(0), ValueError, "channels must be 1 or more"),
        (lambda: languages.network(5, 0), ValueError, "classes must be 1 or more"),
        (lambda: languages.network(5, filters=1.5), TypeError, "filters must be an integer"),
        (lambda: languages.network(5, seed=None), TypeError, "seed must be an integer"),
        (
            lambda: languages.letter_contributions(
                languages.network(5, 2, 2, pooling="mean"), np.zeros((1, languages.PLACES, 5))
            ),
            ValueError,
            "model must be a network with pooling='max'",
        ),
        (
            lambda: languages.letter_contributions(
                languages.network(5, 2, 2), np.zeros((1, languages.PLACES, 4))
            ),
            ValueError,
            "rows must have the shape (N, 38, 5)",
        ),
        (
            lambda: languages.letter_contributions(None, np.zeros((1, languages.PLACES, 4))),
            TypeError,
            "model must be a Keras model",
        ),
        (
            lambda: figures.by_group(["a"], dict.fromkeys("wxyz", (1.0,)), "x", "y"),
            ValueError,
            "series must be 1 to 3, got 4",
        ),
        (lambda: figures.by_group(["a"], {}, "x", "y"), ValueError, "series must be 1 to 3"),
        (
            lambda: figures.dots_by_condition({"a": [1]}, "x", dict.fromkeys("wxyz", 1)),
            ValueError,
            "lines must be 3 at most, got 4",
        ),
        (
            lambda: figures.dots_by_condition({}, "x", {}),
            ValueError,
            "conditions must hold one condition",
        ),
        (
            lambda: figures.dots_by_condition({"a": []}, "x", {}),
            ValueError,
            "conditions must have one value or more each",
        ),
        (lambda: figures.probabilities({}, ["a"]), ValueError, "words must hold one word"),
        (
            lambda: figures.probabilities({"w": [0.5, 0.5]}, ["a"]),
            ValueError,
            "words must have a probability for each of the 1 names",
        ),
        (
            lambda: figures.letters(["ab"], [np.zeros(3)], ["de"]),
            ValueError,
            "each of the 2 characters",
        ),
        (lambda: figures.letters([], [], []), ValueError, "one at least"),
        (lambda: figures.confusion(np.eye(3), ["a"]), ValueError, "must have 1 rows"),
        (
            lambda: figures.by_group(["a"], {"n": np.zeros(2)}, "x", "y"),
            ValueError,
            "hold 1 values each",
        ),
        (
            lambda: figures.letters_by_place([np.zeros((2, 3))], "ab", ["t"]),
            ValueError,
            "(width, 2)",
        ),
    ],
)
def test_bad_arguments_are_refused_and_leave_no_figure_open(call, error, words):
    with pytest.raises(error) as caught:
        call()
    assert words in str(caught.value)


def test_generators_serve_as_lists_do(named, parts):
    assert languages.split(name for name in named) == parts
    some = languages.names(["de"], ["month"])
    assert some and languages.names(iter(["de"]), (kind for kind in ["month"])) == some
    row = languages.encode((text for text in ["ab"]), "<>ab")
    np.testing.assert_array_equal(row, languages.encode(["ab"], "<>ab"))


def test_what_encode_and_clean_say_of_lengths_and_accents_is_so():
    assert languages.encode(["a" * 33], "<>a").sum() == 35
    assert languages.clean("e\N{COMBINING ACUTE ACCENT}") == "é"
    assert languages.clean("n\N{COMBINING ACUTE ACCENT}\N{COMBINING MACRON}a") == "ń a"

"""Names are clean, split without overlap, and encoded so that a convolution moves with them."""

import collections

import babel.languages
import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.text import text as study
from cnnbook import results
from cnnbook.applications import names
from cnnbook.text import figures, languages


@pytest.fixture(scope="module")
def named():
    return languages.cldr_names()


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
    assert set(names.LANGUAGES) == official - {"ru", "no", "nn"}


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("Côte d\N{RIGHT SINGLE QUOTATION MARK}Ivoire", "côte d'ivoire"),
        ("Hongkong (S.A.R. Kiina)", "hongkong s a r kiina"),
        ("O\N{COMBINING DIAERESIS}sterreich", "österreich"),
        ("n\N{COMBINING ACUTE ACCENT}\N{COMBINING MACRON}a", "ń a"),
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
    assert not set(once) & {names.START, names.END}


def test_all_kinds_and_languages_are_there(named):
    assert {name.kind for name in named} == set(languages.KINDS)
    per_language = collections.Counter(name.language for name in named)
    assert set(per_language) == set(names.LANGUAGES)
    assert min(per_language.values()) > 700
    assert all(0 < len(name.text) <= names.LETTERS for name in named)
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
    first = {languages.part_of(f"territory {n}"): f"territory {n}" for n in range(60)}
    assert set(first) == set(languages.PARTS)
    named = [
        languages.Name(text, language, "territory", first[part])
        for text, language, part in (
            ("argentina", "de", "training"),
            ("argentina", "en", "training"),
            ("luxembourg", "fr", "training"),
            ("luxembourg", "fr", "test"),
            ("schweiz", "de", "test"),
        )
    ]
    parts = languages.split(iter(named))
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
    rows = names.encode(["cab", "ax", ""], letters)
    assert rows.shape == (3, names.PLACES, 5) and rows.dtype == np.float32
    start = names.MARGIN
    np.testing.assert_array_equal(rows[0, start : start + 5].argmax(axis=1), [0, 4, 2, 3, 1])
    np.testing.assert_array_equal(rows[1, start : start + 4].sum(axis=1), [1, 1, 0, 1])
    assert rows.sum() == 5 + 3 + 2 and rows.max() == 1
    longest = names.encode(["a" * names.LETTERS], letters)
    assert longest[:, : names.MARGIN].sum() == longest[:, -names.MARGIN :].sum() == 0


@given(st.text("abc", max_size=10), st.integers(0, 20))
def test_a_moved_name_is_the_moved_row(text, shift):
    row = names.encode([text], "<>abc")
    moved = names.encode([text], "<>abc", start=names.MARGIN + shift)
    np.testing.assert_array_equal(np.roll(row, shift, axis=1), moved)


def small(**options):
    """Return a network with a bias that would show in empty places."""
    keras.utils.set_random_seed(0)
    model = study.network(10, filters=5, **options)
    for layer in model.layers:
        if isinstance(layer, keras.layers.Conv1D):
            kernel, bias = layer.get_weights()
            layer.set_weights([kernel, bias + 0.3])
    return model


WORDS = ["abcd", "hgfedc", "a"]


def encoded(**options):
    return names.encode(WORDS, languages.alphabet(["abcdefgh"]), **options)


@pytest.mark.parametrize("pooling", ["max", "mean"])
def test_the_answer_does_not_depend_on_where_the_name_stands(pooling):
    model = small(pooling=pooling)
    moved = encoded(start=names.MARGIN + 9)
    np.testing.assert_allclose(model(encoded()), model(moved), atol=1e-5)


def test_letter_contributions_add_up_to_the_logits():
    model = small()
    added = names.letter_contributions(model, encoded())
    assert added.shape == (3, names.PLACES, 12)
    _, bias = model.get_layer("logits").get_weights()
    np.testing.assert_allclose(added.sum(axis=1) + bias, model(encoded()), atol=1e-5)


def test_the_stored_network_reads_as_many_validation_names_as_stored(parts):
    network, facts = results.load_network("applications/text_network")
    rows = names.encode([name.text for name in parts.validation], facts["letters"])
    right = study.accuracy(np.asarray(network(rows)), study.labels(parts.validation))
    assert right == pytest.approx(facts["validation"]["accuracy"], abs=3e-3)


def test_shares_below_one_percent_are_left_blank():
    figure = figures.confusion(np.array([[999, 1], [20, 80]]), ["da", "nb"])
    assert [text.get_text() for text in figure.axes[0].texts] == ["100", "", "20", "80"]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: languages.cldr_names(("planet",)), "planet"),
        (lambda: languages.cldr_names("month"), "m"),
        (lambda: names.encode("abc", "<>abc"), "texts must be a list"),
        (lambda: names.encode(["a"], "<>aa"), "letters all different, got ['a'] and '<>aa'"),
        (lambda: names.encode(["a"], languages.alphabet(["a<"])), "letters all different"),
        (lambda: names.encode(["a<"], "<>a"), "texts must be without < and >"),
        (lambda: names.encode(["a" * 34], "<>a"), "into 38 places from place 3 on, got 'aaa"),
        (lambda: names.encode(["a"], "<>a", start=-1), "from place -1 on"),
        (lambda: names.letter_contributions(small(pooling="mean"), encoded()), "maximum over"),
    ],
)
def test_what_would_be_silently_wrong_is_refused(call, words):
    with pytest.raises((ValueError, KeyError)) as caught:
        call()
    assert words in str(caught.value)

"""The stored networks of the applications fit, are small, and do what was stored with them."""

import numpy as np
import pytest

from cnnbook import classifiers, data, results, segmentation
from cnnbook.applications import boxes, networks, scenes


@pytest.fixture(scope="module")
def held():
    """Digits that no network learned from."""
    (x_train, y_train), _ = data.load_mnist()
    return data.split_validation(x_train, y_train, validation_count=5000, seed=0)[1]


@pytest.fixture(scope="module")
def drawn(held):
    return scenes.draw_scenes(*held, count=40, seed=10_000)


def test_all_together_take_at_most_6_megabytes():
    files = [results.RESULTS_FOLDER / f"{name}.npz" for name, _ in networks.STORED.values()]
    assert sum(file.stat().st_size for file in files) <= 6e6


@pytest.mark.parametrize("task", networks.STORED)
def test_facts_say_how_a_network_was_trained_and_how_it_scores(task):
    network, facts = networks.load(task)
    assert {"seed", "processor_seconds", "validation", "test", "machine"} <= set(facts)
    assert all(np.isfinite(weights).all() for weights in network.get_weights())


def test_an_unknown_task_is_refused():
    with pytest.raises(ValueError, match=r"task must be one of classification, .*'poetry'"):
        networks.load("poetry")


def test_the_classifier_reads_as_many_validation_digits_as_stored(held):
    network, facts = networks.load("classification")
    read = classifiers.probabilities([network], data.scale_pixels(held[0])).argmax(axis=1)
    # Another machine rounds otherwise: a digit or two may tip.
    assert np.mean(read == held[1]) == pytest.approx(facts["validation"]["accuracy"], abs=6e-4)


def test_the_detector_finds_nearly_every_digit(drawn):
    network, _ = networks.load("detection")
    found = boxes.batched_nms(boxes.decode(*boxes.predict(network, drawn.images)))
    right = boxes.match(found[found.scores >= 0.3], drawn.boxes, drawn.labels, [0.5])
    assert right.sum() > 0.94 * np.sum(drawn.labels >= 0)


def test_the_segmentation_is_as_good_as_stored_on_a_few_of_its_scenes(drawn):
    network, facts = networks.load("segmentation")
    counts = segmentation.confusion_matrix(drawn.masks, segmentation.predict(network, drawn.images))
    few = segmentation.iou_by_class(counts).mean()
    assert few == pytest.approx(facts["validation"]["mean_iou"], abs=0.06)

"""The stored networks of the applications fit, are small, and say how they were trained."""

import execution
import matplotlib.pyplot as plt
import numpy as np
import pytest

from cnnbook import results
from cnnbook.applications import masks, scenes

TASKS = ("classification", "detection", "segmentation", "flow", "audio", "text")
NAMES = [f"applications/{task}_network" for task in TASKS]


def test_all_together_take_at_most_6_megabytes():
    files = [results.STORED / f"{name}.npz" for name in NAMES]
    assert sum(file.stat().st_size for file in files) <= 6e6


@pytest.mark.parametrize("name", NAMES)
def test_facts_say_how_a_network_was_trained_and_how_it_scores(name):
    network, facts = results.load_network(name)
    assert {"seed", "processor_seconds", "validation", "test", "machine"} <= set(facts)
    assert all(np.isfinite(weights).all() for weights in network.get_weights())


def test_a_patch_is_named_beside_it_and_a_speck_is_not():
    mask = np.full((96, 96), scenes.BACKGROUND)
    mask[20:40, 20:40], mask[70:72, 70:72] = 3, 5
    figure, axis = plt.subplots()
    masks.draw(axis, mask)
    (name,) = axis.texts
    x, y = map(int, name.get_position())
    assert name.get_text() == "3" and mask[y, x] == scenes.BACKGROUND
    plt.close(figure)


def test_each_name_stands_nearer_to_its_patch_than_to_any_other():
    mask = np.full((96, 96), scenes.BACKGROUND)
    mask[10:40, 10:40], mask[12:38, 52:56], mask[52:80, 12:36] = 3, 1, 7
    mask[40:96, 80:96] = 5
    figure, axis = plt.subplots()
    masks.draw(axis, mask)
    assert [name.get_text() for name in axis.texts] == ["1", "3", "5", "7"]
    for name in axis.texts:
        rows, columns = np.nonzero(mask != scenes.BACKGROUND)
        x, y = name.get_position()
        nearest = np.argmin(np.hypot(rows - y, columns - x))
        assert str(mask[rows[nearest], columns[nearest]]) == name.get_text()
        assert (mask[y - 5 : y + 6, x - 4 : x + 5] == scenes.BACKGROUND).all()
    plt.close(figure)


def test_laid_over_a_picture_the_classes_hide_ink_and_leave_the_ground():
    mask = np.full((96, 96), scenes.BACKGROUND)
    mask[20:40, 20:40] = 3
    picture = np.random.default_rng(0).integers(0, 256, (96, 96)).astype(np.uint8)
    figure, axis = plt.subplots()
    masks.draw(axis, mask, over=picture)
    ground = axis.images[1].get_array()
    np.testing.assert_array_equal(ground.mask, mask == 3)
    np.testing.assert_array_equal(ground.data, picture)
    plt.close(figure)


def test_the_guide_page_runs_again_when_one_of_its_networks_changes():
    used = execution.dependencies(execution.ROOT / "chapters" / "applications.md")
    assert {results.STORED / f"{name}.npz" for name in NAMES} <= used

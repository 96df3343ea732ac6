"""The detector's targets, losses and training do what the chapter says."""

import keras
import numpy as np
import pytest

from cnnbook import data
from cnnbook.applications import boxes, scenes
from cnnbook.detection import metrics, network


@pytest.fixture(scope="module")
def digits() -> tuple[np.ndarray, np.ndarray]:
    (images, labels), _ = data.load_mnist()
    return images[:2000], labels[:2000]


@pytest.fixture(scope="module")
def drawn(digits) -> scenes.Scenes:
    return scenes.draw_scenes(*digits, 40, seed=3)


def one_box(*edges):
    """Return the targets of one digit, a 7."""
    heat, targets = network.encode(np.array([[edges]], np.float32), np.array([[7]]))
    return heat, keras.ops.convert_to_tensor(targets)


def edge_scores(edges, at):
    """Return scores of distances, (1, 24, 24, 60): at(distance) gives the fifteen of an edge."""
    middle = 4 * (np.arange(24) + 0.5)
    scores = np.zeros((1, 24, 24, 4, 15), "float32")
    for edge, (sign, place) in enumerate(zip((1, 1, -1, -1), edges, strict=True)):
        for cell, distance in enumerate(sign * (middle - place)):
            line = (0, slice(None), cell) if edge % 2 == 0 else (0, cell, slice(None))
            scores[(*line, edge)] = at(np.clip(distance, 0, 26))
    return scores.reshape(1, 24, 24, 60)


def test_a_heat_map_is_one_exactly_in_the_cell_of_each_centre(drawn):
    heat, _ = network.encode(drawn.boxes, drawn.labels)
    centres = {
        (image, *np.floor(box.reshape(2, 2).mean(axis=0) / 4).astype(int)[::-1].tolist(), label)
        for image, (edges, labels) in enumerate(zip(drawn.boxes, drawn.labels, strict=True))
        for box, label in zip(edges, labels.tolist(), strict=True)
        if label >= 0
    }
    assert {tuple(place.tolist()) for place in np.argwhere(heat == 1)} == centres


def test_a_heat_map_falls_off_by_the_formula():
    heat, _ = one_box(20, 30, 50, 74)  # centre 35, 52: cell 8, 13; spreads 30/48 and 44/48 cells
    rows, columns = np.mgrid[:24, :24]
    expected = np.exp(-(((columns - 8) / (30 / 48)) ** 2 + ((rows - 13) / (44 / 48)) ** 2) / 2)
    np.testing.assert_allclose(heat[0, :, :, 7], expected, atol=1e-6)
    assert not np.delete(heat, 7, axis=3).any()


def test_a_cell_belongs_to_the_nearest_centre_and_the_weights_of_a_digit_sum_to_one(drawn):
    _, targets = network.encode(drawn.boxes, drawn.labels)
    for edges, labels, target in zip(drawn.boxes, drawn.labels, targets, strict=True):
        real = edges[labels >= 0]
        centres = (real[:, :2] + real[:, 2:]) / 2
        for row, column in np.argwhere(target[..., 5] > 0):
            apart = np.abs(centres - [4 * column + 2, 4 * row + 2])
            nearest = np.argmin((apart**2).sum(axis=1))
            np.testing.assert_array_equal(target[row, column, :4], real[nearest])
            assert apart[nearest].max() <= 1.5 * 4
        for box in real:
            mine = (target[..., :4] == box).all(axis=-1) & (target[..., 5] > 0)
            assert target[mine, 5].sum() == pytest.approx(1, abs=1e-5)


def test_what_stands_in_unused_rows_does_not_matter():
    expected, _ = one_box(10, 10, 40, 40)
    for unused in ([0, 0, 0, 0], [np.nan] * 4, [9, 9, -9, 999]):
        heat, _ = network.encode(np.array([[[10, 10, 40, 40], unused]]), np.array([[7, -1]]))
        np.testing.assert_array_equal(heat, expected)
    assert not network.encode(np.zeros((2, 6, 4)), np.full((2, 6), -1))[1].any()
    assert one_box(0, 0, 96, 96)[0].max() == 1


def test_encoded_boxes_are_found_again(drawn):
    """A perfect network's output, decoded, is what was encoded."""
    heat, targets = network.encode(drawn.boxes, drawn.labels)
    detections = boxes.decode(heat, targets[..., :4], least_score=1)
    assert len(detections) == np.count_nonzero(drawn.labels >= 0)
    assert np.nanmin(metrics.average_precisions(detections, drawn.boxes, drawn.labels)) == 1


def test_the_focal_loss_is_its_formula():
    generator = np.random.default_rng(0)
    heat = generator.random((3, 24, 24, 10)).astype("float32")
    heat[0, 1, 2, 3] = heat[0, 5, 6, 7] = heat[2, 8, 8, 8] = 1
    logits = generator.normal(0, 2, heat.shape).astype("float32")
    p = 1 / (1 + np.exp(-logits.astype(float)))
    terms = np.where(
        heat == 1, (1 - p) ** 2 * np.log(p), (1 - heat.astype(float)) ** 4 * p**2 * np.log(1 - p)
    )
    ours = network.focal_loss(heat, logits)
    # Three digits in three scenes: one a scene.
    np.testing.assert_allclose(ours, -terms.sum(axis=(1, 2, 3)), rtol=1e-4)


def test_the_generalised_iou_is_its_formula():
    corners = np.random.default_rng(0).random((2, 30, 2, 2)).astype("float32") * 30
    one, other = np.concatenate([corners.min(axis=2), corners.max(axis=2)], axis=-1)
    overlap = boxes.iou(one, other).diagonal()
    union = sum(np.prod(b[:, 2:] - b[:, :2], axis=1) for b in (one, other)) / (1 + overlap)
    hull = np.maximum(one[:, 2:], other[:, 2:]) - np.minimum(one[:, :2], other[:, :2])
    hull = hull.prod(axis=1)
    expected = overlap - (hull - union) / hull
    np.testing.assert_allclose(network.giou(one, other), expected, atol=1e-5)


def test_the_true_distances_have_no_loss_and_unsure_ones_that_of_fifteen():
    # From the cell at 34, 46 the edges are 14, 16, 10 and 16 pixels away: all multiples of 2.
    _, targets = one_box(20, 30, 44, 62)
    outputs = edge_scores((20, 30, 44, 62), lambda distance: 30 * np.eye(15)[int(distance) // 2])
    assert float(network.box_loss(targets, outputs)[0]) == pytest.approx(0, abs=1e-4)
    unsure = network.edge_losses(targets, np.zeros_like(outputs))
    np.testing.assert_allclose(unsure, np.full((1, 24, 24), np.log(15)), rtol=1e-4)


@pytest.mark.parametrize("lower", [0.5, 0.9])
def test_an_odd_distance_is_half_one_neighbour_and_half_the_other(lower):
    edges = 21, 31, 43, 61  # all odd from the middles of cells, which are even
    _, targets = one_box(*edges)

    def at(distance):
        scores = np.full(15, -30.0)
        scores[int(distance) // 2 + np.arange(2)] = np.log([lower, 1 - lower])
        return scores

    ours = np.asarray(network.edge_losses(targets, edge_scores(edges, at)))
    expected = -(np.log(lower) + np.log(1 - lower)) / 2
    np.testing.assert_allclose(ours[np.asarray(targets)[..., 5] > 0], expected, rtol=1e-4)


def test_the_class_loss_is_the_weighted_cross_entropy(drawn):
    _, targets = network.encode(drawn.boxes[:3], drawn.labels[:3])
    logits = np.random.default_rng(0).normal(0, 2, (3, 24, 24, 10)).astype("float32")
    logs = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
    true = np.take_along_axis(logs, targets[..., 4:5].astype(int), axis=-1)[..., 0]
    expected = -(targets[..., 5] * true).sum(axis=(1, 2)) / (targets[..., 5].sum() / 3)
    ours = network.class_loss(keras.ops.convert_to_tensor(targets), logits)
    np.testing.assert_allclose(ours, expected, rtol=1e-4)


def test_boxes_without_area_have_a_loss_and_a_gradient():
    """In the last cell, of weight 0, the true and the found box are points: 0/0 times 0."""
    import tensorflow as tf

    _, targets = one_box(10, 10, 40, 40)
    start = np.zeros((1, 24, 24, 60), "float32")
    start[0, 23, 23, [0, 15, 30, 45]] = 18
    outputs = tf.Variable(start)
    with tf.GradientTape() as tape:
        loss = network.box_loss(targets, outputs)
    assert np.isfinite(loss.numpy()).all()
    assert np.isfinite(tape.gradient(loss, outputs).numpy()).all()
    # The loss is that of the other cells.
    np.testing.assert_array_equal(loss, network.box_loss(targets, np.zeros_like(start)))


def test_a_network_begins_with_one_in_a_hundred_and_learns_to_find_digits(digits, drawn):
    heat, edges = boxes.predict(network.build(), drawn.images[:2])
    assert np.median(heat.sum(axis=-1)) == pytest.approx(0.01, abs=0.01)
    assert (edges[..., 2:] >= edges[..., :2]).all()
    config = network.TrainingConfig(scene_count=160, epochs=3, batch_size=8)
    model = network.train(config, *digits, seed=0)
    total = boxes.predict(model, drawn.images)[0].sum(axis=-1)
    # Of any class: what can be learned in 60 steps.
    centres = network.encode(drawn.boxes, drawn.labels)[0].max(axis=-1) == 1
    assert total[centres].mean() > 4 * total[~centres].mean()


def test_a_larger_scene_is_read_with_the_same_weights_as_its_parts_are():
    keras.utils.set_random_seed(0)
    small, large = network.build(), network.build(side=192)
    large.set_weights(small.get_weights())
    scene = np.random.default_rng(0).random((1, 192, 192, 1)).astype("float32")
    part, whole = small(scene[:, 48:144, 48:144]), large(scene)
    for name in whole:  # where the edge of the part is not seen
        inner, same = part[name][:, 9:15, 9:15], whole[name][:, 21:27, 21:27]
        np.testing.assert_allclose(inner, same, atol=1e-4)


def test_each_epoch_has_scenes_of_its_own_that_the_seed_decides(digits):
    config = network.TrainingConfig(scene_count=40, epochs=2)
    batches = network.Batches(config, *digits, seed=3)
    epochs = []
    for epoch in range(2):
        drawn = scenes.draw_scenes(*digits, 40, 3_000 + epoch, min_digits=config.min_digits)
        epochs.append(np.concatenate([batches[n][0] for n in range(len(batches))]))
        np.testing.assert_array_equal(epochs[-1], data.scale_pixels(drawn.images))
        heat, targets = network.encode(drawn.boxes[32:], drawn.labels[32:])
        np.testing.assert_array_equal(batches[2][1]["heat"][..., 0], heat.max(axis=-1))
        np.testing.assert_array_equal(batches[2][1]["boxes"], targets)
        batches.on_epoch_end()
    assert not np.array_equal(*epochs)

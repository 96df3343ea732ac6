"""The compared configurations: the article's is the article's, and the ladder leads from it."""

import dataclasses
import itertools

import numpy as np

from cnnbook import classifiers, data, faster, models
from cnnbook.faster import figures


def test_the_article_configuration_trains_the_article_network_as_the_article_does():
    (images, labels), _ = data.load_mnist()
    images, labels = data.scale_pixels(images[:256]), labels[:256]
    config = dataclasses.replace(faster.ARTICLE, epochs=1)
    ours = classifiers.train(config, images, labels, seed=0)
    theirs = models.trained_article_network(images, labels, epochs=1, seed=0)
    assert ours.count_params() == theirs.count_params() == 225_034
    ours, theirs = ours.predict(images, verbose=0), theirs.predict(images, verbose=0)
    # Eight steps of Adam; other kernels may add in another order.
    np.testing.assert_allclose(ours, theirs, atol=1e-4)


def test_the_ladder_leads_from_the_article_to_fast_and_small():
    steps = list(faster.ladder().values())
    assert steps[0] == dataclasses.replace(faster.ARTICLE, epochs=1)
    assert classifiers.FAST in steps and steps[-1] == faster.SMALL
    assert all(before != after for before, after in itertools.pairwise(steps))
    assert classifiers.network(faster.SMALL).count_params() < 225_034 / 2


def test_steps_show_their_values_and_their_means():
    quality = {"first": [98.0, 99.0], "second": [99.2]}
    cost = {"first": [20.0, 22.0], "second": [8.0]}
    figures.steps_with_cost(quality, cost, ("accuracy (%)", "time (s)"))
    left, right = figures.plt.gcf().axes
    assert left.lines[0].get_xdata()[0] == 98.5 and right.lines[0].get_xdata()[0] == 21
    assert right.get_xlim()[0] == 0


def test_every_run_is_drawn_and_every_goal_is_a_corner():
    runs = {name: ([time], [99.1]) for name, time in zip("abc", (10, 20, 40), strict=True)}
    figures.accuracy_against_time(runs | {"d": ([1.0, 2], [98.9, 99])}, [(12.5, 99)], "accuracy")
    (axis,) = figures.plt.gcf().axes
    assert [len(drawn.get_offsets()) for drawn in axis.collections] == [1, 1, 1, 2]
    (goal,) = axis.lines
    assert goal.get_xdata()[1] == 12.5 and goal.get_ydata()[1] == 99

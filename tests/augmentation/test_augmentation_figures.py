"""What the figures of the chapter on augmentation draw."""

import numpy as np

from cnnbook.augmentation import figures


def test_an_interval_reaches_from_its_lower_to_its_upper_end():
    values = np.array([[2.0, 3.0], [1.0, 2.5], [5.0, 4.0]])
    figures.error_ratios([10, 100], {"a": values})
    _, _, (bars,) = figures.plt.gcf().axes[0].containers[0].lines
    ends = np.array([segment[:, 1] for segment in bars.get_segments()])
    np.testing.assert_allclose(ends.T, values[1:])


def test_readings_are_shares_of_each_row():
    counts = np.eye(10) * 3
    counts[2, 5] = 1
    figures.readings(counts)
    drawn = figures.plt.gcf().axes[0].images[0].get_array()
    np.testing.assert_allclose(drawn[2, [2, 5]], [75, 25])
    np.testing.assert_allclose(drawn.sum(axis=1), 100)

"""What only the pages on pooling use."""

from collections.abc import Sequence

from scipy import stats


def difference(one: Sequence[float], other: Sequence[float]) -> tuple[float, float]:
    """Return the difference of two means, and half its 95 % interval (Welch)."""
    low, high = stats.ttest_ind(one, other, equal_var=False).confidence_interval()
    return (low + high) / 2, (high - low) / 2

"""When not to answer: a temperature for the logits, and a threshold for the confidence."""

import numpy as np
import scipy.optimize
import scipy.stats

from cnnbook import ops


def loss_at(temperature: float, logits: np.ndarray, labels: np.ndarray) -> float:
    """Return the mean cross-entropy, in nats, of logits divided by a temperature."""
    return ops.sparse_categorical_crossentropy(labels, logits / temperature, True).mean()


def upper_bound(errors: int, count: int, doubt: float = 0.05) -> float:
    """Return a risk that the true one exceeds with this doubt at most."""
    return scipy.stats.beta.ppf(1 - doubt, errors + 1, count - errors)


def fit_temperature(logits: np.ndarray, labels: np.ndarray) -> float:
    """Return the temperature at which the loss on these labels is smallest."""
    return scipy.optimize.minimize_scalar(
        loss_at, bounds=(0.2, 5), args=(logits, labels), method="bounded"
    ).x


def choose_threshold(confidence: np.ndarray, wrong: np.ndarray, target: float) -> float:
    """Loosen the threshold as long as an upper bound of the risk keeps the target."""
    chosen = np.inf
    for step in range(55):  # 1 - threshold: from a thousandth to a half
        threshold = 1 - 10 ** -(3 - 0.05 * step)
        given = confidence >= threshold
        # Nothing answered has no bound: not a number, and no promise.
        if not upper_bound(wrong[given].sum(), given.sum()) <= target:
            break
        chosen = threshold
    return chosen

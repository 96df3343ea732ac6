"""How good drawn digits are: in a classifier's eyes, and beside real ones."""

import keras
import numpy as np

from cnnbook import checks, results


def check_pixels(images: np.ndarray) -> None:
    """Refuse images on another scale than [0, 1], which would run, and be scored or learned."""
    if not ((images >= 0) & (images <= 1)).all():
        raise ValueError(
            f"images must hold pixels in [0, 1], got {np.min(images):g} to {np.max(images):g}."
        )


def frechet_distance(first: np.ndarray, second: np.ndarray) -> float:
    """Compare vectors (N, D) and (M, D) by means and covariances."""
    for name, vectors in (("first", first), ("second", second)):
        if len(vectors) < 2 or not np.isfinite(vectors).all():
            raise ValueError(f"{name} must hold 2 finite vectors or more.")
    one, other = (np.cov(f, rowvar=False) for f in (first, second))
    values, vectors = np.linalg.eigh(one)
    root = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    shared = np.linalg.eigvalsh(root @ other @ root)
    gap = first.mean(axis=0, dtype=float) - second.mean(axis=0, dtype=float)
    trace = np.trace(one) + np.trace(other)
    distance = gap @ gap + trace - 2 * np.sqrt(np.maximum(shared, 0)).sum()
    return max(0.0, float(distance))  # rounding may leave a little less


class Evaluator:
    """A trained classifier of digits, and its last features, to score drawn ones with."""

    def __init__(self, classifier: keras.Model) -> None:
        self.classifier = classifier
        self.features = keras.Model(classifier.input, classifier.layers[-2].output)

    def read(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the features, float32 (N, D), and the digits read, integers (N,).

        Images are of shape (N, 28, 28, 1), with pixels in [0, 1].
        """
        check_pixels(images)
        features = self.features.predict(images, batch_size=250, verbose=0)
        scores = keras.ops.convert_to_numpy(self.classifier.layers[-1](features))
        return features, scores.argmax(axis=1)

    def score(self, images: np.ndarray, labels: np.ndarray, reference: np.ndarray) -> dict:
        """Compare drawn digits with the labels asked for, and with the features of real digits."""
        features, read = self.read(images)
        return {
            "samples": len(images),
            "distance": frechet_distance(features, reference),
            "recognised": float(np.mean(read == checks.labels("labels", labels, 9))),
            "grey": grey_share(images),
        }


def stored_evaluator() -> Evaluator:
    """Return the evaluator that all scores are measured with: the book's fast recipe, stored."""
    return Evaluator(results.load_network("applications/classification_network")[0])


def grey_share(images: np.ndarray) -> float:
    """Return the share of inked pixels (above 0.1) that are grey (below 0.9), as at soft edges."""
    check_pixels(images)
    inked = images[images > 0.1]
    return float((inked < 0.9).mean())

"""From a detector's maps to boxes: decode, suppress, match. A box is x_min, y_min, x_max, y_max."""

import dataclasses

import keras
import numpy as np
import scipy.ndimage

from cnnbook import checks, data

STRIDE, CLASSES = 4, 10  # pixels from one cell of the grid to the next; digits
DISTANCES = 2 * np.arange(15, dtype="float32")  # pixels from the middle of a cell to an edge
IOU_THRESHOLDS = np.linspace(0.5, 0.95, 10)  # COCO's


@dataclasses.dataclass(frozen=True)
class Detections:
    """K boxes found in some scenes."""

    images: np.ndarray  # integers (K,): in which scene
    boxes: np.ndarray  # (K, 4), in pixels
    scores: np.ndarray  # (K,), from 0 to 1
    labels: np.ndarray  # integers (K,), from 0 to 9

    def __post_init__(self) -> None:
        """Refuse boxes that are none."""
        checks.labels("images", self.images, np.inf)
        check_boxes("boxes", self.boxes)
        checks.array("scores", self.scores, "f", "(K,)")
        checks.labels("labels", self.labels, CLASSES - 1)
        if len({len(part) for part in vars(self).values()}) > 1:
            raise ValueError("Detections must hold as many images, boxes, scores and labels.")

    def __len__(self) -> int:
        """Count the boxes."""
        return len(self.scores)

    def __getitem__(self, which: np.ndarray | slice) -> "Detections":
        """Pick some of the boxes."""
        return Detections(*(part[which] for part in vars(self).values()))

    def of(self, image: int) -> "Detections":
        """Return the detections in one scene."""
        return self[self.images == image]


def check_boxes(name: str, boxes: np.ndarray) -> np.ndarray:
    """Return boxes (N, 4), or refuse them."""
    boxes = checks.array(name, boxes, "uif", "(N, 4)")
    if boxes.shape[1] != 4 or (boxes[:, 2:] < boxes[:, :2]).any():
        raise ValueError(f"{name} must be x_min, y_min, x_max, y_max, in this order, got {boxes}.")
    return boxes


def check_truth(boxes: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return true boxes (N, digits, 4) and labels (N, digits), -1 in an unused row."""
    boxes, shape = np.asarray(boxes), np.shape(labels)
    labels = checks.labels("labels", np.ravel(labels), CLASSES - 1, least=-1).reshape(shape)
    check_boxes("boxes", boxes[labels >= 0])
    return boxes, labels


def overlaps(boxes: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return the IoU of each of N boxes with each of M others: (N, M), 0 for two without area."""
    boxes, others = boxes[:, None].astype(float), others[None].astype(float)
    first = np.maximum(boxes[..., :2], others[..., :2])
    last = np.minimum(boxes[..., 2:], others[..., 2:])
    shared = np.clip(last - first, 0, None).prod(axis=-1)
    areas = [(b[..., 2:] - b[..., :2]).prod(axis=-1) for b in (boxes, others)]
    union = areas[0] + areas[1] - shared
    return np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)


def iou(boxes: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return the `overlaps` of what has been checked to be boxes."""
    return overlaps(check_boxes("boxes", boxes), check_boxes("others", others))


def middles(rows: int, columns: int) -> np.ndarray:
    """Return x and y of the middles of the cells, in pixels: float32 (rows, columns, 2)."""
    y, x = (STRIDE * (np.arange(count, dtype="float32") + 0.5) for count in (rows, columns))
    return np.stack(np.meshgrid(x, y), axis=-1)


def cell_boxes(outputs):
    """Turn 15 scores for each edge, (N, 24, 24, 60), into boxes of cells (Li et al., 2020)."""
    ops, middle = keras.ops, middles(*outputs.shape[1:3])
    scores = ops.reshape(outputs, (-1, *outputs.shape[1:3], 4, len(DISTANCES)))
    away = ops.sum(ops.softmax(scores) * DISTANCES, axis=-1)
    return ops.concatenate([middle - away[..., :2], middle + away[..., 2:]], axis=-1)


def predict(model: keras.Model, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return probabilities of centres, (N, 24, 24, 10), and boxes of the cells of uint8 scenes."""
    outputs = model.predict(data.scale_pixels(images), batch_size=50, verbose=0)
    heat = keras.ops.sigmoid(outputs["heat"]) * keras.ops.softmax(outputs["classes"])
    return np.asarray(heat), np.asarray(cell_boxes(outputs["boxes"]))


def decode(heat: np.ndarray, edges: np.ndarray, neighbourhood=3, least_score=0.01, most=30):
    """Report the box of a cell if no probability of its class is larger in the square around it.

    The side of the square is in cells; 1 reports every cell. The surest `most` of a scene.
    """
    checks.array("heat", heat, "f", "(N, rows, columns, classes)")
    checks.number("least_score", least_score, 0, 1)
    if neighbourhood % 2 == 0 or edges.shape != (*heat.shape[:3], 4):
        raise ValueError("neighbourhood must be odd, and edges hold a box for each cell of heat.")
    largest = scipy.ndimage.maximum_filter(heat, (1, neighbourhood, neighbourhood, 1))
    found, limits = [], STRIDE * np.array(2 * heat.shape[2:0:-1])
    for image, peaks in enumerate((heat == largest) & (heat >= least_score)):
        rows, columns, labels = np.nonzero(peaks)
        scores = heat[image, rows, columns, labels]
        boxes = edges[image, rows, columns].clip(0, limits)
        surest = np.argsort(-scores, kind="stable")[:most]
        parts = np.full(len(scores), image), boxes, scores, labels
        found.append([part[surest] for part in parts])
    return Detections(*(np.concatenate(parts) for parts in zip(*found, strict=True)))


def nms(detections: Detections, iou_threshold: float) -> np.ndarray:
    """Return the places of boxes, surest first, that overlap no surer one of these by more."""
    checks.number("iou_threshold", iou_threshold, 0, 1)
    shared, kept = overlaps(detections.boxes, detections.boxes), []
    for candidate in np.argsort(-detections.scores, kind="stable"):
        if not (shared[candidate, kept] > iou_threshold).any():
            kept.append(candidate)
    return np.array(kept, int)


def batched_nms(detections: Detections, iou_threshold=0.5, across_classes=False) -> "Detections":
    """Apply `nms` to every scene, class by class or to all at once; the order stays."""
    labels = np.zeros_like(detections.labels) if across_classes else detections.labels
    groups = _groups(dataclasses.replace(detections, labels=labels))
    kept = [here[nms(detections[here], iou_threshold)] for here in groups]
    return detections[np.sort(np.concatenate([*kept, np.zeros(0, int)]))]


def _groups(detections: Detections) -> list[np.ndarray]:
    """Return the places of the boxes of each scene and class, the surest first."""
    order = np.lexsort((-detections.scores, detections.labels, detections.images))
    keys = np.stack([detections.images, detections.labels])[:, order]
    return np.split(order, np.flatnonzero(np.diff(keys).any(axis=0)) + 1) if len(order) else []


def match(detections: Detections, boxes, labels, iou_thresholds=IOU_THRESHOLDS) -> np.ndarray:
    """Say which of K detections are right at each of T thresholds, as COCO does: bool (K, T).

    Within a scene and a class, the surest first, each takes the true box with the largest IoU that
    is still free. boxes (N, digits, 4) and labels (N, digits), -1 in an unused row, are true.
    """
    boxes, labels = check_truth(boxes, labels)
    thresholds = np.asarray(iou_thresholds)[:, None]
    if not ((thresholds > 0) & (thresholds <= 1)).all():
        raise ValueError(f"iou_thresholds must be above 0 and at most 1, got {iou_thresholds}.")
    right = np.zeros((len(detections), len(thresholds)), bool)
    for here in _groups(detections):
        image, label = detections.images[here[0]], detections.labels[here[0]]
        true = boxes[image][labels[image] == label]
        if not len(true):
            continue
        free = np.ones((len(thresholds), len(true)), bool)
        for place, shared in zip(here, overlaps(detections.boxes[here], true), strict=True):
            wanted = np.where(free & (shared >= thresholds), shared, 0)
            right[place] = got = wanted.any(axis=1)
            best = len(true) - 1 - wanted[:, ::-1].argmax(axis=1)  # of equal ones COCO's, the last
            free[got, best[got]] = False
    return right

"""MNIST's digits as strokes of a pen: thinned to lines, followed, drawn on the playground.

The tests and the benchmark of the live network share it.
"""

from __future__ import annotations

import numpy as np

ZOOM = 4
AROUND = 5  # pixels of MNIST along the sides of the square that a pixel is compared with
LIGHTER = 0.92  # of the mean of that square: what is lighter is the inside of a loop
# A loop is filled where ink is deeper than so many times half the pen's width, on so many pixels of
# MNIST. Chosen on validation digits, by scores and by looking: more opens crossings, less leaves
# loops filled.
FILLED = 1.6
SMALLEST_LOOP = 1.5
AT_ONCE = 100  # pictures thinned together
SHEET = 280  # side of the pad, in its own unit
# Height of MNIST's field as a share of the sheet, and the width of the pen.
SIZES = {
    "tiny": {"scale": (0.3, 0.5), "pen": 24},
    "middle": {"scale": (0.5, 1.2), "pen": 20},
    "large": {"scale": (1.0, 1.3), "pen": 8},
}

# Draw digits on the pad with pointer events; what the article's network reads with centring and
# without, and the faster one with it, where its page is part of this edition.
DRAW = """([drawn, pen]) => {
  const { playground, network } = cnnbook;
  const pad = document.querySelector(".cb-pad");
  const readers = [["centred", "article", true], ["as_drawn", "article", false],
    ["faster", "fast", true]].filter(([, name]) => Object.hasOwn(cnnbook.published, name));
  const box = pad.getBoundingClientRect();
  const event = (type, x, y) => pad.dispatchEvent(new PointerEvent(type, {
    pointerId: 9, bubbles: true, cancelable: true, button: type === "pointermove" ? -1 : 0,
    clientX: box.left + (x * box.width) / 280, clientY: box.top + (y * box.height) / 280 }));
  const answers = Object.fromEntries(readers.map(([reader]) => [reader, []]));
  for (const strokes of drawn) {
    playground.clear();
    playground.state.pen = pen;
    for (const stroke of strokes) {
      stroke.forEach(([x, y], k) => event(k ? "pointermove" : "pointerdown", x, y));
      event("pointerup", ...stroke[stroke.length - 1]);
    }
    for (const [reader, name, centred] of readers) {
      const { pixels } = playground.receive(centred);
      answers[reader].push(network.answer(network.run(network.published(name), pixels)));
    }
  }
  playground.clear();
  playground.state.pen = 20;
  return answers;
}"""


def thin(solid: np.ndarray) -> np.ndarray:
    """Thin the ink of pictures (N, H, W) to lines one pixel wide (Zhang and Suen, 1984)."""
    grid = np.pad(solid.astype(bool), ((0, 0), (1, 1), (1, 1)))
    steps = [(-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1)]
    while True:
        before = grid.sum()
        for first in (True, False):
            p = [np.roll(grid, (-down, -right), axis=(1, 2)) for down, right in steps]
            count = sum(q.astype(np.int8) for q in p)
            turns = sum((~p[i] & p[(i + 1) % 8]).astype(np.int8) for i in range(8))
            up, right, down, left = p[0], p[2], p[4], p[6]
            if first:
                kept = (up & right & down) | (right & down & left)
            else:
                kept = (up & right & left) | (up & down & left)
            grid &= ~((count >= 2) & (count <= 6) & (turns == 1) & ~kept)
        if grid.sum() == before:
            return grid[:, 1:-1, 1:-1]


def follow(lines: np.ndarray) -> list[np.ndarray]:
    """Follow the lines of one thinned picture (H, W): strokes as arrays (points, 2) of x and y."""
    left = {(int(row), int(column)) for row, column in np.argwhere(lines)}
    ink = set(left)

    def neighbours(point, among):
        row, column = point
        sides = [(row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1)]
        corners = [(row + i, column + j) for i in (-1, 1) for j in (-1, 1)]
        return [place for place in sides + corners if place in among]

    strokes = []
    while left:
        # An end of a line if there is one, or else any point of a ring.
        start = min(left, key=lambda point: (len(neighbours(point, left)), point))
        path = [start]
        left.discard(start)
        while ahead := neighbours(path[-1], left):
            back = path[-2] if len(path) > 1 else path[-1]
            going = (path[-1][0] - back[0], path[-1][1] - back[1])
            path.append(
                max(
                    ahead,
                    key=lambda p: going[0] * (p[0] - path[-1][0]) + going[1] * (p[1] - path[-1][1]),
                )
            )
            left.discard(path[-1])
        # A branch begins and ends on the line that it leaves.
        for end in (0, -1):
            inside = set(path[:3] if end == 0 else path[-3:])
            touching = [p for p in neighbours(path[end], ink) if p not in inside]
            if touching:
                path.insert(0, touching[0]) if end == 0 else path.append(touching[0])
        points = np.array(path, float)[:, ::-1] + 0.5
        if len(points) > 4:  # a hand does not follow the steps of pixels
            smooth = points.copy()
            smooth[1:-1] = (points[:-2] + points[1:-1] + points[2:]) / 3
            points = smooth
        if len(path) > 2 or not strokes:
            strokes.append(points)
    return strokes


def filled_loop(solid: np.ndarray, lines: np.ndarray) -> np.ndarray:
    """Mark the filled loops in one picture's ink (H, W), given its lines: what is too thick.

    The ink's depth is how far it is to paper; along its lines, that is half the width of the pen.
    """
    import scipy.ndimage

    depth = scipy.ndimage.distance_transform_edt(solid)
    blobs, count = scipy.ndimage.label(depth > FILLED * np.median(depth[lines]))
    areas = scipy.ndimage.sum(blobs > 0, blobs, range(1, count + 1))
    return np.isin(blobs, 1 + np.flatnonzero(np.asarray(areas) >= SMALLEST_LOOP * ZOOM**2))


def strokes_of(images: np.ndarray, open_loops: bool = True) -> list[list[np.ndarray]]:
    """Turn uint8 digits (N, 28, 28) into strokes, in pixels of those pictures.

    A thick pen nearly fills small loops: what is lighter than its surroundings counts as paper, so
    that the line goes around it, as the hand did. Where it fills them wholly, ``open_loops`` makes
    a hole for the line to go around.
    """
    import PIL.Image
    import scipy.ndimage

    side = images.shape[1] * ZOOM
    strokes = []
    for first in range(0, len(images), AT_ONCE):
        solid = []
        for image in images[first : first + AT_ONCE]:
            large = PIL.Image.fromarray(image).resize((side, side), PIL.Image.BILINEAR)
            large = np.asarray(large, float)
            around = scipy.ndimage.uniform_filter(large, AROUND * ZOOM)
            solid.append((large > 0.5 * large.max()) & (large > LIGHTER * around))
        solid = np.array(solid)
        lines = thin(solid)
        if open_loops:
            filled = np.array([filled_loop(*pair) for pair in zip(solid, lines, strict=True)])
            changed = filled.any(axis=(1, 2))
            lines[changed] = thin(solid[changed] & ~filled[changed])
        strokes += [[stroke / ZOOM for stroke in follow(picture)] for picture in lines]
    return strokes


def moved(
    strokes: list[np.ndarray], generator: np.random.Generator, scale: float, side: float = SHEET
) -> list[np.ndarray]:
    """Turn a digit by up to 15 degrees, scale it, and put it anywhere on the sheet.

    ``scale`` is the height of MNIST's field on a sheet of ``side``, as a share of the sheet.
    """
    angle = np.deg2rad(generator.uniform(-15, 15))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    turned = [(stroke - 14) @ turn.T * (scale * side / 28) for stroke in strokes]
    points = np.concatenate(turned)
    low, high = 4 - points.min(axis=0), side - 4 - points.max(axis=0)
    # A digit too large for the sheet is cut off as a hand would be: not at all, here.
    place = generator.uniform(np.minimum(low, high), np.maximum(low, high))
    return [stroke + place for stroke in turned]


def placed(digits: list[list[np.ndarray]], size: str, seed: int = 0) -> list[list[list]]:
    """Put each digit somewhere on a sheet, at one range of sizes: its strokes, points x and y."""
    generator = np.random.default_rng(seed)
    return [
        [
            np.round(stroke, 1).tolist()
            for stroke in moved(strokes, generator, generator.uniform(*SIZES[size]["scale"]))
        ]
        for strokes in digits
    ]


def draw(page, digits: list[list[np.ndarray]], size: str, seed: int = 0) -> dict[str, np.ndarray]:
    """Draw digits on the pad of an open playground, each somewhere, at one range of sizes.

    ``page`` is Playwright's. Returns the digits read: by the article's network with centring and
    without ("centred", "as_drawn"), and by the faster one with centring ("faster") if it is there.
    """
    drawn = placed(digits, size, seed)
    answers = page.evaluate(DRAW, [drawn, SIZES[size]["pen"]])
    return {reader: np.array(read) for reader, read in answers.items()}

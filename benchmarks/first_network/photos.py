"""Read photos of digits, each with one thing wrong that is wrong with photos, or refuse them.

    python -m benchmarks.first_network.photos

MNIST's digits are enlarged to 600 x 600 and written in ink on paper; then the light falls off, a
shadow lies on it, the paper has lines, the camera shakes. The article's network reads what
``prepare_digit`` makes of them, and, to compare, what one threshold for the whole picture makes.
All choices in ``prepare_digit`` were made on validation digits; these are test digits, of those
that the network reads rightly as MNIST has them.
"""

import functools
import io

import numpy as np
import PIL.Image
import PIL.ImageFilter
import scipy.ndimage

from benchmarks import results
from cnnbook import data, models, preprocessing

SIDE = 600
PAPER, INK, PENCIL = 225, 60, 140
LINES, DESK = 178, 70
MILLIMETRES = 60  # of paper that a photo shows
DIGITS = 100  # photos of each kind
SEED = 0
SURE = 0.9

Photo = np.ndarray  # gray values from 0 to 255, of shape (SIDE, SIDE)


# ---- Paper and ink -------------------------------------------------------------------------------


def lay(photo: Photo, digit: np.ndarray, side: int, left: int, top: int, pen: float = INK) -> Photo:
    """Lay the ink of a digit of 28 x 28 on paper, ``side`` points wide; it may reach beyond."""
    ink = PIL.Image.fromarray(digit).resize((side, side), PIL.Image.Resampling.BICUBIC)
    large = np.zeros((3 * SIDE, 3 * SIDE))
    large[SIDE + top :, SIDE + left :][:side, :side] = np.asarray(ink) / 255
    return photo + large[SIDE : 2 * SIDE, SIDE : 2 * SIDE] * (pen - photo)


def blank() -> Photo:
    """Return paper."""
    return np.full((SIDE, SIDE), float(PAPER))


def write(digit, generator, pen: float = INK, right: int = SIDE) -> Photo:
    """Write a digit half to most of the photo large, wherever it has room left of ``right``."""
    side = round(right * generator.uniform(0.5, 0.9))
    left, top = generator.integers(0, (right - side + 1, SIDE - side + 1))
    return lay(blank(), digit, side, left, top, pen)


def lines(photo: Photo, across: float, down: float, generator) -> Photo:
    """Print pale blue lines 0.3 mm wide: how many mm lie between those across, and those down."""
    tilt = np.tan(np.radians(generator.uniform(-4, 4)))
    rows, columns = np.mgrid[:SIDE, :SIDE] * MILLIMETRES / SIDE
    for gap, place in ((across, rows + tilt * columns), (down, columns - tilt * rows)):
        if gap:
            distance = np.abs((place + generator.uniform(0, gap)) % gap - gap / 2)
            line = np.clip((0.15 - distance) / 0.1 + 0.5, 0, 1)
            photo = np.minimum(photo, PAPER + line * (LINES - PAPER))
    return photo


def desk(photo: Photo, generator) -> Photo:
    """Let the paper end before the photo does, at the right, a little askew."""
    tilt, width = np.tan(np.radians(generator.uniform(-4, 4))), generator.uniform(20, 60)
    rows, columns = np.mgrid[:SIDE, :SIDE]
    beyond = np.clip(columns + tilt * (rows - SIDE / 2) - (SIDE - width), 0, 1)
    return photo + beyond * (DESK - photo)


def discs(photo: Photo, places, radius: float, level: float) -> Photo:
    """Draw round dark things: specks, or holes through which the desk is seen."""
    rows, columns = np.mgrid[:SIDE, :SIDE]
    for row, column in places:
        inside = np.clip(radius + 0.5 - np.hypot(rows - row, columns - column), 0, 1)
        photo = photo + inside * (level - photo)
    return photo


# ---- Light and camera ----------------------------------------------------------------------------


def slope(generator) -> Photo:
    """Say how far each point lies along a random direction, from about -0.7 to 0.7 sides."""
    angle = generator.uniform(0, 2 * np.pi)
    rows, columns = np.mgrid[:SIDE, :SIDE] / (SIDE - 1) - 0.5
    return np.cos(angle) * columns + np.sin(angle) * rows


def fall_off(photo: Photo, share: float, generator) -> Photo:
    """Let the light fall off by a share from one end to the other."""
    along = slope(generator)
    return photo * (1 - share * (along - along.min()) / np.ptp(along))


def shadow(photo: Photo, share: float, generator) -> Photo:
    """Lay a shadow with a hard edge over a part of the photo."""
    beyond = (slope(generator) - generator.uniform(-0.3, 0.3)) * SIDE
    return photo * (1 - share * np.clip(beyond / 6 + 0.5, 0, 1))


def noisy(photo: Photo, deviation: float, generator) -> Photo:
    """Add the noise of a sensor."""
    return photo + generator.normal(0, deviation, photo.shape)


def blur(photo: Photo, radius: float) -> Photo:
    """Put the photo out of focus."""
    return scipy.ndimage.gaussian_filter(photo, radius, mode="nearest")


def shake(photo: Photo, length: int, generator) -> Photo:
    """Move the camera along a line of some points while it takes the photo."""
    angle, steps = generator.uniform(0, np.pi), np.arange(length) - length // 2
    moves = [(round(step * np.sin(angle)), round(step * np.cos(angle))) for step in steps]
    return np.mean([np.roll(photo, move, axis=(0, 1)) for move in moves], axis=0)


def eight_bits(photo: Photo) -> np.ndarray:
    """Round to what a file holds."""
    return np.uint8(photo.clip(0, 255).round())


def stored(photo: Photo, **options) -> PIL.Image.Image:
    """Store a photo as JPEG, and read it again."""
    memory = io.BytesIO()
    PIL.Image.fromarray(eight_bits(photo)).save(memory, "JPEG", **options)
    return PIL.Image.open(memory)


def sideways(photo: Photo) -> PIL.Image.Image:
    """Store what a phone does that was held upright: a photo on its side, and a note to turn it."""
    note = PIL.Image.Exif()
    note[0x0112] = 6
    return stored(np.rot90(photo), exif=note, quality=90)


def deep(photo: Photo, bits: int) -> PIL.Image.Image:
    """Scan in more than 8 bits."""
    return PIL.Image.fromarray(np.uint16((2**bits - 1) / 255 * photo))


def mixed(digit, generator) -> PIL.Image.Image:
    """Do what an evening at a desk does: ruled paper, dim uneven light, a poor camera."""
    photo = fall_off(lines(write(digit, generator), 8, 0, generator), 0.3, generator)
    photo = blur(shadow(0.7 * photo, 0.2, generator), 2)
    return stored(noisy(photo, 4, generator), quality=50)


# ---- The kinds: digit, another digit, generator -> photo -----------------------------------------

READ = {
    "as large as the photo": lambda d, o, g: lay(blank(), d, SIDE, 0, 0),
    "clean": lambda d, o, g: write(d, g),
    "light falling off by 20 %": lambda d, o, g: fall_off(write(d, g), 0.2, g),
    "light falling off by 35 %": lambda d, o, g: fall_off(write(d, g), 0.35, g),
    "light falling off by 50 %": lambda d, o, g: fall_off(write(d, g), 0.5, g),
    "a shadow of 20 %": lambda d, o, g: shadow(write(d, g), 0.2, g),
    "a shadow of 40 %": lambda d, o, g: shadow(write(d, g), 0.4, g),
    "noise of 6": lambda d, o, g: noisy(write(d, g), 6, g),
    "noise of 12": lambda d, o, g: noisy(write(d, g), 12, g),
    "ruled paper": lambda d, o, g: lines(write(d, g), 8, 0, g),
    "squared paper": lambda d, o, g: lines(write(d, g), 5, 5, g),
    "specks": lambda d, o, g: discs(write(d, g), g.uniform(0, SIDE, (6, 2)), 3, 50),
    "punched paper": lambda d, o, g: discs(
        write(d, g, right=510), ((140, 555), (460, 555)), 30, DESK
    ),
    "the edge of a desk": lambda d, o, g: desk(write(d, g, right=510), g),
    "a thin pen": lambda d, o, g: scipy.ndimage.maximum_filter(write(d, g), 19),
    "a pencil": lambda d, o, g: noisy(write(d, g, PENCIL), 4, g),
    "a pencil, light falling off by 50 %": lambda d, o, g: noisy(
        fall_off(write(d, g, PENCIL), 0.5, g), 4, g
    ),
    "a pencil on squared paper": lambda d, o, g: noisy(lines(write(d, g, PENCIL), 5, 5, g), 3, g),
    "chalk on a blackboard": lambda d, o, g: noisy(fall_off(255 - write(d, g), 0.3, g), 4, g),
    "blur of 4": lambda d, o, g: blur(write(d, g), 4),
    "blur of 10": lambda d, o, g: blur(write(d, g), 10),
    "a shaken camera": lambda d, o, g: shake(write(d, g), 20, g),
    "JPEG of quality 30": lambda d, o, g: stored(noisy(write(d, g), 6, g), quality=30),
    "turned by EXIF": lambda d, o, g: sideways(write(d, g)),
    "10 bits": lambda d, o, g: deep(write(d, g), 10),
    "16 bits": lambda d, o, g: deep(write(d, g), 16),
    "several of these": lambda d, o, g: mixed(d, g),
}


def two(digit, other, generator) -> Photo:
    """Write two digits side by side."""
    lefts, tops = generator.integers((20, 300), (60, 340)), generator.integers(100, 200, 2)
    photo = lay(blank(), digit, 260, lefts[0], tops[0])
    return noisy(lay(photo, other, 260, lefts[1], tops[1]), 3, generator)


def cut(digit, generator) -> Photo:
    """Write a digit of which a third or more lies below the photo."""
    top = SIDE - generator.integers(200, 280)
    return noisy(lay(blank(), digit, 420, generator.integers(20, 160), top), 3, generator)


REFUSE = {
    "two digits": two,
    "cut by the edge": lambda d, o, g: cut(d, g),
    "no digit": lambda d, o, g: noisy(fall_off(blank(), 0.3, g), 6, g),
    "nearly black": lambda d, o, g: noisy(0.08 * write(d, g), 3, g),
}


# ---- Two ways to prepare, and the count ----------------------------------------------------------


def one_threshold(picture) -> np.ndarray:
    """Prepare as the book did before: one value of paper, one threshold, all ink is the digit."""
    gray = preprocessing.read_gray(picture)
    border = np.concatenate([gray[0], gray[-1], gray[:, 0], gray[:, -1]])
    ink = np.abs(gray - np.median(border))
    if ink.max() < preprocessing.SMALLEST_CONTRAST:
        raise ValueError("picture must show a digit.")
    ink = ink / ink.max()
    return preprocessing.scale_and_centre(np.where(ink < preprocessing.INK_THRESHOLD, 0, ink))


def count(model, photos: list, labels: np.ndarray, prepare) -> dict[str, int]:
    """Read the photos of one kind: how many rightly, refused, wrongly, and surely wrongly."""
    fields, asked = [], []
    for photo, label in zip(photos, labels, strict=True):
        try:
            fields.append(prepare(photo))
            asked.append(label)
        except ValueError:
            pass
    fields = np.array(fields, np.uint8).reshape(-1, 28, 28)
    answers = model(data.scale_pixels(fields)).numpy()
    wrong = answers.argmax(axis=1) != np.array(asked, int)
    return {
        "photos": len(photos),
        "right": int(np.sum(~wrong)),
        "refused": len(photos) - len(fields),
        "wrong": int(wrong.sum()),
        "surely_wrong": int(np.sum(wrong & (answers.max(axis=1) > SURE))),
    }


def main() -> None:
    """Take the photos, read them both ways, store the table."""
    _, (images, labels) = data.load_mnist()
    model = models.stored_article_network()
    answers = model.predict(data.scale_pixels(images), batch_size=500, verbose=0).argmax(axis=1)
    readable = np.flatnonzero(answers == labels)
    ways = {"one_threshold": one_threshold, "prepare_digit": preprocessing.prepare_digit}
    table = []
    for kind, take in (READ | REFUSE).items():
        generator = np.random.default_rng(SEED)
        chosen = generator.choice(readable, DIGITS, replace=False)
        others = images[generator.choice(readable, DIGITS)]
        photos = [
            take(images[n], other, generator) for n, other in zip(chosen, others, strict=True)
        ]
        photos = [eight_bits(one) if isinstance(one, np.ndarray) else one for one in photos]
        counted = functools.partial(count, model, photos, labels[chosen])
        counts = {name: counted(prepare) for name, prepare in ways.items()}
        table.append({"kind": kind, "readable": kind in READ, **counts})
        print(table[-1], flush=True)
    results.save("first_network/photos", {"seed": SEED, "sure": SURE, "kinds": table})


if __name__ == "__main__":
    main()

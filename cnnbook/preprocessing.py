"""Turn a picture of one digit, a photo or a drawing, into what a network trained on MNIST expects.

MNIST was made by scaling each digit to fit a 20 x 20 box, keeping its proportions, and placing it
in a 28 x 28 field by its centre of mass (LeCun et al. 1998, section III.A).
"""

import os
import pathlib
from typing import NoReturn

import numpy as np
import PIL.Image
import PIL.ImageOps
from skimage import filters, measure, morphology

from cnnbook import checks, data

MOST_PIXELS = 64_000_000
TOO_MANY = f"picture must have at most {MOST_PIXELS:,} pixels, got %s: save it smaller."
WORKING_SIDE = 320  # a picture with a longer side is shrunk first

# Ink is what is darker than its paper by this share of the digit's darkest ink: less lets the
# noise of a photograph through, more eats the soft edges of strokes.
INK_THRESHOLD = 0.15
SMALLEST_CONTRAST = 0.15  # of the paper's light
CLEAR_INK = 0.4
FAINTEST_INK = 0.08  # of the paper's light: what hangs together above it is one region
DARKEST_PAPER = 0.2  # of full scale
SAME_INK = 0.7  # a region that runs into the edge counts if it is so dark, beside the digit

# Sizes are shares of the digit's longer side, masses of its ink.
NEAR, NEAR_IF_TALL = 0.25, 0.08  # a region at this distance is a part of the digit
TALL = 0.5  # and if it is farther away and so long, it is another digit
SPECK, LARGEST_DOT = 0.02, 0.25  # less is dirt; more, if round and apart, is a hole in the paper
WIDEST = 1.5  # of its height

Picture = str | os.PathLike | PIL.Image.Image | np.ndarray


def prepare_digit(picture: Picture) -> np.ndarray:
    """Crop, scale and centre a picture of one digit the way MNIST was made.

    A file, a Pillow image or a uint8 array (height, width) becomes uint8 of shape (28, 28): 0 for
    paper, 255 for the darkest ink. What cannot be read is refused in a sentence that says why.
    """
    return scale_and_centre(find_ink(read_gray(picture)))


def scale_and_centre(ink: np.ndarray) -> np.ndarray:
    """Scale ink from 0 to 1 to a box of 20 pixels, and place it by its centre of mass; uint8."""
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    digit = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    factor = data.BOX_PIXELS / max(digit.shape)
    height, width = (max(1, round(side * factor)) for side in digit.shape)
    resampling = PIL.Image.Resampling
    small = PIL.Image.fromarray(np.uint8(255 * digit)).resize(
        (width, height), resampling.BOX if factor < 1 else resampling.BILINEAR
    )
    small = np.asarray(small, dtype=float)
    small = small * (255 / small.max())
    field = np.zeros((data.FIELD_PIXELS, data.FIELD_PIXELS), np.uint8)
    top, left = (data.centering_offset(small.sum(axis=axis)) for axis in (1, 0))
    field[top : top + height, left : left + width] = np.round(small)
    return field


def read_gray(picture: Picture) -> np.ndarray:
    """Read a picture as gray values from 0 (black) to 1 (white), at most 320 pixels a side."""
    if isinstance(picture, np.ndarray):
        if picture.dtype != np.uint8 or picture.ndim != 2 or picture.size == 0:
            got = f"{picture.dtype} of shape {picture.shape}"
            raise ValueError(f"picture must be a uint8 array (height, width), got {got}.")
        picture = PIL.Image.fromarray(picture)
    elif isinstance(picture, (str, os.PathLike)):
        picture = _open(pathlib.Path(picture))
    if not isinstance(picture, PIL.Image.Image):
        kind = type(picture).__name__
        raise TypeError(f"picture must be a path, a Pillow image or a uint8 array, got {kind}.")
    if np.prod(picture.size) > MOST_PIXELS:
        raise ValueError(TOO_MANY % " x ".join(map(str, picture.size)))
    # Phones store a photo as the sensor saw it and note how it was held.
    picture = PIL.ImageOps.exif_transpose(picture)
    if picture.mode.startswith(("I", "F")):
        picture = _to_8_bits(picture)
    elif picture.mode not in ("L", "RGB") or "transparency" in picture.info:
        # Transparent pixels are paper.
        picture = picture.convert("RGBA")
        picture = PIL.Image.alpha_composite(PIL.Image.new("RGBA", picture.size, "white"), picture)
    picture = picture.convert("L").reduce(-(-max(picture.size) // WORKING_SIDE))
    return np.asarray(picture) / 255


def _open(file: pathlib.Path) -> PIL.Image.Image:
    if not file.is_file():
        raise FileNotFoundError(f"picture must be an image file, and there is none at {file}.")
    heic = file.suffix.lower() in (".heic", ".heif")
    try:
        # A file that Pillow opens by its name is mapped, a turned TIFF (since Pillow 11) wrongly.
        with file.open("rb") as stream, PIL.Image.open(stream) as picture:
            if np.prod(picture.size) <= MOST_PIXELS:
                picture.load()
            return picture
    except PIL.Image.DecompressionBombError:
        raise ValueError(TOO_MANY % "far more") from None
    except (OSError, ValueError, SyntaxError) as error:
        kind = "a HEIC photo" if heic else f"not one that can be read ({error})"
        told = f"{file} is {kind}: export it as JPEG or PNG"
        raise ValueError(f"picture must be an image, and {told}.") from None


def _to_8_bits(picture: PIL.Image.Image) -> PIL.Image.Image:
    """Scale a picture of 9 to 32 bits, which Pillow would clip, by what its scanner counts to."""
    values = np.array(picture, dtype=np.float32)
    if not np.isfinite(values).all() or values.min() < 0 or values.max() > 65_535:
        raise ValueError(
            "picture must have finite gray values from 0 to 65,535: save it with 8 or 16 bits."
        )
    bits = max(8, int(values.max()).bit_length())
    full_scale = 1 if values.max() <= 1 else 2**bits - 1
    values *= 255 / full_scale  # in place: 64 million pixels are a quarter of a gigabyte
    return PIL.Image.fromarray(np.uint8(np.round(values, out=values)))


def find_ink(gray: np.ndarray) -> np.ndarray:
    """Separate the digit from its paper: 0 for paper, 1 for the darkest ink, in the same shape.

    The light is flattened, what runs into the edge is taken away (lines of the paper, the desk),
    and of the regions that are left those are kept that make up the digit.
    """
    gray = checks.array("gray", gray, "f", "(height, width)")
    soft = filters.gaussian(gray, max(gray.shape) / 300, mode="nearest").round(9)
    if soft.max() < DARKEST_PAPER:
        raise ValueError("picture must be lighter, it is nearly black: take it in more light.")
    sharp, soft = _flatten_light(gray, soft)
    at_edge = _reach_from_edge(soft)
    digit = _choose_regions(soft - at_edge, soft)
    ink = np.where(digit, sharp - at_edge, 0)
    ink = ink / ink.max()
    return np.where(ink < INK_THRESHOLD, 0, ink)


def _flatten_light(gray: np.ndarray, soft: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Say how much darker than its paper each pixel is, as shares of the paper's light.

    The paper is the picture with all that is dark closed, up to half the picture wide. Where light
    ink stands on a dark ground, the picture is turned into its negative before.
    """
    side = max(gray.shape) // 2 | 1
    around = filters.threshold_local(soft, side, method="mean", mode="nearest")
    if np.mean((soft - around) ** 3) > 0:  # few pixels much lighter than what is around them
        gray, soft = 1 - gray, 1 - soft
    square = morphology.footprint_rectangle((side, side), decomposition="separable")
    paper = morphology.closing(soft, square)
    light = np.maximum(paper, 0.3)  # in the dark, noise would count as ink
    return (paper - gray) / light, (paper - soft) / light


def _reach_from_edge(soft: np.ndarray) -> np.ndarray:
    """Say how dark a line can be along which each pixel is reached from the edge of the picture."""
    seed = np.full_like(soft, soft.min())
    seed[[0, -1]], seed[:, [0, -1]] = soft[[0, -1]], soft[:, [0, -1]]
    return morphology.reconstruction(seed, soft)


def _choose_regions(clear: np.ndarray, soft: np.ndarray) -> np.ndarray:
    """Mark the digit: the region with the most ink, and what belongs to it."""
    labels = measure.label(clear > FAINTEST_INK)
    regions = [
        region
        for region in measure.regionprops(labels, clear)
        if region.intensity_max >= SMALLEST_CONTRAST
    ]
    if not regions and soft.max() > CLEAR_INK:
        _refuse_cut()
    if not regions:
        raise ValueError(
            "picture must show a digit that stands out from its background, "
            "away from the edge, and there is none: write it with a thick dark pen."
        )
    main = max(regions, key=lambda region: (not _is_round(region), _mass(region)))
    long = max(_sides(main))
    parts = []
    for region in regions:
        share, distance = _mass(region) / _mass(main), _distance(main, region)
        tall = _sides(region)[0] >= TALL * _sides(main)[0]
        hole = _is_round(region) and distance > 0 and share > LARGEST_DOT
        if hole or share < SPECK:
            continue
        if distance <= (NEAR_IF_TALL if tall else NEAR) * long:
            parts.append(region.label)
        elif max(_sides(region)) >= TALL * long:
            raise ValueError("picture must show one digit, and there are several: crop it to one.")
    digit = np.isin(labels, parts)
    rows, columns = (np.ptp(np.flatnonzero(digit.any(axis=axis))) + 1 for axis in (1, 0))
    if columns > WIDEST * rows:
        raise ValueError(
            "picture must show one digit upright, and it is too wide for one: crop or turn it."
        )
    _check_that_nothing_is_cut(soft, SAME_INK * soft[digit].max(), long)
    return morphology.dilation(digit, morphology.disk(1))


def _check_that_nothing_is_cut(soft: np.ndarray, threshold: float, long: int) -> None:
    """Refuse ink as dark and about as tall as the digit that touches the edge with its end.

    What lies along the edge, or goes right through the picture, is the desk or a line.
    """
    dark = measure.label(soft > threshold)
    for region in measure.regionprops(dark):
        contact = sum(np.sum(line == region.label) for line in (*dark[[0, -1]], *dark.T[[0, -1]]))
        longest = max(_sides(region))
        through = longest >= 0.9 * max(dark.shape)
        if _sides(region)[0] > TALL * long and not through and 0 < contact < 0.5 * longest:
            _refuse_cut()


def _refuse_cut() -> NoReturn:
    raise ValueError(
        "picture must show the whole digit with paper around it, and its ink runs into the edge, "
        "or into lines as dark: leave a margin."
    )


def _sides(region) -> tuple[int, int]:
    top, left, bottom, right = region.bbox
    return bottom - top, right - left


def _mass(region) -> float:
    return region.area * region.intensity_mean


def _is_round(region) -> bool:
    """Tell a hole, a blot or a speck from strokes: it fills its box, and this is about square."""
    height, width = _sides(region)
    return region.extent > 0.7 and 2 / 3 < width / height < 3 / 2


def _distance(one, other) -> int:
    """Return how far the boxes of two regions are apart, 0 or less where they overlap."""
    (top, left, bottom, right), (up, west, down, east) = one.bbox, other.bbox
    return max(top - down, up - bottom, left - east, west - right)

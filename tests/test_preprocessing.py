"""A picture is prepared as MNIST was: scaled to 20 pixels and centred by its mass of ink."""

import struct

import numpy as np
import PIL.Image
import PIL.ImageDraw
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnbook import data, preprocessing


def draw_seven(
    paper: int = 235, ink: int = 50, left: int = 0, scale: float = 1.0
) -> PIL.Image.Image:
    """Draw a 7 with its upper left corner at (30 + left, 40)."""
    drawing = PIL.Image.new("L", (300, 300), color=paper)
    points = [(30 + left + x, 40 + y) for x, y in ((0, 4), (65, 0), (28, 104))]
    PIL.ImageDraw.Draw(drawing).line(points, fill=ink, width=11, joint="curve")
    return drawing


def center_of_mass(field: np.ndarray) -> tuple[float, float]:
    rows, columns = np.indices(field.shape)
    return np.average(rows, weights=field), np.average(columns, weights=field)


def test_the_longer_side_is_20_pixels_and_the_mass_is_centred():
    field = preprocessing.prepare_digit(draw_seven())
    assert (field.shape, field.dtype) == ((28, 28), np.uint8)
    rows, columns = np.flatnonzero(field.any(axis=1)), np.flatnonzero(field.any(axis=0))
    assert max(np.ptp(rows), np.ptp(columns)) + 1 == 20
    # A shift by whole pixels brings the centre to within half a pixel of its place.
    assert center_of_mass(field) == pytest.approx((14, 14), abs=0.51)
    assert field.max() == 255


def test_where_the_digit_stands_makes_no_difference():
    first = preprocessing.prepare_digit(draw_seven())
    np.testing.assert_array_equal(first, preprocessing.prepare_digit(draw_seven(left=120)))


def test_light_ink_on_dark_paper_gives_the_same_digit():
    first = preprocessing.prepare_digit(draw_seven(paper=235, ink=50))
    np.testing.assert_allclose(
        first.astype(int), preprocessing.prepare_digit(draw_seven(paper=20, ink=205)), atol=1
    )


def test_transparent_pixels_are_paper(tmp_path):
    gray = draw_seven(paper=255, ink=0)
    drawing = PIL.Image.new("RGBA", gray.size, (0, 0, 0, 0))
    drawing.putalpha(PIL.Image.eval(gray, lambda value: 255 - value))
    np.testing.assert_array_equal(
        preprocessing.prepare_digit(drawing), preprocessing.prepare_digit(gray)
    )


def test_a_file_an_image_and_an_array_are_read_alike(tmp_path):
    drawing = draw_seven()
    drawing.save(tmp_path / "seven.png")
    expected = preprocessing.prepare_digit(drawing)
    for picture in (tmp_path / "seven.png", str(tmp_path / "seven.png"), np.asarray(drawing)):
        np.testing.assert_array_equal(preprocessing.prepare_digit(picture), expected)


def test_a_photo_taken_sideways_is_turned_upright(tmp_path):
    drawing = PIL.Image.new("L", (200, 300), 230)
    drawing.paste(30, (60, 60, 110, 80))
    drawing.paste(30, (90, 60, 110, 240))
    orientation = PIL.Image.Exif()
    orientation[0x0112] = 6  # as phones note it: turn by 90 degrees clockwise
    drawing.transpose(PIL.Image.Transpose.ROTATE_90).save(tmp_path / "p.png", exif=orientation)
    np.testing.assert_array_equal(
        preprocessing.prepare_digit(tmp_path / "p.png"), preprocessing.prepare_digit(drawing)
    )


def test_a_scan_of_16_bits_gives_what_one_of_8_bits_gives():
    drawing = np.full((60, 50), 230, np.uint8)
    drawing[10:50, 20:25] = 30
    deep = PIL.Image.fromarray(drawing.astype(np.uint16) * 257)
    np.testing.assert_array_equal(
        preprocessing.prepare_digit(deep), preprocessing.prepare_digit(drawing)
    )


def test_ink_is_shrunk_by_means_and_enlarged_by_straight_lines():
    ink = np.random.default_rng(0).uniform(0.2, 1, (40, 40))
    field = preprocessing.scale_and_centre(ink)
    means = ink.reshape(20, 2, 20, 2).mean(axis=(1, 3))
    pixels = field[np.ix_(field.any(axis=1), field.any(axis=0))]
    np.testing.assert_allclose(pixels, 255 * means / means.max(), atol=2.5)
    ramp = np.linspace(0.4, 1, 16)
    field = preprocessing.scale_and_centre(ramp[None])
    line = 255 * np.interp((np.arange(20) + 0.5) * 16 / 20 - 0.5, np.arange(16), ramp)
    pixels = field[np.ix_(field.any(axis=1), field.any(axis=0))]
    np.testing.assert_allclose(pixels, line[None], atol=2.5)


@pytest.mark.parametrize("bits", [9, 10, 12, 14])
def test_a_scanner_may_count_to_any_number(bits):
    gray = np.asarray(draw_seven())
    scan = PIL.Image.fromarray(np.uint16(np.round((2**bits - 1) / 255 * gray)))
    field = preprocessing.prepare_digit(scan).astype(int)
    np.testing.assert_allclose(field, preprocessing.prepare_digit(gray), atol=2)


def test_real_numbers_from_0_to_1_are_read_as_8_bits_are():
    gray = np.asarray(draw_seven(paper=255))
    real = PIL.Image.fromarray((gray / 255).astype(np.float32))
    whole = PIL.Image.fromarray(gray.astype(np.int32))
    for picture in (real, whole):
        np.testing.assert_array_equal(
            preprocessing.read_gray(picture), preprocessing.read_gray(gray)
        )


def test_a_transparent_gray_is_paper(tmp_path):
    draw_seven(paper=0).save(tmp_path / "p.png", transparency=0)
    expected = preprocessing.prepare_digit(draw_seven(paper=255))
    np.testing.assert_array_equal(preprocessing.prepare_digit(tmp_path / "p.png"), expected)


def test_a_third_of_the_light_gives_the_same_digit():
    gray = np.asarray(draw_seven(paper=240, ink=40))
    dark = preprocessing.prepare_digit(np.uint8(np.round(0.35 * gray))).astype(int)
    np.testing.assert_allclose(dark, preprocessing.prepare_digit(gray), atol=5)


def draw_boxes(*boxes, paper=230, ink=40) -> np.ndarray:
    """Draw rectangles (top, left, bottom, right) of ink."""
    gray = np.full((240, 240), paper, np.uint8)
    for top, left, bottom, right in boxes:
        gray[top:bottom, left:right] = ink
    return gray


FIVE = ((80, 90, 92, 160), (80, 90, 130, 102), (120, 90, 132, 160), (130, 148, 190, 160))
ONE_ONE = ((60, 60, 180, 74), (60, 140, 180, 154))


@pytest.mark.parametrize(
    ("whole", "apart"),
    [
        (FIVE, ((55, 100, 67, 160),)),  # a bar that does not touch the rest
        (((100, 110, 200, 124),), ((66, 110, 80, 124),)),  # the dot of an i
        (((40, 60, 120, 74), (110, 60, 122, 150)), ((80, 154, 200, 168),)),  # a 4 in two strokes
    ],
)
def test_a_digit_in_two_pieces_stays_whole(whole, apart):
    ink = preprocessing.find_ink(draw_boxes(*whole, *apart) / 255)
    assert np.array_equal(ink > 0, draw_boxes(*whole, *apart) < 100)


def test_a_rim_fainter_than_a_seventh_of_the_ink_is_paper():
    gray = np.minimum(draw_boxes((59, 99, 181, 121), ink=210), draw_boxes((60, 100, 180, 120)))
    assert np.array_equal(preprocessing.find_ink(gray / 255) > 0, gray < 100)


def test_a_digit_may_be_one_and_a_half_times_as_wide_as_high():
    gray = draw_boxes((100, 80, 140, 141))  # which the softened edge makes 42 x 63 pixels
    assert preprocessing.prepare_digit(gray).any()
    with pytest.raises(ValueError, match="too wide"):
        preprocessing.prepare_digit(draw_boxes((100, 80, 140, 142)))


def test_ink_may_be_two_fifths_of_the_picture_wide():
    box = (60, 70, 170, 168)
    assert np.array_equal(preprocessing.find_ink(draw_boxes(box) / 255) > 0, draw_boxes(box) < 100)


def test_specks_and_holes_are_no_part_of_the_digit():
    clean = preprocessing.prepare_digit(draw_boxes(*FIVE))
    dirty = draw_boxes(*FIVE, (5, 5, 9, 9), (200, 20, 202, 22), (20, 200, 45, 225))
    np.testing.assert_allclose(preprocessing.prepare_digit(dirty).astype(int), clean, atol=2)


@pytest.mark.parametrize("beside", [(100, 170, 130, 200), (30, 0, 36, 30)])
def test_a_blot_near_the_digit_and_a_short_line_from_the_edge_are_left_out(beside):
    ink = preprocessing.find_ink(draw_boxes(*FIVE, beside) / 255)
    assert np.array_equal(ink > 0, draw_boxes(*FIVE) < 100)


def test_what_runs_into_the_edge_is_not_the_digit():
    """Ruled paper and the desk beside it, and light that falls off to a third."""
    clean = preprocessing.prepare_digit(draw_boxes(*FIVE))
    gray = draw_boxes(*FIVE)
    gray[30::50] = np.minimum(gray[30::50], 180)
    gray[:, 40:43] = 60  # a margin's line, right through
    gray[:, 225:] = 60
    gray = np.uint8(gray * np.linspace(1, 0.33, 240)[:, None])
    field = preprocessing.prepare_digit(gray).astype(int)
    assert np.corrcoef(field.ravel(), clean.ravel())[0, 1] > 0.95


def test_a_large_picture_is_shrunk():
    small = draw_boxes(*FIVE)
    large = preprocessing.prepare_digit(np.kron(small, np.ones((11, 11), np.uint8)))
    likeness = np.corrcoef(large.ravel(), preprocessing.prepare_digit(small).ravel())[0, 1]
    assert likeness > 0.99
    assert max(preprocessing.read_gray(np.zeros((4000, 3000), np.uint8)).shape) <= 320


def test_an_mnist_digit_comes_back_as_it_was():
    (x_train, _), _ = data.load_mnist()
    likeness = []
    for digit in x_train[:200]:
        paper = 255 - np.pad(digit, 4)  # a few reach the edge of their field
        field = preprocessing.prepare_digit(paper)
        likeness.append(np.corrcoef(field.ravel(), digit.ravel())[0, 1])
    # A faint pixel dropped at the rim can shrink the box and move a few digits by one pixel.
    assert np.percentile(likeness, 5) > 0.99


@settings(max_examples=50)
@given(
    height=st.integers(1, 80),
    width=st.integers(1, 80),
    seed=st.integers(0, 2**31),
)
def test_any_picture_is_prepared_or_refused_in_one_sentence(height, width, seed):
    generator = np.random.default_rng(seed)
    picture = generator.integers(0, 256, (height, width)).astype(np.uint8)
    try:
        field = preprocessing.prepare_digit(picture)
    except ValueError as error:
        assert str(error).startswith("picture must")
    else:
        assert (field.shape, field.dtype, field.max()) == ((28, 28), np.uint8, 255)


@pytest.mark.parametrize(
    ("picture", "kind", "words"),
    [
        ("no such file.png", FileNotFoundError, "no such file.png"),
        (3, TypeError, "got int"),
        (np.zeros((28, 28)), ValueError, "float64 of shape (28, 28)"),
        (np.zeros((28, 28, 3), np.uint8), ValueError, "shape (28, 28, 3)"),
        (np.zeros((0, 28), np.uint8), ValueError, "shape (0, 28)"),
        (np.full((28, 28), 200, np.uint8), ValueError, "stands out"),
        (draw_boxes(*FIVE, paper=230, ink=210), ValueError, "write it with a thick dark pen"),
        (draw_boxes(*FIVE, paper=30, ink=10), ValueError, "take it in more light"),
        (draw_boxes(*ONE_ONE), ValueError, "there are several: crop it to one"),
        *[
            (
                draw_boxes((20, 100, middle, 114), (middle + 20, 100, 220, 114)),
                ValueError,
                "several",
            )
            for middle in (100, 120)  # one above the other
        ],
        (draw_boxes((60, 60, 180, 74), (60, 140, 180, 160)), ValueError, "several"),
        (draw_boxes(*FIVE, (60, 200, 180, 212), (60, 200, 72, 240)), ValueError, "leave a margin"),
        (draw_boxes((100, 40, 115, 200)), ValueError, "crop or turn it"),
        (draw_boxes((150, 100, 240, 115)), ValueError, "leave a margin"),
        (draw_boxes((100, 100, 180, 112), (150, 0, 162, 180)), ValueError, "leave a margin"),
        (PIL.Image.fromarray(np.full((9, 9), np.nan, np.float32)), ValueError, "finite"),
        (PIL.Image.fromarray(np.full((9, 9), -1, np.int32)), ValueError, "from 0"),
        (PIL.Image.fromarray(np.full((9, 9), 70_000, np.int32)), ValueError, "65,535"),
    ],
)
def test_bad_pictures_are_refused(picture, kind, words):
    with pytest.raises(kind, match=r"^picture must") as error:
        preprocessing.prepare_digit(picture)
    assert words in str(error.value)


def test_a_file_that_is_no_image_is_refused(tmp_path):
    (tmp_path / "notes.png").write_text("not an image")
    with pytest.raises(ValueError, match=r"must be an image, and .* export it as JPEG or PNG"):
        preprocessing.prepare_digit(tmp_path / "notes.png")
    for name in ("photo.HEIC", "photo.heif"):
        (tmp_path / name).write_bytes(b"\0\0\0\x18ftypheic")
        with pytest.raises(ValueError, match="is a HEIC photo: export it as JPEG or PNG"):
            preprocessing.prepare_digit(tmp_path / name)


def test_a_scan_of_64_bits_is_refused(tmp_path):
    tags = {256: 2, 257: 2, 258: 64, 259: 1, 262: 1, 273: 122, 277: 1, 278: 2, 279: 32, 339: 3}
    entries = b"".join(struct.pack("<HHLL", tag, 4, 1, value) for tag, value in tags.items())
    header = b"II*\0" + struct.pack("<LH", 8, len(tags)) + entries
    (tmp_path / "scan.tif").write_bytes(header + bytes(64))
    with pytest.raises(ValueError, match="export it as JPEG or PNG"):
        preprocessing.prepare_digit(tmp_path / "scan.tif")


def test_too_many_pixels_are_refused_before_they_are_read(tmp_path):
    PIL.Image.new("1", (12_000, 12_000), 1).save(tmp_path / "blank.png")
    wanted = "at most 64,000,000 pixels, got 12000 x 12000: save it smaller"
    with pytest.warns(PIL.Image.DecompressionBombWarning):
        for picture in (tmp_path / "blank.png", PIL.Image.open(tmp_path / "blank.png")):
            with pytest.raises(ValueError, match=wanted):
                preprocessing.prepare_digit(picture)


def test_ink_is_not_looked_for_without_end():
    gray = np.ones((60, 60))
    gray[3, 3] = np.nan
    with pytest.raises(ValueError, match="gray must hold finite numbers"):
        preprocessing.find_ink(gray)

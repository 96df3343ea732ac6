"""A picture is prepared as MNIST was: scaled to 20 pixels and centred by its mass of ink."""

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


def test_an_mnist_digit_comes_back_as_it_was():
    (x_train, _), _ = data.load_mnist()
    likeness = [
        np.corrcoef(preprocessing.prepare_digit(np.uint8(255 - digit)).ravel(), digit.ravel())[0, 1]
        for digit in x_train[:200]
    ]
    # A faint pixel dropped at the rim can shrink the box and move a few digits by one pixel.
    assert np.percentile(likeness, 5) > 0.99


@settings(deadline=None, max_examples=50)
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
    with pytest.raises(ValueError, match="must be an image, and"):
        preprocessing.prepare_digit(tmp_path / "notes.png")


def test_a_centering_offset_puts_the_centre_of_mass_on_the_centre_of_the_field():
    assert preprocessing.centering_offset(np.ones(3)) == preprocessing.CENTER_PIXEL - 1
    assert (
        preprocessing.centering_offset(np.array([0, 0, 0, 1.0])) == preprocessing.CENTER_PIXEL - 3
    )
    # A digit as large as the field stays in it.
    assert preprocessing.centering_offset(np.arange(28.0)) == 0

"""A photo that is chosen or dropped is read in the page, as `prepare_digit` reads it."""

import base64
import io

import numpy as np
import PIL.Image
import pytest
from playing import clear, place, wait_for_answer

from cnnbook import data, preprocessing

pytestmark = pytest.mark.in_both

GRAY_LEVELS = 3  # sums in another order, and rounding twice, may differ by so much

READ = """async ([text, name]) => {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  try {
    const { gray, width, height } = await cnnbook.prepare.readGray(new File([bytes], name));
    const { pixels } = cnnbook.prepare.prepare(gray, width, height);
    return Array.from(pixels, (value) => Math.round(255 * value));
  } catch (error) {
    return error.message;
  }
}"""


def paper(side=400, light=(225, 225), noise=0.0, lines=0) -> np.ndarray:
    """Paper under light that falls off from left to right, perhaps ruled."""
    gray = np.tile(np.linspace(*light, side), (side, 1))
    if lines:
        gray[lines // 2 :: lines] *= 0.8
    return gray + np.random.default_rng(0).normal(0, noise, gray.shape)


def write(gray: np.ndarray, digit: np.ndarray, side: int, left: int, top: int, ink=0.27):
    """Write a digit of MNIST on it: ink leaves this share of the light."""
    large = PIL.Image.fromarray(digit).resize((side, side), PIL.Image.Resampling.BICUBIC)
    result = gray.copy()
    result[top : top + side, left : left + side] *= 1 - (1 - ink) * np.asarray(large) / 255
    return result


def as_file(gray: np.ndarray, kind="PNG", **options) -> bytes:
    memory = io.BytesIO()
    PIL.Image.fromarray(np.uint8(gray.clip(0, 255).round())).save(memory, kind, **options)
    return memory.getvalue()


def photos() -> dict[str, bytes]:
    _, (images, _) = data.load_mnist()
    seven, two = images[0], images[1]
    note = PIL.Image.Exif()
    note[0x0112] = 6
    clean = write(paper(), two, 240, 100, 60)
    return {
        "clean": as_file(clean),
        "small": as_file(write(paper(120), seven, 60, 30, 20)),
        "large": as_file(np.kron(clean, np.ones((5, 5)))),
        "uneven": as_file(write(paper(light=(230, 110), noise=4), seven, 220, 90, 90)),
        "pencil, ruled": as_file(write(paper(noise=3, lines=50), two, 260, 60, 60, ink=0.6)),
        "chalk": as_file(255 - clean + np.random.default_rng(1).normal(0, 3, clean.shape)),
        "sideways": as_file(np.rot90(clean), "JPEG", exif=note, quality=95),
        "blank": as_file(paper(noise=3)),
        "nearly black": as_file(0.1 * clean),
        "two digits": as_file(write(write(paper(), two, 180, 10, 90), seven, 180, 210, 90)),
        "cut by the edge": as_file(clean[:, 230:]),
        "on its side": as_file(np.pad(paper()[:40, :300] * 0.3, 50, constant_values=225)),
    }


PHOTOS = photos()


@pytest.mark.parametrize("name", PHOTOS)
def test_the_page_prepares_a_photo_as_the_book_does(page, tmp_path, name):
    assert page.url.startswith("file://")
    file = tmp_path / f"{name}.{'jpg' if PHOTOS[name][:2] == bytes([255, 216]) else 'png'}"
    file.write_bytes(PHOTOS[name])
    in_page = page.evaluate(READ, [base64.b64encode(PHOTOS[name]).decode(), file.name])
    try:
        expected = preprocessing.prepare_digit(file)
    except ValueError as error:
        assert in_page == str(error)
    else:
        np.testing.assert_allclose(in_page, expected.ravel().astype(int), atol=GRAY_LEVELS)


def test_refusals_and_digits_are_both_among_the_photos():
    refused = set()
    for content in PHOTOS.values():
        try:
            preprocessing.prepare_digit(PIL.Image.open(io.BytesIO(content)))
        except ValueError as error:
            refused.add(str(error))
    assert len(refused) == 5


def test_a_photo_is_chosen_read_and_told(page):
    # By its name and by keys: the input itself takes the focus.
    chooser = page.get_by_label("Read a photo")
    chooser.focus()
    assert chooser.evaluate("(node) => node === document.activeElement")
    chooser.set_input_files(
        {"name": "mine.png", "mimeType": "image/png", "buffer": PHOTOS["uneven"]}
    )
    told = page.locator(".cb-photo-row [role=status]")
    told.get_by_text("A digit was found in mine.png").wait_for()
    wait_for_answer(page, 7)
    assert page.locator(".cb-photo").is_visible()
    assert page.locator(".cb-answer .cb-note").inner_text().endswith("% sure")
    assert [url for url in page.requests if not url.startswith(("file:", "data:", "blob:"))] == []
    # A link does not carry it, and what comes next puts it away.
    assert (
        page.evaluate("() => JSON.parse(atob(cnnbook.playground.toLink().split('#play=')[1])).i")
        == 0
    )
    place(page, "typical", 3)
    assert page.locator(".cb-photo").is_hidden()
    wait_for_answer(page, 3)


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("two digits", "The picture must show one digit, and there are several: crop it to one."),
        ("mine.heic", "mine.heic is a HEIC photo: export it as JPEG or PNG."),
        ("scan.tif", "scan.tif is not one that can be read: export it as JPEG or PNG."),
    ],
)
def test_what_cannot_be_read_is_said_and_no_answer_stays(page, file, words):
    content = PHOTOS.get(file, b"\0\0\0\x18ftypheic")
    page.get_by_label("Read a photo").set_input_files(
        {"name": file, "mimeType": "application/octet-stream", "buffer": content}
    )
    page.locator(".cb-photo-row [role=status]").get_by_text(words).wait_for()
    wait_for_answer(page, "?")


def test_a_photo_is_dropped_anywhere_on_the_network(page):
    clear(page)
    text = base64.b64encode(PHOTOS["clean"]).decode()
    page.evaluate(
        """text => {
        const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
        const dataTransfer = new DataTransfer();
        dataTransfer.items.add(new File([bytes], "dropped.png", { type: "image/png" }));
        const pad = document.querySelector(".cb-pad");
        for (const type of ["dragover", "drop"]) {
          const event = new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true });
          pad.dispatchEvent(event);
          if (!event.defaultPrevented) throw new Error(`${type} would leave the page`);
        } }""",
        text,
    )
    wait_for_answer(page, 2)

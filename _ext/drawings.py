"""Pictures as small as they look: lean SVG, packed pixels.

A figure comes out of its cell as SVG with six decimals a coordinate, and with its photographs and
maps as PNG. Here each is written anew when the book is built: what is drawn stays drawn, pixels
become WebP, without loss where it costs little, else with one that is not seen. What has been
packed once is kept.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import io
import pathlib
import re

import execution
from PIL import Image

STORE = execution.ROOT / "_build" / "light"
VERSION = "7"  # a new one packs everything again
LOSSLESS_BYTES = 4000  # up to here nothing is won that would be worth a change
QUALITY = 82
DATA = re.compile(r'data:image/(?:png|jpe?g);base64,([^"]*)')
NUMBER = re.compile(r"-?\d+\.\d+")
# An em of 4096 units: an eighth of them is finer than any screen.
LETTER = re.compile(r'd="([^"]*)" transform="scale\(0\.015625\)"')
USED_NAME = re.compile(r'(?:(?<=href="#)|(?<=url\(#))[^")]+')
UNITS = {"": 1, "px": 1, "pt": 4 / 3}


def packed(image: Image.Image, lossy: bool = False) -> bytes:
    """Write pixels as WebP: each of them where that is small, else as a photograph."""

    def written(**options) -> bytes:
        with io.BytesIO() as file:
            image.save(file, "WEBP", method=4, **options)
            return file.getvalue()

    image = image.convert("RGBA" if image.mode in {"RGBA", "LA", "P"} else "RGB")
    if image.mode == "RGBA" and image.getextrema()[3] == (255, 255):
        image = image.convert("RGB")
    exact = b"" if lossy else written(lossless=True, quality=75)
    if exact and (len(exact) <= LOSSLESS_BYTES or image.mode == "RGBA"):
        return exact
    near = written(quality=QUALITY - 6 if lossy else QUALITY)  # these come as JPEG, at 2x
    return near if lossy or len(near) < 0.6 * len(exact) else exact


def _packed_data(found: re.Match) -> str:
    raw = base64.b64decode(re.sub(r"\s", "", found[1]))
    with Image.open(io.BytesIO(raw)) as image:
        smaller = packed(image)
    if len(smaller) >= len(raw):
        return re.sub(r"\s", "", found[0])
    return f"data:image/webp;base64,{base64.b64encode(smaller).decode()}"


def _short(number: float) -> str:
    """Write a number of hundredths: a point is two to three pixels of a dense screen."""
    text = f"{number / 100:.2f}".rstrip("0").rstrip(".")
    return text.replace("0.", ".", 1) if text.lstrip("-").startswith("0.") else text


def _hundredths(text: str, unit: int = 0) -> int:
    """Round a number to hundredths, or to so many of a unit."""
    return 100 * round(float(text) / unit) if unit else round(100 * float(text))


def _short_numbers(text: str) -> str:
    return NUMBER.sub(lambda found: _short(_hundredths(found[0])), text)


def short_path(path: str, unit: int = 0) -> str:
    """Write a path from point to point, each as seen from the one before."""
    parts = re.findall(r"[A-Za-z]|-?[\d.]+(?:e-?\d+)?", path)
    if set(re.findall(r"[A-Za-z]", re.sub(r"e-?\d", "", path))) - set("MLQCZz"):
        return path  # not one of Matplotlib's
    written, place, here, start, last = [], 0, (0, 0), (0, 0), ""
    while place < len(parts):
        if parts[place].isalpha():
            command, place = parts[place].lower(), place + 1
        if command == "z":
            written.append("z")
            here, last = start, "z"
            continue
        many = {"m": 1, "l": 1, "q": 2, "c": 3}[command]
        numbers = [_hundredths(number, unit) for number in parts[place : place + 2 * many]]
        place += 2 * many
        points = list(zip(numbers[::2], numbers[1::2], strict=True))
        steps = [
            _short(now - before)
            for point in points
            for now, before in zip(point, here, strict=True)
        ]
        written.append(_joined(steps, "" if command == last else command))
        here, last = points[-1], command
        if command == "m":
            start = here
            command = last = "l"  # what follows without a letter is a line
    return "".join(written)


def _joined(numbers: list[str], command: str) -> str:
    """Put numbers behind each other with a space only where one is needed."""
    text = command
    for number in numbers:
        text += number if text[-1:].isalpha() or number.startswith("-") else f" {number}"
    return text


def _without_bare_groups(svg: str) -> str:
    """Take away groups that say nothing about what is in them."""
    kept, said = [], []
    for part in re.split(r"(</?g\b[^>]*>)", svg):
        if part == "<g>":
            said.append(False)
        elif part.startswith("<g ") and not part.endswith("/>"):
            said.append(True)
            kept.append(part)
        elif part == "</g>":
            if said.pop():
                kept.append(part)
        elif part != "<g/>":
            kept.append(part)
    return "".join(kept)


def lean(svg: str) -> str:
    """Write an SVG without what is not seen, its numbers short and its pixels packed."""
    svg = re.sub(r"<\?xml.*?\?>|<!DOCTYPE.*?>|<!--.*?-->", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = DATA.sub(_packed_data, svg)
    svg = LETTER.sub(lambda f: f'd="{short_path(f[1], 8)}" transform="scale(.125)"', svg)
    svg = re.sub(r'(\sd=)"([^"]*)"', lambda found: f'{found[1]}"{short_path(found[2])}"', svg)
    svg = re.sub(r'(\s(?:x|y)=)"([^"]*)"', lambda f: f'{f[1]}"{_short_numbers(f[2])}"', svg)
    svg = re.sub(r'(\sstyle=)"([^"]*)"', lambda f: f'{f[1]}"{_lean_style(f[2])}"', svg)
    svg = re.sub(r'\sxmlns:xlink="[^"]*"', "", svg).replace("xlink:href=", "href=")
    svg = re.sub(r"(?<=translate\()[^)]*(?=\))", lambda found: _short_numbers(found[0]), svg)
    svg = re.sub(
        r'(<use href="[^"]*") transform="translate\((-?[\d.]+)(?: 0)?\)"',
        lambda found: f'{found[1]} x="{_short_numbers(found[2])}"',
        svg,
    )
    # Notebooks show drawings in one document: two must not use the same name.
    names, own = {}, hashlib.sha256(svg.encode()).hexdigest()[:4]
    for name in USED_NAME.findall(svg):
        names.setdefault(name, f"_{own}{len(names)}")
    svg = re.sub(r' +id="([^"]*)"', lambda f: f' id="{names[f[1]]}"' if f[1] in names else "", svg)
    svg = USED_NAME.sub(lambda found: names[found[0]], svg)
    svg = _without_said_twice(svg)
    # Space counts between words of a text alone, and these figures have their letters as outlines.
    if "<text" not in svg:
        svg = _without_bare_groups(re.sub(r">\s+<", "><", svg))
    return re.sub(r"\s*\n\s*", " ", svg).strip() + "\n"


def _without_said_twice(svg: str) -> str:
    """Take away from where a mark is used what its outline says of its look in any case."""
    looks = {
        name: set(style.split(";"))
        for name, style in re.findall(r'<path id="([^"]+)" d="[^"]*" style="([^"]*)"', svg)
    }

    def shortened(found: re.Match) -> str:
        left = [part for part in found[3].split(";") if part not in looks.get(found[2], set())]
        return f'{found[1]} style="{";".join(left)}"' if left else found[1]

    return re.sub(r'(<use href="#([^"]+)"[^>]*?) style="([^"]*)"', shortened, svg)


def _lean_style(style: str) -> str:
    style = re.sub(r"([:;,])\s+", r"\1", style)
    return re.sub(r"#(\w)\1(\w)\2(\w)\3(?!\w)", r"#\1\2\3", style)


@functools.cache
def _size(file: pathlib.Path, changed: int) -> tuple[int, int] | None:
    if file.suffix != ".svg":
        with Image.open(file) as image:
            return image.size
    head = re.search(r"<svg\b[^>]*>", file.read_text(encoding="utf-8"))
    sides = head and [
        re.search(rf'\b{name}="([\d.]+)(px|pt|)"', head[0]) for name in ("width", "height")
    ]
    if not sides or not all(sides):
        return None
    width, height = (round(float(side[1]) * UNITS[side[2]]) for side in sides)
    return width, height


def size(file: pathlib.Path) -> tuple[int, int] | None:
    """Return a picture's width and height in pixels, or None where it does not say."""
    return _size(file, file.stat().st_mtime_ns) if file.is_file() else None


def packed_copy(contents: bytes, suffix: str, source: str = "") -> bytes:
    """Return the packed copy of a picture; make it where there is none yet."""
    digest = hashlib.sha256(VERSION.encode() + contents).hexdigest()
    kept = STORE / f"{digest}{suffix}"
    if not kept.is_file():
        STORE.mkdir(parents=True, exist_ok=True)
        if suffix == ".svg":
            written = lean(contents.decode("utf-8")).encode("utf-8")
        else:
            with Image.open(io.BytesIO(contents)) as image:
                written = packed(image, lossy=source != ".png")
        unfinished = kept.with_suffix(".tmp")
        unfinished.write_bytes(written)
        unfinished.replace(kept)
    return kept.read_bytes()


def pack(out: pathlib.Path) -> None:
    """Put the packed copy in the place of each picture of the pages."""
    for file in sorted((out / "_images").glob("*")):
        contents = file.read_bytes()
        if file.suffix == ".svg":
            if b"<metadata>" in contents:  # what has been packed has none
                file.write_bytes(packed_copy(contents, ".svg"))
        elif file.suffix in {".png", ".jpg", ".jpeg"}:
            file.with_suffix(".webp").write_bytes(packed_copy(contents, ".webp", file.suffix))
            file.unlink()

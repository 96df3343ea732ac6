"""Read recorded voices from their packages, and store the part that comes with the book.

    CNNBOOK_VOICES=<folder> python -m benchmarks.audio.collect

The folder holds, unpacked, each in a folder of its name: the Debian packages of `PACKAGES`
(`dpkg-deb -x`); asterisk-core-sounds-en, -es, -fr and -it, which hold what is said, in writing; and
the repository free-spoken-digit-dataset by Jakobovski, whose recordings are read by `digits` and
not stored.
"""

import functools
import gzip
import os
import pathlib
import re
import subprocess
import zlib
from typing import NamedTuple

import numpy as np
import scipy.io.wavfile

from cnnbook.audio import speech
from cnnbook.audio.speech import Recording

FOLDER = pathlib.Path(os.environ.get("CNNBOOK_VOICES", "_build/voices"))


class Package(NamedTuple):
    """Whose voice a package has, in which language, and where."""

    person: str
    language: str
    package: str
    folder: str


PACKAGES = (
    Package("Allison", "en", "asterisk-core-sounds-en-wav", "en_US_f_Allison"),
    Package("Allison", "es", "asterisk-core-sounds-es-wav", "es_MX_f_Allison"),
    Package("June", "fr", "asterisk-core-sounds-fr-wav", "fr_CA_f_June"),
    Package("Carlo", "it", "asterisk-core-sounds-it-wav", "it_IT_m_Carlo"),
    Package("Ivrvoice", "ru", "asterisk-core-sounds-ru-wav", "ru_RU_f_IvrvoiceRU"),
    Package("Paola", "it", "asterisk-prompt-it-menardi-wav", "it_IT_f_Menardi"),
    Package("Armelle", "fr", "asterisk-prompt-fr-armelle", "fr"),
    Package("July", "es", "asterisk-prompt-es-co", "es"),
)
PHRASES = 5  # of each package that come with the book
PEOPLE = ("george", "jackson", "lucas", "nicolas", "theo", "yweweler")  # who say digits


def trim(sound: np.ndarray, below_db: float = 40) -> np.ndarray:
    """Cut off what is quieter, at both ends, than the loudest 10 ms by so many decibels."""
    parts = np.array_split(sound, max(1, len(sound) // 80))
    level = np.array([np.mean(np.square(part)) for part in parts])
    loud = np.flatnonzero(level > level.max() * 10 ** (-below_db / 10))
    return np.concatenate(parts[loud[0] : loud[-1] + 1])


def read(file: pathlib.Path) -> np.ndarray:
    """Read a WAV file, or a GSM one by way of the program sox."""
    if file.suffix == ".gsm":
        raw = subprocess.run(
            ["sox", file, "-t", "raw", "-e", "signed", "-b", "16", "-"],
            check=True,
            capture_output=True,
        ).stdout
        sound = np.frombuffer(raw, "<i2")
    else:
        rate, sound = scipy.io.wavfile.read(file)
        if rate != 8000:
            raise ValueError(f"{file} must have 8000 samples a second, got {rate}.")
    return sound.astype(np.float32) / 32768


def voice(package: Package) -> list[Recording]:
    """Read all that a voice says: recordings named as their files, without silence and beeps."""
    folder = FOLDER / package.package / "usr/share/asterisk/sounds" / package.folder
    files = [file for file in sorted(folder.rglob("*.*")) if file.suffix in (".wav", ".gsm")]
    if not files:
        raise FileNotFoundError(f"{folder} must hold the package {package.package}, unpacked.")
    found = []
    for file in files:
        said = file.relative_to(folder).with_suffix("").as_posix()
        if not any(word in said for word in ("silence", "beep", "tone", "tt-monkeys")):
            sound = read(file)
            if len(sound) > 800 and np.abs(sound).max() > 0.01:
                found.append(Recording(package.person, package.language, said, trim(sound)))
    return found


@functools.cache
def prompts(package: Package) -> list[Recording]:
    """Return all that a voice says, in the 8 bits that come with the book; read once, then kept."""
    kept = FOLDER / f"{package.package}.npz"
    if not kept.exists():
        store(kept, voice(package))
    return speech.load(kept)


def store(file: pathlib.Path, recordings: list[Recording]) -> None:
    """Write recordings as `speech.load` reads them."""
    codes = [encode(recording.sound) for recording in recordings]
    rows = np.array([recording[:3] for recording in recordings])
    ends = np.cumsum([len(code) for code in codes])
    np.savez_compressed(file, samples=np.concatenate(codes), ends=ends, rows=rows)


def digits() -> dict[tuple[str, int, int], np.ndarray]:
    """Return the Free Spoken Digit Dataset: a sound for each person, digit and number."""
    folder = FOLDER / "free-spoken-digit-dataset/recordings"
    files = sorted(folder.glob("*.wav"))
    if len(files) != 3000:
        raise FileNotFoundError(f"{folder} must hold 3000 recordings, got {len(files)}.")
    found = {}
    for file in files:
        digit, person, number = file.stem.split("_")
        found[person, int(digit), int(number)] = read(file)
    return found


STEMS = (
    [f"digits/{number}" for number in (*range(20), *range(20, 100, 10))]
    + [f"digits/{name}" for name in ("hundred", "thousand", "million")]
    + [f"digits/day-{number}" for number in range(7)]
    + [f"digits/mon-{number}" for number in range(12)]
    + [f"digits/{name}" for name in ("today", "tomorrow", "yesterday")]
)

WHOLE = (  # for texts.py, chosen for what they say before a network was asked
    *("dir-welcome", "conf-lockednow", "demo-echodone", "info-about-last-call"),
    *("vm-tooshort", "vm-undelete", "confbridge-invalid", "tt-weasels"),
)


def is_held(said: str) -> bool:
    """Say whether what is said is among the fifth that no network learns from."""
    return zlib.crc32(said.encode()) % 5 == 0


@functools.cache
def texts(language: str) -> dict[str, str]:
    """Return what the recordings of a language say, by their names: words of small letters."""
    name = f"asterisk-core-sounds-{language}"
    file = FOLDER / name / f"usr/share/doc/{name}/core-sounds-{language}.txt.gz"
    found = {}
    for line in gzip.decompress(file.read_bytes()).decode("utf-8-sig").splitlines():
        said, _, text = line.partition(":")
        words = re.findall(r"\w+", re.sub(r"\[.*?\]", "", text).lower())
        if words and not line.startswith(";"):
            found.setdefault(said, " ".join(words))  # Spanish has two lines for zero
    return found


def phrases(package: Package) -> list[Recording]:
    """Return what a voice says that lasts for a second or more."""
    return [x for x in prompts(package) if len(x.sound) >= 8000 and x.said not in STEMS]


def encode(sound: np.ndarray) -> np.ndarray:
    """Return 8 bits a sample, the inverse of `speech.decode`, the loudest sample being 1."""
    sound = sound / np.abs(sound).max()
    level = np.sign(sound) * np.log1p(255 * np.abs(sound)) / np.log(256)
    return np.round(127.5 * (level + 1)).astype(np.uint8)


def main() -> None:
    """Store words and sentences of Allison's, digits of all, and held phrases of each voice."""
    chosen = []
    for package in PACKAGES:
        if package.person == "July":  # under the GPL
            continue
        some = [x for x in phrases(package) if is_held(x.said) and 16000 <= len(x.sound) <= 32000]
        chosen += [some[number * len(some) // PHRASES] for number in range(PHRASES)]
        spoken = {x.said: x for x in prompts(package)}
        stems = {"en": [*STEMS, *WHOLE], "ru": []}.get(package.language, STEMS[:10])
        chosen += [spoken[said] for said in stems if said in spoken]
    file = pathlib.Path(speech.__file__).parent / "speech.npz"
    store(file, chosen)
    seconds = sum(len(recording.sound) for recording in chosen) / 8000
    print(f"{len(chosen)} recordings, {seconds:.0f} s, {file.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()

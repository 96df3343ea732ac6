"""Find what the preparation of a drawing is worth, step by step, on validation digits.

    python -m benchmarks.playground.preparation

Validation digits become strokes (pen_strokes.py), each at a place and size of its own and turned
by up to 15 degrees, and playground/normalize.js prepares them. Three steps are switched on in all
eight ways: filled loops are opened before a digit is drawn, strokes are drawn a little wider and
softer, and set upright. Between the two pens lie two more, with the two other steps on. The
article's network is the stored one; the faster one is trained here, on the same 55,000 digits, so
that neither has seen these. Nothing is read from the test digits.
"""

from __future__ import annotations

import base64
import itertools
import pathlib

import numpy as np

from benchmarks import chromium, results, sweep
from benchmarks.playground import pen_strokes
from cnnbook import data

SCRIPT = pathlib.Path(__file__).parents[2] / "playground" / "normalize.js"
SEED = 0
STEPS = ("loops", "stroke", "upright")
# The pen before and after, and between: pixels of 28 wide, over how many its edge fades.
BEFORE, AFTER = (2.2, 1.2), (2.4, 1.6)
PENS = [(2.2, 1.6), (2.4, 1.2)]

PREPARE = """([digits, options]) => {
  const pixels = new Float32Array(digits.length * 784);
  digits.forEach((strokes, i) => {
    const flat = strokes.map((stroke) => stroke.flat());
    pixels.set(cnnbook.drawing.fromStrokes(flat, 280, options).pixels, 784 * i);
  });
  const bytes = new Uint8Array(pixels.buffer);
  let text = "";
  for (let i = 0; i < bytes.length; i += 8192) {
    text += String.fromCharCode(...bytes.subarray(i, i + 8192));
  }
  return btoa(text);
}"""


def prepare(page, digits: list, pen: tuple[float, float], upright: bool) -> np.ndarray:
    """Return what a network receives of drawn digits, float32 (N, 28, 28, 1)."""
    options = {"stroke": pen[0], "softness": pen[1], "upright": upright}
    parts = [
        page.evaluate(PREPARE, [digits[first : first + 500], options])
        for first in range(0, len(digits), 500)
    ]
    pixels = [np.frombuffer(base64.b64decode(part), np.float32) for part in parts]
    return np.concatenate(pixels).reshape(-1, 28, 28, 1)


def compare(right: np.ndarray, before: np.ndarray) -> dict:
    """Count the digits that only one of two ways reads right; the exact test of McNemar (1947)."""
    import scipy.stats

    gained, lost = int((right & ~before).sum()), int((before & ~right).sum())
    p = scipy.stats.binomtest(gained, gained + lost).pvalue if gained + lost else 1.0
    return {"gained": gained, "lost": lost, "p": float(f"{p:.2g}")}


def main() -> None:
    """Prepare in all ways, read, compare, store."""
    sweep.one_thread()
    from cnnbook import classifiers, models

    (x_train, y_train), _ = data.load_mnist()
    (x_fit, y_fit), (images, labels) = data.split_validation(x_train, y_train, 5000, seed=0)
    fast = classifiers.train(classifiers.FAST, data.scale_pixels(x_fit), y_fit, seed=SEED)
    networks = {"article": models.stored_article_network(), "faster": fast}

    def read(pixels):
        guessed = {n: m.predict(pixels, batch_size=500, verbose=0) for n, m in networks.items()}
        return {name: answers.argmax(axis=1) == labels for name, answers in guessed.items()}

    def shares(right):
        return {name: round(float(each.mean()), 4) for name, each in right.items()}

    digits = {loops: pen_strokes.strokes_of(images, loops) for loops in (False, True)}
    drawn = {loops: pen_strokes.placed(each, "middle", SEED) for loops, each in digits.items()}
    straight = [[(10 * stroke).tolist() for stroke in each] for each in digits[False]]
    found, read_right = {"untouched": shares(read(data.scale_pixels(images)))}, {}
    with chromium.launched() as browser:
        page = browser.new_page()
        page.add_script_tag(path=str(SCRIPT))
        found["redrawn, neither turned nor moved"] = shares(
            read(prepare(page, straight, BEFORE, upright=False))
        )
        for on in itertools.product((False, True), repeat=3):
            loops, stroke, upright = on
            pixels = prepare(page, drawn[loops], AFTER if stroke else BEFORE, upright)
            read_right[on] = read(pixels)
            print(on, shares(read_right[on]), flush=True)
        pens = {pen: shares(read(prepare(page, drawn[True], pen, upright=True))) for pen in PENS}
    none, every = read_right[False, False, False], read_right[True, True, True]
    pens |= {BEFORE: shares(read_right[True, False, True]), AFTER: shares(every)}
    ways = []
    for on, right in read_right.items():
        without = {name: compare(each, none[name]) for name, each in right.items()}
        against = {name: compare(every[name], each) for name, each in right.items()}
        ways.append(
            {
                "steps": [step for step, used in zip(STEPS, on, strict=True) if used],
                "read_right": shares(right),
                "against_none": without,
                "all_against_it": against,
            }
        )
    results.save(
        "playground/preparation",
        {
            "digits": len(labels),
            "seed": SEED,
            "pen_before": BEFORE,
            "pen_after": AFTER,
            **found,
            "ways": ways,
            "pens": [{"width": w, "softness": s, **r} for (w, s), r in sorted(pens.items())],
        },
    )


if __name__ == "__main__":
    main()

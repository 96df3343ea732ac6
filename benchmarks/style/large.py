"""Paint a portrait and a landscape, 512 pixels high, and keep photographs and paintings as WebP.

The losses are those of the chapter, and so is the search: small first, then larger.
"""

from __future__ import annotations

import time

import numpy as np
import PIL.Image
import skimage.data

from benchmarks import results, sweep
from cnnbook import style
from cnnbook.applications import painting

SIDE, HEIGHTS, EVALUATIONS = 512, (128, 256, 512), (40, 25, 20)
# What keeping the content and what smoothness count, chosen by eye on paintings of 256 pixels.
WEIGHTS = {"portrait": (0.3, 3.0), "landscape": (0.2, 4.0)}
QUALITY = 70


def pictures(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Return a photograph, and the picture whose style is wanted."""
    if name == "portrait":
        content, wanted = skimage.data.astronaut() / 255, painting.brush_strokes(SIDE, SIDE, 0)
    else:
        content = painting.photograph("china", SIDE)
        wanted = skimage.data.immunohistochemistry() / 255
    return painting.resize(content, SIDE), painting.resize(wanted, SIDE)


def keep(name: str, picture: np.ndarray) -> int:
    """Store a picture, and return its bytes."""
    file = results.STORED / "style" / f"{name}.webp"
    PIL.Image.fromarray(np.uint8(255 * picture + 0.5)).save(file, quality=QUALITY, method=6)
    return file.stat().st_size


def paint(setting: dict) -> dict:
    """Paint one picture, and return its losses."""
    name = setting["name"]
    content, wanted = pictures(name)
    content_weight, smoothness_weight = WEIGHTS[name]
    options = {"content_weight": content_weight, "smoothness_weight": smoothness_weight}
    network, began = painting.vgg_features("edges"), time.process_time()
    picture, history = style.transfer(network, content, wanted, HEIGHTS, EVALUATIONS, **options)
    seconds = time.process_time() - began
    losses = painting.make_losses(network, content, wanted, **options)
    before, after = (
        {key: round(float(part), 5) for key, part in losses(one).items()}
        for one in (content, picture)
    )
    return {
        "bytes": {
            "photograph": keep(f"{name}-photograph", content),
            "painted": keep(f"{name}-painted", picture),
        },
        "shape": picture.shape,
        "weights": options,
        "before": before,
        "after": after,
        "edges_kept": round(painting.edges_kept(picture, content), 4),
        "evaluations": len(history),
        "seconds": round(seconds, 1),
    }


def main() -> None:
    """Paint both, one after the other."""
    runs = sweep.run_all(paint, [{"name": name} for name in WEIGHTS], processes=1)
    recipe = {"heights": HEIGHTS, "evaluations": EVALUATIONS, "quality": QUALITY}
    results.save("style/large", {"recipe": recipe, "pictures": runs})


if __name__ == "__main__":
    main()

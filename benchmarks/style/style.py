"""Paint the temple in several styles, with several networks and settings, and keep the pictures.

Each seed has a painting of its own, which all networks and settings share, and the seed of random
or trained networks. Two rulers that no network has a part in score each picture: how far its
patches are from those of the style, and how much of the content's edges it keeps.
"""

from __future__ import annotations

import base64
import io
import time

import keras
import numpy as np
import PIL.Image
import tensorflow as tf

from benchmarks import results, sweep
from cnnbook import style
from cnnbook.applications import painting

HEIGHT = 128
FULL_EVALUATIONS, EVALUATIONS = (50, 25), 40
SEEDS = range(3)
# The pictures of the chapter, at full size, and what keeping the content counts in each.
FULL = {"flower": 0.2, "strokes": 0.2}
NETWORKS = ("edges", "random", "narrow", "scales", "own")
# What keeping the content counts, and what smoothness does: for each network the best of two or
# three settings, by eye, on the painting of seed 0; "narrow" and "own" have those of "random".
NETWORK_WEIGHTS = {
    "edges": (0.2, 2.0),
    "random": (0.2, 0.02),
    "narrow": (0.2, 0.02),
    "scales": (0.01, 0.1),
    "own": (0.2, 0.02),
}
SETTINGS = ("style conv1_1", "content conv2_2", "max pooling")
OWN_SHARE, OWN_STEPS = 0.25, 300
SIDES = (3, 5, 7, 11, 15, 23)  # of random filters, in pixels


def style_picture(name: str, seed: int = 0):
    """Return the picture whose style is wanted."""
    if name == "strokes":
        return painting.brush_strokes(256, 384, seed)
    return painting.photograph(name)


def to_text(picture) -> str:
    """Return a picture as a JPEG file in base64, which `painting.from_text` reads."""
    file = io.BytesIO()
    PIL.Image.fromarray(np.uint8(255 * picture + 0.5)).save(file, "JPEG", quality=85)
    return base64.b64encode(file.getvalue()).decode("ascii")


def scales_network(seed: int):
    """Build one layer of random filters of several sizes, 24 each, side by side.

    The output is a dictionary: "side3" and so on to the maps of filters of that side. Each filter
    has the mean 0 and the length 1: it answers to differences, of colours or of places. After
    Ustyuzhaninov, Brendel, Gatys and Bethge (2016), "Texture Synthesis Using Shallow Convolutional
    Networks with Random Filters".
    """
    generator = np.random.default_rng(seed)
    pictures = keras.Input((None, None, 3))
    centered, outputs = 255.0 * pictures[..., ::-1] - np.float32(painting.MEANS), {}
    for side in SIDES:
        kernel = generator.uniform(-1, 1, size=(side, side, 3, 24))
        kernel -= kernel.mean(axis=(0, 1, 2))
        kernel /= np.sqrt((kernel**2).sum(axis=(0, 1, 2)))
        layer = keras.layers.Conv2D(24, side, padding="same", activation="relu", use_bias=False)
        outputs[f"side{side}"] = layer(centered)
        layer.set_weights([kernel])
    return keras.Model(pictures, outputs)


def adam(losses, start, evaluations: int):
    """Look for the picture with Adam instead of L-BFGS, otherwise as `painting.optimise_image`."""
    picture, history = tf.Variable(start), []
    optimizer = keras.optimizers.Adam(0.02)

    @tf.function(autograph=False)
    def differentiate():
        with tf.GradientTape() as tape:
            parts = losses(tf.convert_to_tensor(picture))
            total = tf.add_n(list(parts.values()))
        return parts, tape.gradient(total, picture)

    for _ in range(evaluations):
        parts, gradient = differentiate()
        history.append({name: float(part) for name, part in parts.items()})
        optimizer.apply([gradient], [picture])
        picture.assign(tf.clip_by_value(picture, 0, 1))
    return picture.numpy(), history


def train_on_digits(seed: int):
    """Train narrow VGG features to read digits in dark ink on light paper of random colours."""
    generator = np.random.default_rng(seed)
    (x_fit, y_fit), (x_validation, y_validation) = sweep.digits(32 * OWN_STEPS)

    def in_colors(digits):
        """Give each digit a dark colour of ink and a light one of paper."""
        ink, paper = generator.uniform(0, 0.4, (2, len(digits), 1, 1, 3)).astype("float32")
        return (1 - paper) + (ink + paper - 1) * digits

    keras.utils.set_random_seed(seed)
    network = painting.vgg_features("random", seed, share=OWN_SHARE)
    network.trainable = True
    pooled = keras.layers.GlobalAveragePooling2D()(network.output["conv4_1"])
    # What all pictures have in common is large in an untrained network, and is taken away.
    pooled = keras.layers.BatchNormalization(momentum=0.9)(pooled)
    model = keras.Model(network.input, keras.layers.Dense(10)(pooled))
    model.compile(
        optimizer=keras.optimizers.Adam(1e-3),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    model.fit(in_colors(x_fit), y_fit, batch_size=32, verbose=0)
    _, accuracy = model.evaluate(in_colors(x_validation[:1000]), y_validation[:1000], verbose=0)
    network.trainable = False
    return network, accuracy


def options_for(group: str, name: str) -> dict:
    """Return what counts how much in a picture, for `painting.make_losses`."""
    if group == "full":
        return {"content_weight": FULL[name]}
    content, smoothness = NETWORK_WEIGHTS.get(name, NETWORK_WEIGHTS["edges"])
    options = {"content_weight": content, "smoothness_weight": smoothness}
    if name == "scales":
        options |= {
            "style_layers": [f"side{side}" for side in SIDES],
            "content_layer": "side7",
        }
    if name == "style conv1_1":
        options["style_layers"] = ("conv1_1",)
    if name == "content conv2_2":
        options["content_layer"] = "conv2_2"
    return options


def paint_one(group: str, name: str, seed: int) -> dict:
    """Paint one picture, score it, and return it with its losses."""
    keras.utils.clear_session()
    result, began = {"group": group, "name": name}, time.process_time()
    if name == "own":
        network, accuracy = train_on_digits(seed)
        result["validation_accuracy"] = round(float(accuracy), 4)
        result["training_seconds"] = round(time.process_time() - began, 1)
    elif name == "scales":
        network = scales_network(seed)
    elif name == "narrow":  # random as "random", and as narrow as "own"
        network = painting.vgg_features("random", seed, share=OWN_SHARE)
    else:
        pooling = "max" if name == "max pooling" else "average"
        network = painting.vgg_features("random" if name == "random" else "edges", seed, pooling)
    content = painting.photograph("china")
    wanted = style_picture(name if group == "full" else "strokes", seed)
    began, options = time.process_time(), options_for(group, name)
    if name == "Adam":
        small = painting.resize(content, HEIGHT)
        losses = painting.make_losses(network, small, painting.resize(wanted, HEIGHT), **options)
        picture, history = adam(losses, small, EVALUATIONS)
        history = [{"height": HEIGHT} | one for one in history]
    elif group == "full":
        heights = (HEIGHT, 2 * HEIGHT)
        picture, history = style.transfer(
            network, content, wanted, heights, FULL_EVALUATIONS, **options
        )
    else:
        picture, history = style.transfer(
            network, content, wanted, (HEIGHT,), (EVALUATIONS,), **options
        )
    seconds = time.process_time() - began
    content, wanted = (painting.resize(one, len(picture)) for one in (content, wanted))
    result |= {
        "patch_distance": round(style.patch_distance(picture, wanted), 5),
        "patch_distance_of_content": round(style.patch_distance(content, wanted), 5),
        "edges_kept": round(painting.edges_kept(picture, content), 4),
        "evaluations": len(history),
        "seconds": round(seconds, 1),
    }
    if seed == 0:
        result["picture"] = to_text(picture)
    if seed == 0 and (group == "full" or name in ("edges", "Adam")):
        result["history"] = [
            {key: round(value, 5) for key, value in one.items()} for one in history
        ]
    return result


def paint(setting: dict) -> dict:
    """Paint the pictures of one setting, one after the other."""
    return {
        "pictures": [paint_one(group, name, setting["seed"]) for group, name in setting["wanted"]]
    }


def settings() -> list[dict]:
    """Return which pictures are painted together."""
    compared = [("networks", name) for name in NETWORKS]
    compared += [("settings", name) for name in SETTINGS]
    every = [
        {"seed": seed, "wanted": compared + [("settings", "Adam")] * (seed == 0)} for seed in SEEDS
    ]
    return [*every, {"seed": 0, "wanted": [("full", name) for name in FULL]}]


def store(groups: list[dict]) -> None:
    """Write what came out, one entry a picture."""
    runs = [{"seed": group["seed"]} | one for group in groups for one in group["pictures"]]
    recipe = {
        "height": HEIGHT,
        "evaluations": EVALUATIONS,
        "full_evaluations": FULL_EVALUATIONS,
        "style_layers": list(painting.STYLE_LAYERS),
        "content_layer": "conv4_1",
        "full_content_weights": FULL,
        "network_weights": NETWORK_WEIGHTS,
        "own": {"share": OWN_SHARE, "steps": OWN_STEPS},
    }
    told = {"data": "a photograph", "recipe": recipe, "runs": runs}
    results.save("applications/style", told)


def main() -> None:
    """Paint everything, two pictures at a time, and store it."""
    store(sweep.run_all(paint, settings()))


if __name__ == "__main__":
    main()

"""Paint the temple in several styles, with several networks and settings, and keep the pictures.

Each seed has a painting of its own, which all networks and settings share, and the seed of random
or trained networks. Two rulers that no network has a part in score each picture: how far its
patches are from those of the style, and how much of the content's edges it keeps.
"""

from __future__ import annotations

from benchmarks import sweep
from cnnbook import results

HEIGHT = 128
FULL_EVALUATIONS, EVALUATIONS = (50, 25), 40
SEEDS = range(3)
# The pictures of the chapter, at full size, and what keeping the content counts in each.
FULL = {"flower": 0.2, "strokes": 0.2, "digits": 0.4}
NETWORKS = ("edges", "random", "scales", "own")
# What keeping the content counts, and what smoothness does: for each network the best of two or
# three settings, by eye, on the painting of seed 0; "own" has those of "random".
NETWORK_WEIGHTS = {
    "edges": (0.2, 2.0),
    "random": (0.2, 0.02),
    "scales": (0.01, 0.1),
    "own": (0.2, 0.02),
}
SETTINGS = ("style conv1_1", "content conv2_2", "max pooling")
OWN_SHARE, OWN_STEPS = 0.25, 300


def style_picture(name: str, seed: int = 0):
    """Return the picture whose style is wanted."""
    from cnnbook import data, style

    if name == "strokes":
        return style.brush_strokes(256, 384, seed)
    if name == "digits":
        return style.digits_page(data.load_mnist()[0][0], 13, 19, seed)
    return style.photograph(name)


def train_on_digits(seed: int):
    """Train a narrow trunk to read digits in dark ink and on light paper of random colours."""
    import keras
    import numpy as np

    from cnnbook import style

    generator = np.random.default_rng(seed)
    (x_fit, y_fit), (x_validation, y_validation) = sweep.digits(32 * OWN_STEPS)

    def in_colors(digits):
        """Give each digit a dark colour of ink and a light one of paper."""
        ink, paper = generator.uniform(0, 0.4, (2, len(digits), 1, 1, 3)).astype("float32")
        return (1 - paper) + (ink + paper - 1) * digits

    keras.utils.set_random_seed(seed)
    network = style.trunk("random", seed, share=OWN_SHARE)
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


def weights_for(group: str, name: str):
    """Return what counts how much in a picture."""
    from cnnbook import style

    if group == "full":
        return style.Weights(content={style.CONTENT_LAYER: FULL[name]})
    content, variation = NETWORK_WEIGHTS.get(name, NETWORK_WEIGHTS["edges"])
    if name == "scales":
        layers = [f"side{side}" for side in (3, 5, 7, 11, 15, 23)]
        return style.Weights(dict.fromkeys(layers, 1.0), {"side7": content}, variation)
    layers = ("conv1_1",) if name == "style conv1_1" else style.STYLE_LAYERS
    kept = "conv2_2" if name == "content conv2_2" else style.CONTENT_LAYER
    return style.Weights(dict.fromkeys(layers, 1.0), {kept: content}, variation)


def paint_one(group: str, name: str, seed: int) -> dict:
    """Paint one picture, score it, and return it with its losses."""
    import time

    import keras

    from cnnbook import style

    keras.utils.clear_session()
    result, began = {"group": group, "name": name}, time.process_time()
    if name == "own":
        network, accuracy = train_on_digits(seed)
        result["validation_accuracy"] = round(float(accuracy), 4)
        result["training_seconds"] = round(time.process_time() - began, 1)
    elif name == "scales":
        network = style.scales_network(seed)
    else:
        pooling = "max" if name == "max pooling" else "average"
        network = style.trunk("random" if name == "random" else "edges", seed, pooling)
    content = style.photograph("china")
    wanted = style_picture(name if group == "full" else "strokes", seed)
    found = style.transfer(
        network,
        content,
        wanted,
        weights_for(group, name),
        heights=(HEIGHT, 2 * HEIGHT) if group == "full" else (HEIGHT,),
        evaluations=FULL_EVALUATIONS if group == "full" else (EVALUATIONS,),
        method="Adam" if name == "Adam" else "L-BFGS",
    )
    height = found.picture.shape[0]
    content, wanted = style.resize(content, height), style.resize(wanted, height)
    result |= {
        "patch_distance": round(style.patch_distance(found.picture, wanted), 5),
        "patch_distance_of_content": round(style.patch_distance(content, wanted), 5),
        "edges_kept": round(style.edges_kept(found.picture, content), 4),
        "evaluations": len(found.history),
        "seconds": round(found.seconds, 1),
    }
    if seed == 0:
        result["picture"] = style.to_text(found.picture, quality=85)
    if seed == 0 and (group == "full" or name in ("edges", "Adam")):
        result["history"] = [
            {key: round(value, 5) for key, value in one.items()} for one in found.history
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
    from cnnbook import style

    runs = [{"seed": group["seed"]} | one for group in groups for one in group["pictures"]]
    recipe = {
        "height": HEIGHT,
        "evaluations": EVALUATIONS,
        "full_evaluations": FULL_EVALUATIONS,
        "style_layers": list(style.STYLE_LAYERS),
        "content_layer": style.CONTENT_LAYER,
        "full_content_weights": FULL,
        "network_weights": NETWORK_WEIGHTS,
        "own": {"share": OWN_SHARE, "steps": OWN_STEPS},
    }
    results.save("applications/style", {"recipe": recipe, "runs": runs})


def main() -> None:
    """Paint everything, two pictures at a time, and store it."""
    store(sweep.run_all(paint, settings()))


if __name__ == "__main__":
    main()

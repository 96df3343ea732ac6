"""Count what augmentation costs: layers inside the model, in a pipeline by batches or by images.

Every arrangement trains the article's network on the same digits in turns, so that whatever else
the machine does disturbs all alike; the ratios are those of the medians. The clock counts the work
of all threads. On every core, as for a reader.
"""

from __future__ import annotations

import os

from benchmarks import results

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import statistics
import time

BATCH_SIZE = 64
STEPS = 20
ROUNDS = 31
KINDS = ("crop", "rotation")


def arrangements() -> dict:
    """Return a model and its batches for each arrangement."""
    import keras
    import tensorflow as tf

    from cnnbook import data, models, transforms

    (x_train, y_train), _ = data.load_mnist()
    count = STEPS * BATCH_SIZE
    digits = (data.scale_pixels(x_train[:count]), y_train[:count])

    def model(layers=()):
        network = models.article_network()
        model = keras.Sequential([keras.Input(shape=(28, 28, 1)), *layers, network])
        model.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
        return model

    def pipeline(kinds, images_a_call):
        layers = transforms.augmentation_layers(kinds, seed=0)

        def change(images, labels):
            for layer in layers:
                images = layer(images, training=True)
            return images, labels

        dataset = tf.data.Dataset.from_tensor_slices(digits)
        if images_a_call == 1:
            return dataset.map(change).batch(BATCH_SIZE).prefetch(2)
        return dataset.batch(BATCH_SIZE).map(change).prefetch(2)

    return {
        "none": (model(), pipeline((), BATCH_SIZE)),
        "inside": (model(transforms.augmentation_layers(KINDS, 0)), pipeline((), BATCH_SIZE)),
        "batches": (model(), pipeline(KINDS, BATCH_SIZE)),
        "images": (model(), pipeline(KINDS, 1)),
    }


def main() -> None:
    """Time all arrangements in turns, and store the seconds of each pass and the ratios."""
    import keras
    import tensorflow as tf

    keras.utils.set_random_seed(0)
    tf.config.experimental.enable_op_determinism()
    ways = arrangements()
    seconds = {name: [] for name in ways}
    for round_number in range(ROUNDS + 1):
        for name, (model, batches) in ways.items():
            began = time.process_time()
            model.fit(batches, shuffle=False, verbose=0)
            if round_number:  # the first pass of each builds its graph
                seconds[name].append(round(time.process_time() - began, 4))
    medians = {name: statistics.median(times) for name, times in seconds.items()}
    result = {
        "recipe": {"batch_size": BATCH_SIZE, "steps": STEPS, "kinds": KINDS},
        "processor_seconds": seconds,
        "ratios": {name: round(medians[name] / medians["none"], 3) for name in medians},
    }
    print(f"wrote {results.save('streams/augmentation_cost', result).name}: {result['ratios']}")


if __name__ == "__main__":
    main()

"""Train the networks of the chapter "Hear telephone keys" once, and store their weights.

    python -m benchmarks.audio.network

The guide loads the network on samples too. Recipe and seed are those of the study beside this
file; what is stored is the score of the rounded weights.
"""

from __future__ import annotations

import time

from benchmarks import results, sweep
from benchmarks.audio import audio as study

SEED = 0
NETWORKS = {"applications/audio_network": True, "audio/spectrogram_network": False}


def train(setting: dict) -> dict:
    """Train, round, score and store one network."""
    import keras
    import numpy as np

    from cnnbook import audio
    from cnnbook.applications import tones

    on_samples = NETWORKS[setting["network"]]
    keras.utils.set_random_seed(SEED)
    model = study.raw_network() if on_samples else study.spectrogram_network()

    def seen(sounds):
        return sounds if on_samples else audio.log_spectrogram(sounds)

    sounds, labels = audio.windows(
        study.WINDOWS,
        random=tones.generator("training", SEED),
        classes=audio.TRAINING_CLASSES,
        **study.TRAINING,
    )
    start = time.process_time()
    study.fit(model, seen(sounds), labels)
    seconds = time.process_time() - start
    model.set_weights([weights.astype(np.float16) for weights in model.get_weights()])

    def score(split: str, ratios) -> dict:
        """Read as many windows of each noise and ratio, in the order of the study."""
        random, table = tones.generator(split, SEED), {kind: {} for kind in tones.NOISES}
        for kind in tones.NOISES:
            for ratio in ratios:
                sounds, labels = audio.windows(
                    study.COUNT, ratio, (kind,), random, range(tones.NO_KEY)
                )
                logits = model.predict(seen(sounds), batch_size=500, verbose=0)
                right = logits[:, : tones.NO_KEY].argmax(axis=1) == labels
                table[kind][str(ratio)] = round(float(right.mean()), 4)
        return {"windows": study.COUNT, "accuracy": table}

    facts = {
        "data": "telephone tones",
        "seed": SEED,
        "windows": study.WINDOWS,
        "epochs": study.PASSES,
        "processor_seconds": round(seconds, 1),
        "validation": score("validation", study.VALIDATION_SNRS),
        "test": score("test", study.TEST_SNRS),
    }
    results.save_weights(setting["network"], model, facts)
    return facts


if __name__ == "__main__":
    sweep.run_all(train, [{"network": name} for name in NETWORKS], processes=1)

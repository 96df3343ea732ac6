"""Progress of a training run: a line an epoch in the book, a live bar in a lab or terminal."""

import os
import sys
import textwrap
import time

import keras

BAR_WIDTH = 24
LINE_WIDTH = 76  # as wide as a page shows without scrolling
SECONDS_BETWEEN_DRAWINGS = 0.2


class EpochLines(keras.callbacks.Callback):
    """Print one line every so many epochs, and for the last; where someone watches, draw a bar.

    Pass it to ``fit`` in ``callbacks``, together with ``verbose=0``. The pipeline that runs the
    chapters sets ``CNNBOOK_PROGRESS`` to ``lines``: pages then hold the lines alone, without
    control characters that redraw a bar and without times, which differ from run to run.
    """

    def __init__(self, every: int = 1):
        super().__init__()
        self.every = every
        self.live = os.environ.get("CNNBOOK_PROGRESS") != "lines"

    def on_epoch_begin(self, epoch, logs=None):  # noqa: D102 (Keras says when)
        self._label = f"epoch {epoch + 1}/{self.params['epochs']}"
        self._started, self._drawn = time.monotonic(), 0.0

    def on_train_batch_end(self, batch, logs=None):  # noqa: D102 (Keras says when)
        now = time.monotonic()
        if not self.live or now - self._drawn < SECONDS_BETWEEN_DRAWINGS:
            return
        self._drawn, done, steps = now, batch + 1, self.params["steps"]  # None for a stream
        bar = ("#" * (BAR_WIDTH * done // steps if steps else 0)).ljust(BAR_WIDTH, ".")
        count = f"{done}/{steps} loss {logs['loss']:.4f} {now - self._started:.0f} s "
        self._write(f"\r{self._label} [{bar}] {count}")

    def on_epoch_end(self, epoch, logs=None):  # noqa: D102 (Keras says when)
        if self.live:
            self._write("\r" + " " * (LINE_WIDTH + 3) + "\r")
        if (epoch + 1) % self.every and epoch + 1 < self.params["epochs"]:
            return
        # A line is folded between metrics only: within one, its spaces are none to textwrap.
        values = ", ".join(
            f"{name.replace('val_', 'validation ')} {value:.4f}".replace(" ", "\N{NO-BREAK SPACE}")
            for name, value in logs.items()
            if name != "learning_rate"
        )
        line = textwrap.fill(f"{self._label}: {values}", LINE_WIDTH, subsequent_indent="    ")
        self._write(line.replace("\N{NO-BREAK SPACE}", " ") + "\n")

    @staticmethod
    def _write(text: str) -> None:
        sys.stdout.write(text)
        sys.stdout.flush()

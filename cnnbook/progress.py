"""Progress of a training run: a line an epoch in the book, a live bar in a lab or terminal."""

from __future__ import annotations

import os
import sys
import textwrap
import time

import keras

BAR_WIDTH = 24
LINE_WIDTH = 76  # as wide as a page shows without scrolling
SECONDS_BETWEEN_DRAWINGS = 0.2


class EpochLines(keras.callbacks.Callback):
    """Print one line an epoch, folded if long; where someone watches, also draw a moving bar.

    Pass it to ``fit`` in ``callbacks``, together with ``verbose=0``. The pipeline that runs the
    chapters sets the environment variable ``CNNBOOK_PROGRESS`` to ``lines``: pages then hold the
    lines alone, without the control characters that redraw a bar and without times, which differ
    from run to run.

    Parameters
    ----------
    every : print a line after every this many epochs, and after the last

    Raises
    ------
    ValueError
        If ``every`` is not a whole number of 1 or more.
    """

    def __init__(self, every: int = 1):
        super().__init__()
        if isinstance(every, bool) or not isinstance(every, int) or every < 1:
            raise ValueError(f"every must be a whole number of 1 or more, got {every!r}.")
        self.every = every
        self.live = os.environ.get("CNNBOOK_PROGRESS") != "lines"

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        """Start the clock of this epoch."""
        self._epoch, self._started, self._drawn = epoch, time.monotonic(), 0.0

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """Redraw the bar, a few times a second at most."""
        now = time.monotonic()
        if not self.live or now - self._drawn < SECONDS_BETWEEN_DRAWINGS:
            return
        self._drawn = now
        steps = self.params.get("steps")
        share = (batch + 1) / steps if steps else 0
        bar = ("#" * round(BAR_WIDTH * share)).ljust(BAR_WIDTH, ".")
        loss = f" loss {logs['loss']:.4f}" if logs and "loss" in logs else ""
        count = f"{batch + 1}/{steps}" if steps else f"batch {batch + 1}"
        self._write(f"\r{self._label()} [{bar}] {count}{loss} {now - self._started:.0f} s ")

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Wipe the bar and print the epoch's line."""
        if self.live:
            self._write("\r" + " " * 79 + "\r")
        last = epoch + 1 == self.params.get("epochs")
        if (epoch + 1) % self.every == 0 or last:
            # A line is folded between metrics only: within one, its spaces are none to textwrap.
            values = ", ".join(
                f"{_plain(name)} {value:.4f}".replace(" ", "\N{NO-BREAK SPACE}")
                for name, value in (logs or {}).items()
                if name != "learning_rate"
            )
            line = textwrap.fill(f"{self._label()}: {values}", LINE_WIDTH, subsequent_indent="    ")
            self._write(line.replace("\N{NO-BREAK SPACE}", " ") + "\n")

    def _label(self) -> str:
        return f"epoch {self._epoch + 1}/{self.params.get('epochs')}"

    @staticmethod
    def _write(text: str) -> None:
        sys.stdout.write(text)
        sys.stdout.flush()


def _plain(name: str) -> str:
    """Turn Keras's ``val_accuracy`` into ``validation accuracy``."""
    return name.replace("val_", "validation ", 1) if name.startswith("val_") else name

"""Progress: a tidy line an epoch in the book, a bar that redraws itself where someone watches."""

import re

import keras
import numpy as np

from cnnbook import progress


def fit(epochs: int, **options) -> None:
    model = keras.Sequential([keras.Input(shape=(3,)), keras.layers.Dense(1)])
    model.compile(loss="mse", optimizer="sgd", metrics=["mae"])
    x, y = np.ones((8, 3), "float32"), np.ones(8, "float32")
    model.fit(
        x, y, batch_size=4, epochs=epochs, verbose=0, validation_data=(x, y),
        callbacks=[progress.EpochLines(**options)],
    )  # fmt: skip


def test_in_the_book_each_epoch_is_one_line_without_control_characters(monkeypatch, capsys):
    """A line that is too long for a page is folded, between two metrics."""
    monkeypatch.setenv("CNNBOOK_PROGRESS", "lines")
    fit(epochs=2)
    written = capsys.readouterr().out
    lines = written.replace("\n    ", " ").splitlines()
    assert [line[:10] for line in lines] == ["epoch 1/2:", "epoch 2/2:"]
    number = r"\d+\.\d{4}"  # the weights start at random
    metrics = ", ".join(f"{name} {number}" for name in ("loss", "mae", "validation loss"))
    for line in lines:
        assert re.fullmatch(f"epoch ./2: {metrics}, validation mae {number}", line)
        assert line.isprintable()
    assert max(map(len, written.splitlines())) <= progress.LINE_WIDTH


def test_every_so_many_epochs_and_always_the_last(monkeypatch, capsys):
    monkeypatch.setenv("CNNBOOK_PROGRESS", "lines")
    fit(epochs=5, every=2)
    lines = capsys.readouterr().out.replace("\n    ", " ").splitlines()
    assert [line.split(":")[0] for line in lines] == ["epoch 2/5", "epoch 4/5", "epoch 5/5"]


def test_where_someone_watches_a_bar_moves_and_is_wiped(monkeypatch, capsys):
    monkeypatch.delenv("CNNBOOK_PROGRESS", raising=False)
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_DRAWINGS", 0)
    fit(epochs=1)
    written = capsys.readouterr().out
    assert "[############............] 1/2" in written
    # The wiping spaces come right before the line that stays.
    assert written.split("\r")[-2].isspace()
    assert written.split("\r")[-1].startswith("epoch 1/1: loss ")

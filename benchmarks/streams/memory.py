"""Measure the peak of memory while digits are streamed, and while they are loaded."""

from __future__ import annotations

import tempfile

from benchmarks import results

SHARDS = 8
DIGITS = 30_000
SIZES = 4  # so many times over: 1, 2, 4, 8


def main() -> None:
    """Measure both ways at every size, and store the bytes."""
    from cnnbook import data
    from cnnbook.streams import measure_memory
    from cnnbook.training import processes, shards

    (images, labels), _ = data.load_mnist()
    with tempfile.TemporaryDirectory() as folder:
        files = shards.write_shards(folder, images[:DIGITS], labels[:DIGITS], SHARDS)
        (found,) = processes.run(measure_memory.__file__, arguments=[str(SIZES), *files])
    streamed, loaded = found["peaks"].astype(int).tolist()
    digits = [2**size * DIGITS for size in range(SIZES)]
    result = {"digits": digits, "streamed_bytes": streamed, "loaded_bytes": loaded}
    results.save("streams/memory", result)


if __name__ == "__main__":
    main()

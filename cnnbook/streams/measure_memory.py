"""Read shards 1, 2, 4 ... times over, as a stream and keeping every batch; save the memory."""

import sys

import numpy as np
import psutil

from cnnbook.training import shards


def main(target, sizes, *files):
    """Save the largest memory by size, streamed and kept."""
    memory = psutil.Process().memory_info
    next(iter(shards.stream(files, 256, buffer=2000, seed=0)))
    before, peaks = memory().rss, np.zeros((2, int(sizes)))
    for keep in (0, 1):
        for size in range(int(sizes)):
            kept = []
            repeated = 2**size * files
            for batch, _ in shards.stream(repeated, 256, 2000, seed=0):
                if keep:
                    kept.append(batch)
                taken = memory().rss - before
                peaks[keep, size] = max(peaks[keep, size], taken)
    np.savez(target, peaks=peaks)


if __name__ == "__main__":
    main(*sys.argv[1:])

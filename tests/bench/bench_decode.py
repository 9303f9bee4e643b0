"""Decode latency at batch 1, at the model's own size and at a face grid of a 200x60 terminal."""

from __future__ import annotations

import time

import numpy as np

from tui_vae.api import load

REPEATS = 300


def main() -> None:
    """Print p50 and p95 for each size."""
    vae = load("faces")
    points = np.stack([vae.space.sample(seed) for seed in range(REPEATS)])
    for grid in (vae.architecture.input[:2], (40, 40), (110, 110)):
        vae.decode(points[:1], grid)
        times = []
        for z in points:
            started = time.perf_counter()
            vae.decode(z[None], grid)
            times.append(1000 * (time.perf_counter() - started))
        p50, p95 = np.percentile(times, [50, 95])
        print(f"decode to {grid[0]}x{grid[1]:<4} p50 {p50:5.2f} ms  p95 {p95:5.2f} ms  over {REPEATS} decodes")


if __name__ == "__main__":
    main()

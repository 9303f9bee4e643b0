"""How much each bar changes the picture."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from tui_vae.latent.axes import Axes, Vector

Images = npt.NDArray[np.uint8]
Decode = Callable[[Vector, tuple[int, int]], Images]

GRID = (32, 32)
BATCH = 32


def effects(
    decode: Decode,
    axes: Axes,
    grid: tuple[int, int] = GRID,
    batch: int = BATCH,
    report: Callable[[int, int], None] | None = None,
) -> Vector:
    """Mean absolute change (K,) of a pixel, in grey levels 0..255, when a bar goes one sigma from the average face.

    Averaged over both ways, +1 and -1, and over the pixels of a small ``grid`` (height, width), at which ``decode``
    turns latents (N, L) into uint8 images (N, height, width, ...). Every call has ``batch`` rows, so that a decoder
    that compiles for a shape compiles once. ``report`` is told (bars done, bars in all) after each call.
    """
    total = len(axes)
    both = np.concatenate([axes.mean + axes.directions, axes.mean - axes.directions]).astype(np.float32)
    average: npt.NDArray[np.int16] | None = None
    changes = np.zeros(2 * total, np.float32)
    for start in range(0, 2 * total, batch - 1):
        part = both[start : start + batch - 1]
        # The first row is the average itself, and so are spare rows at the end.
        rows = np.tile(axes.mean, (batch, 1)).astype(np.float32)
        rows[1 : len(part) + 1] = part
        images = decode(rows, grid).astype(np.int16)
        average = images[0] if average is None else average
        change = np.abs(images[1 : len(part) + 1] - average)
        changes[start : start + len(part)] = change.reshape(len(part), -1).mean(axis=1)
        if report is not None:
            report(min(start + batch - 1, 2 * total) // 2, total)
    return ((changes[:total] + changes[total:]) / 2).astype(np.float32, copy=False)

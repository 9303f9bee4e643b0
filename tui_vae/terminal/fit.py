"""The best two colours and pattern for cells that hold more pixels than they can show colours.

The measure is the squared error of the pixels. Every pattern is tried, one of each pair that is the other's negative:
8 for a quadrant, 32 for a sextant.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from tui_vae.terminal.colour import Bytes

Floats = NDArray[np.float32]


@lru_cache
def _patterns(count: int) -> tuple[Floats, Floats]:
    """The patterns of cells of `count` pixels up to the negative, and the weight of each one's gain.

    Returns:
        (2 ** (count - 1), count) of 0 and 1, the last pixel always 0; (2 ** (count - 1),).
    """
    masks = (np.arange(2 ** (count - 1))[:, None] >> np.arange(count) & 1).astype(np.float32)
    front = masks.sum(axis=1)
    return masks, 1 / np.maximum(front, 1) + 1 / (count - front)


def best_two_colours(pixels: Bytes) -> tuple[NDArray[np.intp], Bytes, Bytes]:
    """Fit every cell with two colours.

    Args:
        pixels: (h, w, n, 3) uint8: the n pixels of every cell.

    Returns:
        The pattern (h, w), in which bit i says that pixel i has the front colour; the front and the back colours,
        (h, w, 3) uint8 each. Both are the means of their pixels; cells of one colour have pattern 0.
    """
    height, width, count, _ = pixels.shape
    masks, weights = _patterns(count)
    values = pixels.reshape(-1, count, 3).transpose(1, 2, 0).astype(np.float32)  # (n, 3, cells)
    mean = values.mean(axis=0)
    sums = (masks @ (values - mean).reshape(count, -1)).reshape(len(masks), 3, -1)
    # What the pattern takes off the squared error: the other pixels differ from the mean by the same sum, negated.
    gain = np.square(sums).sum(axis=1) * weights[:, None]
    pattern = gain.argmax(axis=0)
    chosen = np.take_along_axis(sums, pattern[None, None], axis=0)[0]
    front_count = masks.sum(axis=1)[pattern]
    front = mean + chosen / np.maximum(front_count, 1)
    back = mean - chosen / (count - front_count)
    colours = [np.rint(each.T).astype(np.uint8).reshape(height, width, 3) for each in (front, back)]
    return pattern.reshape(height, width), colours[0], colours[1]


def best_palette_pair(numbers: Bytes, palette: Bytes) -> tuple[NDArray[np.intp], Bytes, Bytes]:
    """Fit every cell of a dithered picture with two of the colours that it has.

    A cell's mean counts as well as its pixels, or a dither would lose the light that it mixes.

    Args:
        numbers: (h, w, n) uint8: the numbers in the palette of the n pixels of every cell.
        palette: RGB by number, (N, 3) uint8.

    Returns:
        The pattern (h, w), as in `best_two_colours`; the front and the back colours' numbers, (h, w) uint8 each.
    """
    height, width, count = numbers.shape
    flat = numbers.reshape(-1, count).T  # (n, cells)
    colours = palette.astype(np.float32)[flat]
    apart = np.square(colours[:, None] - colours[None]).sum(axis=-1)  # (n, n, cells)
    best = np.full(flat.shape[1], np.inf, np.float32)
    pattern = np.zeros(flat.shape[1], np.intp)
    front, back = flat[-1].copy(), flat[-1].copy()
    bits = 1 << np.arange(count)
    # The light of a colour goes with the square of its sRGB value, nearly; its root is as the eye sees it.
    lights = np.square(colours)
    seen = np.sqrt(lights.mean(axis=0))
    for one in range(count):
        for other in range(one + 1, count):
            nearer = apart[:, one] < apart[:, other]
            error = np.where(nearer, apart[:, one], apart[:, other]).sum(axis=0)
            share = nearer.mean(axis=0, dtype=np.float32)[:, None]
            mixed = np.sqrt(share * lights[one] + (1 - share) * lights[other])
            error += count * np.square(mixed - seen).sum(axis=-1)
            better = error < best
            best = np.where(better, error, best)
            pattern = np.where(better, bits @ nearer, pattern)
            front, back = np.where(better, flat[one], front), np.where(better, flat[other], back)
    return pattern.reshape(height, width), front.reshape(height, width), back.reshape(height, width)

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

# Cells at a time: what is worked out for all patterns of them stays in the processor's cache.
_CHUNK = 1024


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
    values = pixels.reshape(-1, count, 3).transpose(2, 1, 0).astype(np.float32)  # (3, n, cells)
    mean = values.mean(axis=1)
    values -= mean[:, None]
    pattern = np.empty(values.shape[2], np.intp)
    for start in range(0, len(pattern), _CHUNK):
        part = slice(start, start + _CHUNK)
        # What a pattern takes off the squared error: the back pixels differ from the mean by the same sum, negated.
        gain = sum(np.square(masks @ channel[:, part]) for channel in values) * weights[:, None]
        pattern[part] = gain.argmax(axis=0)
    chosen = (values * masks[pattern].T).sum(axis=1)
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
    flat = np.ascontiguousarray(numbers.reshape(-1, count).T)
    starts = range(0, max(1, flat.shape[1]), _CHUNK)
    parts = [_palette_pairs(flat[:, start : start + _CHUNK], palette.astype(np.float32)) for start in starts]
    pattern, front, back = (np.concatenate(part).reshape(height, width) for part in zip(*parts, strict=True))
    return pattern, front, back


def _palette_pairs(numbers: Bytes, palette: Floats) -> tuple[NDArray[np.intp], Bytes, Bytes]:
    """The same for (n, cells) numbers; (cells,) each."""
    count = len(numbers)
    colours = palette[numbers].transpose(2, 0, 1)  # (3, n, cells)
    apart = np.square(colours[:, :, None] - colours[:, None]).sum(axis=0)  # (n, n, cells)
    best = np.full(numbers.shape[1], np.inf, np.float32)
    pattern = np.zeros(numbers.shape[1], np.intp)
    front, back = numbers[-1].copy(), numbers[-1].copy()
    bits = 1 << np.arange(count)
    # The light of a colour goes with the square of its sRGB value, nearly; its root is as the eye sees it.
    lights = np.square(colours)
    seen = np.sqrt(lights.mean(axis=1))
    for one in range(count):
        for other in range(one + 1, count):
            nearer = apart[:, one] < apart[:, other]
            error = np.where(nearer, apart[:, one], apart[:, other]).sum(axis=0)
            share = nearer.mean(axis=0, dtype=np.float32)
            mixed = np.sqrt(share * lights[:, one] + (1 - share) * lights[:, other])
            error += count * np.square(mixed - seen).sum(axis=0)
            better = error < best
            best = np.where(better, error, best)
            pattern = np.where(better, bits @ nearer, pattern)
            front, back = np.where(better, numbers[one], front), np.where(better, numbers[other], back)
    return pattern, front, back

"""Pictures that cost few bytes on a slow link and still look right while they move.

What a picture costs is the number of colour changes along its rows, and the rows that have to be written at all. So
near-equal neighbours are merged into runs of their mean colour, and a row of cells that is already nearly right on the
screen stays as it is. `refined` then writes the exact picture over it, some rows at a time.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tui_vae.terminal.colour import Bytes, check_image


class Thinness(NamedTuple):
    """How far a picture may stray: colours within a run from its middle, a row that stays from what it should be
    (root mean square), both of 255; and the side of the blocks that become one colour."""

    spread: int
    stale: float
    block: int


LEVELS: Final = (Thinness(0, 0.0, 1), Thinness(3, 2.0, 1), Thinness(8, 5.0, 1), Thinness(8, 5.0, 2))
"""Exact, not to be told apart, coarse in colour (34 dB or better), coarse in cells as well."""


def simplify(image: Bytes, shown: Bytes | None, level: int, *, cell: int = 2) -> Bytes:
    """A picture like this one that takes fewer bytes to write over the one that is shown.

    Args:
        image: (H, W, 3) uint8, what should be seen.
        shown: What the screen shows now; `None`, or of another shape, where that is of no use.
        level: 0 gives `image` itself, up to 3: an index of `LEVELS`.
        cell: Lines of the picture in one row of cells; whole rows are kept or written.

    Returns:
        (H, W, 3) uint8.

    Raises:
        ValueError: The image has another shape or type, or there is no such level.
    """
    check_image(image)
    if not 0 <= level < len(LEVELS):
        raise ValueError(f"levels run from 0 to {len(LEVELS) - 1}, not {level}")
    if level == 0 or not image.size:
        return image
    spread, stale, block = LEVELS[level]
    wanted = _blocks(image, block)
    merged = _runs(wanted, spread)
    if shown is None or shown.shape != image.shape:
        return merged
    error = np.square(shown.astype(np.int32) - wanted).mean(axis=(1, 2))
    starts = np.arange(0, len(image), cell)
    lines = np.diff(np.append(starts, len(image)))
    keep = np.add.reduceat(error, starts) / lines <= stale**2
    return np.where(np.repeat(keep, lines)[:, None, None], shown, merged)


def refined(image: Bytes, shown: Bytes, rows: int, *, cell: int = 2) -> Bytes:
    """What is shown, with the first rows of cells that are not exact made so.

    Args:
        image: (H, W, 3) uint8, the exact picture.
        shown: The picture on the screen, of the same shape.
        rows: How many rows of cells to replace at most, at least 1.
        cell: Lines of the picture in one row of cells.

    Returns:
        (H, W, 3) uint8; equal to `image` once it has been called often enough on its own result.

    Raises:
        ValueError: The shapes differ, or `rows` is below 1.
    """
    if image.shape != shown.shape or rows < 1:
        raise ValueError(f"cannot refine {shown.shape} towards {image.shape} by {rows} rows")
    wrong = np.unique(np.flatnonzero((image != shown).any(axis=(1, 2))) // cell)[:rows]
    return np.where(np.isin(np.arange(len(image)) // cell, wrong)[:, None, None], image, shown)


def _blocks(image: Bytes, side: int) -> Bytes:
    """Every block of side x side pixels in its mean colour; what is left over at the edges stays fine."""
    if side == 1:
        return image
    height, width = image.shape[0] // side * side, image.shape[1] // side * side
    result = image.copy()
    blocks = image[:height, :width].reshape(height // side, side, width // side, side, 3)
    means = np.rint(blocks.mean(axis=(1, 3))).astype(np.uint8)
    result[:height, :width] = means.repeat(side, axis=0).repeat(side, axis=1)
    return result


def _runs(image: Bytes, spread: int) -> Bytes:
    """Each line cut from the left into the longest runs whose colours differ by at most twice the spread."""
    height, width, _ = image.shape
    columns = np.ascontiguousarray(image.transpose(1, 0, 2)).astype(np.int16)
    starts = np.ones((width, height), np.bool_)
    low = high = columns[0]
    for column, start in zip(columns[1:], starts[1:], strict=True):
        lower, higher = np.minimum(low, column), np.maximum(high, column)
        np.greater((higher - lower).max(axis=1), 2 * spread, out=start)
        low = np.where(start[:, None], column, lower)
        high = np.where(start[:, None], column, higher)
    return _run_means(image, starts.T)


def _run_means(image: Bytes, starts: NDArray[np.bool_]) -> Bytes:
    first = np.flatnonzero(starts)  # every line starts a run: none goes over the edge
    lengths = np.diff(np.append(first, starts.size))
    sums = np.add.reduceat(image.reshape(-1, 3).astype(np.int32), first, axis=0)
    means = np.rint(sums / lengths[:, None]).astype(np.uint8)
    return means.repeat(lengths, axis=0).reshape(image.shape)

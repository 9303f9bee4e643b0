"""Curves as braille: every cell is two dots wide and four high. Pure functions, no terminal."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from train.report.series import Floats, Series, limits

EMPTY, BAND, LINE, MARK = range(4)
"""What a cell shows; a mark hides the line, which hides the band."""

# Bits of the dots of a braille cell (U+2800), by row and column.
_DOTS: Final = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]], np.uint8)

Dots = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Plot:
    """A drawn curve: per row of cells its characters, and per cell what it shows.

    ``bottom`` and ``top`` are the values at its lower and upper end. ``log`` says whether the scale is logarithmic:
    it can be only where all values are above zero.
    """

    rows: tuple[str, ...]
    kinds: npt.NDArray[np.uint8]
    bottom: float
    top: float
    log: bool


def plot(
    curve: Series | None,
    held_out: Series | None,
    size: tuple[int, int],
    span: tuple[float, float],
    log: bool = False,
    whole: bool = False,
) -> Plot | None:
    """Draw a curve with its band, and validation points over it.

    Args:
        curve: The training curve.
        held_out: The validation points.
        size: (height, width) in cells.
        span: The places (epochs) of the left and the right edge.
        log: Logarithmic scale, where the values allow it.
        whole: Show the whole range of values, outliers included.

    Returns:
        The plot, or ``None`` where there is nothing to draw or no room for it.
    """
    height, width = size
    if height < 1 or width < 1 or (curve is None and held_out is None):
        return None
    lines, columns = 4 * height, 2 * width
    line = curve.arrays(columns) if curve is not None else None
    marks = held_out.arrays() if held_out is not None else None
    shown = np.concatenate([part[1] for part in (line, marks) if part is not None])
    log = log and all(bool((part.arrays()[1] > 0).all()) for part in (curve, held_out) if part is not None)
    scaled = np.log10(shown) if log else shown
    bottom, top = (float(scaled.min()), float(scaled.max())) if whole else limits(scaled)
    if top - bottom <= max(1e-9 * max(abs(top), abs(bottom)), 1e-30):
        room = 0.05 * abs(top) or 1.0
        bottom, top = bottom - room, top + room

    def row_of(values: Floats) -> npt.NDArray[np.intp]:
        """The line of dots, from the top; of what lies outside the nearest one."""
        values = np.log10(np.maximum(values, 10.0**bottom)) if log else values
        share = np.clip((values - bottom) / (top - bottom), 0, 1)
        return np.round((1 - share) * (lines - 1)).astype(np.intp)

    def column_of(places: Floats) -> npt.NDArray[np.intp]:
        wide = span[1] - span[0]
        share = (places - span[0]) / (wide if wide > 1e-9 else 1.0)
        return np.clip(np.round(share * (columns - 1)), 0, columns - 1).astype(np.intp)

    layers: list[Dots] = [np.zeros((lines, columns), np.bool_) for _ in range(4)]
    if line is not None:
        place, mean, low, high = line
        wanted = np.arange(column_of(place[:1])[0], column_of(place[-1:])[0] + 1)
        at = column_of(place)
        middle, least, most = (np.interp(wanted, at, values) for values in (mean, low, high))
        y, rows = row_of(middle), np.arange(lines)[:, None]
        before = np.concatenate([y[:1], y[:-1]])
        # From just beside the dot before to this one, so that a steep line has no gaps.
        first = np.where(y > before, np.minimum(before + 1, y), y)
        last = np.where(y < before, np.maximum(before - 1, y), y)
        layers[LINE][:, wanted] = (rows >= first) & (rows <= last)
        layers[BAND][:, wanted] = (rows >= row_of(most)) & (rows <= row_of(least))
    if marks is not None:
        # As many as can be told apart, the last one always among them.
        chosen = np.unique(np.linspace(0, len(marks[0]) - 1, max(2, width // 4)).round().astype(int)[::-1])
        for y, x in zip(row_of(marks[1][chosen]), column_of(marks[0][chosen]), strict=True):
            # Half a cell, within one cell.
            layers[MARK][y // 2 * 2 : y // 2 * 2 + 2, x // 2 * 2 : x // 2 * 2 + 2] = True
    return _composed(layers, height, width, (10.0**bottom, 10.0**top) if log else (bottom, top), log)


def _composed(layers: list[Dots], height: int, width: int, ends: tuple[float, float], log: bool) -> Plot:
    kinds = np.zeros((height, width), np.uint8)
    text = np.full((height, width), " ")
    for kind in (BAND, LINE, MARK):
        cells = layers[kind].reshape(height, 4, width, 2)
        bits = (cells * _DOTS[None, :, None, :]).sum(axis=(1, 3))
        here = bits > 0
        kinds[here] = kind
        text[here] = np.array([chr(0x2800 + value) for value in range(256)])[bits[here]]
    return Plot(tuple("".join(row) for row in text.tolist()), kinds, *ends, log)


def tick(value: float) -> str:
    """A number of at most six characters for the axis: ``12.3k``, ``-1.95k``, ``0.045``, ``3e-05``."""
    if not math.isfinite(value):
        return "-"
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= 0.99995 * size:
            return f"{value / size:.3g}{letter}" if abs(value) < 999.5 * size else f"{value:.0e}"
    if value and abs(value) < 0.01:
        return f"{value:.0e}"
    texts = [f"{value:.{digits}g}" for digits in (3, 2)]
    return texts[0] if len(texts[0]) <= 6 else texts[1]

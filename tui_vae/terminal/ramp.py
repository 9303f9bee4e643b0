"""Pictures without colour: one character per cell, denser for brighter."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from tui_vae.terminal.colour import Bytes, luminance
from tui_vae.terminal.grid import CellShape

RAMP: Final = " .:-=+*#%@"
"""The characters of a picture without colour, from dark to bright on a dark background."""

_RAMP_BYTES: Final = np.frombuffer(RAMP.encode(), np.uint8)


def ramp_steps(image: Bytes, shape: CellShape) -> NDArray[np.intp]:
    """The place in `RAMP` of every cell.

    Args:
        image: (H, W, 3) uint8; W a multiple of a cell's pixels. Lines missing at the end repeat the last one.
        shape: How cells are divided.

    Returns:
        (h, w), 0 to `len(RAMP) - 1`.
    """
    down, across = shape.pixels
    bright = luminance(image).astype(np.intp)
    if missing := -len(bright) % down:
        bright = np.concatenate([bright, *[bright[-1:]] * missing])
    height, width = bright.shape
    total: NDArray[np.intp] = bright.reshape(height // down, down, width // across, across).sum(axis=(1, 3))
    return total * len(RAMP) // (256 * down * across)


def ramp_rows(image: Bytes, shape: CellShape) -> list[str]:
    """A picture as characters of `RAMP`, one string per row of cells; arguments as for `ramp_steps`."""
    return [line.tobytes().decode("ascii") for line in _RAMP_BYTES[ramp_steps(image, shape)]]

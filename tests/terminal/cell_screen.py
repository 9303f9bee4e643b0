"""Reading a picture back from an emulated terminal, whatever shape its cells have."""

from __future__ import annotations

import numpy as np
import pyte
from numpy.typing import NDArray

from tests.terminal.pty_session import CellRegion, screen_pixels
from tui_vae.terminal.grid import CellShape

SEXTANTS = " 🬀🬁🬂🬃🬄🬅🬆🬇🬈🬉🬊🬋🬌🬍🬎🬏🬐🬑🬒🬓▌🬔🬕🬖🬗🬘🬙🬚🬛🬜🬝🬞🬟🬠🬡🬢🬣🬤🬥🬦🬧▐🬨🬩🬪🬫🬬🬭🬮🬯🬰🬱🬲🬳🬴🬵🬶🬷🬸🬹🬺🬻█"
"""In the order of Unicode, where position i has the sextants of the bits of i; written out, so as to check the code."""
QUADRANTS = " ▘▝▀▖▌▞▛▗▚▐▜▄▙▟█"
HALVES = " ▀▄█"
KNOWN = {CellShape.HALF: HALVES, CellShape.QUADRANT: QUADRANTS, CellShape.SEXTANT: SEXTANTS, CellShape.ASCII: " "}


def cell_pixels(
    screen: pyte.Screen, region: CellRegion, shape: CellShape, default: tuple[int, int, int]
) -> NDArray[np.uint8]:
    """The picture that an emulated screen shows, (height * down, width * across, 3) uint8.

    Raises:
        ValueError: A cell holds a character that is none of the shape's.
    """
    down, across = shape.pixels
    pixels = np.zeros((region.height, down, region.width, across, 3), np.uint8)
    for y in range(region.height):
        for x in range(region.width):
            line = screen.buffer[region.top + y]
            cell = line[region.left + x]
            bits = KNOWN[shape].index(cell.data)
            # Both colours of the cell, read as those of a half block.
            line[region.left + x] = cell._replace(data="▀")
            front, back = screen_pixels(screen, CellRegion(region.top + y, region.left + x, 1, 1), default)[:, 0]
            line[region.left + x] = cell
            for place in range(down * across):
                pixels[y, place // across, x, place % across] = front if bits >> place & 1 else back
    return pixels.reshape(region.height * down, region.width * across, 3)

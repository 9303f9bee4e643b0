"""How large a picture fits into an area of cells, and the shapes in which cells show pixels."""

from __future__ import annotations

from enum import Enum
from math import gcd
from typing import Literal

Zoom = Literal["fit", "integer"]
"""How a picture uses its area: fill it, or enlarge the model's own pixels by whole factors."""


class CellShape(Enum):
    """How a cell is divided into pixels. The value is the name that the settings and the command line use.

    A cell is twice as high as wide, so the pixels of `HALF` are square, those of `QUADRANT` and `ASCII` twice as high
    as wide, and those of `SEXTANT` 4 to 3.
    """

    HALF = "half"
    QUADRANT = "quadrant"
    SEXTANT = "sextant"
    ASCII = "ascii"

    @property
    def pixels(self) -> tuple[int, int]:
        """(height, width) of a cell in pixels."""
        return _PIXELS[self]


_PIXELS = {CellShape.HALF: (2, 1), CellShape.QUADRANT: (2, 2), CellShape.SEXTANT: (3, 2), CellShape.ASCII: (1, 1)}


def fit_grid(height: int, width: int, columns: int, lines: int, shape: CellShape = CellShape.HALF) -> tuple[int, int]:
    """The largest picture of a given aspect in an area of cells.

    Every shape gets the same cells, those in which the picture has its proportions; what differs is how many pixels
    they hold. So the pixels of the result are as oblong as the shape's.

    Args:
        height: Height of the picture, in any unit; at least 1.
        width: Width of the picture in the same unit; at least 1.
        columns: Width of the area in cells.
        lines: Height of the area in cells.
        shape: How cells are divided.

    Returns:
        (height, width) in pixels, whole cells; (0, 0) if the area is empty.
    """
    if columns < 1 or lines < 1:
        return 0, 0
    scale = min(columns / width, 2 * lines / height)
    down, across = shape.pixels
    return down * min(lines, max(1, round(height * scale / 2))), across * min(columns, max(1, round(width * scale)))


def whole_factors(
    height: int, width: int, columns: int, lines: int, shape: CellShape = CellShape.HALF
) -> tuple[int, int] | None:
    """How often every line and every column of a picture may be repeated for the largest undistorted picture.

    Args:
        height: Height of the picture in pixels, at least 1.
        width: Width of the picture in pixels, at least 1.
        columns: Width of the area in cells.
        lines: Height of the area in cells.
        shape: How cells are divided.

    Returns:
        (down, across), whole numbers whose picture has its proportions and fills whole cells; `None` if not even the
        smallest such picture fits into the area.
    """
    down, across = shape.pixels
    # A pixel of the picture becomes `columns_each` columns wide, and half as many lines high.
    step = 2 // gcd(2, down)
    while height * step * down % (2 * down):
        step *= 2
    columns_each = min(columns // width, 2 * lines // height) // step * step
    return (columns_each * down // 2, columns_each * across) if columns_each > 0 else None

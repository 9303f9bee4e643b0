"""How large a picture fits into an area of cells."""

from __future__ import annotations


def fit_grid(height: int, width: int, columns: int, lines: int) -> tuple[int, int]:
    """The largest picture of a given aspect in an area of cells, each one pixel wide and two pixels high.

    Args:
        height: Height of the picture, in any unit; at least 1.
        width: Width of the picture in the same unit; at least 1.
        columns: Width of the area in cells.
        lines: Height of the area in cells.

    Returns:
        (height, width) in pixels, the height even; (0, 0) if the area is empty.
    """
    if columns < 1 or lines < 1:
        return 0, 0
    scale = min(columns / width, 2 * lines / height)
    return 2 * min(lines, max(1, round(height * scale / 2))), min(columns, max(1, round(width * scale)))

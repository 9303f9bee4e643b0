"""Which pictures of a sheet are shown, and how large, in an area of pixels. Pure functions, no terminal."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from PIL import Image

from train.sheet import Images, Sheet

SMALLEST: Final = 18
"""Pixels of the shorter side that a picture needs to be told from others;"""
SHARE: Final = 0.2
"""and this much of the area's shorter side, which then is well filled."""
GAP: Final = 2


class Page(NamedTuple):
    """Some pictures of a sheet laid out: ``image`` (height, width, 3) as asked for, and which page of how many."""

    image: Images
    number: int
    of: int


def page(sheet: Sheet, size: tuple[int, int], number: int = 0, zoom: float = 1.0, ground: tuple[int, ...] = ()) -> Page:
    """As many whole pictures as can be told apart, as large as they then can be, centred on ``ground``.

    Args:
        sheet: The sheet. Rows that belong together stay so; of ways every n-th picture is taken, both ends included.
        size: (height, width) of the area in pixels, each at least 1.
        number: Which page, counted from 0; taken modulo the number of pages.
        zoom: How much larger the pictures are to be than just visible.
        ground: RGB of what is between and around them; black if empty.

    Returns:
        An image of exactly ``size``.
    """
    least = zoom * max(SMALLEST, SHARE * min(size))
    groups = _groups(sheet, size, least)
    count, rows, columns, height, width, _ = groups.shape
    gap = GAP if sheet.gap else 0
    across, down, scale = _best((count, rows * height, columns * width), size, gap, least / min(height, width))
    pages = -(-count // (across * down))
    number %= pages
    canvas = np.empty((*size, 3), np.uint8)
    canvas[:] = ground or (0, 0, 0)
    tile = (max(1, min(size[0], int(height * scale))), max(1, min(size[1], int(width * scale))))
    block = (rows * tile[0], columns * tile[1])
    here = groups[number * across * down : (number + 1) * across * down]
    # Every page has its pictures at the same places.
    across = min(across, count)
    down = min(down, -(-count // across))
    top = max(0, (size[0] - down * block[0] - (down - 1) * gap) // 2)
    left = max(0, (size[1] - across * block[1] - (across - 1) * gap) // 2)
    for place, group in enumerate(here):
        y = top + place // across * (block[0] + gap)
        x = left + place % across * (block[1] + gap)
        picture = np.concatenate([np.concatenate([_resized(each, tile) for each in row], 1) for row in group])
        part = canvas[y : y + block[0], x : x + block[1]]
        part[:] = picture[: part.shape[0], : part.shape[1]]
    return Page(canvas, number, pages)


def _groups(sheet: Sheet, size: tuple[int, int], least: float) -> Images:
    """What is shown or not shown as one: (groups, rows, columns, H, W, C)."""
    rows, columns, height, width, _ = sheet.tiles.shape
    if sheet.spread:
        across = _part(columns, int(size[1] / (width * least / min(height, width))))
        down = _part(rows, int(size[0] / (height * least / min(height, width)))) if sheet.spread > 1 else range(rows)
        tiles = sheet.tiles[np.ix_(list(down), list(across))]
        return tiles[None] if sheet.spread > 1 else tiles[:, None]
    together = sheet.together if rows % sheet.together == 0 else 1
    tiles = sheet.tiles.reshape(rows // together, together, columns, *sheet.tiles.shape[2:])
    groups = tiles.swapaxes(1, 2).reshape(-1, together, 1, *sheet.tiles.shape[2:])
    filled = groups.any(axis=(1, 2, 3, 4, 5))  # a sheet that is not full ends in black
    return groups[: max(1, int(np.flatnonzero(filled).max(initial=0)) + 1)]


def _part(count: int, room: int) -> range:
    """Evenly spaced places of ``count``, both ends included, at least three: as many as ``room`` holds."""
    steps = [step for step in range(1, count) if (count - 1) % step == 0]
    fitting = [step for step in steps if (count - 1) // step + 1 <= max(3, room)]
    return range(0, count, min(fitting, default=max(1, count - 1)))


def _best(group: tuple[int, int, int], size: tuple[int, int], gap: int, least: float) -> tuple[int, int, float]:
    """(across, down, scale) that shows most groups at ``least`` scale, and these as large as can be.

    Where not even one is as large as that: as many as there is height for, as wide as the area.
    """
    count, height, width = group
    alone = min(size[0] / height, size[1] / width)
    best = (1, max(1, int((size[0] + gap) / (height * alone + gap))), alone)
    shown = 0
    for across in range(1, count + 1):
        for down in range(1, -(-count // across) + 1):
            scale = min(
                (size[0] - (down - 1) * gap) / (down * height), (size[1] - (across - 1) * gap) / (across * width)
            )
            if scale < least:
                continue
            if (min(count, across * down), scale) > (shown, best[2] if shown else 0.0):
                best, shown = (across, down, scale), min(count, across * down)
    return best


def _resized(image: Images, size: tuple[int, int]) -> Images:
    """(H, W, C) -> (height, width, 3)."""
    rgb = np.repeat(image, 3, axis=2) if image.shape[2] == 1 else image
    if rgb.shape[:2] == size:
        return rgb
    return np.asarray(Image.fromarray(rgb).resize((size[1], size[0]), Image.Resampling.LANCZOS))

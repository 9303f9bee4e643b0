"""Pictures as terminal cells of any shape, colour depth and form: text, segments, and what will be seen.

Half blocks and ASCII (spaces on coloured ground) show every pixel in its own colour. Quadrants and sextants hold four
and six pixels in two colours: more detail in the outlines, less in the colours.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from rich.segment import Segment

from tui_vae.terminal import colour
from tui_vae.terminal.colour import Bytes, ColourDepth, check_image, palette_indices
from tui_vae.terminal.fit import best_palette_pair, best_two_colours
from tui_vae.terminal.grid import CellShape
from tui_vae.terminal.ramp import RAMP, ramp_rows, ramp_steps
from tui_vae.terminal.writing import NO_COLOUR, Cells, Keys, segment_rows, text_rows

__all__ = ["CellShape", "quantise", "rows", "segments"]


def rows(
    image: Bytes, depth: ColourDepth, shape: CellShape = CellShape.HALF, *, top: int = 0, compact: bool = False
) -> list[str]:
    """A picture as one string per terminal row, to be written as it is.

    Every row sets its colours from scratch, changes only what differs from the cell before, and ends with a reset;
    rows are independent of each other. `MONO` gives plain characters of `RAMP` and no escape sequence at all.

    Args:
        image: (H, W, 3) uint8, H and W multiples of the shape's pixels. With `HALF` and an odd H the last lower half
            shows the default background.
        depth: The colours of the terminal.
        shape: How cells are divided.
        top: The line of the whole picture at which `image` starts, so that a slice dithers as the whole does.
        compact: Use the negatives of patterns too wherever that repeats more colours. The picture is the same and
            takes more time but fewer bytes: worth it for a slow link, above all when the picture has few colours.

    Returns:
        H / (pixels of a cell) strings, rounded up.

    Raises:
        ValueError: The image has another shape or type.
    """
    _check(image, shape)
    if depth is ColourDepth.MONO:
        return ramp_rows(image, shape)
    return text_rows(_cells(image, depth, shape, top), depth, shape, compact=compact)


def segments(
    image: Bytes, depth: ColourDepth, shape: CellShape = CellShape.HALF, *, top: int = 0
) -> list[list[Segment]]:
    """The same picture as `rows` gives, as Rich segments; neighbouring equal cells share one.

    Args:
        image: As in `rows`.
        depth: The colours of the terminal.
        shape: How cells are divided.
        top: As in `rows`.

    Returns:
        One list of segments per row of cells, without line ends.

    Raises:
        ValueError: The image has another shape or type.
    """
    _check(image, shape)
    if depth is ColourDepth.MONO:
        return [[Segment(line)] for line in ramp_rows(image, shape)]
    return segment_rows(_cells(image, depth, shape, top), depth, shape)


def quantise(image: Bytes, depth: ColourDepth, shape: CellShape = CellShape.HALF, *, top: int = 0) -> Bytes:
    """The picture as it will be seen.

    Args:
        image: As in `rows`, H a multiple too.
        depth: The colours of the terminal. `MONO` gives the brightness that the characters stand for.
        shape: How cells are divided.
        top: As in `rows`.

    Returns:
        (H, W, 3) uint8.

    Raises:
        ValueError: The image has another shape or type.
    """
    _check(image, shape)
    down, across = shape.pixels
    if len(image) % down:
        raise ValueError(f"expected whole cells of {down} lines, got {len(image)} lines")
    if depth is ColourDepth.MONO:
        grey = (ramp_steps(image, shape) * 255 // (len(RAMP) - 1)).astype(np.uint8)
        return grey.repeat(down, axis=0).repeat(across, axis=1)[..., None].repeat(3, axis=2)
    cells = _cells(image, depth, shape, top)
    bits = np.arange(down * across).reshape(down, across)
    # (h, down, w, across)
    in_front = cells.pattern[:, None, :, None] >> bits[None, :, None, :] & 1
    keys = np.where(in_front, cells.front[:, None, :, None], cells.back[:, None, :, None]).reshape(image.shape[:2])
    if depth is ColourDepth.TRUECOLOUR:
        return np.stack([keys >> 16, keys >> 8 & 255, keys & 255], axis=-1).astype(np.uint8)
    return colour.palette(depth)[keys]


def _check(image: Bytes, shape: CellShape) -> None:
    check_image(image)
    down, across = shape.pixels
    if image.shape[1] % across or (len(image) % down and shape is not CellShape.HALF):
        size = f"{image.shape[0]} by {image.shape[1]}"
        raise ValueError(f"expected whole {shape.value} cells of {down} by {across} pixels, got {size}")


def _keys(image: Bytes, depth: ColourDepth, top: int) -> Keys:
    """(H, W, 3) colours as keys, dithered where they have to be."""
    return (
        _joined(image) if depth is ColourDepth.TRUECOLOUR else palette_indices(image, depth, top=top).astype(np.int32)
    )


def _joined(image: Bytes) -> Keys:
    wide = image.astype(np.int32)
    return wide[..., 0] << 16 | wide[..., 1] << 8 | wide[..., 2]


def _cells(image: Bytes, depth: ColourDepth, shape: CellShape, top: int) -> Cells:
    if shape is CellShape.HALF:
        keys = _keys(image, depth, top)
        if len(keys) % 2:
            keys = np.concatenate([keys, np.full((1, keys.shape[1]), NO_COLOUR, np.int32)])
        return Cells(np.ones_like(keys[0::2], np.intp), keys[0::2], keys[1::2])
    if shape is CellShape.ASCII:
        keys = _keys(image, depth, top)
        return Cells(np.zeros_like(keys, np.intp), keys, keys)
    if depth is ColourDepth.TRUECOLOUR:
        pattern, front, back = best_two_colours(in_cells(image, shape))
        return Cells(pattern, _joined(front), _joined(back))
    numbers = in_cells(palette_indices(image, depth, top=top), shape)
    pattern, first, second = best_palette_pair(numbers, colour.palette(depth))
    return Cells(pattern, first.astype(np.int32), second.astype(np.int32))


def in_cells(image: NDArray[np.uint8], shape: CellShape) -> NDArray[np.uint8]:
    """(H, W, ...) pixels by cell: (h, w, n, ...), row by row within a cell."""
    down, across = shape.pixels
    height, width, *rest = image.shape
    split = image.reshape(height // down, down, width // across, across, *rest)
    return split.swapaxes(1, 2).reshape(height // down, width // across, down * across, *rest)

"""Pictures as sixels: bands of six lines, one pass of the pen per colour (DEC STD 070, "Graphics", VT340).

Written without a loop over pixels: every pixel becomes one number (band, colour, column, line), and sorting these puts
them in the order in which sixels are sent.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tui_vae.terminal.colour import Bytes, check_image

COLOURS: Final = 256
_BAND: Final = 6
_LONGEST: Final = 9999
"""Pixels of a run, and of a line, at most: its length has four digits."""
_DIGITS: Final = np.array([list(str(number).encode().ljust(4, b"\0")) for number in range(_LONGEST + 1)], np.uint8)
_PATTERN: Final = (np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]]) - 7.5) / 16
"""Bayer's ordered dither, -0.5 to 0.5."""
_REPEATED: Final = 3
"""A run longer than this is shorter with a repeat count."""


def encode(image: Bytes, height: int, width: int, colours: int = COLOURS, grain: int = 0) -> str:
    """A picture as a sixel sequence, enlarged to a size in pixels of the terminal.

    Args:
        image: (H, W, 3) uint8; reduced to colours of its own (octree), with levels of a hundredth.
        height: Lines of the terminal to cover, at least H.
        width: Columns of pixels to cover, at least W and at most 9,999.
        colours: How many at most, up to 256; fewer take fewer bytes.
        grain: Levels of 255 by which an ordered pattern spreads the pixels before: it dissolves the bands in smooth
            faces (38.8 dB to 40.8 dB after a blur of a pixel, at 8) for half as many bytes again.

    Returns:
        The whole control string. Every pixel is set; enlarging repeats the nearest one.

    Raises:
        ValueError: The image has another shape or type, is empty, or does not fit the size.
    """
    check_image(image)
    if not (0 < len(image) <= height and 0 < image.shape[1] <= width <= _LONGEST):
        raise ValueError(f"{image.shape[0]}x{image.shape[1]} pixels cannot be enlarged to {height}x{width}")
    if grain:
        lines, columns = (np.arange(side) % len(_PATTERN) for side in image.shape[:2])
        shift = np.round(grain * _PATTERN[np.ix_(lines, columns)]).astype(np.int16)
        image = np.clip(image + shift[..., None], 0, 255).astype(np.uint8)
    reduced = Image.fromarray(image).quantize(colours, Image.Quantize.FASTOCTREE)
    numbers = np.asarray(reduced)
    levels = (np.array(reduced.getpalette(), np.int64).reshape(-1, 3) * 100 + 127) // 255
    registers = "".join(f"#{number};2;{';'.join(map(str, levels[number]))}" for number in np.unique(numbers).tolist())
    rows, places = _enlarged(len(image), height), _enlarged(image.shape[1], width)
    edges = np.append(np.searchsorted(places, np.arange(image.shape[1])), width)
    return f'\x1bP0;1;0q"1;1;{width};{height}{registers}{_bands(numbers[rows], edges)}\x1b\\'


def _enlarged(length: int, size: int) -> NDArray[np.int64]:
    """(size,): of which element of a side each pixel is. Whole blocks where they fit: bands are of six whole lines."""
    step = -(-size // length)
    pixels = np.arange(size)
    return pixels // step if (length - 1) * step < size else pixels * length // size


def _bands(numbers: Bytes, edges: NDArray[np.int64]) -> str:
    """The passes of all bands.

    Args:
        numbers: (height, W) colours.
        edges: (W + 1,) where on the terminal each column begins, and the last one ends.
    """
    columns = numbers.shape[1]
    y = np.arange(len(numbers), dtype=np.int64)[:, None]
    keys = ((y // _BAND * COLOURS + numbers) * columns + np.arange(columns)) * 8 + y % _BAND
    keys = np.sort(keys, axis=None)
    places = keys >> 3  # of a sixel: its band, colour and column
    starts = np.flatnonzero(np.diff(places, prepend=-1))
    sixels = np.add.reduceat((1 << (keys & 7)).astype(np.uint8), starts)
    places = places[starts]
    passes = places // columns
    # Equal sixels side by side are one run.
    joined = (np.diff(places) == 1) & (np.diff(sixels.astype(np.int16)) == 0) & (np.diff(passes) == 0)
    runs = np.flatnonzero(np.concatenate([[True], ~joined]))
    lengths = np.diff(runs, append=len(places))
    passes, first, sixels = passes[runs], places[runs] % columns, sixels[runs]
    begin, end = edges[first], edges[first + lengths]
    is_first = np.diff(passes, prepend=-1) != 0
    gaps = begin - np.where(is_first, 0, np.roll(end, 1))
    head = np.zeros((len(runs), 6), np.uint8)
    head[:, 0] = np.where(is_first, ord("$"), 0)
    head[:, 0][np.diff(passes // COLOURS, prepend=0) != 0] = ord("-")
    head[0, 0] = 0
    head[:, 1] = np.where(is_first, ord("#"), 0)
    head[:, 2:] = _DIGITS[passes % COLOURS] * is_first[:, None]
    text = np.concatenate([head, _repeats(gaps, ord("?")), _repeats(end - begin, sixels + ord("?"))], axis=1)
    written: bytes = text[text != 0].tobytes()
    return written.decode("ascii")


def _repeats(counts: NDArray[np.int64], characters: Bytes | int) -> Bytes:
    """(N, 8): every character so often, `!` and a number before it where that is shorter; unused places are zero."""
    text = np.zeros((len(counts), 5 + _REPEATED), np.uint8)
    long = counts > _REPEATED
    text[:, 0] = np.where(long, ord("!"), 0)
    text[:, 1:5] = _DIGITS[counts] * long[:, None]
    for number in range(_REPEATED):
        wanted = (counts > number) & (~long if number else True)
        text[:, 5 + number] = np.where(wanted, characters, 0)
    return text

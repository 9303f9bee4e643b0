"""Half-block pictures: every terminal cell shows two pixels, one above the other.

A cell is `▀` with the upper pixel as foreground and the lower one as background; where both are equal it is a space,
which needs no foreground. (The compact form may also put the lower pixel in front.)

Rows are written as whole ANSI strings. All of the text of a picture is laid out in one array of fixed-width fields
taken from tables, and the unused bytes of the fields are dropped at the end: no Python runs per cell.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL.Image import Image, Resampling
from rich.color import Color
from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.segment import Segment
from rich.style import Style
from rich_pixels import Renderer

from tui_vae.terminal.colour import Bytes, ColourDepth, check_image, luminance, palette_indices

__all__ = ["RAMP", "HalfBlockImage", "HalfBlockRenderer", "rows", "segments"]

RAMP: Final = " .:-=+*#%@"
"""The characters of a picture without colour, from dark to bright on a dark background."""

_Words = NDArray[np.uint32]
_Keys = NDArray[np.int32]
# A key is a colour in one number: red << 16 | green << 8 | blue, or the number in the palette.
_NO_COLOUR: Final = -1


def _words(texts: list[str]) -> _Words:
    """Four-byte fields as numbers, unused bytes zero."""
    return np.frombuffer(b"".join(text.encode().ljust(4, b"\0") for text in texts), np.uint32)


_CSI, _SEPARATOR = _words(["\x1b[", ";"])
_ROW_END: Final = _words(["\x1b[0m", "\n"])
_PARAMETER: Final = _words([f";{value}" for value in range(256)])
_UPPER, _SPACE, _LOWER, _FULL = range(4)
# Indexed by whether colours changed and by the shape.
_GLYPH: Final = _words(["▀", " ", "▄", "█", "m▀", "m ", "m▄", "m█"]).reshape(2, 4)
_RAMP_BYTES: Final = np.frombuffer(RAMP.encode(), np.uint8)


class _Ground:
    """The SGR parameters of the foreground or the background."""

    def __init__(self, plain: int, bright: int, extended: int) -> None:
        self.truecolour, self.indexed = _words([f"{extended};2", f"{extended};5"])
        self.named = _words([str(plain + index) for index in range(8)] + [str(bright + index) for index in range(8)])

    def fields(self, keys: _Keys, depth: ColourDepth) -> _Words:
        """(H, W) keys to (H, W, k) fields."""
        if depth is ColourDepth.ANSI_16:
            return self.named[keys][..., None]
        if depth is ColourDepth.ANSI_256:
            return np.stack([np.full(keys.shape, self.indexed), _PARAMETER[keys]], axis=-1)
        channels = [_PARAMETER[(keys >> shift) & 255] for shift in (16, 8, 0)]
        return np.stack([np.full(keys.shape, self.truecolour), *channels], axis=-1)


_FOREGROUND: Final = _Ground(30, 90, 38)
_BACKGROUND: Final = _Ground(40, 100, 48)


def _keys(image: Bytes, depth: ColourDepth, top: int) -> tuple[_Keys, _Keys]:
    """The colours of the upper and the lower pixels of the cells, (h, w) each; `_NO_COLOUR` below an odd end."""
    check_image(image)
    if depth is ColourDepth.TRUECOLOUR:
        wide = image.astype(np.int32)
        keys = wide[..., 0] << 16 | wide[..., 1] << 8 | wide[..., 2]
    else:
        keys = palette_indices(image, depth, top=top).astype(np.int32)
    if len(keys) % 2:
        keys = np.concatenate([keys, np.full((1, keys.shape[1]), _NO_COLOUR, np.int32)])
    return keys[0::2], keys[1::2]


class _Cells(NamedTuple):
    """What to write for every cell, (h, w) each: the shape, both colours, and whether they have to be set."""

    shape: NDArray[np.intp]
    front: _Keys
    back: _Keys
    new_front: NDArray[np.bool_]
    new_back: NDArray[np.bool_]


def _better_swapped(upper: _Keys, lower: _Keys) -> NDArray[np.bool_]:
    """Where the lower pixel in front leaves more of the colours as they are; each cell depends on the one before."""
    # Columns as lines, so that each step works on contiguous numbers.
    tops, bottoms = np.ascontiguousarray(upper.T), np.ascontiguousarray(lower.T)
    swapped = np.zeros(tops.shape, np.bool_)
    front, back = np.full((2, tops.shape[1]), _NO_COLOUR - 1, np.int32)
    for top, bottom, swap in zip(tops, bottoms, swapped, strict=True):
        straight = (top == front).astype(np.int8) + (bottom == back)
        crossed = (bottom == front).astype(np.int8) + (top == back)
        # An equal pair needs one colour only: the foreground if that is it already, else the background.
        equal = top == bottom
        np.logical_or(crossed > straight, equal & (top == front) & (top != back), out=swap)
        swap &= bottom != _NO_COLOUR
        new_front, new_back = np.where(swap, bottom, top), np.where(swap, top, bottom)
        front, back = np.where(equal & ~swap, front, new_front), np.where(equal & swap, back, new_back)
    return swapped.T


def _cells(upper: _Keys, lower: _Keys, swapped: NDArray[np.bool_]) -> _Cells:
    front, back = np.where(swapped, lower, upper), np.where(swapped, upper, lower)
    equal = front == back
    front_used, back_used = ~equal | swapped, ~equal | ~swapped
    new_front = front_used & (front != _last_used(front, front_used))
    new_back = back_used & (back != _last_used(back, back_used)) & (back != _NO_COLOUR)
    shape = np.where(equal, np.where(swapped, _FULL, _SPACE), np.where(swapped, _LOWER, _UPPER))
    return _Cells(shape, front, back, new_front, new_back)


def _last_used(keys: _Keys, used: NDArray[np.bool_]) -> _Keys:
    """The colour that is set when each cell comes, impossible where there is none yet."""
    height, width = keys.shape
    setter = np.maximum.accumulate(np.where(used, np.arange(width), -1), axis=1)
    before = np.concatenate([np.full((height, 1), -1), setter[:, :-1]], axis=1)
    return np.where(before < 0, _NO_COLOUR - 1, np.take_along_axis(keys, np.maximum(before, 0), axis=1))


def rows(image: Bytes, depth: ColourDepth, *, top: int = 0, compact: bool = False) -> list[str]:
    """A picture as one string per terminal row, to be written as it is.

    Every row sets its colours from scratch, changes only what differs from the cell before, and ends with a reset;
    rows are independent of each other. `MONO` gives plain characters of `RAMP` and no escape sequence at all.

    Args:
        image: (H, W, 3) uint8; a row of cells shows two lines of it. With an odd H the last lower half shows the
            default background.
        depth: The colours of the terminal.
        top: The line of the whole picture at which `image` starts, so that a slice dithers as the whole does.
        compact: Use `▄` and `█` too wherever that repeats more colours. The picture is the same and takes more time
            but fewer bytes: worth it for a slow link, above all when the picture has few colours.

    Returns:
        ceil(H / 2) strings of W cells.

    Raises:
        ValueError: The image has another shape or type.
    """
    if depth is ColourDepth.MONO:
        return _ramp_rows(image)
    upper, lower = _keys(image, depth, top)
    height, width = upper.shape
    if not width:
        return [""] * height
    swapped = _better_swapped(upper, lower) if compact else np.zeros(upper.shape, np.bool_)
    shape, front, back, new_front, new_back = _cells(upper, lower, swapped)
    changed = new_front | new_back
    front_fields = _FOREGROUND.fields(front, depth)
    back_fields = _BACKGROUND.fields(back, depth)
    size = front_fields.shape[-1]
    text = np.zeros((height, width * (2 * size + 3) + len(_ROW_END)), np.uint32)
    text[:, -len(_ROW_END) :] = _ROW_END
    cells = text[:, : -len(_ROW_END)].reshape(height, width, 2 * size + 3)  # splits an axis: still the same memory
    cells[..., 0] = _CSI * changed
    cells[..., 1 : 1 + size] = front_fields * new_front[..., None]
    cells[..., 1 + size] = _SEPARATOR * (new_front & new_back)
    cells[..., 2 + size : 2 + 2 * size] = back_fields * new_back[..., None]
    cells[..., -1] = _GLYPH[changed.astype(np.intp), shape]
    return text.tobytes().translate(None, b"\0").decode().split("\n")[:-1]


def _ramp_rows(image: Bytes) -> list[str]:
    check_image(image)
    bright = luminance(image).astype(np.uint16)
    upper = bright[0::2]
    lower = bright[1::2] if len(bright) % 2 == 0 else np.concatenate([bright[1::2], bright[-1:]])
    steps = (upper + lower) * len(RAMP) // 512
    return [line.tobytes().decode("ascii") for line in _RAMP_BYTES[steps]]


@lru_cache(maxsize=16384)
def _style(upper: int, lower: int, depth: ColourDepth) -> Style:
    return Style.from_color(_colour(upper, depth), _colour(lower, depth))


def _colour(key: int, depth: ColourDepth) -> Color | None:
    if key == _NO_COLOUR:
        return None
    if depth is ColourDepth.TRUECOLOUR:
        return Color.from_rgb(key >> 16, key >> 8 & 255, key & 255)
    return Color.from_ansi(key)


def segments(image: Bytes, depth: ColourDepth, *, top: int = 0) -> list[list[Segment]]:
    """The same picture as `rows` gives, as Rich segments; neighbouring cells of equal colours share one.

    Args:
        image: (H, W, 3) uint8.
        depth: The colours of the terminal.
        top: As in `rows`.

    Returns:
        ceil(H / 2) lists of segments, W cells each, without line ends.

    Raises:
        ValueError: The image has another shape or type.
    """
    if depth is ColourDepth.MONO:
        return [[Segment(line)] for line in _ramp_rows(image)]
    upper, lower = _keys(image, depth, top)
    width = upper.shape[1]
    if not width:
        return [[] for _ in upper]
    result: list[list[Segment]] = []
    for above, below in zip(upper, lower, strict=True):
        fresh = (above[1:] != above[:-1]) | (below[1:] != below[:-1])
        starts = [0, *(np.flatnonzero(fresh) + 1).tolist()]
        pairs = zip(starts, [*starts[1:], width], above[starts].tolist(), below[starts].tolist(), strict=True)
        result.append(
            [
                Segment(" " * (end - start), _style(_NO_COLOUR, under, depth))
                if over == under
                else Segment("▀" * (end - start), _style(over, under, depth))
                for start, end, over, under in pairs
            ]
        )
    return result


_CONSOLE_DEPTHS: Final = {
    "truecolor": ColourDepth.TRUECOLOUR,
    "256": ColourDepth.ANSI_256,
    "standard": ColourDepth.ANSI_16,
    "windows": ColourDepth.ANSI_16,
}


class HalfBlockImage:
    """A picture for `rich.print` and `Console.print`.

    Args:
        image: (H, W, 3) uint8.
        depth: The colours to use; by default those that the console says it has.

    Raises:
        ValueError: The image has another shape or type.
    """

    def __init__(self, image: Bytes, depth: ColourDepth | None = None) -> None:
        check_image(image)
        self.image = image
        self.depth = depth

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        depth = self.depth or _CONSOLE_DEPTHS.get(console.color_system or "", ColourDepth.MONO)
        for line in segments(self.image, depth):
            yield from line
            yield Segment.line()

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        width = self.image.shape[1]
        return Measurement(width, width)


class HalfBlockRenderer(Renderer):
    """For `rich_pixels.Pixels.from_image(image, renderer=HalfBlockRenderer())`: the same cells, many times faster.

    Unlike the library's own renderer it takes no notice of transparency.

    Args:
        depth: The colours to use.
    """

    def __init__(self, depth: ColourDepth = ColourDepth.TRUECOLOUR) -> None:
        super().__init__()
        self.depth = depth

    def render(self, image: Image, resize: tuple[int, int] | None) -> list[Segment]:
        """Turn a Pillow image, resized to (width, height) first if asked, into segments with line ends."""
        opaque = image.convert("RGB")
        if resize:
            opaque = opaque.resize(resize, resample=Resampling.NEAREST)
        result: list[Segment] = []
        for line in segments(np.asarray(opaque), self.depth):
            result += [*line, Segment.line()]
        return result

"""Cells of two colours, written as ANSI text or as Rich segments.

Rows are written as whole ANSI strings. All of the text of a picture is laid out in one array of fixed-width fields
taken from tables, and the unused bytes of the fields are dropped at the end: no Python runs per cell.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from rich.color import Color
from rich.segment import Segment
from rich.style import Style

from tui_vae.terminal.colour import ColourDepth
from tui_vae.terminal.grid import CellShape

_Words = NDArray[np.uint32]
Keys = NDArray[np.int32]
"""Colours in one number each: red << 16 | green << 8 | blue, or the number in the palette."""

NO_COLOUR: Final = -1
"""The key of the terminal's own background."""

_SEXTANTS: Final = [chr(0x1FB00 + n - 1 - (n > 21) - (n > 42)) for n in range(64)]
_SEXTANTS[0], _SEXTANTS[21], _SEXTANTS[42], _SEXTANTS[63] = " ▌▐█"

GLYPHS: Final = {
    CellShape.HALF: " ▀▄█",
    CellShape.QUADRANT: " ▘▝▀▖▌▞▛▗▚▐▜▄▙▟█",
    CellShape.SEXTANT: "".join(_SEXTANTS),
    CellShape.ASCII: "  ",
}
"""The character of every pattern. Bit i of a pattern says that pixel i, row by row, has the colour in front."""


class Cells(NamedTuple):
    """The cells of a picture, (h, w) each: the pattern, and the keys of the colours in front and behind."""

    pattern: NDArray[np.intp]
    front: Keys
    back: Keys


def _words(texts: list[str]) -> _Words:
    """Four-byte fields as numbers, unused bytes zero."""
    return np.frombuffer(b"".join(text.encode().ljust(4, b"\0") for text in texts), np.uint32)


_CSI, _SEPARATOR = _words(["\x1b[", ";"])
_ROW_END: Final = _words(["\x1b[0m", "\n"])
_PARAMETER: Final = _words([f";{value}" for value in range(256)])


def _glyph_fields(glyphs: str) -> _Words:
    """(2, patterns, k) fields, by whether an escape sequence has to be ended first."""
    plain, ended = list(glyphs), [f"m{glyph}" for glyph in glyphs]
    if max(len(text.encode()) for text in ended) <= 4:
        return np.stack([_words(plain), _words(ended)])[..., None]
    # Sextants have four bytes of their own.
    ends = np.broadcast_to(_words(["", "m"])[:, None], (2, len(glyphs)))
    return np.stack([ends, np.broadcast_to(_words(plain), ends.shape)], axis=-1)


_GLYPH_FIELDS: Final = {shape: _glyph_fields(glyphs) for shape, glyphs in GLYPHS.items()}


class _Ground:
    """The SGR parameters of the foreground or the background."""

    def __init__(self, plain: int, bright: int, extended: int) -> None:
        self.truecolour, self.indexed = _words([f"{extended};2", f"{extended};5"])
        self.named = _words([str(plain + index) for index in range(8)] + [str(bright + index) for index in range(8)])

    def fields(self, keys: Keys, depth: ColourDepth) -> _Words:
        """(H, W) keys to (H, W, k) fields."""
        if depth.terminal is ColourDepth.ANSI_16:
            return self.named[keys][..., None]
        if depth.terminal is ColourDepth.ANSI_256:
            return np.stack([np.full(keys.shape, self.indexed), _PARAMETER[keys]], axis=-1)
        channels = [_PARAMETER[(keys >> shift) & 255] for shift in (16, 8, 0)]
        return np.stack([np.full(keys.shape, self.truecolour), *channels], axis=-1)


_FOREGROUND: Final = _Ground(30, 90, 38)
_BACKGROUND: Final = _Ground(40, 100, 48)


class _Written(NamedTuple):
    """Cells as they are written, and whether their colours have to be set, (h, w) each."""

    cells: Cells
    new_front: NDArray[np.bool_]
    new_back: NDArray[np.bool_]


def _better_swapped(cells: Cells) -> NDArray[np.bool_]:
    """Where the other colour in front leaves more of the colours as they are; each cell depends on the one before."""
    # Columns as lines, so that each step works on contiguous numbers.
    fronts, backs = np.ascontiguousarray(cells.front.T), np.ascontiguousarray(cells.back.T)
    swapped = np.zeros(fronts.shape, np.bool_)
    front, back = np.full((2, fronts.shape[1]), NO_COLOUR - 1, np.int32)
    for first, second, swap in zip(fronts, backs, swapped, strict=True):
        straight = (first == front).astype(np.int8) + (second == back)
        crossed = (second == front).astype(np.int8) + (first == back)
        # An equal pair needs one colour only: the foreground if that is it already, else the background.
        equal = first == second
        np.logical_or(crossed > straight, equal & (first == front) & (first != back), out=swap)
        swap &= second != NO_COLOUR
        new_front, new_back = np.where(swap, second, first), np.where(swap, first, second)
        front, back = np.where(equal & ~swap, front, new_front), np.where(equal & swap, back, new_back)
    return swapped.T


def _written(cells: Cells, swapped: NDArray[np.bool_], full: int) -> _Written:
    front, back = np.where(swapped, cells.back, cells.front), np.where(swapped, cells.front, cells.back)
    equal = front == back
    front_used, back_used = ~equal | swapped, ~equal | ~swapped
    new_front = front_used & (front != _last_used(front, front_used))
    new_back = back_used & (back != _last_used(back, back_used)) & (back != NO_COLOUR)
    pattern = (cells.pattern * ~equal) ^ (swapped * np.intp(full))
    return _Written(Cells(pattern, front, back), new_front, new_back)


def _last_used(keys: Keys, used: NDArray[np.bool_]) -> Keys:
    """The colour that is set when each cell comes, impossible where there is none yet."""
    height, width = keys.shape
    setter = np.maximum.accumulate(np.where(used, np.arange(width), -1), axis=1)
    before = np.concatenate([np.full((height, 1), -1), setter[:, :-1]], axis=1)
    return np.where(before < 0, NO_COLOUR - 1, np.take_along_axis(keys, np.maximum(before, 0), axis=1))


def text_rows(cells: Cells, depth: ColourDepth, shape: CellShape, *, compact: bool = False) -> list[str]:
    """Cells as one string per row.

    Every row sets its colours from scratch, changes only what differs from the cell before, and ends with a reset.

    Args:
        cells: The cells, (h, w).
        depth: What their keys mean; not `MONO`.
        shape: What their patterns mean.
        compact: Exchange the two colours of a cell, and its pattern for the other one, where that repeats more colours.

    Returns:
        h strings of w cells.
    """
    height, width = cells.front.shape
    if not width:
        return [""] * height
    # ASCII has no full block to put a colour in front with.
    may_swap = compact and shape is not CellShape.ASCII
    swapped = _better_swapped(cells) if may_swap else np.zeros((height, width), np.bool_)
    glyphs = _GLYPH_FIELDS[shape]
    chosen, new_front, new_back = _written(cells, swapped, glyphs.shape[1] - 1)
    changed = new_front | new_back
    front_fields = _FOREGROUND.fields(chosen.front, depth)
    back_fields = _BACKGROUND.fields(chosen.back, depth)
    size, glyph_size = front_fields.shape[-1], glyphs.shape[-1]
    each = 2 * size + 2 + glyph_size
    text = np.zeros((height, width * each + len(_ROW_END)), np.uint32)
    text[:, -len(_ROW_END) :] = _ROW_END
    fields = text[:, : -len(_ROW_END)].reshape(height, width, each)  # splits an axis: still the same memory
    fields[..., 0] = _CSI * changed
    fields[..., 1 : 1 + size] = front_fields * new_front[..., None]
    fields[..., 1 + size] = _SEPARATOR * (new_front & new_back)
    fields[..., 2 + size : 2 + 2 * size] = back_fields * new_back[..., None]
    fields[..., 2 + 2 * size :] = glyphs[changed.astype(np.intp), chosen.pattern]
    return text.tobytes().translate(None, b"\0").decode().split("\n")[:-1]


@lru_cache(maxsize=16384)
def _style(front: int, back: int, depth: ColourDepth) -> Style:
    return Style.from_color(_colour(front, depth), _colour(back, depth))


def _colour(key: int, depth: ColourDepth) -> Color | None:
    if key == NO_COLOUR:
        return None
    if depth is ColourDepth.TRUECOLOUR:
        return Color.from_rgb(key >> 16, key >> 8 & 255, key & 255)
    return Color.from_ansi(key)


def segment_rows(cells: Cells, depth: ColourDepth, shape: CellShape) -> list[list[Segment]]:
    """The same cells as Rich segments; neighbouring cells of equal colours and pattern share one.

    Args:
        cells: The cells, (h, w).
        depth: What their keys mean; not `MONO`.
        shape: What their patterns mean.

    Returns:
        h lists of segments, w cells each, without line ends.
    """
    width = cells.front.shape[1]
    if not width:
        return [[] for _ in cells.front]
    pattern = np.where(cells.front == cells.back, 0, cells.pattern)
    front = np.where(pattern == 0, NO_COLOUR, cells.front)
    result: list[list[Segment]] = []
    for line in zip(pattern, front, cells.back, strict=True):
        fresh = np.any([each[1:] != each[:-1] for each in line], axis=0)
        starts = [0, *(np.flatnonzero(fresh) + 1).tolist()]
        lengths = np.diff([*starts, width]).tolist()
        runs = zip(lengths, *(each[starts].tolist() for each in line), strict=True)
        result.append(
            [Segment(GLYPHS[shape][kind] * count, _style(over, under, depth)) for count, kind, over, under in runs]
        )
    return result

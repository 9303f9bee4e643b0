"""Real pixels: what to ask a terminal, where a picture goes, and the picture as the terminal wants it.

Two protocols: kitty's (https://sw.kovidgoyal.net/kitty/graphics-protocol/) and sixel. Nothing here asks by itself: the
questions are written and the answers taken out of the input where all others are (`answers`).
"""

from __future__ import annotations

import io
from base64 import standard_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from itertools import count
from typing import Final

import numpy as np
from PIL import Image

from tui_vae.terminal import sixel
from tui_vae.terminal.colour import Bytes, ColourDepth, check_image
from tui_vae.terminal.grid import CellShape, Zoom


class Graphics(Enum):
    """A protocol for pictures. The value is the name that the command line uses."""

    KITTY = "kitty"
    SIXEL = "sixel"


CELL_QUESTION: Final = "\x1b[16t"
"""How large is a cell in pixels? (xterm's ctlseqs)"""
QUESTIONS: Final = f"\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\{CELL_QUESTION}\x1b[c"
"""Kitty's protocol, the size of a cell, and DA1, which every terminal answers: with it all is said, sixel too."""
SIXEL_ATTRIBUTE: Final = 4

LIMIT: Final = 512
"""Pixels of the longer side that are decoded at most; a larger area shows them enlarged."""
REDUCTIONS: Final = (1, 2, 3, 6)
"""By which a moving picture's sides are divided at each level of `thin`."""

COLOURS: Final = (256, 96, 64, 48)
"""Of a picture in sixels, at the same levels: what they cost is mostly the number of colours in a band of six lines."""
GRAIN: Final = 8
"""Of exact pictures in sixels, as `sixel.encode` takes it."""

_CHUNK: Final = 4096
_ALIKE: Final = (4, 200)
"""Pixels of a cell's side, least and most, that are believed."""
# They print what they do not understand, or cannot show a picture in any case.
_NOT_ASKED: Final = ("linux", "dumb", "vt1", "vt2", "vt52", "cons", "sun")
_MULTIPLEXERS: Final = ("screen", "tmux")

Cell = tuple[int, int]
"""(height, width) of a cell in pixels."""


def is_multiplexed(environ: Mapping[str, str]) -> bool:
    """Whether tmux or GNU screen is in between; also a local one, around `ssh`."""
    return bool(environ.get("TMUX") or environ.get("STY")) or environ.get("TERM", "").startswith(_MULTIPLEXERS)


def may_ask(environ: Mapping[str, str]) -> bool:
    """Whether the questions do no harm: a terminal that prints them is not asked."""
    term = environ.get("TERM", "").strip().lower()
    return bool(term) and not term.startswith(_NOT_ASKED) and environ.get("TERM_PROGRAM") != "Apple_Terminal"


def is_cell(height: int, width: int) -> bool:
    """Whether a terminal's cells can have this size in pixels."""
    return all(_ALIKE[0] <= side <= _ALIKE[1] for side in (height, width))


@dataclass(frozen=True)
class Wish:
    """What to ask a terminal for.

    Attributes:
        graphics: The protocols to use if it has them; none to show cells.
        is_named: Whether the user has asked for one by its name, and should hear if it is not there.
    """

    graphics: frozenset[Graphics] = frozenset()
    is_named: bool = False


def wish(name: str, environ: Mapping[str, str], depth: ColourDepth, shape: CellShape) -> Wish:
    """What a user wants.

    Args:
        name: `auto`, `kitty`, `sixel` or `off`.
        environ: The environment, usually `os.environ`.
        depth: The colours of cells; `auto` takes one without colours for a wish to see none.
        shape: How cells are divided; `auto` takes characters for a wish to see these.

    Returns:
        The wish. `auto` is nothing inside tmux and GNU screen: pictures there stay behind on other windows.

    Raises:
        ValueError: There is no such name.
    """
    if name not in ("auto", "off", *(each.value for each in Graphics)):
        raise ValueError(f"unknown graphics {name!r}: use auto, kitty, sixel or off")
    if name == "off" or not may_ask(environ):
        return Wish(is_named=name not in ("auto", "off"))
    if name != "auto":
        return Wish(frozenset([Graphics(name)]), is_named=True)
    is_plain = depth is ColourDepth.MONO or shape is CellShape.ASCII
    return Wish() if is_plain or is_multiplexed(environ) else Wish(frozenset(Graphics))


def choose(asked: frozenset[Graphics], *, kitty: bool, attributes: frozenset[int]) -> Graphics | None:
    """The protocol to use: kitty's is exact and smaller, so it comes first."""
    if Graphics.KITTY in asked and kitty:
        return Graphics.KITTY
    return Graphics.SIXEL if Graphics.SIXEL in asked and SIXEL_ATTRIBUTE in attributes else None


@dataclass(frozen=True)
class Area:
    """Where a picture goes.

    Attributes:
        lines: Height in cells.
        columns: Width in cells.
        height: Height in pixels of the terminal.
        width: Width in pixels of the terminal.
        grid: (height, width) of the picture to decode.
        fills: Whether the cells are filled to their edges.
    """

    lines: int
    columns: int
    height: int
    width: int
    grid: tuple[int, int]
    fills: bool


def fit_area(
    height: int, width: int, columns: int, lines: int, cell: Cell, zoom: Zoom = "fit", limit: int = LIMIT
) -> Area | None:
    """The largest picture of a given aspect in an area of cells.

    Args:
        height: Height of the picture in pixels of the model, at least 1.
        width: Width of the picture in pixels of the model, at least 1.
        columns: Width of the area in cells.
        lines: Height of the area in cells.
        cell: Size of a cell.
        zoom: "integer" enlarges the model's own pixels by a whole factor, where one fits.
        limit: Pixels of the longer side to decode at most.

    Returns:
        Its place; `None` if the area is empty.
    """
    if columns < 1 or lines < 1:
        return None
    down, across = cell
    factor = min(lines * down // height, columns * across // width) if zoom == "integer" else 0
    if factor:
        tall, wide = height * factor, width * factor
        return Area(-(-tall // down), -(-wide // across), tall, wide, (height, width), fills=False)
    scale = min(lines * down / height, columns * across / width)
    used_lines = min(lines, max(1, round(height * scale / down)))
    used_columns = min(columns, max(1, round(width * scale / across)))
    tall, wide = used_lines * down, used_columns * across
    less = min(1.0, limit / max(tall, wide))
    grid = max(1, round(tall * less)), max(1, round(wide * less))
    return Area(used_lines, used_columns, tall, wide, grid, fills=True)


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture in a terminal's own words.

    Attributes:
        graphics: The protocol.
        area: Where it was made to go.
        reduction: By what its sides were divided: 1 for the exact picture.
        data: What to write, with the cursor in its top left cell.
        number: By which kitty knows it.
    """

    graphics: Graphics
    area: Area
    reduction: int
    data: str = field(repr=False)
    number: int

    def placed(self, line: int, column: int) -> str:
        """What shows it, its top left cell at this line and column counted from 0; the cursor stays where it is."""
        return f"\x1b7\x1b[{line + 1};{column + 1}H{self.data}\x1b8"

    @property
    def removal(self) -> str:
        """What takes it away; empty for sixels, which go when their cells are written."""
        return f"\x1b_Ga=d,d=I,i={self.number},q=2\x1b\\" if self.graphics is Graphics.KITTY else ""


_numbers = count(0x7561)
"""Kitty's pictures are known by number to all programs on the screen; this range is not likely to be another's."""


def picture(image: Bytes, graphics: Graphics, area: Area, level: int = 0) -> Picture:
    """Make what a terminal is sent.

    Args:
        image: (H, W, 3) uint8, best of `area.grid`'s size.
        graphics: The protocol.
        area: Where it goes.
        level: An index of `REDUCTIONS`: fewer pixels for a slow link.

    Returns:
        The picture.

    Raises:
        ValueError: The image has another shape or type.
    """
    check_image(image)
    reduction = REDUCTIONS[level]
    size = tuple(-(-side // reduction) for side in area.grid)
    if image.shape[:2] != size:
        smaller = Image.fromarray(image).resize((size[1], size[0]), Image.Resampling.BOX)
        image = np.asarray(smaller)
    number = next(_numbers)
    if graphics is Graphics.SIXEL:
        data = sixel.encode(image, area.height, area.width, COLOURS[level], grain=0 if level else GRAIN)
    else:
        data = _kitty(image, area, number)
    return Picture(graphics, area, reduction, data, number)


def _kitty(image: Bytes, area: Area, number: int) -> str:
    """Transmit and show a PNG: for smooth pictures half as long as deflated pixels, in the same time."""
    place = f",c={area.columns},r={area.lines}"
    if not area.fills:  # kitty would stretch it to whole cells
        rows = np.arange(area.height) * len(image) // area.height
        image, place = image[rows][:, np.arange(area.width) * image.shape[1] // area.width], ""
    file = io.BytesIO()
    Image.fromarray(image).save(file, "PNG", compress_level=1)
    data = standard_b64encode(file.getvalue()).decode("ascii")
    chunks = [data[start : start + _CHUNK] for start in range(0, len(data), _CHUNK)]
    keys = [f"a=T,f=100,i={number},q=2,C=1{place},", *["q=2,"] * (len(chunks) - 1)]
    more = [1] * (len(chunks) - 1) + [0]
    return "".join(f"\x1b_G{key}m={flag};{chunk}\x1b\\" for key, flag, chunk in zip(keys, more, chunks, strict=True))

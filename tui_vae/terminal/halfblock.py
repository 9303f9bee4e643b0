"""Half-block pictures: every terminal cell shows two pixels, one above the other.

A cell is `▀` with the upper pixel as foreground and the lower one as background; where both are equal it is a space,
which needs no foreground. (The compact form may also put the lower pixel in front.) This is the default of
`tui_vae.terminal.cells`, with the ways in which Rich and rich-pixels print it.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from PIL.Image import Image, Resampling
from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.segment import Segment
from rich_pixels import Renderer

from tui_vae.terminal import cells
from tui_vae.terminal.colour import Bytes, ColourDepth, check_image
from tui_vae.terminal.ramp import RAMP

__all__ = ["RAMP", "HalfBlockImage", "HalfBlockRenderer", "rows", "segments"]


def rows(image: Bytes, depth: ColourDepth, *, top: int = 0, compact: bool = False) -> list[str]:
    """A picture as one string per terminal row: `cells.rows` in half blocks."""
    return cells.rows(image, depth, top=top, compact=compact)


def segments(image: Bytes, depth: ColourDepth, *, top: int = 0) -> list[list[Segment]]:
    """The same picture as Rich segments: `cells.segments` in half blocks."""
    return cells.segments(image, depth, top=top)


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

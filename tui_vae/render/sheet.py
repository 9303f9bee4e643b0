"""Contact sheets: faces in rows and columns with captions, as a picture or as rows of cells."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from tui_vae.latent.axes import Vector
from tui_vae.render.film import Decode, Grid, Images, Progress, frames

GROUND: Final = (18, 18, 20)
INK: Final = (208, 208, 212)
Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


@dataclass(frozen=True)
class Sheet:
    """Points (N, L) in reading order, ``columns`` to a row.

    ``captions`` stand below the faces, ``tops`` above the columns, ``sides`` left of the rows; each may be empty.
    """

    latents: Vector
    columns: int
    captions: Sequence[str] = ()
    tops: Sequence[str] = ()
    sides: Sequence[str] = ()

    @property
    def rows(self) -> int:
        """How many rows there are; the last may not be full."""
        return -(-len(self.latents) // self.columns)


def picture(
    sheet: Sheet,
    decode: Decode,
    grid: Grid | None = None,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Images:
    """Decode a sheet and draw it, uint8 (height, width, C); one channel where the model has one.

    Args:
        sheet: What is drawn.
        decode: The decoder.
        grid: (height, width) of each face.
        progress: Told of every face.
        cancelled: Asked before every face.

    Raises:
        CancelledError: ``cancelled`` has said so.
    """
    images = np.stack(list(frames(sheet.latents, decode, grid, progress, cancelled)))
    _, height, width, channels = images.shape
    gap = max(2, min(height, width) // 32)
    font = ImageFont.load_default(min(40, max(10, width // 8)))
    line = _line_height(font)
    side = max((_width(text, font) for text in sheet.sides), default=-2 * gap) + 2 * gap
    top = line + gap if sheet.tops else 0
    across, down = width + gap, height + gap + (line + gap // 2 if sheet.captions else 0)
    canvas = Image.new("RGB", (gap + side + sheet.columns * across, gap + top + sheet.rows * down), GROUND)
    draw = ImageDraw.Draw(canvas)

    def write(text: str, centre: float, middle: float, room: int) -> None:
        text = _shortened(text, font, room)
        draw.text((centre - _width(text, font) / 2, middle - line / 2), text, INK, font)

    for column, text in enumerate(sheet.tops):
        write(text, gap + side + column * across + width / 2, gap + line / 2, across)
    for row, text in enumerate(sheet.sides):
        write(text, (gap + side) / 2, gap + top + row * down + height / 2, side)
    for number, image in enumerate(images):
        row, column = divmod(number, sheet.columns)
        left, upper = gap + side + column * across, gap + top + row * down
        canvas.paste(Image.fromarray(np.broadcast_to(image, (height, width, 3)).copy()), (left, upper))
        if sheet.captions:
            write(sheet.captions[number], left + width / 2, upper + height + (gap + line) / 2, across)
    drawn: Images = np.asarray(canvas if channels == 3 else canvas.convert("L"))
    return drawn if channels == 3 else drawn[..., None]


def text_lines(sheet: Sheet, images: Sequence[Sequence[str]], width: int) -> list[str]:
    """A sheet as lines of cells.

    Args:
        sheet: What is shown.
        images: Each face as rows of cells, as many for each.
        width: The cells across each face.

    Returns:
        The lines, faces one cell apart, captions as text.
    """
    side = max((len(text) for text in sheet.sides), default=-1) + 1
    lines = [" " * side + " ".join(_centred(text, width) for text in sheet.tops)] if sheet.tops else []
    for row in range(sheet.rows):
        places = slice(row * sheet.columns, (row + 1) * sheet.columns)
        for number, parts in enumerate(zip(*images[places], strict=True)):
            label = sheet.sides[row] if sheet.sides and number == len(images[0]) // 2 else ""
            lines.append(label.ljust(side) + " ".join(parts))
        if sheet.captions:
            lines.append(" " * side + " ".join(_centred(text, width) for text in sheet.captions[places]))
    return [line.rstrip(" ") if not line.strip() else line for line in lines]


def _centred(text: str, width: int) -> str:
    return (text if len(text) <= width else text[: max(0, width - 1)] + "~").center(width)


def _width(text: str, font: Font) -> int:
    return round(font.getlength(text))


def _line_height(font: Font) -> int:
    if isinstance(font, ImageFont.FreeTypeFont):
        return sum(font.getmetrics())
    return round(font.getbbox("Ag")[3])


def _shortened(text: str, font: Font, room: int) -> str:
    """The text, or as much of its beginning as fits."""
    if _width(text, font) <= room:
        return text
    while text and _width(text + "...", font) > room:
        text = text[:-1]
    return text + "..."

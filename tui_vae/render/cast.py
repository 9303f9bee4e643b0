"""Films as terminal recordings (asciicast version 2), and pictures as text with ANSI colours."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tui_vae.files import whole_file
from tui_vae.render.film import CancelledError, Decode, Film, Images, Progress, frames
from tui_vae.terminal import cells
from tui_vae.terminal.colour import ColourDepth
from tui_vae.terminal.grid import CellShape, fit_grid


@dataclass(frozen=True)
class CellStyle:
    """How pictures become cells: ``columns`` wide, as high as their proportions ask for."""

    columns: int = 64
    depth: ColourDepth = ColourDepth.TRUECOLOUR
    shape: CellShape = CellShape.HALF

    def grid(self, height: int, width: int) -> tuple[int, int]:
        """(height, width) in pixels of a picture of this aspect."""
        return fit_grid(height, width, self.columns, 4 * self.columns * height, self.shape)

    def rows(self, image: Images) -> list[str]:
        """A picture (H, W, C) as rows of cells."""
        return cells.rows(np.broadcast_to(image, (*image.shape[:2], 3)), self.depth, self.shape)


def write_cast(
    path: Path,
    film: Film,
    decode: Decode,
    aspect: tuple[int, int],
    style: CellStyle,
    timestamp: int,
    title: str = "",
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> None:
    """Write a film as an asciicast v2 file: one line of JSON for the header, one for each picture.

    Source: https://docs.asciinema.org/manual/asciicast/v2/

    Args:
        path: The file.
        film: What is shown; players repeat it if they are told to.
        decode: The decoder.
        aspect: Height and width of the model's pictures, in any unit.
        style: The cells.
        timestamp: Seconds since 1970.
        title: What players may show above it.
        progress: Told of every picture.
        cancelled: Asked before every picture, and before the file gets its name.

    Raises:
        CancelledError: ``cancelled`` has said so; nothing is left behind.
        UserError: it cannot be written.
    """
    grid = style.grid(*aspect)
    down, across = style.shape.pixels
    pictures = [style.rows(image) for image in frames(film.latents, decode, grid, progress, cancelled)]
    with whole_file(path) as scratch, scratch.open("w", encoding="utf-8", newline="\n") as stream:
        shown = events((pictures[number] for number in film.order), film.fps)
        stream.writelines(recording(grid[1] // across, -(-grid[0] // down), timestamp, shown, title))
        if cancelled is not None and cancelled():
            raise CancelledError


def recording(
    columns: int, lines: int, timestamp: int, written: Iterable[tuple[float, str]], title: str = ""
) -> Iterator[str]:
    """The lines of an asciicast v2 file.

    Args:
        columns: Width of the terminal.
        lines: Its height.
        timestamp: Seconds since 1970.
        written: Seconds since the beginning, and what is written to the terminal then.
        title: What players may show above it.
    """
    header = {
        "version": 2,
        "width": columns,
        "height": lines,
        "timestamp": timestamp,
        "env": {"TERM": "xterm-256color"},
    }
    yield _line(header | ({"title": title} if title else {}))
    for time, text in written:
        yield _line([time, "o", text])


def events(pictures: Iterable[list[str]], fps: float) -> Iterator[tuple[float, str]]:
    """Times in seconds and what is written then: the first picture whole, of others the rows that have changed.

    The last event brings the cursor back, when the last picture has stood as long as the others.
    """
    before: list[str] = []
    number = 0
    for number, rows in enumerate(pictures, start=1):
        changed = [f"\x1b[{top};1H{row}" for top, row in enumerate(rows, 1) if before[top - 1 : top] != [row]]
        start = "" if before else "\x1b[?25l\x1b[2J"
        if changed:
            yield round((number - 1) / fps, 6), start + "".join(changed)
        before = rows
    yield round(number / fps, 6), f"\x1b[{max(1, len(before))};1H\x1b[?25h"


def _line(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n"

"""Sheets and films to files; the end of a file's name says which format."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tui_vae import pictures
from tui_vae.errors import UserError
from tui_vae.files import whole_file
from tui_vae.render import animation, cast, sheet
from tui_vae.render.cast import CellStyle
from tui_vae.render.film import Decode, Film, Grid, Progress, check_room, frames
from tui_vae.render.sheet import Sheet

STILL: Final = (".png", ".npy", ".txt", ".ans")
MOVING: Final = (".gif", ".apng", ".webp", ".cast")
SMALLEST: Final = 128
"""The height of faces in sheets and films of models that make smaller ones, unless another is asked for."""
FASTEST: Final = animation.FASTEST | {".cast": 60.0}


@dataclass(frozen=True)
class Look:
    """How faces are drawn.

    Attributes:
        shape: (H, W, C) of the model's pictures.
        height: Height of each face in pixels; ``None`` for the model's own.
        cells: How they become cells in ``.cast``, ``.txt`` and ``.ans``.
    """

    shape: tuple[int, int, int]
    height: int | None = None
    cells: CellStyle = field(default_factory=CellStyle)

    @property
    def grid(self) -> Grid | None:
        """(height, width) to decode at."""
        if self.height is None or self.height == self.shape[0]:
            return None
        return self.height, max(1, round(self.height * self.shape[1] / self.shape[0]))

    def check_room(self, count: int) -> None:
        """Refuse more pictures than fit into memory.

        Raises:
            UserError: they do not.
        """
        height, width = self.grid or self.shape[:2]
        check_room(count, height, width, self.shape[2])


def suffix_of(path: Path, known: Sequence[str] = STILL + MOVING) -> str:
    """How a file's name ends, in small letters.

    Raises:
        UserError: it is none of ``known``.
    """
    suffix = path.suffix.lower()
    if suffix not in known:
        raise UserError(f"{path}: the name must end in {', '.join(known[:-1])} or {known[-1]}")
    return suffix


def check_free(path: Path, force: bool = False) -> None:
    """Refuse to replace a file unless ``force`` says so.

    Raises:
        UserError: something of this name is there.
    """
    if not force and os.path.lexists(path):
        raise UserError(f"{path}: exists; --force replaces it")


def write_film(
    film: Film,
    path: Path,
    decode: Decode,
    look: Look,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> None:
    """Write a film as GIF, APNG, WebP or asciicast, whole or not at all; a file of this name is replaced.

    Decoding and encoding happen in the caller's thread; ``progress`` and ``cancelled`` are called in it.

    Args:
        film: What is shown.
        path: The file; its suffix is one of ``MOVING``.
        decode: The decoder.
        look: Size, or cells.
        progress: Told of every picture: how many are done, of how many.
        cancelled: Asked before every picture whether to stop.

    Raises:
        CancelledError: ``cancelled`` has said so; nothing is left behind.
        UserError: another suffix, faster than the format can be, too large, or it cannot be written.
    """
    suffix = suffix_of(path, MOVING)
    if not 0.1 <= film.fps <= FASTEST[suffix]:
        raise UserError(f"{film.fps:g} pictures a second: {suffix} supports from 0.1 to {FASTEST[suffix]:g}")
    if suffix == ".cast":
        now = int(time.time())
        cast.write_cast(path, film, decode, look.shape[:2], look.cells, now, "", progress, cancelled)
        return
    look.check_room(len(film.latents))
    animation.write_animation(path, suffix, film, decode, look.grid, progress, cancelled)


def write_sheet(
    faces: Sheet,
    path: Path,
    decode: Decode,
    look: Look,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> None:
    """Write a contact sheet as PNG or as text, or its latent vectors (N, L) as .npy; else as :func:`write_film`."""
    suffix = suffix_of(path, STILL)
    if suffix == ".npy":
        pictures.save_latent(path, faces.latents)
    elif suffix == ".png":
        look.check_room(len(faces.latents))
        pictures.save_png(path, sheet.picture(faces, decode, look.grid, progress, cancelled))
    else:
        lines = sheet_lines(faces, decode, look, progress, cancelled)
        with whole_file(path) as scratch:
            scratch.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")


def sheet_lines(
    faces: Sheet,
    decode: Decode,
    look: Look,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> list[str]:
    """A contact sheet as lines of cells, each face ``look.cells.columns`` wide."""
    grid = look.cells.grid(*look.shape[:2])
    rows = [look.cells.rows(image) for image in frames(faces.latents, decode, grid, progress, cancelled)]
    return sheet.text_lines(faces, rows, grid[1] // look.cells.shape.pixels[1])

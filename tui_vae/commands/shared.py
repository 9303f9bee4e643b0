"""What several commands do: open a model, find out the terminal's colours, print a face."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from tui_vae.api import VAE
    from tui_vae.app.model import LatentModel
    from tui_vae.latent.point import Point
    from tui_vae.terminal.colour import ColourDepth
    from tui_vae.terminal.grid import CellShape

PRINTED_COLUMNS: Final = 64


def load(checkpoint: str) -> VAE:
    """Open a model for the program.

    Raises:
        UserError: there is none, or it is damaged.
    """
    from tui_vae import api
    from tui_vae.model import guest

    guest.behave()  # the program's choice: whoever imports the library has made their own
    return api.load(checkpoint)


def bookmarks(vae: LatentModel) -> Mapping[str, Point]:
    """The user's bookmarks of a model, by name.

    Raises:
        UserError: their file cannot be read.
    """
    from tui_vae import paths
    from tui_vae.app import collection
    from tui_vae.latent.fingerprint import fingerprint

    made_for = fingerprint(vae.space, vae.preview)
    return collection.read(paths.collections() / f"{made_for}.json", vae.space, made_for).bookmarks


def depth(options: argparse.Namespace) -> ColourDepth:
    """What ``--color`` says, or what the environment lets expect; with ``--no-dither`` in the nearest colours."""
    from tui_vae.terminal import colour

    found = colour.parse(options.color) or colour.detect(os.environ)
    return found.nearest if options.no_dither else found


def shape(name: str) -> CellShape:
    """What ``--cells`` says, or what the locale lets expect."""
    from tui_vae.terminal import characters

    return characters.cell_shape(name, characters.first_environment())


def draw(model: LatentModel, z: npt.NDArray[np.float32], options: argparse.Namespace, size: int | None = None) -> None:
    """Print a face as rows of cells, as wide as the terminal lets it."""
    import shutil

    import numpy as np

    from tui_vae.terminal import cells
    from tui_vae.terminal.grid import fit_grid, whole_factors

    height, width = model.preview.shape[:2]
    room = shutil.get_terminal_size((80, 24))
    # On a terminal the whole face must fit above the next prompt; a file or a pipe has no height.
    lines = room.lines - 1 if sys.stdout.isatty() else PRINTED_COLUMNS * height
    cell = shape(options.cells)
    area = height, width, min(size or PRINTED_COLUMNS, room.columns), lines
    factors = whole_factors(*area, cell) if options.zoom == "integer" else None
    face = model.decode(z[None], None if factors else fit_grid(*area, cell))[0]
    down, across = factors or (1, 1)
    enlarged = np.broadcast_to(face, (*face.shape[:2], 3)).repeat(down, axis=0).repeat(across, axis=1)
    for row in cells.rows(enlarged, depth(options), cell):
        print(row)

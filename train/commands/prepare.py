"""``prepare``: from images to a prepared folder."""

from __future__ import annotations

from pathlib import Path
from typing import Literal


def prepare(
    source: Path,
    /,
    output: Path,
    size: int,
    channels: Literal[1, 3] = 3,
    crop: tuple[int, int, int, int] | None = None,
    identities: Path | None = None,
    force: bool = False,
) -> None:
    """Read a folder (any depth) or a .zip of images once, and write the array that training maps into memory.

    Args:
        source: Folder or .zip archive.
        output: Folder to write: images.npy, manifest.json, sheet.png.
        size: Side of the square images in pixels.
        channels: 3 for RGB, 1 for grey.
        crop: LEFT TOP RIGHT BOTTOM of a box to cut out first, in pixels of the source images.
        identities: CSV whose first column is an item's name and whose *_id column names the same photo elsewhere; the
            held-out split goes by that name.
        force: Build again although it is there; replaces prepared folders only.
    """
    from train.data.pixels import Preprocessing
    from train.data.prepare import prepare as run

    run(source, output, Preprocessing(size, channels, crop), identities, force)

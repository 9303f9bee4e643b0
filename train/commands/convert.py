"""``convert``: from images to image files."""

from __future__ import annotations

from pathlib import Path
from typing import Literal


def convert(
    source: str,
    output: Path,
    /,
    size: int | None = None,
    channels: Literal[1, 3] = 3,
    crop: tuple[int, int, int, int] | None = None,
    fit: Literal["crop", "pad", "stretch"] = "crop",
    background: str = "black",
    chain: Literal["enhance", "justcrop"] | None = None,
    format: Literal["png", "jpg", "webp"] | None = None,
    force: bool = False,
) -> None:
    """Write images as prepare would read them - RGBA to RGB, turned upright, resized - to files of the same names.

    Args:
        source: A picture, or anything that prepare reads.
        output: Folder to write into; for a single picture also FILE.png, .jpg or .webp.
        size: Side in pixels of square images; left out, pictures keep their own size.
        channels: 3 for RGB, 1 for grey.
        crop: LEFT TOP RIGHT BOTTOM of a box to cut out first, in pixels of the source images.
        fit: What becomes of pictures that are not square where a size is given.
        background: Colour under transparency and in the padding: a name or #RRGGBB.
        chain: Steps before the resize, as in prepare.
        format: Format of the files (png).
        force: Write over files that are there.
    """
    from train.convert import convert as run
    from train.data import chains
    from train.data.pixels import Preprocessing, colour

    steps = chains.named(chain) if chain else ()
    run(source, output, Preprocessing(size, channels, crop, fit, colour(background), steps), format, force)

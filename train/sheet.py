"""Contact sheets: grids of pictures as one PNG, which can be taken apart again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
from PIL import Image, PngImagePlugin

from tui_vae.files import whole_file
from tui_vae.latent.journey import path as way
from tui_vae.pictures import save_png

if TYPE_CHECKING:
    from tui_vae.api import VAE

Images = npt.NDArray[np.uint8]

_LAYOUT: Final = "tui-vae-sheet"


@dataclass(frozen=True)
class Sheet:
    """Pictures of one size in rows and columns.

    ``tiles`` is uint8 (rows, columns, H, W, C). ``together`` rows belong together (an original and its reconstruction)
    and stand closer than others. ``spread`` says how many of the axes are ways from one end to the other, so that a
    part of them is every second picture and not the first half: 1 each row, 2 rows and columns.
    """

    tiles: Images
    together: int = 1
    spread: int = 0
    gap: int = 2

    @property
    def image(self) -> Images:
        """The sheet as one picture, (height, width, C), on black."""
        rows, columns, height, width, channels = self.tiles.shape
        tops = self._tops(rows, height)
        sheet = np.zeros((tops[-1] + height + self.gap, columns * (width + self.gap) + self.gap, channels), np.uint8)
        for row, top in enumerate(tops):
            for column in range(columns):
                left = self.gap + column * (width + self.gap)
                sheet[top : top + height, left : left + width] = self.tiles[row, column]
        return sheet

    def save(self, path: Path) -> None:
        """Write the sheet as PNG, whole or not at all, with what :func:`open_sheet` needs to take it apart."""
        rows, columns, height, width, _ = self.tiles.shape
        layout = {"rows": rows, "columns": columns, "height": height, "width": width, "gap": self.gap}
        text = PngImagePlugin.PngInfo()
        text.add_text(_LAYOUT, json.dumps({**layout, "together": self.together, "spread": self.spread}))
        image = self.image
        with whole_file(path, make_folder=True) as scratch:
            Image.fromarray(image[..., 0] if image.shape[2] == 1 else image).save(scratch, "PNG", pnginfo=text)

    def _tops(self, rows: int, height: int) -> list[int]:
        """The first line of every row: a group of rows is set apart by twice the gap, the rows of one by half of it."""
        within = self.gap // 2 if self.together > 1 else self.gap
        between = 2 * self.gap if self.together > 1 else self.gap
        tops = [self.gap]
        for row in range(1, rows):
            tops.append(tops[-1] + height + (between if row % self.together == 0 else within))
        return tops


def open_sheet(path: Path) -> Sheet:
    """Read what :meth:`Sheet.save` wrote; any other picture is a sheet of one.

    Raises:
        OSError: no such file, or no picture.
    """
    with Image.open(path) as file:
        text = getattr(file, "text", {}).get(_LAYOUT)
        image = np.asarray(file.convert("L" if file.mode in ("1", "L", "I;16") else "RGB"))
    image = image[..., None] if image.ndim == 2 else image
    try:
        layout = json.loads(text) if isinstance(text, str) else {}
        rows, columns = int(layout["rows"]), int(layout["columns"])
        height, width = int(layout["height"]), int(layout["width"])
        if min(rows, columns, height, width) < 1 or rows * columns * height * width > image.size:
            raise ValueError("more tiles than pixels")
        sheet = Sheet(
            np.zeros((rows, columns, height, width, image.shape[2]), np.uint8),
            max(1, int(layout["together"])),
            int(layout["spread"]),
            max(0, int(layout["gap"])),
        )
        for row, top in enumerate(sheet._tops(rows, height)):
            for column in range(columns):
                left = sheet.gap + column * (width + sheet.gap)
                sheet.tiles[row, column] = image[top : top + height, left : left + width]
    except (ValueError, KeyError, TypeError):
        return Sheet(image[None, None], gap=0)
    return sheet


def arranged(images: Images, columns: int) -> Images:
    """Pictures (N, H, W, C) as (rows, columns, H, W, C), left to right; places left over are black."""
    rows = -(-len(images) // columns)
    tiles = np.zeros((rows * columns, *images.shape[1:]), np.uint8)
    tiles[: len(images)] = images
    return tiles.reshape(rows, columns, *images.shape[1:])


def shrunk(images: Images, longest: int) -> Images:
    """Pictures (N, H, W, C) made smaller, if need be, until neither side is above ``longest``."""
    _, height, width, channels = images.shape
    if max(height, width) <= longest:
        return images
    size = (max(1, width * longest // max(height, width)), max(1, height * longest // max(height, width)))
    resized: Sequence[Images] = [
        np.asarray(Image.fromarray(image[..., 0] if channels == 1 else image).resize(size, Image.Resampling.LANCZOS))
        for image in images
    ]
    return np.stack(resized).reshape(len(images), size[1], size[0], channels)


def grid(images: Images, columns: int, gap: int = 2) -> Images:
    """uint8 (N, H, W, C) -> one image (rows * (H + gap) + gap, columns * (W + gap) + gap, C), left to right."""
    return Sheet(arranged(images, columns), gap=gap).image


def overview(vae: VAE, output: Path, columns: int = 10, seed: int = 0) -> None:
    """Decoded faces only: atlas, random ones at range 1, their opposites, one interpolation, and PCA traversals.

    Rows: atlas items evenly spread; three rows of random faces; the opposites of the last of these; the way from one
    random face to another; then -3..+3 sigma along each of the first four principal components.
    """
    space = vae.space
    atlas = np.stack([space.atlas[index] for index in np.linspace(0, len(space.atlas) - 1, columns).astype(int)])
    random = np.stack([space.sample(seed + number) for number in range(3 * columns)])
    opposites = np.stack([space.invert(z) for z in random[-columns:]])
    between = way(random[0], random[1], columns)
    bars = [
        np.stack([space.pca.move(space.mean, bar, value) for value in np.linspace(-3, 3, columns)]) for bar in range(4)
    ]
    save_png(output, grid(vae.decode(np.concatenate([atlas, random, opposites, between, *bars])), columns))

"""Contact sheets: grids of pictures as one PNG."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from tui_vae.latent.journey import path as way
from tui_vae.pictures import save_png

if TYPE_CHECKING:
    from tui_vae.api import VAE

Images = npt.NDArray[np.uint8]


def grid(images: Images, columns: int, gap: int = 2) -> Images:
    """uint8 (N, H, W, C) -> one image (rows * (H + gap) + gap, columns * (W + gap) + gap, C), left to right."""
    count, height, width, channels = images.shape
    rows = -(-count // columns)
    sheet = np.zeros((rows * (height + gap) + gap, columns * (width + gap) + gap, channels), np.uint8)
    for place, image in enumerate(images):
        row, column = divmod(place, columns)
        top, left = gap + row * (height + gap), gap + column * (width + gap)
        sheet[top : top + height, left : left + width] = image
    return sheet


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

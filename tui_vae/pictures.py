"""Faces and latent vectors to files and back, whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
from PIL import Image

from tui_vae.errors import UserError, one_line
from tui_vae.files import whole_file


def save_png(path: Path, image: npt.NDArray[np.uint8]) -> None:
    """Write a uint8 image (H, W, 1 or 3) as PNG; the same pixels give the same bytes."""
    picture = Image.fromarray(image[..., 0] if image.shape[2] == 1 else image)
    with whole_file(path) as scratch:
        picture.save(scratch, "PNG")


def save_latent(path: Path, z: npt.NDArray[np.float32]) -> None:
    """Write a latent vector (L,) as .npy."""
    with whole_file(path) as scratch, scratch.open("wb") as stream:
        np.save(stream, z, allow_pickle=False)


def read_latent(path: Path, size: int) -> npt.NDArray[np.float32]:
    """Read a latent vector (L,) or (1, L) from .npy.

    Raises:
        UserError: not a .npy file, or not ``size`` finite numbers.
    """
    try:
        with path.open("rb") as stream:
            z = np.lib.format.read_array(stream, allow_pickle=False)
    except OSError as error:
        raise UserError(f"{path}: cannot read: {error.strerror or error}") from error
    except Exception as error:  # a damaged file raises what it likes, from tokenize to MemoryError
        raise UserError(f"{path}: not a readable .npy file: {one_line(error)}") from error
    if z.dtype.kind not in "fiu" or z.size != size or z.ndim > 2:
        raise UserError(f"{path}: expected {size} numbers, the latent of this model")
    with np.errstate(over="ignore"):
        z = z.reshape(size).astype(np.float32)
    if not np.isfinite(z).all():
        raise UserError(f"{path}: holds numbers that are not finite")
    return z


def save_pair(folder: Path, stem: str, image: npt.NDArray[np.uint8], z: npt.NDArray[np.float32]) -> Path:
    """Write ``STEM-001.png`` and ``.npy`` under the first number that is free for both; returns the PNG's path."""
    number = 1
    while (png := folder / f"{stem}-{number:03d}.png").exists() or png.with_suffix(".npy").exists():
        number += 1
    save_latent(png.with_suffix(".npy"), z)
    save_png(png, image)
    return png


def flattened(image: Image.Image, mode: Literal["L", "RGB"], background: tuple[int, int, int]) -> Image.Image:
    """Any Pillow picture as 8 bits per channel of grey or RGB, transparency laid over ``background``."""
    if image.mode.startswith(("I", "F")):
        # 16-bit and float greys: Pillow's own convert clips instead of scaling.
        values = np.nan_to_num(np.asarray(image, np.float64))
        if image.mode.startswith("I;16"):
            top = 65535.0
        else:  # the mode does not say: take the smallest usual range that holds the values
            tops = (1.0, 255.0) if image.mode == "F" else (255.0,)
            top = next((top for top in tops if values.max() <= top), 65535.0)
        image = Image.fromarray((np.clip(values / top, 0, 1) * 255).round().astype(np.uint8))
    elif image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, (*background, 255)), image)
    return image if image.mode == mode else image.convert(mode)

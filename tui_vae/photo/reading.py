"""A photo as any camera, telephone or browser writes it -> uint8 RGB, upright, of bounded size."""

from __future__ import annotations

import warnings
from contextlib import suppress
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from tui_vae.errors import UserError, one_line
from tui_vae.photo.align import Pixels
from tui_vae.pictures import flattened

LONGEST_SIDE = 4096
MOST_PIXELS = 2**28
SUFFIXES = frozenset((".png", ".jpg", ".jpeg", ".jfif", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif", ".ppm"))
"""What a file picker offers; ``read_photo`` goes by the content."""


def read_photo(path: Path) -> Pixels:
    """Read a picture: uint8 (H, W, 3), upright as its EXIF says, transparency over black, at most 4096 a side.

    Raises:
        UserError: there is none, or it is damaged or larger than 268 megapixels.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(path) as opened:
                return _upright(path, opened)
    except UserError:
        raise
    except UnidentifiedImageError as error:
        raise UserError(f"{path}: not a picture, or damaged where it begins") from error
    except Image.DecompressionBombError as error:
        raise UserError(f"{path}: too large a picture: {one_line(error)}") from error
    except OSError as error:
        raise UserError(f"{path}: cannot read: {error.strerror or one_line(error)}") from error
    except Exception as error:  # a damaged file raises what it likes
        raise UserError(f"{path}: not a readable picture: {one_line(error)}") from error


def _upright(path: Path, opened: Image.Image) -> Pixels:
    if opened.width * opened.height > MOST_PIXELS:
        raise UserError(f"{path}: {opened.width}x{opened.height} pixels are too many; make the picture smaller")
    opened.draft(None, (LONGEST_SIDE, LONGEST_SIDE))
    opened.load()
    image: Image.Image = opened
    with suppress(Exception):  # damaged EXIF is no reason to lose the picture
        image = ImageOps.exif_transpose(opened)
    image = flattened(image, "RGB", (0, 0, 0))
    image.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS, reducing_gap=2.0)
    return np.array(image, np.uint8)

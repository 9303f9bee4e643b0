"""One image file -> one uint8 array of the wanted size and channels."""

from __future__ import annotations

import threading
from contextlib import nullcontext, suppress
from dataclasses import asdict, dataclass
from typing import IO, Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

from tui_vae.errors import UserError

Box = tuple[int, int, int, int]

# Decoded, such a picture takes 100 MB and more: one at a time, however many threads read.
GIANT_PIXELS = 2**25
_one_giant = threading.Lock()


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """Everything that turns a file into the network's input, and that ``encode`` of a new photo must repeat.

    ``size`` is the side in pixels; ``crop`` (left, top, right, bottom) is cut out first, in source pixels; what is not
    square then is cut to its centre square.
    """

    size: int
    channels: int = 3
    crop: Box | None = None

    def __post_init__(self) -> None:
        if not 4 <= self.size <= 1024:
            raise UserError(f"--size {self.size}: from 4 to 1024 pixels are supported")
        if self.channels not in (1, 3):
            raise UserError(f"--channels {self.channels}: 1 (grey) and 3 (RGB) are supported")
        if self.crop is not None:
            left, top, right, bottom = self.crop
            if not (0 <= left < right and 0 <= top < bottom):
                raise UserError(f"--crop {self.crop}: left, top, right, bottom must grow from 0")

    def to_dict(self) -> dict[str, Any]:
        """The plain form for manifests and checkpoints."""
        return {**asdict(self), "crop": list(self.crop) if self.crop else None, "fit": "crop", "range": "uint8"}


def read_image(stream: IO[bytes], options: Preprocessing) -> npt.NDArray[np.uint8]:
    """Decode, orient, flatten, crop and resize one image -> (size, size, channels).

    Transparency is laid over black; of an animation the first frame is taken. Raises whatever Pillow raises for a file
    that it cannot read, and ``ValueError`` where the crop box does not fit. Safe to call from several threads.
    """
    with Image.open(stream) as opened:
        giant = opened.width * opened.height > GIANT_PIXELS
        with _one_giant if giant else nullcontext():
            return _convert(opened, options)


def _convert(opened: Image.Image, options: Preprocessing) -> npt.NDArray[np.uint8]:
    # JPEG decodes at a fraction of its size at once where that is enough.
    if options.crop is None:
        opened.draft(None, (options.size * 2, options.size * 2))
    opened.load()
    image: Image.Image = opened
    with suppress(Exception):  # damaged EXIF is no reason to lose the picture
        image = ImageOps.exif_transpose(opened)
    if options.crop is not None:
        if options.crop[2] > image.width or options.crop[3] > image.height:
            raise ValueError(f"crop {options.crop} does not fit {image.width}x{image.height}")
        image = image.crop(options.crop)
    image = _flatten(image, options.channels)
    image = ImageOps.fit(image, (options.size, options.size), Image.Resampling.LANCZOS, centering=(0.5, 0.5))
    return np.asarray(image, np.uint8).reshape(options.size, options.size, options.channels)


def _flatten(image: Image.Image, channels: int) -> Image.Image:
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
        image = Image.alpha_composite(Image.new("RGBA", image.size, (0, 0, 0, 255)), image)
    return image.convert("L" if channels == 1 else "RGB")

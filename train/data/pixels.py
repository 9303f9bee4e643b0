"""One image file -> one uint8 array of the wanted size and channels."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass
from io import BytesIO
from typing import IO, Any, Literal, Self, get_args

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageColor, ImageOps, UnidentifiedImageError

from train.data import chains, raw
from train.data.chains import Chain
from tui_vae.errors import UserError, one_line
from tui_vae.pictures import flattened

Box = tuple[int, int, int, int]
Colour = tuple[int, int, int]
Fit = Literal["crop", "pad", "stretch"]
Pixels = npt.NDArray[np.uint8]

# What opens files that Pillow does not, by suffix: given the stream and how many pixels on the shorter side are enough.
OPENERS: dict[str, Callable[[IO[bytes], int | None], Image.Image]] = dict.fromkeys(raw.SUFFIXES, raw.open_raw)

# Decoded, such a picture takes 100 MB and more: one at a time, however many threads read.
GIANT_PIXELS = 2**25
_one_giant = threading.Lock()


class RefusedError(ValueError):
    """An item that is not read, in words that a person can be shown as they are."""


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """Everything that turns a file into the network's input, and that ``encode`` of a new photo must repeat.

    In this order: EXIF orientation; ``crop`` (left, top, right, bottom), cut out in source pixels; transparency laid
    over ``background`` (R, G, B); the steps of ``chain``; ``fit`` into a square of ``size`` pixels a side: its centre
    square (crop), the whole with borders of the background (pad), or the whole without its proportions (stretch).
    ``size`` is None where pictures keep their own (``convert``).
    """

    size: int | None
    channels: int = 3
    crop: Box | None = None
    fit: Fit = "crop"
    background: Colour = (0, 0, 0)
    chain: Chain = ()

    def __post_init__(self) -> None:
        if self.size is not None and not 4 <= self.size <= 1024:
            raise UserError(f"--size {self.size}: from 4 to 1024 pixels are supported")
        if self.channels not in (1, 3):
            raise UserError(f"--channels {self.channels}: 1 (grey) and 3 (RGB) are supported")
        if self.fit not in get_args(Fit):
            raise UserError(f"--fit {self.fit}: {', '.join(get_args(Fit))} are supported")
        if self.crop is not None:
            left, top, right, bottom = self.crop
            if not (0 <= left < right and 0 <= top < bottom):
                raise UserError(f"--crop {self.crop}: left, top, right, bottom must grow from 0")

    @property
    def shape(self) -> tuple[int, int, int]:
        """(height, width, channels) of what comes out.

        Raises:
            UserError: pictures keep their own size.
        """
        if self.size is None:
            raise UserError("--size is needed: the side of the images in pixels")
        return self.size, self.size, self.channels

    def to_dict(self) -> dict[str, Any]:
        """The plain form for manifests and checkpoints."""
        return {
            "size": self.size,
            "channels": self.channels,
            "crop": list(self.crop) if self.crop else None,
            "fit": self.fit,
            "background": list(self.background),
            "chain": [list(step) for step in self.chain],
            "range": "uint8",
        }

    @classmethod
    def from_dict(cls, table: Mapping[str, Any]) -> Self:
        """Read the plain form; what is not in it (older checkpoints) has its default.

        Raises:
            UserError: it is not of that form.
        """
        try:
            crop, background = table.get("crop"), table.get("background", (0, 0, 0))
            if any(len(numbers) != count for numbers, count in ((background, 3), (crop or range(4), 4))):
                raise ValueError("crop has 4 numbers, background 3")
            return cls(
                int(table["size"]),
                int(table.get("channels", 3)),
                tuple(map(int, crop)) if crop else None,  # type: ignore[arg-type]
                table.get("fit", "crop"),
                tuple(map(int, background)),  # type: ignore[arg-type]
                chains.checked(table.get("chain", ())),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise UserError(f"preprocessing {dict(table)!r}: not as prepare writes it: {error}") from error


def colour(text: str) -> Colour:
    """A colour by name (``white``) or number (``#ffffff``).

    Raises:
        UserError: it is neither.
    """
    try:
        red, green, blue, *_ = ImageColor.getrgb(text)
    except ValueError as error:
        raise UserError(f"--background {text}: a colour's name, or #RRGGBB") from error
    return red, green, blue


def read_image(content: IO[bytes] | bytes | Pixels, options: Preprocessing, suffix: str = "") -> Pixels:
    """Decode and preprocess one image -> uint8 (size, size, channels).

    Raises whatever Pillow raises for a file that it cannot read, and ``RefusedError``. Threads may call it at once.
    """
    with _opened(content, suffix, options) as opened, _room(opened):
        image = _fit(_prepare(opened, options), options)
        height, width, channels = options.shape
        return np.asarray(image, np.uint8).reshape(height, width, channels)


def read_picture(content: IO[bytes] | bytes | Pixels, options: Preprocessing, suffix: str = "") -> Image.Image:
    """The same as a Pillow image; of its own size where ``options.size`` is None."""
    with _opened(content, suffix, options) as opened, _room(opened):
        image = _prepare(opened, options)
        return image if options.size is None else _fit(image, options)


def reason(error: Exception) -> str:
    """Why an image could not be read, in one line without paths or addresses."""
    if isinstance(error, (RefusedError, UserError)):
        return str(error)
    if isinstance(error, UnidentifiedImageError):
        return "not an image, or damaged where it begins"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return f"{type(error).__name__}: {one_line(error)}"


def _opened(content: IO[bytes] | bytes | Pixels, suffix: str, options: Preprocessing) -> Image.Image:
    if isinstance(content, np.ndarray):
        return Image.fromarray(content[..., 0] if content.shape[2:] == (1,) else content)
    stream = BytesIO(content) if isinstance(content, bytes) else content
    opener = OPENERS.get(suffix.lower())
    return opener(stream, _enough(options)) if opener else Image.open(stream)


def _enough(options: Preprocessing) -> int | None:
    """How many pixels on the shorter side lose nothing that would be seen afterwards; None where all may count."""
    least = 2 * max(options.size or math.inf, chains.first_side(options.chain))
    return None if options.crop is not None or math.isinf(least) else round(least)


def _room(opened: Image.Image) -> AbstractContextManager[Any]:
    return _one_giant if opened.width * opened.height > GIANT_PIXELS else nullcontext()


def _prepare(opened: Image.Image, options: Preprocessing) -> Image.Image:
    # JPEG decodes at a fraction of its size at once where that is enough.
    if (enough := _enough(options)) is not None:
        opened.draft(None, (enough, enough))
    opened.load()
    image: Image.Image = opened
    with suppress(Exception):  # damaged EXIF is no reason to lose the picture
        image = ImageOps.exif_transpose(opened)
    if options.crop is not None:
        if options.crop[2] > image.width or options.crop[3] > image.height:
            raise RefusedError(f"crop {options.crop} does not fit {image.width}x{image.height}")
        image = image.crop(options.crop)
    wanted: Literal["L", "RGB"] = "L" if options.channels == 1 else "RGB"
    if options.chain:
        image = chains.apply(options.chain, flattened(image, "RGB", options.background))
    return flattened(image, wanted, options.background)


def _fit(image: Image.Image, options: Preprocessing) -> Image.Image:
    side = options.shape[0]
    if options.fit == "crop":
        return ImageOps.fit(image, (side, side), Image.Resampling.LANCZOS, centering=(0.5, 0.5))
    if options.fit == "stretch":
        return image.resize((side, side), Image.Resampling.LANCZOS)
    scale = side / max(image.size)
    width, height = (max(1, round(length * scale)) for length in image.size)
    whole = Image.new("RGB", (side, side), options.background).convert(image.mode)
    whole.paste(image.resize((width, height), Image.Resampling.LANCZOS), ((side - width) // 2, (side - height) // 2))
    return whole

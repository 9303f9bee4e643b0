"""Named preprocessing chains: each a tuple of steps, each step a word and its numbers. One function applies them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PIL import Image, ImageEnhance, ImageFilter, ImageOps

from tui_vae.errors import UserError

Step = tuple[str, *tuple[float, ...]]
Chain = tuple[Step, ...]
Picture = Image.Image

CHAINS: dict[str, Chain] = {
    # For photographs of one thing before a busy ground, such as flowers: quiet the ground, lift the thing's colours.
    "enhance": (
        ("resize", 384),
        ("crop", 320),
        ("blur", 1),
        ("gamma", 1.6),
        ("brightness", 0.7),
        ("saturation", 1.5),
        ("autocontrast",),
        ("sharpness", 4),
        ("resize", 256),
        ("crop", 256),
    ),
    "justcrop": (("square",),),
}


def named(name: str) -> Chain:
    """A chain by its name.

    Raises:
        UserError: there is none.
    """
    if name not in CHAINS:
        raise UserError(f"--chain {name}: the chains are {', '.join(CHAINS)}")
    return CHAINS[name]


def apply(chain: Chain, image: Picture) -> Picture:
    """Put an RGB image of any size through the steps."""
    for word, *numbers in chain:
        image = _STEPS[word][1](image, *numbers)
    return image


def checked(steps: Any) -> Chain:
    """A chain out of a manifest or a checkpoint.

    Raises:
        UserError: it is no list of known steps with their numbers.
    """
    try:
        chain: Chain = tuple((str(word), *map(float, numbers)) for word, *numbers in steps)
    except (TypeError, ValueError) as error:
        raise UserError(f"chain {steps!r}: expected a list of steps, each a word and its numbers") from error
    for word, *numbers in chain:
        if word not in _STEPS or len(numbers) != _STEPS[word][0] or not all(0 < number <= 4096 for number in numbers):
            raise UserError(f"chain step {[word, *numbers]!r}: unknown, or with other numbers than it takes")
    return chain


def first_side(chain: Chain) -> float:
    """The shorter side that the chain makes of a picture first: that of its ``resize``; infinite without one."""
    for word, *numbers in chain:
        if word == "resize":
            return numbers[0]
        if word != "square":
            break
    return float("inf") if any(word != "square" for word, *_ in chain) else 0.0


def _resize(image: Picture, side: float) -> Picture:
    """The shorter side to ``side`` pixels, the other in proportion."""
    scale = side / min(image.size)
    width, height = (max(1, round(length * scale)) for length in image.size)
    return image.resize((width, height), Image.Resampling.LANCZOS)


def _crop(image: Picture, side: float) -> Picture:
    """The middle, ``side`` pixels square, or as much of that as there is."""
    width, height = (min(round(side), length) for length in image.size)
    left, top = (image.width - width) // 2, (image.height - height) // 2
    return image.crop((left, top, left + width, top + height))


def _gamma(image: Picture, exponent: float) -> Picture:
    """Each value in [0, 1] to the power of ``exponent``."""
    table = [round(255 * (value / 255) ** exponent) for value in range(256)]
    return image.point(table * len(image.getbands()))


# Word -> count of its numbers, what it does.
_STEPS: dict[str, tuple[int, Callable[..., Picture]]] = {
    "resize": (1, _resize),
    "crop": (1, _crop),
    "square": (0, lambda image: _crop(image, min(image.size))),
    "blur": (1, lambda image, radius: image.filter(ImageFilter.GaussianBlur(radius))),
    "gamma": (1, _gamma),
    "brightness": (1, lambda image, factor: ImageEnhance.Brightness(image).enhance(factor)),
    "saturation": (1, lambda image, factor: ImageEnhance.Color(image).enhance(factor)),
    "autocontrast": (0, ImageOps.autocontrast),
    "sharpness": (1, lambda image, factor: ImageEnhance.Sharpness(image).enhance(factor)),
}

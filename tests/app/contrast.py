"""Whether text can be read: contrast as WCAG measures it."""

from __future__ import annotations

from collections.abc import Iterable

from rich.color import Color
from textual.geometry import Region
from textual.strip import Strip

LEAST = 4.5


def luminance(colour: Color) -> float:
    """WCAG 2.2, relative luminance, 0 to 1."""
    parts = (part / 255 for part in colour.get_truecolor())
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Color, other: Color) -> float:
    """WCAG 2.2, contrast ratio, 1 to 21."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def poor_texts(strips: Iterable[Strip], region: Region) -> dict[str, float]:
    """Everything in a part of the screen that has letters or digits and cannot be read, and its contrast."""
    poor, count = {}, 0
    for strip in list(strips)[region.y : region.bottom]:
        for segment in strip.crop(region.x, region.right):
            style = segment.style
            if not any(character.isalnum() for character in segment.text):
                continue
            assert style is not None and style.color is not None and style.bgcolor is not None, segment
            count += 1
            ratio = contrast(style.color, style.bgcolor)
            if ratio < LEAST or style.dim:
                poor[segment.text] = round(ratio, 2)
    assert count > 2
    return poor

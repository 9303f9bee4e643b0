"""A minimal camera RAW by hand: an uncompressed Bayer DNG of four coloured quarters."""

from __future__ import annotations

import struct
from collections.abc import Sequence

import numpy as np

WHITE = 4000
# XYZ (D65) to linear sRGB: a camera whose own colours are those of the screen.
MATRIX = (3.2406, -1.5372, -0.4986, -0.9689, 1.8758, 0.0415, 0.0557, -0.2040, 1.0570)

BYTE, ASCII, SHORT, LONG, RATIONAL, SRATIONAL = 1, 2, 3, 4, 5, 10
_FORMS = {BYTE: "B", ASCII: "B", SHORT: "H", LONG: "L", RATIONAL: "L", SRATIONAL: "l"}


def dng(
    quarters: Sequence[tuple[float, float, float]],
    height: int = 64,
    width: int = 96,
    neutral: tuple[float, float, float] = (1.0, 1.0, 1.0),
    orientation: int = 1,
) -> bytes:
    """The file. ``quarters`` are linear RGB in [0, 1]: top left, top right, bottom left, bottom right.

    ``neutral`` is what the sensor makes of white, as the file says: it is laid over the colours, and noted.
    """
    rows, columns = np.mgrid[:height, :width]
    place = (rows >= height // 2) * 2 + (columns >= width // 2)
    filters = (rows % 2) + (columns % 2)  # red green / green blue
    values = np.asarray(quarters)[place, filters] * np.asarray(neutral)[filters]
    pixels = (values * WHITE).round().astype("<u2").tobytes()

    def rationals(numbers: Sequence[float]) -> list[int]:
        return [part for number in numbers for part in (round(number * 10000), 10000)]

    tags: list[tuple[int, int, list[int]]] = [
        (254, LONG, [0]),  # the picture itself, no preview
        (256, LONG, [width]),
        (257, LONG, [height]),
        (258, SHORT, [16]),
        (259, SHORT, [1]),  # not compressed
        (262, SHORT, [32803]),  # colour filter array
        (271, ASCII, [*b"Test\0"]),
        (272, ASCII, [*b"Bayer\0"]),
        (273, LONG, [8]),  # the pixels are right behind the file's head
        (274, SHORT, [orientation]),
        (277, SHORT, [1]),
        (278, LONG, [height]),
        (279, LONG, [len(pixels)]),
        (33421, SHORT, [2, 2]),
        (33422, BYTE, [0, 1, 1, 2]),
        (50706, BYTE, [1, 4, 0, 0]),
        (50707, BYTE, [1, 1, 0, 0]),
        (50708, ASCII, [*b"Test Bayer\0"]),
        (50714, SHORT, [0]),
        (50717, LONG, [WHITE]),
        (50721, SRATIONAL, rationals(MATRIX)),
        (50728, RATIONAL, rationals(neutral)),
        (50778, SHORT, [21]),  # D65
    ]
    start = 8 + len(pixels)
    extra, table = b"", struct.pack("<H", len(tags))
    for tag, kind, content in tags:
        data = struct.pack(f"<{len(content)}{_FORMS[kind]}", *content)
        count = len(content) // 2 if kind in (RATIONAL, SRATIONAL) else len(content)
        if len(data) > 4:
            place_of_data = start + 2 + 12 * len(tags) + 4 + len(extra)
            data, extra = struct.pack("<L", place_of_data), extra + data + b"\0" * (len(data) % 2)
        table += struct.pack("<HHL", tag, kind, count) + data.ljust(4, b"\0")
    return b"II*\0" + struct.pack("<L", start) + pixels + table + struct.pack("<L", 0) + extra

"""Images no larger than they need to be."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image

Images = npt.NDArray[np.uint8]


def at_most(images: Images, side: int, square: bool = False) -> Images:
    """uint8 (N, H, W, C) with neither side above ``side``, by area averages; smaller images stay as they are.

    ``square`` makes both sides as long as the shorter one (then of other proportions).
    """
    height, width, channels = images.shape[1:]
    shrink = min(1.0, side / max(height, width))
    wanted = (max(1, round(height * shrink)), max(1, round(width * shrink)))
    if square:
        wanted = (min(height, width, side),) * 2
    if wanted == (height, width):
        return np.ascontiguousarray(images)
    out = np.empty((len(images), *wanted, channels), np.uint8)
    for place, image in enumerate(images):
        picture = Image.fromarray(image[..., 0] if channels == 1 else image)
        out[place] = np.asarray(picture.resize(wanted[::-1], Image.Resampling.BOX)).reshape(out.shape[1:])
    return out

"""Camera RAW by LibRaw (the optional package rawpy): what the sensor saw, developed to 8-bit sRGB."""

from __future__ import annotations

import threading
from typing import IO, BinaryIO, cast

from PIL import Image

from tui_vae.errors import UserError, one_line

SUFFIXES = frozenset((".nef", ".cr2", ".cr3", ".arw", ".dng", ".raf", ".orf", ".rw2", ".pef", ".srw"))
NEEDS = "camera RAW needs: pip install 'tui-vae[raw]'"

# One picture takes some hundred MB while it is developed, and LibRaw uses several threads for it.
_room = threading.Semaphore(2)


def open_raw(stream: IO[bytes], enough: int | None = None) -> Image.Image:
    """Develop one picture -> RGB, 8 bits, upright.

    The camera's white balance (daylight where it noted none); brightness such that 1 % of the pixels are white, by
    LibRaw's rule. Where ``enough`` is given and half of the sensor's size still leaves that many pixels on the shorter
    side, each 2x2 cell of the sensor becomes one pixel, which is faster.

    Raises:
        UserError: rawpy is not installed, or it cannot read the file.
    """
    try:
        import rawpy
    except ImportError as error:
        raise UserError(NEEDS) from error
    try:
        with _room, rawpy.imread(cast(BinaryIO, stream)) as raw:
            half = enough is not None and min(raw.sizes.iwidth, raw.sizes.iheight) // 2 >= enough
            pixels = raw.postprocess(use_camera_wb=True, output_bps=8, half_size=half)
    except (rawpy.LibRawError, rawpy.NotSupportedError, ValueError) as error:
        words = one_line(error)
        if error.args and isinstance(error.args[0], bytes):  # LibRaw's own words
            words = error.args[0].decode("utf-8", "replace")
        raise UserError(f"no camera RAW that LibRaw can read, or damaged: {words}") from error
    return Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)

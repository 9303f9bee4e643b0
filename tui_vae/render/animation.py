"""Films as GIF, animated PNG and animated WebP."""

from __future__ import annotations

import io
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

import numpy as np
from PIL import Image

from tui_vae.files import whole_file
from tui_vae.render.film import CancelledError, Decode, Film, Grid, Images, Progress, frames

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

PALETTE_FRAMES: Final = 24
"""How many pictures, evenly spread over a film, choose the colours of its palette."""
FASTEST: Final = {".gif": 50.0, ".apng": 120.0, ".webp": 120.0}
"""Pictures a second; viewers slow a GIF down that asks for less than 2 hundredths of a second."""
_FORMAT: Final = {".gif": "GIF", ".apng": "PNG", ".webp": "WEBP"}
# Durations are whole hundredths of a second in a GIF and whole milliseconds in WebP.
_TICK: Final = {".gif": 10, ".apng": 1, ".webp": 1}


def write_animation(
    path: Path,
    suffix: str,
    film: Film,
    decode: Decode,
    grid: Grid | None = None,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> None:
    """Write a film that repeats for ever, whole or not at all. APNG and WebP hold the very pixels.

    Args:
        path: The file.
        suffix: ``.gif``, ``.apng`` or ``.webp``.
        film: What is shown.
        decode: The decoder.
        grid: (height, width) of the pictures.
        progress: Told of every picture.
        cancelled: Asked before every picture is decoded and encoded, and at each write of the encoder.

    Raises:
        CancelledError: ``cancelled`` has said so; nothing is left behind.
        UserError: it cannot be written.
    """
    images = list(frames(film.latents, decode, grid, progress, cancelled))
    pictures = [_picture(image) for image in images]
    if suffix == ".gif":
        chosen = np.linspace(0, len(images) - 1, min(len(images), PALETTE_FRAMES)).round().astype(int)
        palette = shared_palette([images[number] for number in chosen])
        pictures = [_painted(picture, palette) for picture in pictures]
    stop = cancelled or (lambda: False)
    for picture in pictures:
        _heed(picture, stop)
    first, *others = [pictures[number] for number in film.order]
    options: dict[str, Any] = {"loop": 0, "duration": durations(len(film.order), film.fps, _TICK[suffix])}
    if suffix == ".webp":
        options["lossless"] = True
    if suffix == ".gif":
        options |= {"optimize": False, "disposal": 1}
    with whole_file(path) as scratch, scratch.open("wb") as stream:
        watched = _Watched(stream, stop)
        first.save(watched, _FORMAT[suffix], save_all=True, append_images=others, **options)  # type: ignore[arg-type]


class _Watched(io.RawIOBase):
    """A stream whose writer can be stopped."""

    def __init__(self, stream: IO[bytes], cancelled: Callable[[], bool]) -> None:
        self._stream, self._cancelled = stream, cancelled

    def write(self, data: ReadableBuffer) -> int:
        if self._cancelled():
            raise CancelledError
        return self._stream.write(data)


def _heed(picture: Image.Image, cancelled: Callable[[], bool]) -> None:
    """Let a picture stop its encoder, which looks for its first frame before it encodes it."""

    def seek(frame: int) -> None:
        if cancelled():
            raise CancelledError
        if frame != 0:
            raise EOFError

    picture.seek = seek  # type: ignore[method-assign]


def durations(count: int, fps: float, tick: int) -> list[int]:
    """Milliseconds of each picture, multiples of ``tick`` that never drift from ``fps`` by more than half a tick."""
    ends = [round(1000 * number / fps / tick) * tick for number in range(count + 1)]
    return [max(tick, after - before) for before, after in zip(ends, islice(ends, 1, None), strict=False)]


def shared_palette(images: list[Images]) -> Image.Image:
    """A picture whose palette holds the 256 colours that suit these pictures (H, W, C) best.

    One palette for a whole film: with one per picture, colours that rest would flicker.
    """
    lines = np.concatenate(images)
    return _rgb(_picture(lines)).quantize(256, Image.Quantize.MEDIANCUT, kmeans=1, dither=Image.Dither.NONE)


def _painted(image: Image.Image, palette: Image.Image) -> Image.Image:
    """No error diffusion: its grain crawls from picture to picture."""
    return _rgb(image).quantize(palette=palette, dither=Image.Dither.NONE)


def _picture(image: Images) -> Image.Image:
    return Image.fromarray(image[..., 0] if image.shape[2] == 1 else image)


def _rgb(image: Image.Image) -> Image.Image:
    return image if image.mode == "RGB" else image.convert("RGB")

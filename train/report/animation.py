"""How the reconstructions came about: one frame per report, and an animation of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image

from train.sheet import Sheet
from tui_vae.files import whole_file

MOST_FRAMES: Final = 100
LONGEST_SIDE: Final = 512
SECONDS: Final = 8.0
"""About how long the animation runs, before it rests on its last frame."""
_NAME: Final = re.compile(r"\d{8,}\.png")


@dataclass(frozen=True)
class Frames:
    """A folder of pictures named by the step that they were drawn at."""

    folder: Path

    def add(self, step: int, sheet: Sheet) -> Path:
        """Keep a picture; one of the same step is replaced."""
        path = self.folder / f"{step:08d}.png"
        sheet.save(path)
        return path

    def paths(self) -> list[Path]:
        """All frames, by step."""
        if not self.folder.is_dir():
            return []
        return sorted((path for path in self.folder.iterdir() if _NAME.fullmatch(path.name)), key=_step)

    def rewind(self, step: int) -> None:
        """Remove the frames later than ``step``."""
        for path in self.paths():
            if _step(path) > step:
                path.unlink(missing_ok=True)

    def animate(self, output: Path) -> None:
        """Write a GIF of at most 100 frames, evenly thinned, the first and the last one always among them.

        Frames that cannot be read are passed over: an animation is not worth a run.
        """
        paths = self.paths()
        chosen = sorted({int(place) for place in np.linspace(0, len(paths) - 1, MOST_FRAMES).round()}) if paths else []
        pictures = [picture for place in chosen if (picture := _read(paths[place])) is not None]
        pictures = [picture for picture in pictures if picture.size == pictures[-1].size]
        if not pictures:
            return
        pace = int(min(500.0, max(60.0, 1000 * SECONDS / len(pictures))))
        with whole_file(output, make_folder=True) as scratch:
            pictures[0].save(
                scratch,
                "GIF",
                save_all=True,
                append_images=pictures[1:],
                duration=[pace] * (len(pictures) - 1) + [2000],
                loop=0,
                optimize=False,
            )


def _step(path: Path) -> int:
    return int(path.stem)


def _read(path: Path) -> Image.Image | None:
    """A frame at the animation's size with 256 colours of its own."""
    try:
        with Image.open(path) as file:
            picture = file.convert("L" if file.mode == "L" else "RGB")
    except OSError:
        return None
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
    return picture if picture.mode == "L" else picture.quantize(256, Image.Quantize.FASTOCTREE)

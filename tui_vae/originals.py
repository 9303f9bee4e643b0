"""The images that a model was trained on, to be laid beside what it makes of them.

Reading and preparing them is the trainer's business: this module asks it, once somebody wants to see an original.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

import numpy as np
import numpy.typing as npt

from tui_vae.errors import UserError

Image = npt.NDArray[np.uint8]


class Originals:
    """Images of a folder or an archive by the names of a model's atlas, prepared as the model saw them.

    Args:
        source: A folder, an archive or an array that ``prepare`` reads.
        preprocessing: How the model's images were prepared, as its checkpoint says.

    Raises:
        UserError: The source or the preprocessing cannot be read.
    """

    def __init__(self, source: str, preprocessing: Mapping[str, Any]) -> None:
        from train.data.pixels import Preprocessing
        from train.data.sources import open_source

        self._source = open_source(source)
        self._options = Preprocessing.from_dict(preprocessing)
        names = self._source.listing().names
        if not names:
            raise UserError(f"--images {source}: there are no images in it")
        # An atlas of several sets has the set's name in front, and a folder may lie higher or lower than it did.
        times = Counter(PurePosixPath(name).name for name in names)
        self._by_file = {file: name for name in names if times[file := PurePosixPath(name).name] == 1}
        self._names = frozenset(names)

    def find(self, name: str) -> str | None:
        """The image's name in the source; ``None`` where it has no such image, or several."""
        if name in self._names:
            return name
        inner = name.partition("/")[2]
        return inner if inner in self._names else self._by_file.get(PurePosixPath(name).name)

    def read(self, name: str) -> Image | None:
        """The image (H, W, C) of an atlas item; ``None`` where the source has it not. May take long.

        Raises:
            UserError: It is there and cannot be read.
        """
        from train.data.pixels import reason

        found = self.find(name)
        if found is None:
            return None
        try:
            return self._read(found)
        except Exception as error:  # whatever Pillow or an archive raises
            raise UserError(f"{found}: cannot be read: {reason(error)}") from error

    def _read(self, name: str) -> Image:
        from train.data.pixels import read_image

        for _, load in self._source.stream([name]):
            return read_image(load(), self._options, PurePosixPath(name).suffix)
        raise UserError("it has gone")


def difference(original: Image, decoded: Image) -> Image:
    """Where two images (H, W, C) differ, four times as strong as it is, on mid grey."""
    apart = decoded.astype(np.int16) - original
    shown: Image = np.clip(128 + 4 * apart, 0, 255).astype(np.uint8)
    return shown


def psnr(original: Image, decoded: Image) -> float:
    """Peak signal-to-noise ratio of two uint8 images in dB; infinite where they are the same."""
    error = float(np.mean((original.astype(np.float64) - decoded) ** 2))
    return float("inf") if error == 0 else 10 * float(np.log10(255**2 / error))

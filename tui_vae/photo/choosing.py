"""A photo with the faces in it, and the part of it that is to be encoded."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tui_vae.model.frame import Frame
from tui_vae.photo.align import Pixels, aligned, centre_crop
from tui_vae.photo.detect import Face, find_faces
from tui_vae.photo.reading import read_photo


@dataclass(frozen=True)
class Photo:
    """``image`` is uint8 (H, W, 3), ``faces`` those in it, the largest first."""

    image: Pixels
    faces: tuple[Face, ...]

    def part(self, face: int | None, frame: Frame, shape: tuple[int, int, int]) -> Pixels:
        """One face, counted from 0, in the frame; or with ``None`` the middle of the photo. uint8 of ``shape``."""
        height, width, channels = shape
        if face is None:
            return centre_crop(self.image, (height, width), channels)
        return aligned(self.image, self.faces[face].eyes, frame, (height, width), channels)


def open_photo(path: Path) -> Photo:
    """Read a photo and find its faces.

    Raises:
        UserError: it is not a readable picture.
    """
    image = read_photo(path)
    return Photo(image, tuple(find_faces(image)))

"""A photo or a camera's picture -> a face in a model's frame. Needs OpenCV: ``pip install 'tui-vae[photo]'``.

``find_faces(image)`` finds them, ``aligned(image, face.eyes, frame, size)`` puts one into the frame, ``centre_crop`` is
for pictures without one. Importing this package loads nothing; its modules load NumPy, Pillow and OpenCV.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from tui_vae.errors import UserError

if TYPE_CHECKING:
    from tui_vae.photo.align import aligned, centre_crop
    from tui_vae.photo.detect import Face, find_faces
    from tui_vae.photo.reading import read_photo

__all__ = ["Face", "aligned", "centre_crop", "find_faces", "read_photo", "require"]

_HOMES = {"Face": "detect", "find_faces": "detect", "read_photo": "reading"}


def require() -> None:
    """Say so where OpenCV is not there, or is one without the cascades.

    Raises:
        UserError: it is not.
    """
    if find_spec("cv2") is None:
        raise UserError("photos and cameras need OpenCV: pip install 'tui-vae[photo]'")
    import cv2

    if not hasattr(cv2, "CascadeClassifier"):  # OpenCV 5 has them no more
        raise UserError(f"OpenCV {cv2.__version__} cannot find faces: pip install 'opencv-python-headless>=4.10,<5'")


def __getattr__(name: str) -> Any:
    if name in {"aligned", "centre_crop", *_HOMES}:
        from importlib import import_module

        return getattr(import_module(f"tui_vae.photo.{_HOMES.get(name, 'align')}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

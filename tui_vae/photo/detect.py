"""Faces in a picture: boxes by OpenCV's cascade, eyes by ``eyes``, and what does not hold still is no face."""

from __future__ import annotations

import cmath
import math
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from tui_vae.photo import eyes as eye_maps
from tui_vae.photo.align import Eyes, Pixels, as_channels

SEARCHED_SIDE = 640
SMALLEST = 32
# Upright heads first; the cascade bears about 15 degrees. Others are searched only where there is none of the former.
TILTS = ((0.0,), (-30.0, 30.0), (-60.0, 60.0, 90.0, -90.0))
# Eyes in a box of the cascade, in fractions of its side: means over 280 faces of the bundled models' set.
_LEFT, _RIGHT = 0.305 + 0.387j, 0.688 + 0.387j
# Around the guess that the box gives: turned (radians) and larger (log).
_STARTS = ((0.0, 0.0), (0.12, 0.0), (-0.12, 0.0), (0.0, 0.1), (0.0, -0.1))
LARGEST_SPREAD = 0.03
"""Of the eye distance: where guesses that begin apart end further apart than this, there is no face."""


@dataclass(frozen=True, slots=True)
class Face:
    """One face.

    Attributes:
        eyes: The left and the right eye as seen in the picture, x + iy in pixels; pixel 0 covers 0 to 1.
        spread: How far guesses of them were apart, of the eye distance: 0 is certain.
    """

    eyes: Eyes
    spread: float

    @property
    def eye_distance(self) -> float:
        """In pixels."""
        return abs(self.eyes[1] - self.eyes[0])

    @property
    def middle(self) -> complex:
        """Between the eyes."""
        return (self.eyes[0] + self.eyes[1]) / 2

    @property
    def box(self) -> tuple[float, float, float, float]:
        """(left, top, width, height): an upright square around forehead and chin."""
        side = 2.6 * self.eye_distance
        centre = self.middle + 0.45j * (self.eyes[1] - self.eyes[0])
        return centre.real - side / 2, centre.imag - side / 2, side, side


def find_faces(image: Pixels, tilts: Sequence[Sequence[float]] = TILTS) -> list[Face]:
    """All faces in a picture, uint8 (H, W, 3) of RGB; the largest first.

    Heads that are tilted by the degrees in ``tilts``: of its groups, the first one that has any.
    """
    scale = min(1.0, SEARCHED_SIDE / max(image.shape[:2]))
    size = tuple(max(1, round(length * scale)) for length in image.shape[1::-1])
    small = image if scale == 1 else np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    grey = as_channels(small, 1)
    faces: list[Face] = []
    for group in tilts:
        for tilt in group:
            faces += [face for guess in _guesses(grey, tilt) if (face := settled(grey, guess)) is not None]
        if faces:
            break
    across, down = image.shape[1] / small.shape[1], image.shape[0] / small.shape[0]
    return [_enlarged(face, across, down) for face in _apart(faces)]


def settled(grey: Pixels, guess: Eyes) -> Face | None:
    """The face near a guess in a grey picture (H, W, 1), or None where there is none."""
    middle, half = (guess[0] + guess[1]) / 2, (guess[1] - guess[0]) / 2
    ends = []
    for turned, larger in _STARTS:
        turn = half * cmath.exp(complex(larger, turned))
        ends.append(eye_maps.refined(grey, (middle - turn, middle + turn)))
    found = np.array(ends)  # (starts, 2)
    eyes = np.median(found.real, axis=0) + 1j * np.median(found.imag, axis=0)
    distance = abs(eyes[1] - eyes[0])
    if not distance >= SMALLEST / 5:
        return None
    face = Face((complex(eyes[0]), complex(eyes[1])), float(np.abs(found - eyes).mean() / distance))
    height, width = grey.shape[:2]
    inside = 0 <= face.middle.real <= width and 0 <= face.middle.imag <= height
    return face if inside and face.spread <= LARGEST_SPREAD else None


_one_at_a_time = threading.Lock()
"""A cascade keeps notes of the picture that it is looking at: two threads that share one crash."""


@cache
def _cascade() -> cv2.CascadeClassifier:
    return cv2.CascadeClassifier(str(Path(cv2.__file__).with_name("data") / "haarcascade_frontalface_alt2.xml"))


def _guesses(grey: Pixels, tilt: float) -> list[Eyes]:
    """Eyes that the cascade's boxes suggest, in a picture that is turned upright by ``tilt`` degrees first."""
    height, width = grey.shape[:2]
    turn = cmath.exp(1j * math.radians(tilt))
    corners = [turn * complex(x, y) for x in (0, width) for y in (0, height)]
    shift = -complex(min(corner.real for corner in corners), min(corner.imag for corner in corners))
    wide, tall = (math.ceil(max(getattr(corner + shift, part) for corner in corners)) for part in ("real", "imag"))
    turned: npt.NDArray[np.uint8] = grey
    if tilt:
        matrix = np.array([[turn.real, -turn.imag, shift.real], [turn.imag, turn.real, shift.imag]])
        turned = np.asarray(cv2.warpAffine(grey, matrix, (wide, tall), flags=cv2.INTER_LINEAR), np.uint8)
    with _one_at_a_time:
        boxes = _cascade().detectMultiScale(turned, 1.15, 2, minSize=(SMALLEST, SMALLEST))
    return [
        (
            (complex(x, y) + side * _LEFT - shift) / turn,
            (complex(x, y) + side * _RIGHT - shift) / turn,
        )
        for x, y, side, _ in np.asarray(boxes, float).reshape(-1, 4).tolist()
    ]


def _apart(faces: Sequence[Face]) -> list[Face]:
    """Each face once, the most certain of several finds; the largest first."""
    kept: list[Face] = []
    for face in sorted(faces, key=lambda face: face.spread):
        if all(abs(face.middle - other.middle) > 0.7 * max(face.eye_distance, other.eye_distance) for other in kept):
            kept.append(face)
    return sorted(kept, key=lambda face: -face.eye_distance)


def _enlarged(face: Face, across: float, down: float) -> Face:
    left, right = (complex(eye.real * across, eye.imag * down) for eye in face.eyes)
    return Face((left, right), face.spread)

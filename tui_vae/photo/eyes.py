"""Where the eyes of a face are, to within a few hundredths of their distance.

A guess (from a face's box, or the frame before) is put right in a few steps. Each looks at the face as the guess would
align it, takes its histograms of oriented gradients, and reads off a linear map how far the eyes are from where they
were thought to be: the supervised descent method (Xiong and De la Torre, CVPR 2013) for a similarity transform.
``train/eyes.py`` makes the maps from images whose eyes are all in one place.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from tui_vae.model.frame import Frame
from tui_vae.photo.align import Eyes, Pixels, similarity, warped

SIDE = 64
PATCH = Frame(0.5, 0.306, 0.385)
"""What a step looks at: the face from the forehead to the chin."""
MAPS = Path(__file__).with_name("eyes.npz")
_WORN = PATCH.eyes(SIDE, SIDE)
_LIMIT = 0.5 * PATCH.eye_distance * SIDE

Maps = npt.NDArray[np.float32]


@cache
def maps() -> Maps:
    """The linear maps, one per step: float32 (steps, features + 1, 4)."""
    with np.load(MAPS, allow_pickle=False) as file:
        return np.asarray(file["maps"], np.float32)


@cache
def _histograms() -> cv2.HOGDescriptor:
    return cv2.HOGDescriptor((SIDE, SIDE), (16, 16), (8, 8), (8, 8), 9)


def features(grey: Pixels, eyes: Eyes) -> npt.NDArray[np.float32]:
    """What a step sees of a grey picture (H, W, 1) if the eyes are there: (features + 1,), the last one constant."""
    patch = warped(grey, eyes, _WORN, (SIDE, SIDE))
    return np.append(np.asarray(_histograms().compute(patch), np.float32).ravel(), np.float32(1))


def offsets(eyes: Eyes, truth: Eyes) -> npt.NDArray[np.float32]:
    """What a step should say: (4,) how far the true eyes are from the supposed ones, in pixels of the patch."""
    turn, shift = similarity(eyes, _WORN)
    left, right = (turn * eye + shift - worn for eye, worn in zip(truth, _WORN, strict=True))
    return np.array([left.real, left.imag, right.real, right.imag], np.float32)


def step(grey: Pixels, eyes: Eyes, linear: Maps) -> Eyes:
    """The eyes as one linear map (features + 1, 4) would have them."""
    # float64: a map is 1,765 products long, and the same face must be found on every machine
    told = np.clip(features(grey, eyes).astype(np.float64) @ linear, -_LIMIT, _LIMIT)
    turn, shift = similarity(eyes, _WORN)
    left, right = complex(told[0], told[1]) + _WORN[0], complex(told[2], told[3]) + _WORN[1]
    return (left - shift) / turn, (right - shift) / turn


def refined(grey: Pixels, eyes: Eyes, linear: Maps | None = None) -> Eyes:
    """The eyes, all steps taken, in a grey picture (H, W, 1)."""
    for each in maps() if linear is None else linear:
        if abs(eyes[1] - eyes[0]) < 2:  # no face is that small
            break
        eyes = step(grey, eyes, each)
    return eyes

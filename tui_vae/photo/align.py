"""A face in a photo -> an image in a model's frame: one similarity transform, one antialiased resample."""

from __future__ import annotations

import math

import cv2
import numpy as np
import numpy.typing as npt

from tui_vae.model.frame import Frame

Pixels = npt.NDArray[np.uint8]
Eyes = tuple[complex, complex]
"""The left and the right eye as seen in the picture, x + iy in pixels; pixel 0 covers 0 to 1."""
MAX_SUPERSAMPLING = 64


def similarity(source: Eyes, target: Eyes) -> tuple[complex, complex]:
    """The rotation, scale and shift that takes two points onto two others: ``z -> turn * z + shift``.

    Raises:
        ValueError: the two source points are one.
    """
    if source[0] == source[1]:
        raise ValueError("two eyes in one place")
    turn = (target[1] - target[0]) / (source[1] - source[0])
    return turn, target[0] - turn * source[0]


def aligned(image: Pixels, eyes: Eyes, frame: Frame, size: tuple[int, int], channels: int = 3) -> Pixels:
    """The part of a picture that puts its eyes where ``frame`` has them.

    Args:
        image: uint8 (H, W, 3).
        eyes: In pixels of ``image``.
        frame: Where they are to be.
        size: (height, width) of what comes out.
        channels: 1 (luma, ITU-R BT.601) or 3.

    Returns:
        uint8 (height, width, channels). What is outside the picture is its mirror image.
    """
    return warped(as_channels(image, channels), eyes, frame.eyes(*size), size)


def warped(image: Pixels, source: Eyes, target: Eyes, size: tuple[int, int]) -> Pixels:
    """Move ``source`` onto ``target`` in a picture of ``size`` (height, width): uint8 (H, W, C) -> (height, width, C).

    Shrinking averages: the picture is sampled so densely that no pixel is skipped, and then reduced by areas.
    """
    height, width = size
    turn, shift = similarity(source, target)
    dense = min(math.ceil(1 / abs(turn)), MAX_SUPERSAMPLING) if abs(turn) < 1 else 1
    turn, shift = turn * dense, shift * dense
    # OpenCV's pixel 0 is centred on 0, ours on a half.
    shift += turn * (0.5 + 0.5j) - (0.5 + 0.5j)
    matrix = np.array([[turn.real, -turn.imag, shift.real], [turn.imag, turn.real, shift.imag]])
    smooth = cv2.INTER_CUBIC if dense == 1 else cv2.INTER_LINEAR
    area = (width * dense, height * dense)
    result = cv2.warpAffine(image, matrix, area, flags=smooth, borderMode=cv2.BORDER_REFLECT)
    if dense > 1:
        result = cv2.resize(result, (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(result, np.uint8).reshape(height, width, image.shape[2])


def centre_crop(image: Pixels, size: tuple[int, int], channels: int = 3) -> Pixels:
    """The largest middle part of the wanted proportions, for pictures without a face to align by.

    uint8 (H, W, 3) -> uint8 (height, width, channels).
    """
    height, width = size
    tall, wide = image.shape[:2]
    scale = min(tall / height, wide / width)
    corner = complex(wide - scale * width, tall - scale * height) / 2
    source = corner, corner + scale * width
    return warped(as_channels(image, channels), source, (0j, complex(width)), size)


def as_channels(image: Pixels, channels: int) -> Pixels:
    """uint8 (H, W, 3) -> (H, W, channels), of 1 or 3."""
    if channels == 3:
        return image
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.uint8)[..., None]

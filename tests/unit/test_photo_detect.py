"""Faces found in photos: those of the bundled model, decoded and put into larger pictures."""

from __future__ import annotations

import cmath
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import tui_vae
from tui_vae.api import VAE
from tui_vae.model.frame import Frame
from tui_vae.photo import Face, eyes, find_faces
from tui_vae.photo.align import Eyes, Pixels, warped
from tui_vae.photo.detect import LARGEST_SPREAD

SKY = 150


@pytest.fixture(scope="module")
def faces() -> VAE:
    return tui_vae.load("faces")


def placed(face: Pixels, middle: complex, scale: float, degrees: float = 0, canvas: Pixels | None = None) -> Pixels:
    """A face put into a picture (by default 480x640, grey): its centre at ``middle``, enlarged and turned."""
    picture = np.full((480, 640, 3), SKY, np.uint8) if canvas is None else canvas
    side = len(face)
    turn = cmath.rect(scale, np.radians(degrees))
    source = (0j, complex(side))
    target = tuple(turn * (point - complex(side, side) / 2) + middle for point in source)
    height, width = picture.shape[:2]
    y, x = np.mgrid[0:height, 0:width] + 0.5
    back = (x + 1j * y - middle) / turn
    inside = (abs(back.real) < side / 2) & (abs(back.imag) < side / 2)
    moved = warped(face, source, (target[0], target[1]), (height, width))
    return np.where(inside[..., None], moved, picture).astype(np.uint8)


def eyes_of(side: int, middle: complex, scale: float, degrees: float = 0) -> Eyes:
    turn = cmath.rect(scale, np.radians(degrees))
    left, right = (turn * (eye - complex(side, side) / 2) + middle for eye in Frame().eyes(side, side))
    return left, right


def wrong(face: Face, truth: Eyes) -> float:
    """How far the eyes are off, of their distance."""
    return max(abs(a - b) for a, b in zip(face.eyes, truth, strict=True)) / abs(truth[1] - truth[0])


@pytest.mark.parametrize("degrees", [0, 10, -12, 35, -50])
def test_a_face_is_found_however_the_head_is_tilted(faces: VAE, degrees: float) -> None:
    place = (300 + 250j, 3.0, degrees)
    found = find_faces(placed(faces.preview, *place))
    assert len(found) == 1
    assert wrong(found[0], eyes_of(64, *place)) < 0.08
    left, top, width, height = found[0].box
    assert left < 300 < left + width and top < 250 < top + height


@pytest.mark.parametrize("scale", [1.2, 2.0, 6.0])
def test_a_face_is_found_small_and_large(faces: VAE, scale: float) -> None:
    place = (320 + 240j, scale)
    assert wrong(find_faces(placed(faces.preview, *place))[0], eyes_of(64, *place)) < 0.08


def test_several_faces_the_largest_first(faces: VAE) -> None:
    picture = placed(faces.preview, 140 + 200j, 2.0)
    picture = placed(faces.preview, 430 + 240j, 3.5, canvas=picture)
    found = find_faces(picture)
    assert [round(face.middle.real / 145) for face in found] == [3, 1]
    assert found[0].eye_distance > found[1].eye_distance


def test_a_photo_larger_than_is_searched(faces: VAE) -> None:
    canvas = np.full((1500, 2000, 3), SKY, np.uint8)
    place = (1200 + 700j, 9.0)
    assert wrong(find_faces(placed(faces.preview, *place, canvas=canvas))[0], eyes_of(64, *place)) < 0.08


@pytest.mark.parametrize("seed", [None, 0, 1])
def test_no_face_is_no_face(seed: int | None) -> None:
    picture = np.full((300, 400, 3), SKY, np.uint8)
    if seed is not None:
        picture = np.random.default_rng(seed).integers(0, 256, (300, 400, 3), np.uint8)
    assert find_faces(picture) == []


@pytest.mark.parametrize("shape", [(1, 1, 3), (3, 900, 3), (900, 2, 3)])
def test_pictures_too_narrow_for_a_face(shape: tuple[int, int, int]) -> None:
    assert find_faces(np.zeros(shape, np.uint8)) == []


def test_a_bad_guess_is_put_right(faces: VAE) -> None:
    """Wrong by a quarter of the eye distance and turned by 12 degrees: most of it is gone after all steps."""
    grey = placed(faces.preview, 320 + 240j, 3.0)[..., :1].copy()
    truth = eyes_of(64, 320 + 240j, 3.0)
    middle, half = sum(truth) / 2 + 12 + 8j, (truth[1] - truth[0]) / 2 * cmath.rect(1.15, 0.2)
    begun = Face((middle - half, middle + half), 0)
    ended = Face(eyes.refined(grey, begun.eyes), 0)
    assert wrong(begun, truth) > 0.25
    assert wrong(ended, truth) < 0.08


def test_the_maps_fit_their_features() -> None:
    size = len(eyes.features(np.zeros((64, 64, 1), np.uint8), (20 + 20j, 40 + 20j)))
    assert eyes.maps().shape[1:] == (size, 4)
    assert np.isfinite(eyes.maps()).all()
    assert 0 < LARGEST_SPREAD < 0.1


def test_faces_are_found_in_several_threads_at_once(faces: VAE) -> None:
    pictures = [placed(faces.preview, 300 + 250j, scale) for scale in (1.5, 2.0, 3.0, 4.0)] * 3
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(find_faces, pictures))
    assert found == [find_faces(picture) for picture in pictures]

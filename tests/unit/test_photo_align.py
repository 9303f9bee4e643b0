"""Faces in a frame: a similarity transform that puts every point where it should be."""

from __future__ import annotations

import cmath

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_vae.model.frame import Frame
from tui_vae.photo.align import aligned, centre_crop, similarity, warped

places = st.builds(complex, st.floats(-500, 500), st.floats(-500, 500))
turns = st.builds(lambda size, angle: cmath.rect(size, angle), st.floats(0.05, 20), st.floats(-3.1, 3.1))


def dotted(points: tuple[complex, ...], height: int, width: int, radius: float) -> np.ndarray:
    """A dark picture with a soft bright dot at each point."""
    y, x = np.mgrid[0:height, 0:width] + 0.5
    squares = [(x - point.real) ** 2 + (y - point.imag) ** 2 for point in points]
    light = np.max([np.exp(-square / (2 * radius**2)) for square in squares], axis=0)
    return np.repeat((255 * light).astype(np.uint8)[..., None], 3, axis=2)


def dot(image: np.ndarray, near: complex, reach: float) -> complex:
    """The centre of light around a place."""
    y, x = np.mgrid[0 : image.shape[0], 0 : image.shape[1]] + 0.5
    light = image[..., 0].astype(float) * ((x - near.real) ** 2 + (y - near.imag) ** 2 < reach**2)
    return complex((x * light).sum(), (y * light).sum()) / light.sum()


@given(places, places, turns, places)
def test_a_similarity_transform_is_found_again(a: complex, b: complex, turn: complex, shift: complex) -> None:
    if abs(a - b) < 1:
        return
    found = similarity((a, b), (turn * a + shift, turn * b + shift))
    np.testing.assert_allclose(found[0], turn, rtol=1e-6)
    np.testing.assert_allclose(found[1], shift, rtol=1e-6, atol=1e-4 * abs(turn))


def test_two_eyes_in_one_place_have_none() -> None:
    with pytest.raises(ValueError, match="one place"):
        similarity((1j, 1j), (0j, 1 + 0j))


@given(st.floats(20, 120), st.floats(-3.1, 3.1), st.integers(0, 10**6))
def test_eyes_land_within_half_a_pixel(distance: float, angle: float, seed: int) -> None:
    """Whatever the scale (from enlarging to shrinking four times) and however the head is tilted."""
    rng = np.random.default_rng(seed)
    middle = complex(*rng.uniform(130, 170, 2))
    half = cmath.rect(distance / 2, angle)
    eyes = middle - half, middle + half
    frame = Frame()
    face = aligned(dotted(eyes, 300, 300, distance / 12), eyes, frame, (64, 64))
    for eye in frame.eyes(64, 64):
        assert abs(dot(face, eye, 7) - eye) < 0.5


def test_shrinking_averages_what_it_skips() -> None:
    """A board of single pixels becomes grey, as it does for the eye, and not black or white."""
    board = (np.indices((800, 800)).sum(axis=0) % 2 * 255).astype(np.uint8)[..., None].repeat(3, axis=2)
    small = warped(board, (0j, 800 + 0j), (0j, 50 + 0j), (50, 50))
    assert abs(small.astype(int) - 128).max() <= 3


def test_nothing_moves_where_nothing_should() -> None:
    image = np.random.default_rng(0).integers(0, 256, (40, 40, 3), np.uint8)
    frame = Frame()
    np.testing.assert_array_equal(aligned(image, frame.eyes(40, 40), frame, (40, 40)), image)


def test_grey_is_one_channel() -> None:
    image = np.full((40, 60, 3), (200, 100, 50), np.uint8)
    assert aligned(image, (20 + 20j, 40 + 20j), Frame(), (16, 16), 1).tolist() == [[[124]] * 16] * 16
    assert centre_crop(image, (16, 16), 1).shape == (16, 16, 1)


def test_outside_the_picture_is_its_mirror_image() -> None:
    ramp = np.repeat(np.arange(60, dtype=np.uint8)[None, :, None] * 4, 60, axis=0).repeat(3, axis=2)
    wide = warped(ramp, (0j, 60 + 0j), (30 + 0j, 90 + 0j), (60, 120))
    np.testing.assert_array_equal(wide[:, :30], wide[:, 30:60][:, ::-1])


@pytest.mark.parametrize(("height", "width"), [(100, 60), (60, 100), (64, 64), (7, 300), (1, 1)])
def test_the_centre_crop_is_the_middle(height: int, width: int) -> None:
    image = np.random.default_rng(1).integers(0, 256, (height, width, 3), np.uint8)
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    middle = image[top : top + side, left : left + side]
    made = centre_crop(image, (side, side))
    if (height - side) % 2 == (width - side) % 2 == 0:
        np.testing.assert_array_equal(made, middle)
    assert made.shape == (side, side, 3)
    expected = cv2.resize(middle, (8, 8), interpolation=cv2.INTER_AREA).mean()
    assert abs(centre_crop(image, (8, 8)).mean() - expected) < 8


def test_a_frame_goes_through_a_table() -> None:
    frame = Frame(0.5, 0.4, 0.3)
    assert Frame.from_dict(frame.to_dict()) == frame
    left, right = frame.eyes(100, 200)
    assert (left, right) == (pytest.approx(70 + 40j), pytest.approx(130 + 40j))


@pytest.mark.parametrize("table", [{}, {"centre": 0.5}, {"centre": "x", "eye_line": 0.3, "eye_distance": 0.3}])
def test_a_table_that_is_no_frame(table: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"frame|convert"):
        Frame.from_dict(table)


@pytest.mark.parametrize("numbers", [(0.5, 0.3, 0), (0.5, 2, 0.3), (0.1, 0.3, 0.5), (float("nan"), 0.3, 0.3)])
def test_eyes_must_be_in_the_image(numbers: tuple[float, float, float]) -> None:
    with pytest.raises(ValueError, match="frame"):
        Frame(*numbers)

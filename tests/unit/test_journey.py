"""Straight ways: exact ends, even steps."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tests.conftest import LATENT, make_checkpoint
from tui_vae.api import space_of
from tui_vae.latent.journey import WAYS, between, lerp, path, slerp

latents = hnp.arrays(np.float32, 5, elements=st.floats(-1e4, 1e4, width=32))


@given(latents, latents)
def test_the_ends_are_exact(start: np.ndarray, end: np.ndarray) -> None:
    assert np.array_equal(lerp(start, end, 0.0), start)
    assert np.array_equal(lerp(start, end, 1.0), end)


@given(latents, latents, st.floats(0, 1))
def test_every_point_lies_between(start: np.ndarray, end: np.ndarray, position: float) -> None:
    point = lerp(start, end, position)
    slack = 1e-2
    assert point.dtype == np.float32
    assert (point >= np.minimum(start, end) - slack).all() and (point <= np.maximum(start, end) + slack).all()
    assert point == pytest.approx((1 - position) * start.astype(float) + position * end, abs=slack)


def test_an_end_is_not_the_array_that_was_given() -> None:
    start, end = np.zeros(3, np.float32), np.ones(3, np.float32)
    lerp(start, end, 0.0)[:] = 9
    lerp(start, end, 1.0)[:] = 9
    assert start.tolist() == [0, 0, 0] and end.tolist() == [1, 1, 1]


@given(latents, latents, st.integers(2, 40))
def test_a_path_has_its_ends_and_even_steps(start: np.ndarray, end: np.ndarray, steps: int) -> None:
    points = path(start, end, steps)
    assert points.shape == (steps, 5) and points.dtype == np.float32
    assert np.array_equal(points[0], start) and np.array_equal(points[-1], end)
    strides = np.diff(points.astype(float), axis=0)
    assert np.abs(strides - (end.astype(float) - start) / (steps - 1)).max() < 1e-2


@pytest.mark.parametrize("steps", [1, 0, -3])
def test_a_path_of_fewer_than_two_steps_is_refused(steps: int) -> None:
    with pytest.raises(ValueError, match=f"at least 2 steps, not {steps}"):
        path(np.zeros(2, np.float32), np.ones(2, np.float32), steps)


# Around the mean.

PCA = space_of(make_checkpoint()).pca
faces = hnp.arrays(np.float32, LATENT, elements=st.floats(-4, 4, width=32))


def length(z: np.ndarray) -> float:
    return float(np.linalg.norm(PCA.values(z)))


@given(faces, faces)
def test_the_ends_of_every_way_are_exact(start: np.ndarray, end: np.ndarray) -> None:
    for way in WAYS:
        assert between(start, end, 0.0, way, PCA).tobytes() == start.tobytes()
        assert between(start, end, 1.0, way, PCA).tobytes() == end.tobytes()
        assert not np.shares_memory(between(start, end, 1.0, way, PCA), end)


@given(faces, faces, st.floats(0.01, 0.99))
def test_an_arc_keeps_the_distance_from_the_mean(start: np.ndarray, end: np.ndarray, position: float) -> None:
    one, other = PCA.values(start).astype(float), PCA.values(end).astype(float)
    product = np.linalg.norm(one) * np.linalg.norm(other)
    assume(min(np.linalg.norm(one), np.linalg.norm(other)) > 0.1 and abs(one @ other) < 0.99 * product)
    point = slerp(start, end, position, PCA)
    wanted = (1 - position) * length(start) + position * length(end)
    assert length(point) == pytest.approx(wanted, rel=1e-3)
    angle = np.arccos(one @ other / product)
    here = PCA.values(point).astype(float)
    gone = np.arccos(np.clip(one @ here / (np.linalg.norm(one) * np.linalg.norm(here)), -1, 1))
    assert gone == pytest.approx(position * angle, abs=2e-3)


def test_a_straight_line_comes_nearer_to_the_average_than_an_arc() -> None:
    space = space_of(make_checkpoint())
    pairs = [(space.sample(2 * number), space.sample(2 * number + 1)) for number in range(50)]
    straight = np.array([length(lerp(start, end, 0.5)) for start, end in pairs])
    around = np.array([length(slerp(start, end, 0.5, PCA)) for start, end in pairs])
    assert (straight < around).all() and straight.mean() < 0.85 * around.mean()


@given(faces, st.floats(0, 1))
def test_without_one_arc_it_is_the_straight_line(face: np.ndarray, position: float) -> None:
    mean = PCA.mean
    for end in (mean, (2 * mean - face).astype(np.float32), (mean + 2 * (face - mean)).astype(np.float32)):
        assert slerp(face, end, position, PCA) == pytest.approx(lerp(face, end, position), abs=5e-3)


def test_near_the_start_of_an_arc_is_near_the_start() -> None:
    space = space_of(make_checkpoint())
    start, end = space.sample(1), space.sample(2)
    assert slerp(start, end, 1e-6, PCA) == pytest.approx(start, abs=1e-4)
    assert slerp(start, end, 1 - 1e-6, PCA) == pytest.approx(end, abs=1e-4)

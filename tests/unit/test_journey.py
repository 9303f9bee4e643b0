"""Straight ways: exact ends, even steps."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tui_vae.latent.journey import lerp, path

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

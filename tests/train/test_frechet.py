"""The Frechet distance against closed forms, and what is nearest against a plain search."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from train.evaluation import neighbours
from train.evaluation.frechet import distance


def features(seed: int, count: int, width: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((count, width)).astype(np.float32)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 1000), st.integers(2, 40), st.integers(1, 12))
def test_it_is_none_to_itself_symmetric_and_grows_with_a_shift(seed: int, count: int, width: int) -> None:
    first, second = features(seed, count, width), 2 * features(seed + 1, count + 3, width) + 1
    assert distance(first, first) == pytest.approx(0.0, abs=1e-4)
    assert distance(first, second) == pytest.approx(distance(second, first), rel=1e-4, abs=1e-4)
    shift = np.arange(width, dtype=np.float32)
    assert distance(first, first + shift) == pytest.approx(float((shift**2).sum()), rel=1e-3, abs=1e-3)


def test_it_is_the_closed_form_of_gaussians_whose_covariances_commute() -> None:
    base = features(3, 400, 4)
    base = (base - base.mean(0)) @ np.linalg.inv(np.linalg.cholesky(np.cov(base, rowvar=False))).T
    a, b, shift = np.array([1, 2, 3, 0.5]), np.array([2, 1, 0, 4]), np.array([1, 0, 0, 2])
    found = distance((base * a).astype(np.float32), (base * b + shift).astype(np.float32))
    assert found == pytest.approx(float(((a - b) ** 2).sum() + (shift**2).sum()), rel=1e-4)


def test_it_is_that_of_scipy_for_any_covariances() -> None:
    from scipy.linalg import sqrtm

    first, second = features(5, 60, 6) @ features(6, 6, 6), features(7, 50, 6) @ features(8, 6, 6) + 1
    means = [x.mean(axis=0, dtype=np.float64) for x in (first, second)]
    covariances = [np.cov(x.T.astype(np.float64)) for x in (first, second)]
    expected = np.square(means[0] - means[1]).sum() + np.trace(
        covariances[0] + covariances[1] - 2 * sqrtm(covariances[0] @ covariances[1]).real
    )
    assert distance(first, second) == pytest.approx(float(expected), rel=1e-4)


def test_one_image_has_no_spread() -> None:
    with pytest.raises(ValueError, match="at least 2 images"):
        distance(features(0, 1, 4), features(1, 5, 4))


def test_the_nearest_are_those_of_a_plain_search(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbours, "CHUNK", 7)
    vectors, queries = features(0, 45, 6), features(1, 9, 6)
    everything = np.linalg.norm(queries[:, None] - vectors[None], axis=2)
    places, found = neighbours.nearest(queries, len(vectors), lambda part: vectors[part], 5)
    np.testing.assert_array_equal(places, np.argsort(everything, axis=1)[:, :5])
    np.testing.assert_allclose(found, np.sort(everything, axis=1)[:, :5], rtol=1e-4, atol=1e-4)
    few, _ = neighbours.nearest(queries, 3, lambda part: vectors[:3][part], 5)
    assert few.shape == (9, 3)

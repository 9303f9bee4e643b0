"""Image metrics against their definitions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from train.evaluation import metrics

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (5, 20, 24, 3), np.uint8)


def test_known_values() -> None:
    shifted = np.where(IMAGES < 128, IMAGES + 10, IMAGES - 10).astype(np.uint8)
    np.testing.assert_allclose(metrics.l1(IMAGES, shifted), 10.0)
    np.testing.assert_allclose(metrics.psnr(IMAGES, shifted), 10 * np.log10(255**2 / 100))
    np.testing.assert_allclose(metrics.psnr(IMAGES, IMAGES), 100.0)
    assert metrics.l1(IMAGES, 255 - IMAGES).shape == (5,)


def test_a_picture_is_similar_to_itself_and_less_to_others() -> None:
    for same, other in zip(metrics.similarity(IMAGES, IMAGES), metrics.similarity(IMAGES, IMAGES[::-1]), strict=True):
        np.testing.assert_allclose(same, 1.0, atol=1e-5)
        assert same.shape == (5,) and other[0] < 0.5


def test_sharpness_of_a_ramp_is_none_and_falls_when_blurred() -> None:
    ramp = np.broadcast_to(np.arange(0, 240, 10, dtype=np.uint8)[None, None, :, None], (1, 20, 24, 3))
    assert metrics.sharpness(np.ascontiguousarray(ramp))[0] == 0.0
    blurred = ((IMAGES[:, :, 1:].astype(int) + IMAGES[:, :, :-1]) // 2).astype(np.uint8)
    assert (metrics.sharpness(blurred) < metrics.sharpness(IMAGES)).all()


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.booleans(), st.integers(-3, 3)), min_size=2, max_size=40).filter(
        lambda items: len({truth for truth, _ in items}) == 2
    )
)
def test_auc_counts_pairs(items: list[tuple[bool, int]]) -> None:
    truth, scores = np.array([item[0] for item in items]), np.array([item[1] for item in items])
    pairs = [1.0 if a > b else 0.5 if a == b else 0.0 for a in scores[truth] for b in scores[~truth]]
    assert metrics.auc(truth, scores) == pytest.approx(np.mean(pairs))

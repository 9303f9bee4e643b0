"""Sums in an order that no processor chooses, and draws that are cut off."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import LATENT, make_checkpoint
from tui_vae.api import space_of
from tui_vae.latent.draws import SOURCES, Source, normal
from tui_vae.latent.space import KERNEL, Atlas
from tui_vae.latent.sums import combine, project

SPACE = space_of(make_checkpoint())


@pytest.mark.parametrize("layout", ["C", "F"])
def test_rows_are_added_one_after_another(layout: str) -> None:
    rng = np.random.default_rng(0)
    weights = rng.standard_normal(130).astype(np.float32)
    rows = np.array(rng.standard_normal((130, 33)), np.float32, order=layout)  # type: ignore[call-overload]
    by_hand = np.zeros(33, np.float32)
    for weight, row in zip(weights, rows, strict=True):
        by_hand = by_hand + weight * row
    assert combine(weights, rows).tobytes() == by_hand.tobytes()
    assert project(rows, rows[5]).tobytes() == project(rows.copy("C"), rows[5].copy()).tobytes()
    assert project(rows, rows[5]) == pytest.approx(rows @ rows[5], abs=1e-4)


def test_no_library_adds_for_a_draw() -> None:
    # The same bits as plain float32 arithmetic in a row: what any machine makes of it.
    numbers = np.random.default_rng(3).standard_normal(LATENT).astype(np.float32)
    sum_ = np.zeros(LATENT, np.float32)
    for number, direction in zip(numbers, SPACE.pca.directions, strict=True):
        sum_ = sum_ + number * direction
    assert SPACE.sample(3, 0.75, "posterior").tobytes() == (SPACE.mean + np.float32(0.75) * sum_).tobytes()


@pytest.mark.parametrize("truncation", [None, 0.5])
def test_no_library_adds_for_a_draw_of_the_atlas(truncation: float | None) -> None:
    rng = np.random.default_rng(3)
    way = np.float32(np.sqrt(1 - KERNEL**2)) * (SPACE.atlas[int(rng.integers(len(SPACE.atlas)))] - SPACE.mean)
    numbers = rng.standard_normal(LATENT).astype(np.float32)
    noise = np.zeros(LATENT, np.float32)
    for number, direction in zip(numbers, SPACE.pca.directions, strict=True):
        noise = noise + number * direction
    way = way + np.float32(KERNEL) * noise
    if truncation is not None:
        cut = np.float32(truncation)
        bars = [min(max(np.add.reduce(np.ascontiguousarray(row) * way), -cut), cut) for row in SPACE.pca.readout]
        way = np.zeros(LATENT, np.float32)
        for bar, direction in zip(bars, SPACE.pca.directions, strict=True):
            way = way + bar * direction
    drawn = SPACE.sample(3, 0.75, "atlas", truncation)
    assert drawn.dtype == np.float32 and drawn.tobytes() == (SPACE.mean + np.float32(0.75) * way).tobytes()


@given(seed=st.integers(0, 10_000), truncation=st.floats(0.1, 4))
def test_truncation_cuts_and_leaves_the_rest_alone(seed: int, truncation: float) -> None:
    free, cut = normal(seed, 50), normal(seed, 50, truncation)
    assert np.abs(cut).max() <= truncation
    inside = np.abs(free) <= truncation
    assert np.array_equal(cut[inside], free[inside])
    assert cut.tobytes() == normal(seed, 50, truncation).tobytes()


def test_a_truncated_draw_is_a_truncated_normal() -> None:
    stats = pytest.importorskip("scipy.stats")
    numbers = np.concatenate([normal(seed, 1000, 0.8) for seed in range(20)])
    assert stats.kstest(numbers, stats.truncnorm(-0.8, 0.8).cdf).pvalue > 1e-3
    assert stats.kstest(numbers, stats.uniform(-0.8, 1.6).cdf).pvalue < 1e-6


@pytest.mark.parametrize("truncation", [0.0, -1.0, 0.05, float("nan")])
def test_too_narrow_a_truncation_is_refused(truncation: float) -> None:
    with pytest.raises(ValueError, match=r"0\.1 sigma or more"):
        normal(0, 3, truncation)


def test_the_prior_is_standard_normal_in_the_latents_own_units() -> None:
    draws = np.stack([SPACE.sample(seed, 1.0, "prior") for seed in range(3000)])
    assert np.abs(draws.mean(axis=0)).max() < 0.08 and np.abs(draws.std(axis=0) - 1).max() < 0.06
    assert np.array_equal(SPACE.sample(4, 2.0, "prior"), 2 * SPACE.sample(4, 1.0, "prior"))
    assert np.abs(SPACE.sample(4, 1.0, "prior", 0.5)).max() <= 0.5


@given(seed=st.integers(0, 10_000), psi=st.floats(0.2, 3), source=st.sampled_from(["atlas", "posterior"]))
def test_truncated_bars_are_within(seed: int, psi: float, source: Source) -> None:
    assert np.abs(SPACE.pca.values(SPACE.sample(seed, 1.0, source, psi))).max() <= psi + 1e-4


def test_draws_of_the_atlas_have_its_moments_and_lie_near_its_items() -> None:
    draws = np.stack([SPACE.sample(seed, 1.0, "atlas") for seed in range(4000)])
    latents = SPACE.atlas.latents
    spread = latents.std(axis=0)
    assert (np.abs(draws.mean(axis=0) - latents.mean(axis=0)) < 0.08 * spread).all()
    np.testing.assert_allclose(draws.std(axis=0), spread, rtol=0.08)
    gaussian = np.stack([SPACE.sample(seed, 1.0, "posterior") for seed in range(4000)])
    items = SPACE.mean + np.sqrt(1 - KERNEL**2) * (latents - SPACE.mean)

    def nearest(points: np.ndarray) -> float:
        return float(np.mean([np.linalg.norm((items - point) / spread, axis=1).min() for point in points[:500]]))

    assert nearest(draws) < 0.9 * nearest(gaussian)
    twice = SPACE.mean + 2 * (SPACE.sample(4) - SPACE.mean)
    np.testing.assert_allclose(SPACE.sample(4, 2.0, "atlas"), twice, atol=1e-5)


def test_one_item_is_no_atlas_to_draw_from() -> None:
    lonely = replace(SPACE, atlas=Atlas(SPACE.atlas.latents[:1], SPACE.atlas.names[:1]))
    alike = replace(SPACE, atlas=Atlas(SPACE.atlas.latents[[2, 2]], SPACE.atlas.names[:2]))
    for space in (lonely, alike):
        assert np.array_equal(space.sample(3, 1.0, "atlas"), space.sample(3, 1.0, "posterior"))


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("cut", [0.0, -1.0, float("nan")])
def test_a_truncation_that_leaves_nothing_is_refused(source: Source, cut: float) -> None:
    with pytest.raises(ValueError, match="truncation"):
        SPACE.sample(1, 1.0, source, cut)


def test_varying_is_a_small_step_of_the_size_asked_for() -> None:
    z = SPACE.sample(5)
    steps = np.stack([SPACE.pca.values(SPACE.vary(z, seed, 0.25)) - SPACE.pca.values(z) for seed in range(500)])
    assert steps.std() == pytest.approx(0.25, rel=0.05) and abs(steps.mean()) < 0.02
    assert SPACE.vary(z, 1, 0.25).tobytes() == SPACE.vary(z, 1, 0.25).tobytes() != SPACE.vary(z, 2, 0.25).tobytes()
    assert np.array_equal(SPACE.vary(z, 1, 0.0), z)

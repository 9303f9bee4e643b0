"""The latent space: draws, reflection, and an atlas that nobody can scribble on."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import ITEMS, LATENT, make_checkpoint
from tui_vae.api import space_of

MADE = make_checkpoint()
SPACE = space_of(MADE)


@given(seed=st.integers(0, 2**40), spread=st.floats(0, 3))
def test_the_same_seed_gives_the_same_bits(seed: int, spread: float) -> None:
    again = space_of(MADE)
    assert SPACE.sample(seed, spread).tobytes() == again.sample(seed, spread).tobytes()


def test_seeds_give_different_faces() -> None:
    draws = {SPACE.sample(seed).tobytes() for seed in range(100)}
    assert len(draws) == 100


def test_no_spread_is_the_average() -> None:
    assert np.array_equal(SPACE.sample(3, 0.0), SPACE.mean)


@given(seed=st.integers(0, 10_000), spread=st.floats(0, 3, width=32))
def test_a_draw_goes_out_in_proportion_to_the_spread(seed: int, spread: float) -> None:
    once = SPACE.sample(seed, 1.0) - SPACE.mean
    assert SPACE.sample(seed, spread) - SPACE.mean == pytest.approx(spread * once, abs=1e-4)


def test_many_draws_vary_as_the_atlas_does() -> None:
    draws = np.stack([SPACE.sample(seed) for seed in range(3000)])
    bars = (draws - SPACE.mean) @ SPACE.pca.readout.T
    assert np.abs(bars.mean(axis=0)).max() < 0.08
    assert np.abs(bars.std(axis=0) - 1).max() < 0.06
    correlations = np.corrcoef(bars.T) - np.eye(LATENT)
    assert np.abs(correlations).max() < 0.08
    lengths = (draws - SPACE.mean) @ MADE.pca_vectors.T
    assert lengths.std(axis=0) == pytest.approx(MADE.pca_scales, rel=0.06)


def test_the_pinned_draw_stays_the_same_in_every_release() -> None:
    # A seed is something that people note down: the stream behind it may not change unseen.
    bars = SPACE.pca.values(SPACE.sample(7, 1.0, "posterior"))
    assert bars[:3] == pytest.approx([0.0012301, 0.2987455, -0.2741379], abs=1e-4)
    bars = SPACE.pca.values(SPACE.sample(7, 1.0, "atlas"))
    assert bars[:3] == pytest.approx([-0.0609335, -1.8426543, -0.0444060], abs=1e-4)


@given(seed=st.integers(0, 10_000), spread=st.floats(0, 3))
def test_inverting_twice_comes_back(seed: int, spread: float) -> None:
    z = SPACE.sample(seed, spread)
    assert SPACE.invert(SPACE.invert(z)) == pytest.approx(z, abs=1e-5)


def test_inverting_changes_the_sign_of_every_bar() -> None:
    z = SPACE.sample(5)
    for axes in SPACE.axes:
        assert axes.values(SPACE.invert(z)) == pytest.approx(-axes.values(z), abs=1e-4)
    assert np.array_equal(SPACE.invert(SPACE.mean), SPACE.mean)


def test_an_atlas_item_is_a_copy() -> None:
    before = SPACE.atlas.latents.copy()
    item = SPACE.atlas[4]
    assert np.array_equal(item, before[4])
    item += 9
    assert np.array_equal(SPACE.atlas.latents, before)
    assert np.array_equal(SPACE.atlas[4], before[4])


def test_the_atlas_is_as_long_as_its_names() -> None:
    assert len(SPACE.atlas) == len(SPACE.atlas.latents) == ITEMS


def test_the_average_is_the_mean_of_the_atlas_and_not_the_checkpoints_own_array() -> None:
    assert SPACE.mean == pytest.approx(MADE.latents.mean(axis=0), abs=1e-6)
    assert not np.shares_memory(SPACE.mean, MADE.pca_mean)

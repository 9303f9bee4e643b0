"""How usual a point is."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import ITEMS, LATENT, make_checkpoint
from tui_vae.api import space_of
from tui_vae.latent import axes
from tui_vae.latent.explorer import Explorer
from tui_vae.latent.space import Atlas, LatentSpace
from tui_vae.latent.typicality import TypicalityGauge, chi_cdf

SPACE = space_of(make_checkpoint())
GAUGE = TypicalityGauge(SPACE)


@settings(deadline=None)  # the first example imports SciPy
@given(length=st.floats(0, 100), dimensions=st.integers(1, 2048))
def test_the_chi_distribution_is_scipys(length: float, dimensions: int) -> None:
    stats = pytest.importorskip("scipy.stats")
    assert chi_cdf(length, dimensions) == pytest.approx(stats.chi(dimensions).cdf(length), abs=1e-10)


def test_the_chi_distribution_at_its_ends() -> None:
    assert (chi_cdf(0, 5), chi_cdf(float("inf"), 5), chi_cdf(1e6, 128), chi_cdf(1e-9, 128)) == (0, 1, 1, 0)
    assert chi_cdf(1.0, 1) == pytest.approx(0.6826894921370859, abs=1e-12)
    assert chi_cdf(2.0, 2) == pytest.approx(1 - np.exp(-2), abs=1e-12)


def test_draws_of_the_prior_are_spread_evenly_over_its_percentiles() -> None:
    prior = [GAUGE.of(SPACE.sample(seed, 1.0, "prior")).prior for seed in range(2000)]
    assert np.histogram(prior, 10, (0, 100))[0] == pytest.approx(200, abs=60)


def test_the_atlas_is_its_own_measure() -> None:
    seen = [GAUGE.of(SPACE.atlas[index]) for index in range(ITEMS)]
    assert sorted(point.atlas for point in seen) == pytest.approx(np.arange(ITEMS) / ITEMS * 100)
    assert sorted(point.distance for point in seen) == pytest.approx(GAUGE.distances, abs=1e-4)
    assert [point.word for point in seen].count("unusual") == 2  # the outermost 5 percent of 40
    assert "far out" not in {point.word for point in seen}


def test_further_out_is_less_usual_until_it_is_far_out() -> None:
    rays = [GAUGE.of((SPACE.mean + scale * (SPACE.sample(4) - SPACE.mean)).astype(np.float32)) for scale in range(9)]
    assert rays[0].distance == rays[0].atlas == 0 and rays[0].word == "typical"
    assert rays[8].atlas == 100 and rays[8].word == "far out"
    assert all(one.atlas <= other.atlas for one, other in pairwise(rays))


def test_what_is_worked_out_is_worked_out_once_and_late() -> None:
    explorer = Explorer(SPACE)
    assert not explorer.gauge.is_ready
    explorer.gauge.prepare()
    assert explorer.gauge.is_ready
    kept = explorer.gauge.distances
    explorer.go_to(3)
    assert explorer.typicality() == GAUGE.of(SPACE.atlas[3]) and explorer.gauge.distances is kept


def test_an_atlas_of_one_face_can_be_asked() -> None:
    mean = np.zeros(LATENT, np.float32)
    pca = axes.pca_axes(mean, np.eye(LATENT, dtype=np.float32), np.ones(LATENT, np.float32))
    gauge = TypicalityGauge(LatentSpace(Atlas(mean[None], ("one",)), (pca,)))
    assert gauge.of(mean).word == "typical" and gauge.of(mean + 1).word == "far out"

"""Bits per dimension: a distribution over the 256 values, whatever the mean and the scale."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from train.codec import Posterior
from train.evaluation import likelihood
from train.losses import kl_per_dimension

VALUES = np.arange(256, dtype=np.uint8).reshape(256, 1, 1, 1)
densities = st.sampled_from(likelihood.DENSITIES)


def outputs(mean: float) -> np.ndarray:
    return np.full((256, 1, 1, 1), mean, np.float32)


@settings(deadline=None)
@given(densities, st.floats(0, 255), st.floats(likelihood.LEAST_SCALE, 300))
def test_the_256_probabilities_sum_to_one(density: likelihood.Density, mean: float, scale: float) -> None:
    found = likelihood.nats(VALUES, outputs(mean), scale, density)
    assert np.isfinite(found).all() and (found > -1e-9).all()
    assert np.exp(-found).sum() == pytest.approx(1.0, abs=1e-9)


@pytest.mark.parametrize(("density", "law"), [("gaussian", stats.norm), ("laplace", stats.laplace)])
def test_a_bin_holds_the_mass_of_its_edges(density: likelihood.Density, law: stats.rv_continuous) -> None:
    found = likelihood.nats(VALUES, outputs(100.25), 12.0, density)
    edges = law.cdf((np.arange(257) - 0.5 - 100.25) / 12.0)
    edges[0], edges[-1] = 0.0, 1.0
    near = slice(40, 160)  # where differences of distribution functions still mean something
    np.testing.assert_allclose(np.exp(-found)[near], np.diff(edges)[near], rtol=1e-7)


def test_numbers_of_an_image_add_up() -> None:
    rng = np.random.default_rng(0)
    images, made = rng.integers(0, 256, (3, 4, 5, 2), np.uint8), rng.uniform(0, 255, (3, 4, 5, 2)).astype(np.float32)
    found = likelihood.nats(images, made, 20.0, "laplace")
    each = likelihood.nats(images.reshape(-1, 1), made.reshape(-1, 1), 20.0, "laplace").reshape(3, -1)
    np.testing.assert_allclose(found, each.sum(axis=1))


def test_the_kl_is_that_of_the_loss_and_draws_are_of_the_posterior() -> None:
    rng = np.random.default_rng(1)
    mean, log_variance = rng.standard_normal((2, 4000, 3)).astype(np.float32)
    posterior = Posterior(mean, 0.3 * log_variance)
    np.testing.assert_allclose(
        posterior.kl().mean(axis=0), kl_per_dimension(posterior.mean, posterior.log_variance), rtol=1e-4
    )
    draws = (posterior.sample(np.random.default_rng(2)) - posterior.mean) / np.exp(0.5 * posterior.log_variance)
    np.testing.assert_allclose(draws.mean(axis=0), 0, atol=0.06)
    np.testing.assert_allclose(draws.std(axis=0), 1, atol=0.04)

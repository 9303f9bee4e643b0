"""The aggregate posterior as a Gaussian."""

from __future__ import annotations

import numpy as np
import pytest

from train.aggregate import Aggregate
from train.codec import Posterior
from tui_vae.latent.pca import principal_components


def posterior(count: int = 400) -> Posterior:
    rng = np.random.default_rng(0)
    mixing = np.array([[2.0, 0.5, 0.0], [0.0, 1.0, 0.3], [0.0, 0.0, 0.1]])
    means = rng.standard_normal((count, 3)) @ mixing + [1.0, -2.0, 0.0]
    return Posterior(means.astype(np.float32), rng.normal(-1.0, 0.2, (count, 3)).astype(np.float32))


def test_its_moments_are_those_of_posterior_draws() -> None:
    given = posterior()
    wanted = np.cov(given.mean.T, ddof=0) + np.diag(np.exp(given.log_variance).mean(axis=0))
    found = Aggregate.of(given)
    np.testing.assert_allclose(found.mean, given.mean.mean(axis=0), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(found.sigma, np.sqrt(np.diag(wanted)), rtol=1e-5)
    assert (np.diff(found.deviations) <= 0).all()
    noise = np.random.default_rng(1).standard_normal((100_000, 3))
    for draws in (found.latents(noise), found.nearest(noise)):
        np.testing.assert_allclose(np.cov(draws.T), wanted, atol=0.06)
        np.testing.assert_allclose(draws.mean(axis=0), found.mean, atol=0.03)


def test_the_symmetric_root_moves_noise_no_further_than_the_components_do() -> None:
    found = Aggregate.of(posterior())
    noise = np.random.default_rng(1).standard_normal((2000, 3))
    moved = [np.square(made - found.mean - noise).sum() for made in (found.nearest(noise), found.latents(noise))]
    assert moved[0] < moved[1]
    # The same matrix from both sides: the image of a unit vector along another is that of the other along the one.
    matrix = found.nearest(np.eye(3)) - found.mean
    np.testing.assert_allclose(matrix, matrix.T, atol=1e-5)


def test_of_means_alone_it_has_the_components_of_the_atlas() -> None:
    given = posterior()
    made = Aggregate(*principal_components(given.mean))
    np.testing.assert_allclose(made.latents(np.zeros((1, 3)))[0], given.mean.mean(axis=0), rtol=1e-5)
    assert made.sigma == pytest.approx(given.mean.std(axis=0, ddof=1), rel=1e-4)

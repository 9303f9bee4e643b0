from __future__ import annotations

import math

import jax.numpy as jnp
import numpy as np
import pytest

from train import losses


@pytest.fixture
def pair() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    images = rng.random((4, 16, 12, 3)).astype(np.float32)
    return images, images + 0.1 * rng.standard_normal(images.shape).astype(np.float32)


def test_gaussian_is_the_likelihood_at_its_best_scale(pair: tuple[np.ndarray, np.ndarray]) -> None:
    images, outputs = pair
    squares = np.square(images - outputs).astype(np.float64)

    def nats(variance: float) -> float:
        return float((0.5 * np.log(2 * math.pi * variance) + squares / (2 * variance)).sum() / len(images))

    found = float(losses.gaussian(jnp.asarray(images), jnp.asarray(outputs)))
    best = squares.mean()
    assert found == pytest.approx(nats(best), rel=1e-4)
    assert found < nats(best * 1.2) and found < nats(best / 1.2)


def test_laplace_is_the_likelihood_at_its_best_scale(pair: tuple[np.ndarray, np.ndarray]) -> None:
    images, outputs = pair
    errors = np.abs(images - outputs).astype(np.float64)

    def nats(scale: float) -> float:
        return float((np.log(2 * scale) + errors / scale).sum() / len(images))

    found = float(losses.laplace(jnp.asarray(images), jnp.asarray(outputs)))
    assert found == pytest.approx(nats(errors.mean()), rel=1e-4)
    assert found < nats(errors.mean() * 1.2) and found < nats(errors.mean() / 1.2)


def test_pyramid_bands_rebuild_the_picture() -> None:
    x = np.random.default_rng(1).random((2, 18, 16, 3)).astype(np.float32)
    bands = losses.pyramid(jnp.asarray(x), 3)
    rebuilt = np.asarray(bands[-1])
    for band in reversed(bands[:-1]):
        height, width = band.shape[1:3]
        up = 4.0 * np.einsum("ih,nijc,jw->nhwc", losses._reduce(height), rebuilt, losses._reduce(width))
        rebuilt = np.asarray(band) + up
    np.testing.assert_allclose(rebuilt, x, atol=1e-5)


def test_a_flat_picture_has_no_fine_bands() -> None:
    bands = losses.pyramid(jnp.full((1, 16, 16, 1), 0.7), 2)
    # At the border the expansion weighs the outermost rows differently; inside there is nothing.
    assert np.abs(np.asarray(bands[0])[:, 3:-3, 3:-3]).max() < 1e-6
    np.testing.assert_allclose(np.asarray(bands[-1]), 0.7, atol=1e-6)


@pytest.mark.parametrize("name", sorted(losses.LIKELIHOODS))
def test_less_error_costs_less_and_none_is_finite(name: str, pair: tuple[np.ndarray, np.ndarray]) -> None:
    images, outputs = (jnp.asarray(part) for part in pair)
    closer = images + 0.5 * (outputs - images)
    loss = losses.LIKELIHOODS[name]
    assert float(loss(images, closer)) < float(loss(images, outputs))
    assert math.isfinite(float(loss(images, images)))


def test_kl_against_numbers_worked_out_by_hand() -> None:
    zero = jnp.zeros((3, 2))
    np.testing.assert_allclose(losses.kl_per_dimension(zero, zero), 0.0, atol=1e-7)
    kl = losses.kl_per_dimension(jnp.array([[1.0], [3.0]]), jnp.log(jnp.array([[1.0], [4.0]])))
    expected = (0.5 * (1 + 1 - 1 - 0) + 0.5 * (4 + 9 - 1 - math.log(4))) / 2
    np.testing.assert_allclose(kl, [expected], rtol=1e-6)

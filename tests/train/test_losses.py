from __future__ import annotations

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from train import losses, mixture
from train.ssim import ms_ssim

# Operation by operation each would be compiled by itself, which takes ten times as long.
contrast, gradients = jax.jit(losses.local_contrast), jax.jit(losses.local_gradients)


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


@pytest.mark.parametrize("name", sorted(losses.RECONSTRUCTIONS))
def test_less_error_costs_less_and_none_is_finite(name: str, pair: tuple[np.ndarray, np.ndarray]) -> None:
    images, outputs = (jnp.asarray(part) for part in pair)
    closer = images + 0.5 * (outputs - images)
    loss = losses.RECONSTRUCTIONS[name]
    assert float(loss(images, closer)) < float(loss(images, outputs))
    assert math.isfinite(float(loss(images, images)))


@pytest.mark.parametrize("name", ["gaussian", "laplace", "pyramid"])
@pytest.mark.parametrize("size", [1e-4, 1e-3, 0.1])
def test_calibrated_terms_pull_towards_the_image_however_near_it_is(name: str, size: float) -> None:
    images = jnp.full((2, 16, 16, 1), 0.5)
    outputs = images + size * jnp.asarray(np.random.default_rng(0).standard_normal(images.shape), jnp.float32)
    slope = jax.grad(lambda y: losses.reconstruction(name)(images, y))(outputs)
    assert float((slope * (outputs - images)).sum()) > 0.0


def test_kl_against_numbers_worked_out_by_hand() -> None:
    zero = jnp.zeros((3, 2))
    np.testing.assert_allclose(losses.kl_per_dimension(zero, zero), 0.0, atol=1e-7)
    kl = losses.kl_per_dimension(jnp.array([[1.0], [3.0]]), jnp.log(jnp.array([[1.0], [4.0]])))
    expected = (0.5 * (1 + 1 - 1 - 0) + 0.5 * (4 + 9 - 1 - math.log(4))) / 2
    np.testing.assert_allclose(kl, [expected], rtol=1e-6)


def test_every_term_has_a_loss() -> None:
    assert set(losses.RECONSTRUCTIONS) == set(mixture.TERMS)


def test_fixed_scales_are_sums_over_an_image(pair: tuple[np.ndarray, np.ndarray]) -> None:
    images, outputs = pair
    x, y = jnp.asarray(images), jnp.clip(jnp.asarray(outputs), 0.01, 0.99)
    error = np.asarray(x - y, np.float64)
    count = len(images)
    assert float(losses.reconstruction("mse")(x, y)) == pytest.approx((error**2).sum() / 2 / count, rel=1e-4)
    assert float(losses.reconstruction("l1")(x, y)) == pytest.approx(np.abs(error).sum() / count, rel=1e-4)
    halved = losses.reconstruction("mse", sigma=0.5)(x, y) / losses.reconstruction("mse")(x, y)
    assert float(halved) == pytest.approx(4.0, rel=1e-4)
    assert float(losses.reconstruction("l1", 0.5)(x, y) / losses.reconstruction("l1")(x, y)) == pytest.approx(2.0)
    a, b = np.asarray(x, np.float64), np.asarray(y, np.float64)
    nats = -(a * np.log(b) + (1 - a) * np.log(1 - b)).sum() / count
    assert float(losses.reconstruction("bce")(x, y)) == pytest.approx(nats, rel=1e-4)
    similar = float(losses.reconstruction("ms_ssim")(x, y)) / images[0].size
    assert similar == pytest.approx(1 - float(ms_ssim(x, y).mean()), abs=1e-5)


def test_contrast_misses_detail_that_is_not_there_and_not_where_it_lies() -> None:
    rng = np.random.default_rng(0)
    images = jnp.asarray(rng.random((2, 32, 32, 3)).astype(np.float32))
    fine = losses.pyramid(images, 1)[0]
    blurred, turned = images - fine, images - 2 * fine
    same, missing, elsewhere = (float(contrast(images, other)) for other in (images, blurred, turned))
    assert same < missing - 1.0 * images[0].size
    assert elsewhere < missing - 0.2 * images[0].size
    slope = jax.jit(jax.grad(losses.local_contrast, argnums=1))(images, jnp.full_like(images, 0.5))
    assert bool(jnp.isfinite(slope).all())  # also where there is no detail at all


def test_gradients_tell_dots_and_stripes_from_edges_of_the_same_strength() -> None:
    rows, columns = np.mgrid[0:32, 0:32]
    both = np.where(columns % 8 < 4, rows % 8 < 4, rows % 8 >= 4)  # edges across and down, few corners
    edges = jnp.asarray(both.astype(np.float32))[None, ..., None]
    noise = jnp.asarray(np.random.default_rng(0).random((1, 32, 32, 1)).astype(np.float32))

    def strengths(image: jax.Array) -> list[float]:
        return [float(jnp.sqrt(jnp.mean(jnp.square(part)))) for part in losses._differences(image)]

    noise = noise * strengths(edges)[0] / strengths(noise)[0]
    assert strengths(noise)[2] > 1.2 * strengths(edges)[2]
    stripes = jnp.asarray(np.where(columns % 4 < 2, 1.0, 0.0).astype(np.float32))[None, ..., None]
    assert strengths(stripes)[0] > 0.3 and strengths(stripes)[1] == 0.0
    same = float(gradients(edges, edges))
    assert same < float(gradients(edges, stripes)) and same < float(gradients(edges, noise))
    slope = jax.jit(jax.grad(losses.local_gradients, argnums=1))(edges, jnp.full_like(edges, 0.5))
    assert bool(jnp.isfinite(slope).all())


def test_gradients_tell_coloured_grain_from_grey() -> None:
    rng = np.random.default_rng(0)
    grain = rng.random((4, 32, 32, 3)).astype(np.float32)
    images = jnp.asarray(np.repeat(grain[..., :1], 3, axis=3))
    other = jnp.asarray(np.repeat(rng.random((4, 32, 32, 1)).astype(np.float32), 3, axis=3))
    assert float(gradients(images, other)) < float(gradients(images, jnp.asarray(grain)))
    np.testing.assert_allclose(
        images @ losses.OPPONENTS, np.stack([grain[..., 0], *[0 * grain[..., 0]] * 2], -1), atol=1e-6
    )


def test_a_mixture_is_the_weighted_sum(pair: tuple[np.ndarray, np.ndarray]) -> None:
    x, y = map(jnp.asarray, pair)
    parts = [float(losses.reconstruction(name)(x, y)) for name in ("ms_ssim", "l1", "laplace")]
    mixed = float(losses.reconstruction("0.8 * ms_ssim + 2e-1*l1 + laplace")(x, y))
    assert mixed == pytest.approx(0.8 * parts[0] + 0.2 * parts[1] + parts[2], rel=1e-4)


def test_saturated_probabilities_cost_much_but_not_infinity() -> None:
    images, outputs = jnp.ones((1, 4, 4, 1)), jnp.zeros((1, 4, 4, 1))
    loss = losses.reconstruction("bce")
    assert 100 < float(loss(images, outputs)) < 1000
    slopes = jax.vmap(jax.grad(lambda logit: loss(images, jnp.full_like(images, jax.nn.sigmoid(logit)))))(
        jnp.array([-14.0, -16.0])
    )
    assert (slopes < -1).all(), "what is surely wrong comes back"


def test_free_bits_leave_small_dimensions_alone() -> None:
    kl = jnp.array([0.1, 2.0, 0.0])
    assert float(losses.free_bits(kl, 0.0)) == pytest.approx(2.1)
    assert float(losses.free_bits(kl, 0.5)) == pytest.approx(3.0)
    np.testing.assert_array_equal(jax.grad(lambda kl: losses.free_bits(kl, 0.5))(kl), [0.0, 1.0, 0.0])


def test_the_three_parts_of_the_kl_sum_to_it_and_find_correlation() -> None:
    rng = np.random.default_rng(0)
    count, size = 512, 3
    log_variance = jnp.full((count, size), -2.0)
    noise = jnp.asarray(rng.standard_normal((count, size)))

    def parts(mean: np.ndarray) -> losses.Decomposition:
        z = jnp.asarray(mean) + jnp.exp(0.5 * log_variance) * noise
        return losses.decompose_kl(z, jnp.asarray(mean), log_variance, count)

    single = rng.standard_normal((count, 1))
    apart, together = parts(rng.standard_normal((count, size))), parts(np.repeat(single, size, axis=1))
    assert float(together.total_correlation) > float(apart.total_correlation) + 1.0
    mean = jnp.asarray(np.repeat(single, size, axis=1))
    z = mean + jnp.exp(0.5 * log_variance) * noise
    sampled = float(
        (losses._normal_log_density(z, mean, log_variance) - losses._normal_log_density(z, 0 * z, 0 * z)).sum(1).mean()
    )
    assert float(sum(together)) == pytest.approx(sampled, rel=1e-4)

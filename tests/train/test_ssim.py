from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.ndimage import convolve

from train import ssim


def noisy(seed: int, size: tuple[int, int], noise: float) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[: size[0], : size[1]]
    clean = 0.5 + 0.3 * np.sin(rows / 7 + seed) * np.cos(columns / 5)
    images = np.stack([np.stack([clean, clean**2, 1 - clean], -1), rng.random((*size, 3))])
    return images, np.clip(images + noise * rng.standard_normal(images.shape), 0, 1)


def by_hand(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """SSIM and its contrast term of one channel, as Wang et al. 2004 write them."""
    place = np.arange(11) - 5
    window = np.exp(-(place[:, None] ** 2 + place[None] ** 2) / (2 * 1.5**2))
    window /= window.sum()

    def mean(image: np.ndarray) -> np.ndarray:
        return np.asarray(convolve(image, window, mode="constant")[5:-5, 5:-5])

    mx, my = mean(x), mean(y)
    vx, vy, vxy = mean(x * x) - mx**2, mean(y * y) - my**2, mean(x * y) - mx * my
    contrast = (2 * vxy + 0.03**2) / (vx + vy + 0.03**2)
    return float(((2 * mx * my + 0.01**2) / (mx**2 + my**2 + 0.01**2) * contrast).mean()), float(contrast.mean())


def test_ssim_is_the_formula_of_the_paper() -> None:
    x, y = noisy(1, (40, 32), 0.1)
    found = np.asarray(jax.jit(ssim.ssim)(jnp.asarray(x), jnp.asarray(y)))
    wanted = [np.mean([by_hand(x[n, ..., c], y[n, ..., c])[0] for c in range(3)]) for n in range(2)]
    np.testing.assert_allclose(found, wanted, rtol=1e-3)


def test_ms_ssim_is_the_product_over_the_scales() -> None:
    x, y = noisy(2, (176, 180), 0.2)
    assert ssim.scales(176, 180) == 5
    found = np.asarray(jax.jit(ssim.ms_ssim)(jnp.asarray(x), jnp.asarray(y)))
    for n in range(2):
        product = 1.0
        a, b = x[n], y[n]
        for scale, weight in enumerate((0.0448, 0.2856, 0.3001, 0.2363, 0.1333)):
            product *= np.mean([by_hand(a[..., c], b[..., c])[scale < 4] for c in range(3)]) ** weight
            rows, columns = a.shape[0] // 2 * 2, a.shape[1] // 2 * 2
            a, b = (
                image[:rows, :columns].reshape(rows // 2, 2, columns // 2, 2, 3).mean(axis=(1, 3)) for image in (a, b)
            )
        assert found[n] == pytest.approx(product, rel=2e-3)


@pytest.mark.parametrize(("size", "count"), [((4, 4), 1), ((16, 16), 1), ((22, 30), 2), ((64, 64), 3), ((176, 176), 5)])
def test_equal_images_give_one_at_any_size_and_noise_less(size: tuple[int, int], count: int) -> None:
    assert ssim.scales(*size) == count
    x, y = (jnp.asarray(image) for image in noisy(3, size, 0.3))
    for measure in (jax.jit(ssim.ssim), jax.jit(ssim.ms_ssim)):
        np.testing.assert_allclose(measure(x, x), 1.0, atol=1e-5)
        assert (measure(x, y) < 0.98).all()


def test_its_slope_is_finite_even_between_opposites() -> None:
    x = jnp.asarray(noisy(4, (32, 32), 0.1)[0], jnp.float32)
    slope = jax.jit(jax.grad(lambda y: ssim.ms_ssim(x, y).sum()))(1.0 - x)
    assert bool(jnp.isfinite(slope).all())

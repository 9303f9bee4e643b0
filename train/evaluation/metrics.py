"""Image metrics on 8-bit outputs. Every figure is a mean over images and comes with how many they were."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
import numpy.typing as npt

from train import ssim

Images = npt.NDArray[np.uint8]
PerImage = npt.NDArray[np.float64]

_SSIM, _MS_SSIM = jax.jit(ssim.ssim), jax.jit(ssim.ms_ssim)


def psnr(images: Images, outputs: Images) -> PerImage:
    """Peak signal-to-noise ratio in dB of each image: two uint8 (N, H, W, C) -> (N,); equal images give 100."""
    error = np.square(images.astype(np.float64) - outputs).mean(axis=(1, 2, 3))
    return np.asarray(10 * np.log10(255.0**2 / np.maximum(error, 255.0**2 / 1e10)))


def l1(images: Images, outputs: Images) -> PerImage:
    """Mean absolute error of each image in 8-bit steps: two uint8 (N, H, W, C) -> (N,)."""
    return np.asarray(np.abs(images.astype(np.float64) - outputs).mean(axis=(1, 2, 3)))


def sharpness(images: Images) -> PerImage:
    """Variance of the 4-neighbour Laplacian of each image's channel mean: uint8 (N, H, W, C) -> (N,).

    Pech-Pacheco et al. 2000. Only the ratio to the real images' value means anything.
    """
    grey = images.astype(np.float64).mean(axis=3)
    centre = grey[:, 1:-1, 1:-1]
    around = grey[:, :-2, 1:-1] + grey[:, 2:, 1:-1] + grey[:, 1:-1, :-2] + grey[:, 1:-1, 2:]
    return np.asarray((around - 4 * centre).var(axis=(1, 2)))


def similarity(images: Images, outputs: Images) -> tuple[PerImage, PerImage]:
    """SSIM and MS-SSIM of each image (``train.ssim``): two uint8 (N, H, W, C) -> two (N,)."""
    x, y = (array.astype(np.float32) / 255.0 for array in (images, outputs))
    return np.asarray(_SSIM(x, y), np.float64), np.asarray(_MS_SSIM(x, y), np.float64)


def auc(truth: npt.NDArray[np.bool_], scores: npt.NDArray[Any]) -> float:
    """Area under the ROC curve: the chance that a true item scores above a false one, ties counting half.

    Mann & Whitney 1947. ``truth`` and ``scores`` are (N,), with at least one item on either side.
    """
    from scipy.stats import rankdata

    true = int(truth.sum())
    ranks = rankdata(scores)[truth].sum()
    return float((ranks - true * (true + 1) / 2) / (true * (len(truth) - true)))

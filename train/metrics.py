"""Image metrics on 8-bit outputs. Every figure is a mean over images and comes with how many they were."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Images = npt.NDArray[np.uint8]
PerImage = npt.NDArray[np.float64]


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

"""The aggregate posterior, taken as a Gaussian: what a model's samples are drawn from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from train.codec import Floats, Posterior
from tui_vae.latent.pca import components_of


@dataclass(frozen=True)
class Aggregate:
    """Mean (L,), orthonormal components (L, L) in rows, and the standard deviations (L,) along them."""

    mean: Floats
    components: Floats
    deviations: Floats

    @classmethod
    def of(cls, posterior: Posterior) -> Aggregate:
        """The Gaussian with the mean of the posterior means; their covariance and, along each latent, mean variance."""
        offsets = posterior.mean.astype(np.float64)
        mean = offsets.mean(axis=0)
        offsets -= mean
        noise = np.exp(posterior.log_variance.astype(np.float64)).mean(axis=0)
        return cls(mean.astype(np.float32), *components_of(offsets.T @ offsets / len(offsets) + np.diag(noise)))

    @property
    def sigma(self) -> npt.NDArray[np.float64]:
        """Standard deviation of each latent, (L,)."""
        scaled = self.components.astype(np.float64) * self.deviations[:, None]
        return np.asarray(np.sqrt(np.square(scaled).sum(axis=0)))

    def latents(self, bars: npt.NDArray[np.floating]) -> Floats:
        """Latents (N, L) at coordinates (N, L) along the components, in standard deviations."""
        return np.asarray(self.mean + (bars * self.deviations) @ self.components, np.float32)

    def nearest(self, noise: npt.NDArray[np.floating]) -> Floats:
        """``mean + A noise`` (N, L) with A the symmetric square root of the covariance, which moves the noise least."""
        return self.latents(noise @ self.components.T)

"""The public face of a model: images in and out as uint8 arrays, latents as float32 arrays."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from tui_vae import paths
from tui_vae.latent import axes, journey
from tui_vae.latent.labels import Clusters, column
from tui_vae.latent.space import Atlas, LatentSpace
from tui_vae.model import checkpoint as checkpoints
from tui_vae.model.architecture import Architecture
from tui_vae.model.checkpoint import Checkpoint
from tui_vae.model.frame import Frame

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tui_vae.model.engine import Engine
    from tui_vae.model.inversion import Fitted, Inversion

Images = npt.NDArray[np.uint8]
Latents = npt.NDArray[np.float32]


def load(name_or_path: str | Path = "faces") -> VAE:
    """Open a bundled checkpoint by name, or any checkpoint by path.

    Nothing is compiled and JAX is not loaded before the first encode or decode.

    Raises:
        tui_vae.errors.UserError: no such checkpoint, or a damaged one.
    """
    return VAE(checkpoints.read(paths.find_checkpoint(str(name_or_path))))


def space_of(checkpoint: Checkpoint) -> LatentSpace:
    """A checkpoint's latent space: atlas, axes, and labels and clusters where there are any."""
    pca = axes.pca_axes(checkpoint.pca_mean, checkpoint.pca_vectors, checkpoint.pca_scales)
    raw = axes.raw_axes(checkpoint.pca_mean, checkpoint.raw_scales, checkpoint.raw_kl)
    kinds = [pca, raw]
    if checkpoint.attributes:
        names = tuple(attribute.name for attribute in checkpoint.attributes)
        scores = tuple(attribute.score for attribute in checkpoint.attributes)
        kinds.append(axes.attribute_axes(pca, names, checkpoint.attribute_vectors, scores))
    return LatentSpace(
        Atlas(checkpoint.latents, checkpoint.names),
        tuple(kinds),
        tuple(column(label.name, label.values, label.kind) for label in checkpoint.labels),
        Clusters(checkpoint.cluster, checkpoint.centroids) if len(checkpoint.centroids) else None,
    )


class VAE:
    """A trained variational autoencoder with its atlas and axes.

    Images are uint8 arrays (N, H, W, C) with values 0..255, where (H, W, C) is ``vae.architecture.input``; latents are
    float32 arrays (N, L), in the units of the model's latent space, where L is ``vae.architecture.latent``.
    Arrays of another type or shape are refused with a :class:`ValueError` that says what was expected.
    """

    def __init__(self, checkpoint: Checkpoint) -> None:
        self.checkpoint = checkpoint

    @property
    def name(self) -> str:
        """What the model is called."""
        return self.checkpoint.name

    @property
    def preview(self) -> Images:
        """The decoded atlas mean, uint8 (H, W, C): a picture that needs no decoder."""
        return self.checkpoint.preview

    @property
    def architecture(self) -> Architecture:
        """The networks' shapes; ``architecture.input`` is (H, W, C), ``architecture.latent`` is L."""
        return self.checkpoint.architecture

    @cached_property
    def space(self) -> LatentSpace:
        """The atlas and the axes."""
        return space_of(self.checkpoint)

    @property
    def frame(self) -> Frame:
        """Where the eyes are in the model's images; that of the bundled faces where the checkpoint does not say."""
        return self.checkpoint.frame or Frame()

    @cached_property
    def _inversion(self) -> Inversion:
        from tui_vae.model.inversion import Inversion

        return Inversion(self.checkpoint)

    @cached_property
    def _engine(self) -> Engine:
        from tui_vae.model.engine import Engine

        return Engine(self.checkpoint)

    def encode(self, images: Images) -> Latents:
        """Posterior means (N, L) of uint8 images (N, H, W, C)."""
        return self._engine.encode(self._images(images))

    def fit(self, image: Images, z: Latents | None = None, steps: int = 150) -> Iterator[Fitted]:
        """Fit a latent (L,) to one uint8 image (H, W, C) by gradient steps, from ``z`` or else from its encoding.

        Yields the best so far (``step``, ``z``, ``error`` of 255) at each step; stop whenever it is good enough.
        """
        start = self.encode(image[None])[0] if z is None else self._latents(np.asarray(z)[None])[0]
        return self._inversion.fit(self._images(image[None])[0], start, steps)

    def decode(self, z: Latents, grid: tuple[int, int] | None = None) -> Images:
        """uint8 images (N, H, W, C) of latents (N, L); ``grid`` (height, width) resizes them inside the decoder."""
        return self._engine.decode(self._latents(z), grid)

    def sample(self, n: int, seed: int) -> Images:
        """``n`` random images, as :meth:`LatentSpace.sample` draws them; the same seed gives the same images."""
        if n < 1:
            raise ValueError(f"expected at least 1 sample, not {n}")
        return self.decode(np.stack([self.space.sample(seed if row == 0 else (seed, row)) for row in range(n)]))

    def reconstruct(self, images: Images) -> Images:
        """Encode and decode: uint8 (N, H, W, C) -> uint8 (N, H, W, C)."""
        return self.decode(self.encode(images))

    def interpolate(self, a: Latents, b: Latents, steps: int) -> Images:
        """``steps`` images (steps, H, W, C) evenly spaced from latent ``a`` to ``b``, each (L,); both ends included."""
        start, end = (self._latents(np.asarray(point)[None])[0] for point in (a, b))
        return self.decode(journey.path(start, end, steps))

    def translate(self, images: Images, delta: Latents) -> Images:
        """Encode, add ``delta`` (L,) in latent space, decode: the same edit on every image."""
        shift = self._latents(np.asarray(delta)[None])
        return self.decode(self.encode(images) + shift)

    def save(self, path: str | Path) -> None:
        """Write the checkpoint to one .safetensors file, whole or not at all.

        Raises:
            tui_vae.errors.UserError: it cannot be written there.
        """
        checkpoints.write(Path(path), self.checkpoint)

    def _images(self, images: Any) -> Images:
        height, width, channels = self.architecture.input
        if (
            not isinstance(images, np.ndarray)
            or images.dtype != np.uint8
            or images.shape[1:] != (height, width, channels)
        ):
            raise ValueError(
                f"expected uint8 images of shape (N, {height}, {width}, {channels}), got {_describe(images)}"
            )
        return images

    def _latents(self, z: Any) -> Latents:
        size = self.architecture.latent
        if not isinstance(z, np.ndarray) or z.dtype.kind != "f" or z.ndim != 2 or z.shape[1] != size:
            raise ValueError(f"expected float latents of shape (N, {size}), got {_describe(z)}")
        with np.errstate(over="ignore"):
            single = z.astype(np.float32)
        if not np.isfinite(single).all():
            raise ValueError("expected finite float32 latents, got NaN or infinity")
        return single


def _describe(value: Any) -> str:
    return f"{value.dtype} {value.shape}" if isinstance(value, np.ndarray) else type(value).__name__

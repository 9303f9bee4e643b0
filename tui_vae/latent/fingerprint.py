"""A short name for a model's latent space, by which what was made with it is told from what was not."""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt

from tui_vae.latent.space import LatentSpace

SAMPLED = 64  # atlas items


def fingerprint(space: LatentSpace, preview: npt.NDArray[np.uint8]) -> str:
    """32 hexadecimal digits: the same for the same weights, others after more training.

    Made of what recipes are followed with (all axes, and a sample of the atlas: hashing every item would hold up the
    first picture) and of the preview (H, W, C), which a decoder trained further changes though its space stays.
    """
    count = len(space.atlas)
    digest = hashlib.sha256(f"{count} {preview.shape} {[axes.name for axes in space.axes]}".encode())
    items = np.unique(np.linspace(0, max(count - 1, 0), min(count, SAMPLED)).astype(np.intp))
    for array in (
        *(array for axes in space.axes for array in (axes.mean, axes.directions)),
        *(space.atlas.latents[items], preview),
    ):
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()[:32]

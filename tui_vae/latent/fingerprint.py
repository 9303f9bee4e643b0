"""A short name for a model's latent space, by which what was made with it is told from what was not."""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt

from tui_vae.latent.space import LatentSpace


def fingerprint(space: LatentSpace, preview: npt.NDArray[np.uint8]) -> str:
    """32 hexadecimal digits: the same for the same weights, others after more training.

    Made of the principal components, the atlas's size and the preview (H, W, C), which are at hand before a decoder is.
    """
    digest = hashlib.sha256(f"{len(space.atlas)} {preview.shape}".encode())
    for array in (space.pca.mean, space.pca.directions, preview):
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()[:32]

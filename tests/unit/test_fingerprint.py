"""What tells one model's latent space from another's."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tests.conftest import make_checkpoint
from tui_vae.api import VAE
from tui_vae.latent.fingerprint import fingerprint
from tui_vae.latent.space import Atlas, LatentSpace


def of(vae: VAE) -> str:
    return fingerprint(vae.space, vae.preview)


def test_the_same_model_has_the_same_one() -> None:
    first = of(VAE(make_checkpoint()))
    assert first == of(VAE(make_checkpoint()))
    assert len(first) == 32 and set(first) <= set("0123456789abcdef")


def test_whatever_recipes_are_followed_with_makes_another() -> None:
    made = make_checkpoint()
    latents = made.latents.copy()
    latents[-1] += 1
    vectors = made.attribute_vectors[::-1].copy()
    changed = [
        replace(made, preview=made.preview ^ 1),
        replace(made, latents=latents),
        replace(made, latents=made.latents[:-1], names=made.names[:-1]),
        replace(made, attribute_vectors=vectors),
        replace(made, raw_scales=made.raw_scales * 2),
        replace(made, pca_scales=made.pca_scales * 2),
        replace(made, pca_mean=made.pca_mean + 1),
        replace(made, attributes=()),
    ]
    assert len({of(VAE(made)), *(of(VAE(other)) for other in changed)}) == len(changed) + 1


def test_an_empty_atlas_has_one() -> None:
    space = VAE(make_checkpoint()).space
    empty = LatentSpace(Atlas(space.atlas.latents[:0], ()), space.axes)
    assert fingerprint(empty, np.zeros((1, 1, 3), np.uint8))

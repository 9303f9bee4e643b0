"""Latents fitted to images by gradient steps."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from tests.conftest import LATENT
from tui_vae.api import VAE
from tui_vae.model.checkpoint import Checkpoint
from tui_vae.model.inversion import Inversion


@pytest.fixture(scope="module")
def vae(tiny: Checkpoint) -> VAE:
    return VAE(tiny)


def test_the_error_goes_down_to_the_image(vae: VAE) -> None:
    image = vae.decode(np.full((1, LATENT), 0.6, np.float32))[0]
    fitted = list(vae.fit(image, vae.space.mean, 200))
    assert [item.step for item in fitted] == list(range(201))
    assert fitted[0].z.tolist() == pytest.approx(vae.space.mean.tolist(), abs=1e-5)
    assert fitted[-1].error < 0.2 * fitted[0].error
    again = vae.decode(fitted[-1].z[None])[0].astype(float)
    assert np.sqrt(((again - image) ** 2).mean()) == pytest.approx(fitted[-1].error, abs=0.5)


def test_it_starts_where_the_encoder_ends_and_stops_when_told(vae: VAE) -> None:
    image = vae.decode(np.full((1, LATENT), 0.6, np.float32))[0]
    steps = vae.fit(image)
    first = list(itertools.islice(steps, 3))
    np.testing.assert_allclose(first[0].z, vae.encode(image[None])[0], atol=1e-4)
    steps.close()  # type: ignore[attr-defined]
    assert list(steps) == []


def test_a_strong_prior_stays_near_the_mean(tiny: Checkpoint, vae: VAE) -> None:
    image = vae.decode(vae.space.mean[None] + 2)[0]
    near, far = (
        np.linalg.norm(vae.space.pca.values(list(Inversion(tiny, prior).fit(image, vae.space.mean, 80))[-1].z))
        for prior in (10.0, 0.0)
    )
    assert near < 0.3 * far


def test_an_image_of_another_size_is_refused(vae: VAE) -> None:
    with pytest.raises(ValueError, match="expected uint8 images"):
        vae.fit(np.zeros((8, 8, 3), np.uint8))

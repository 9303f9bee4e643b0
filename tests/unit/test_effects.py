"""How much each bar changes the picture, with a decoder whose pictures are known."""

from __future__ import annotations

import numpy as np
import pytest

from tests.conftest import make_checkpoint
from tests.unit.made_space import LATENT, make_space
from tui_vae.api import VAE
from tui_vae.latent.effects import effects

AXES = make_space().pca


def test_a_bar_counts_by_what_it_does_to_the_pixels() -> None:
    shapes = []

    def decode(z: np.ndarray, grid: tuple[int, int]) -> np.ndarray:
        shapes.append((z.shape, z.dtype, grid))
        levels = 100 + (z - AXES.mean) @ AXES.readout.T @ np.array([10, -20, 30, 0, 0, 5], np.float32)
        images = np.broadcast_to(levels[:, None, None, None], (len(z), *grid, 3)).round().astype(np.uint8)
        images = images.copy()
        images[:, : grid[0] // 2] = 0  # half of the picture never changes
        return images

    reports: list[tuple[int, int]] = []
    found = effects(decode, AXES, (8, 4), batch=6, report=lambda done, total: reports.append((done, total)))
    assert found == pytest.approx([5, 10, 15, 0, 0, 2.5], abs=0.01)
    assert set(shapes) == {((6, LATENT), np.dtype(np.float32), (8, 4))}
    assert reports == [(2, LATENT), (5, LATENT), (6, LATENT)]


def test_both_ways_count() -> None:
    def decode(z: np.ndarray, grid: tuple[int, int]) -> np.ndarray:
        bar = ((z - AXES.mean) @ AXES.readout[0]).round()
        return np.where(bar > 0, 140, 100).astype(np.uint8)[:, None, None] * np.ones((1, *grid), np.uint8)

    assert effects(decode, AXES)[0] == pytest.approx(20)


def test_with_a_real_decoder_every_bar_does_something() -> None:
    vae = VAE(make_checkpoint())
    for axes in vae.space.axes:
        found = effects(vae.decode, axes, (16, 16))
        assert found.shape == (len(axes),) and found.dtype == np.float32
        assert (found > 0).all()

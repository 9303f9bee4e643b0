"""Small generated image sets, prepared once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from train import presets
from train.config import FitConfig
from train.data.pixels import Preprocessing
from train.data.prepare import prepare


def draw_disc(seed: int, size: int = 24) -> Image.Image:
    """A coloured disc somewhere on a coloured ground."""
    rng = np.random.default_rng(seed)
    image = Image.new("RGB", (size, size), tuple(int(value) for value in rng.integers(0, 120, 3)))
    x, y, r = (*rng.integers(6, size - 6, 2).tolist(), int(rng.integers(3, 7)))
    ImageDraw.Draw(image).ellipse([x - r, y - r, x + r, y + r], fill=tuple(rng.integers(130, 255, 3).tolist()))
    return image


@pytest.fixture(scope="session")
def discs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A prepared folder of 160 discs at 16x16, out of a nested folder of PNG files."""
    folder = tmp_path_factory.mktemp("discs")
    for number in range(160):
        path = folder / "source" / f"{number % 3}" / f"{number:03d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        draw_disc(number).save(path)
    prepare(folder / "source", folder / "prepared", Preprocessing(16))
    return folder / "prepared"


def prepare_200_discs(folder: Path) -> Path:
    """Discs at 16x16 in a flat folder, for tests that write labels and splits of their own into the manifest."""
    (folder / "in").mkdir()
    for number in range(200):
        draw_disc(number).save(folder / "in" / f"{number:03d}.png")
    prepare(folder / "in", folder / "prepared", Preprocessing(16))
    return folder / "prepared"


@pytest.fixture(scope="session")
def tiny_config() -> FitConfig:
    """The preset for trying things."""
    return presets.load("tiny")


@pytest.fixture(scope="session")
def run(discs: Path, tiny_config: FitConfig, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of 20 epochs."""
    from train.fit import fit

    return fit(tiny_config, [discs], tmp_path_factory.mktemp("run") / "whole")

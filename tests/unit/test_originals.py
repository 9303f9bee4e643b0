"""Originals of a dataset by the names of an atlas."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tui_vae.errors import UserError
from tui_vae.originals import Originals, difference, psnr

PREPROCESSING = {"size": 16, "channels": 3, "crop": None, "fit": "crop", "range": "uint8"}


def colour(seed: int) -> Image.Image:
    return Image.new("RGB", (20, 16), (seed, 100, 50))


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "set.zip"
    with zipfile.ZipFile(path, "w") as file:
        for name, seed in {"a/1.png": 10, "a/2.png": 20, "b/2.png": 30}.items():
            content = io.BytesIO()
            colour(seed).save(content, "png")
            file.writestr(name, content.getvalue())
        file.writestr("a/broken.png", b"not a picture")
    return path


def test_names_are_found_with_and_without_the_name_of_the_set(archive: Path) -> None:
    originals = Originals(str(archive), PREPROCESSING)
    for name in ("a/1.png", "faces/a/1.png", "1.png", "elsewhere/1.png"):
        image = originals.read(name)
        assert image is not None and image.shape == (16, 16, 3) and (image == (10, 100, 50)).all()
    assert originals.find("2.png") is None, "there are two of them"
    assert originals.read("faces/3.png") is None


def test_a_broken_image_is_told_in_one_line(archive: Path) -> None:
    with pytest.raises(UserError, match=r"a/broken\.png: cannot be read") as error:
        Originals(str(archive), PREPROCESSING).read("broken.png")
    assert "\n" not in str(error.value)


def test_a_source_that_is_not_there_or_empty_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="nowhere"):
        Originals(str(tmp_path / "nowhere"), PREPROCESSING)
    with pytest.raises(UserError, match="no images"):
        Originals(str(tmp_path), PREPROCESSING)


def test_psnr_and_difference() -> None:
    one = np.full((4, 4, 3), 100, np.uint8)
    two = one + np.uint8(10)
    assert psnr(one, two) == pytest.approx(20 * np.log10(25.5))
    assert psnr(one, one) == float("inf")
    assert (difference(one, two) == 168).all() and (difference(two, one) == 88).all()
    assert (difference(np.zeros_like(one), np.full_like(one, 255)) == 255).all()

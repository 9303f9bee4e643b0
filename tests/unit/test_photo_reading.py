"""Photos of every kind that Pillow reads: upright, 8 bit RGB."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tui_vae.errors import UserError
from tui_vae.photo import reading
from tui_vae.photo.reading import read_photo

PICTURE = np.random.default_rng(3).integers(0, 256, (24, 16, 3), np.uint8)


def save(path: Path, image: Image.Image, **options: object) -> Path:
    image.save(path, **options)  # type: ignore[arg-type]
    return path


def test_a_telephone_held_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the sensor lay on its side
    lying = Image.fromarray(PICTURE).transpose(Image.Transpose.ROTATE_90)
    np.testing.assert_array_equal(read_photo(save(tmp_path / "a.png", lying, exif=exif)), PICTURE)


def test_transparency_is_black(tmp_path: Path) -> None:
    pixels = np.dstack([PICTURE, np.full((24, 16), 255, np.uint8)])
    pixels[:5, :, 3] = 0
    read = read_photo(save(tmp_path / "a.png", Image.fromarray(pixels)))
    assert not read[:5].any()
    np.testing.assert_array_equal(read[5:], PICTURE[5:])


def test_sixteen_bits_become_eight(tmp_path: Path) -> None:
    deep = PICTURE[..., 0].astype(np.uint16) * 257
    read = read_photo(save(tmp_path / "a.png", Image.fromarray(deep)))
    np.testing.assert_array_equal(read, np.repeat(PICTURE[..., :1], 3, axis=2))


@pytest.mark.parametrize("mode", ["L", "P", "CMYK", "1", "LA"])
def test_other_modes_become_rgb(tmp_path: Path, mode: str) -> None:
    image = Image.fromarray(PICTURE).convert(mode)
    read = read_photo(save(tmp_path / ("a.tif" if mode == "CMYK" else "a.png"), image))
    assert read.shape == (24, 16, 3) and read.dtype == np.uint8


def test_a_large_picture_is_reduced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "LONGEST_SIDE", 12)
    assert read_photo(save(tmp_path / "a.png", Image.fromarray(PICTURE))).shape == (12, 8, 3)


def test_too_many_pixels_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_PIXELS", 100)
    with pytest.raises(UserError, match=r"a\.png: 16x24 pixels are too many"):
        read_photo(save(tmp_path / "a.png", Image.fromarray(PICTURE)))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "No such file"),
        (b"", "not a picture"),
        (b"GIF89a", "picture"),
        (b"\x89PNG\r\n\x1a\n" + b"x" * 50, "pict"),
    ],
)
def test_what_is_no_picture(tmp_path: Path, content: bytes | None, says: str) -> None:
    path = tmp_path / "a.png"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UserError, match=says):
        read_photo(path)


def test_a_cut_picture_and_a_folder(tmp_path: Path) -> None:
    whole = save(tmp_path / "a.png", Image.fromarray(PICTURE)).read_bytes()
    (tmp_path / "b.png").write_bytes(whole[: len(whole) // 2])
    for name in ("b.png", "."):
        with pytest.raises(UserError) as caught:
            read_photo(tmp_path / name)
        assert "\n" not in str(caught.value)

"""PNG and .npy files: written whole or not at all, read with suspicion."""

from __future__ import annotations

import io
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from tui_vae import pictures
from tui_vae.errors import UserError

Z = np.linspace(-2, 2, 8).astype(np.float32)


@pytest.fixture
def image() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (10, 12, 3), np.uint8)


def npy(array: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


def test_a_png_holds_the_very_pixels(tmp_path: Path, image: np.ndarray) -> None:
    pictures.save_png(tmp_path / "a.png", image)
    assert np.array_equal(np.asarray(Image.open(tmp_path / "a.png")), image)


def test_a_grey_image_becomes_a_grey_png(tmp_path: Path, image: np.ndarray) -> None:
    pictures.save_png(tmp_path / "a.png", image[..., :1])
    opened = Image.open(tmp_path / "a.png")
    assert opened.mode == "L"
    assert np.array_equal(np.asarray(opened), image[..., 0])


def test_the_same_pixels_give_the_same_bytes(tmp_path: Path, image: np.ndarray) -> None:
    for name in ("a.png", "b.png"):
        pictures.save_png(tmp_path / name, image)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_a_latent_comes_back_bit_for_bit(tmp_path: Path) -> None:
    pictures.save_latent(tmp_path / "z.npy", Z)
    assert pictures.read_latent(tmp_path / "z.npy", 8).tobytes() == Z.tobytes()


@pytest.mark.parametrize("dtype", ["f8", "f2", ">f4", "i4", "u1"])
@pytest.mark.parametrize("shape", [(4,), (1, 4)])
def test_other_number_types_and_a_row_are_read(tmp_path: Path, dtype: str, shape: tuple[int, ...]) -> None:
    np.save(tmp_path / "z.npy", np.array([1, 2, 0, 3], dtype).reshape(shape))
    z = pictures.read_latent(tmp_path / "z.npy", 4)
    assert z.dtype == np.float32 and z.dtype.isnative and z.tolist() == [1, 2, 0, 3]


def _zip() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as file:
        file.writestr("z.npy", npy(Z))
    return stream.getvalue()


def _header(text: str) -> bytes:
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "not a readable .npy"),
        (b"hello", "not a readable .npy"),
        (b"PK\x03\x04 not a zip", "not a readable .npy"),
        (_zip(), "not a readable .npy"),
        (npy(Z)[:-3], "not a readable .npy"),
        (npy(Z)[:20], "not a readable .npy"),
        (npy(np.array([{}], object)), "not a readable .npy"),
        (_header("{'descr': '<f4', 'fortran_order': False, 'shape': (8,"), "not a readable .npy"),
        (_header("{'descr': '<f8', 'fortran_order': False, 'shape': (9999999999999,), }"), "not a readable .npy"),
        (_header(" " * 30_000), "not a readable .npy"),
        (npy(Z[:7]), "expected 8 numbers"),
        (npy(np.float32(1)), "expected 8 numbers"),
        (npy(Z.reshape(2, 2, 2)), "expected 8 numbers"),
        (npy(Z.astype(complex)), "expected 8 numbers"),
        (npy(np.array(list("abcdefgh"))), "expected 8 numbers"),
        (npy(np.full(8, np.nan)), "not finite"),
        (npy(np.full(8, 1e300)), "not finite"),
    ],
    ids=lambda value: "",  # a zip holds the time: names of tests must be the same in every process
)
def test_a_latent_that_is_none_is_refused_in_one_line(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "z.npy"
    path.write_bytes(content)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(UserError, match=says) as caught:
            pictures.read_latent(path, 8)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, 127), byte=st.integers(0, 255))
@pytest.mark.filterwarnings("ignore")
def test_a_damaged_latent_is_read_or_refused(tmp_path: Path, place: int, byte: int) -> None:
    content = bytearray(npy(Z))
    content[place] = byte
    path = tmp_path / "z.npy"
    path.write_bytes(content)
    try:
        z = pictures.read_latent(path, 8)
    except UserError as error:
        assert str(path) in str(error) and "\n" not in str(error)  # noqa: PT017 (either way is right)
    else:
        assert z.shape == (8,) and np.isfinite(z).all()


@pytest.mark.parametrize("name", [".", "gone.npy", "no/folder.npy"])
def test_a_latent_that_is_not_there_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UserError, match="cannot read"):
        pictures.read_latent(tmp_path / name, 8)


def test_a_missing_folder_is_named(tmp_path: Path, image: np.ndarray) -> None:
    path = tmp_path / "none" / "a.png"
    with pytest.raises(UserError, match=r"a\.png: cannot write: No such file"):
        pictures.save_png(path, image)
    assert not path.parent.exists()


def test_a_folder_in_the_way_is_named_and_nothing_is_left(tmp_path: Path, image: np.ndarray) -> None:
    (tmp_path / "a.png").mkdir()
    with pytest.raises(UserError, match="cannot write"):
        pictures.save_png(tmp_path / "a.png", image)
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


def test_a_failure_in_the_middle_keeps_the_old_file(
    tmp_path: Path, image: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"old")

    def fails(self: Image.Image, place: Path, format: str) -> None:
        place.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Image.Image, "save", fails)
    with pytest.raises(UserError, match="No space left on device"):
        pictures.save_png(path, image)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_pair_takes_the_first_number_free_for_both(tmp_path: Path, image: np.ndarray) -> None:
    (tmp_path / "faces-001.png").touch()
    (tmp_path / "faces-002.npy").touch()
    first = pictures.save_pair(tmp_path, "faces", image, Z)
    second = pictures.save_pair(tmp_path, "faces", image, Z)
    assert (first.name, second.name) == ("faces-003.png", "faces-004.png")
    assert np.array_equal(np.asarray(Image.open(first)), image)
    assert np.array_equal(np.load(first.with_suffix(".npy")), Z)
    assert (tmp_path / "faces-001.png").stat().st_size == 0


@pytest.mark.skipif(not hasattr(__import__("os"), "getuid"), reason="no modes on this system")
def test_files_have_the_usual_mode(tmp_path: Path) -> None:
    pictures.save_latent(tmp_path / "z.npy", Z)
    (tmp_path / "usual").touch()
    assert (tmp_path / "z.npy").stat().st_mode == (tmp_path / "usual").stat().st_mode

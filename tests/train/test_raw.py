"""Camera RAW: a sensor's picture written by hand, developed by LibRaw."""

from __future__ import annotations

import sys
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.train.conftest import draw_disc
from tests.train.dng import dng
from train.data.pixels import Preprocessing
from train.data.prepare import prepare
from train.data.raw import NEEDS, open_raw
from tui_vae.errors import UserError

RED, GREEN, BLUE, WHITE = (0.8, 0.1, 0.1), (0.1, 0.8, 0.1), (0.1, 0.1, 0.8), (0.8, 0.8, 0.8)
QUARTERS = (RED, GREEN, BLUE, WHITE)


def middles(image: Image.Image) -> np.ndarray:
    """Colours in the middle of the quarters: (4, 3)."""
    width, height = image.size
    places = [(x, y) for y in (height // 4, 3 * height // 4) for x in (width // 4, 3 * width // 4)]
    return np.array([image.getpixel(place) for place in places])


@pytest.fixture(autouse=True)
def rawpy() -> None:
    pytest.importorskip("rawpy", reason="the optional package rawpy is not installed")


@pytest.mark.parametrize("neutral", [(1.0, 1.0, 1.0), (0.5, 1.0, 0.6)], ids=["even sensor", "greenish sensor"])
def test_colours_are_white_balanced(neutral: tuple[float, float, float]) -> None:
    image = open_raw(BytesIO(dng(QUARTERS, neutral=neutral)))
    assert (image.size, image.mode) == ((96, 64), "RGB")
    colours = middles(image)
    # The white quarter is the brightest: 255. A tenth of 0.8, by the transfer curve of Rec. 709 (1.099 L^0.45 - 0.099).
    dark = 255 * (1.099 * (0.1 / 0.8) ** 0.45 - 0.099)
    expected = np.where(np.array(QUARTERS) > 0.5, 255, dark)
    assert np.abs(colours - expected).max() <= 6


def test_it_stands_upright() -> None:
    image = open_raw(BytesIO(dng(QUARTERS, orientation=6)))  # to be turned clockwise by a quarter
    assert image.size == (64, 96)
    assert middles(image).argmax(1)[[0, 1, 3]].tolist() == [2, 0, 1]
    assert middles(image)[2].min() >= 250


def test_half_size_where_that_is_enough() -> None:
    whole, enough, short = (open_raw(BytesIO(dng(QUARTERS)), least) for least in (None, 32, 33))
    assert (whole.size, enough.size, short.size) == ((96, 64), (48, 32), (96, 64))
    assert np.abs(middles(enough) - middles(whole)).max() <= 6


@pytest.mark.parametrize("size", [0, 100, 8000], ids=["empty", "cut in its pixels", "cut behind half of them"])
def test_damage_is_told_in_one_line(size: int) -> None:
    with pytest.raises(UserError, match="no camera RAW that LibRaw can read, or damaged: ") as caught:
        open_raw(BytesIO(dng(QUARTERS)[:size]))
    assert str(caught.value).isprintable()


def test_other_files_are_refused() -> None:
    for content in (b"no picture at all" * 50, bytes(5000)):
        with pytest.raises(UserError, match="no camera RAW"):
            open_raw(BytesIO(content))


def test_without_rawpy_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rawpy", None)
    with pytest.raises(UserError) as caught:
        open_raw(BytesIO(dng(QUARTERS)))
    assert str(caught.value) == NEEDS == "camera RAW needs: pip install 'tui-vae[raw]'"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Twelve RAW files, one of them damaged, beside one other picture."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(11):
        suffix = (".NEF", ".cr3", ".dng")[number % 3]
        (folder / f"DSC_{number:04d}{suffix}").write_bytes(dng(QUARTERS, 80, 80))
    (folder / "DSC_0011.ARW").write_bytes(dng(QUARTERS, 80, 80)[:100])
    draw_disc(1).save(folder / "disc.png")
    return folder


def test_prepare_reads_them(folder: Path, tmp_path: Path) -> None:
    made = prepare(folder, tmp_path / "out", Preprocessing(16))
    assert len(made.names) == 12
    assert list(made.manifest["skipped"]) == ["DSC_0011.ARW"]
    assert "no camera RAW that LibRaw can read" in made.manifest["skipped"]["DSC_0011.ARW"]
    assert made.images[0, 4, 4].tolist() == pytest.approx([255, 84, 84], abs=6)


def test_prepare_without_rawpy_says_so_once(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "rawpy", None)
    made = prepare(folder, tmp_path / "out", Preprocessing(16))
    assert made.names == ["disc.png"]
    assert set(made.manifest["skipped"].values()) == {NEEDS}
    printed = capsys.readouterr().out
    assert printed.count(NEEDS) == 1
    assert f"skipped DSC_0000.NEF, DSC_0001.cr3, DSC_0002.dng and 9 more: {NEEDS}" in printed
    assert "12 unreadable" in printed

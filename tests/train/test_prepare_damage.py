"""Sources as people have them: odd names, odd files, little room, interrupted runs."""

from __future__ import annotations

import json
import os
import platform
import shutil
import stat
import subprocess
import sys
import zipfile
from collections import namedtuple
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.train.conftest import draw_disc
from train.cli import main
from train.data import pixels
from train.data.pixels import Preprocessing, read_image
from train.data.prepare import prepare
from train.data.prepared import open_prepared
from train.data.split import SPLITS, HeldOut
from tui_vae.errors import UserError

POSIX = pytest.mark.skipif(os.name != "posix", reason="POSIX file system")


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(3):
        draw_disc(number).save(folder / f"{number}.png")
    return folder


def read(image: Image.Image, form: str, **options: object) -> np.ndarray:
    stream = BytesIO()
    image.save(stream, form, **options)
    stream.seek(0)
    return read_image(stream, Preprocessing(8)).mean(axis=(0, 1))


@POSIX
def test_names_that_are_no_text_are_kept_split_and_shown_escaped(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    raw = os.fsencode(photos)
    try:
        shutil.copy(photos / "0.png", raw + b"/caf\xe9.png")
    except OSError:
        pytest.skip("the file system takes UTF-8 names only")
    (photos / "bad\x1b[31m\n.png").write_text("no image")
    shutil.copy(photos / "0.png", photos / 'quote"back\\slash.png')
    made = prepare(photos, tmp_path / "out", Preprocessing(8))
    odd = os.fsdecode(b"caf\xe9.png")
    assert odd in made.names and open_prepared(tmp_path / "out").names == made.names
    assert HeldOut().split_of(odd) in SPLITS
    printed = capsys.readouterr().out
    assert "\x1b" not in printed and "bad\\x1b[31m\\n.png" in printed


@POSIX
def test_pipes_hidden_files_and_prepared_folders_are_no_images(photos: Path, tmp_path: Path) -> None:
    os.mkfifo(photos / "pipe.png")
    (photos / "._0.png").write_bytes(b"resource fork")
    (photos / ".cache").mkdir()
    draw_disc(9).save(photos / ".cache" / "thumb.png")
    made = prepare(photos, photos / "out", Preprocessing(8))
    assert made.names == ["0.png", "1.png", "2.png"]
    assert made.manifest["skipped"] == {"pipe.png": "not a plain file"}
    # The output lies inside of its source and holds a picture; the second request is still the same.
    before = (photos / "out" / "images.npy").stat().st_mtime_ns
    prepare(photos, photos / "out", Preprocessing(8))
    assert (photos / "out" / "images.npy").stat().st_mtime_ns == before


def test_a_folder_that_cannot_be_listed_is_reported(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (photos / "locked").mkdir()
    real = os.scandir

    def scandir(path: str) -> object:
        if str(path).endswith("locked"):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    made = prepare(photos, tmp_path / "out", Preprocessing(8))
    assert made.manifest["skipped"] == {"locked/": "Permission denied"}
    assert len(made.names) == 3


def test_a_file_that_may_not_be_read_is_reported(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    real = Path.read_bytes

    def read_bytes(path: Path) -> bytes:
        if path.name == "1.png":
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(Path, "read_bytes", read_bytes)
    made = prepare(photos, tmp_path / "out", Preprocessing(8))
    assert made.names == ["0.png", "2.png"]
    assert made.manifest["skipped"] == {"1.png": "Permission denied"}  # and no path of this machine
    assert "skipped 1.png: Permission denied" in capsys.readouterr().out


def test_an_interrupted_run_leaves_nothing(photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("train.data.prepare.read_image", interrupted)
    with pytest.raises(KeyboardInterrupt):
        prepare(photos, tmp_path / "out", Preprocessing(8))
    assert [path.name for path in tmp_path.iterdir()] == ["photos"]


def test_many_files_of_one_fault_are_one_line(photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(30):
        (photos / f"bad{number:02d}.png").write_text("no image")
    made = prepare(photos, tmp_path / "out", Preprocessing(8))
    assert len(made.manifest["skipped"]) == 30
    assert "skipped bad00.png, bad01.png, bad02.png and 27 more: not an image" in capsys.readouterr().out


def test_archives_with_twins_damage_and_extras(photos: Path, tmp_path: Path) -> None:
    archive = tmp_path / "a.zip"
    good = (photos / "0.png").read_bytes()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("twin.png", (photos / "1.png").read_bytes())
        with pytest.warns(UserWarning, match="Duplicate"):
            file.writestr("twin.png", good)
        file.writestr("__MACOSX/._twin.png", b"resource fork")
        file.writestr("bent.png", good + b"marker")
    archive.write_bytes(archive.read_bytes().replace(b"marker", b"MARKER"))  # fails its checksum
    made = prepare(archive, tmp_path / "out", Preprocessing(8))
    assert made.names == ["twin.png"]
    assert set(made.manifest["skipped"]) == {"bent.png"}
    (tmp_path / "cut.zip").write_bytes(archive.read_bytes()[:200])
    with pytest.raises(UserError, match=r"neither a folder nor a readable \.zip"):
        prepare(tmp_path / "cut.zip", tmp_path / "never", Preprocessing(8))


def test_deep_and_float_greys_keep_their_brightness() -> None:
    for value in (0, 200, 40000):  # 200 of 65535 is nearly black, and must not be taken for 200 of 255
        grey = Image.fromarray(np.full((9, 9), value, np.uint16))
        np.testing.assert_allclose(read(grey, "PNG"), value / 65535 * 255, atol=0.51)
    for scale in (1.0, 255.0):
        grey = Image.fromarray(np.full((9, 9), 0.5 * scale, np.float32))
        np.testing.assert_allclose(read(grey, "TIFF"), 127.5, atol=0.51)
    holes = np.full((9, 9), 0.5, np.float32)
    holes[0] = np.nan
    assert np.isfinite(read(Image.fromarray(holes), "TIFF")).all()
    np.testing.assert_allclose(read(Image.new("1", (9, 9), 1), "PNG"), 255)
    np.testing.assert_allclose(read(Image.new("L", (9, 9), 7), "PNG", transparency=7), 0)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_damaged_exif_loses_only_the_orientation() -> None:
    image = draw_disc(3)
    np.testing.assert_allclose(read(image, "PNG", exif=b"Exif\x00\x00II*\x00\xff\xff\xff\xff"), read(image, "PNG"))


def test_panoramas_are_read_and_bombs_reported(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, recwarn: pytest.WarningsRecorder
) -> None:
    Image.new("L", (12000, 8000), 80).save(photos / "panorama.png", compress_level=1)  # Pillow warns from 89 million
    made = prepare(photos, tmp_path / "out", Preprocessing(8))
    assert made.images[made.names.index("panorama.png")].mean() == 80
    assert not [item for item in recwarn if issubclass(item.category, Image.DecompressionBombWarning)]
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1_000_000)
    made = prepare(photos, tmp_path / "out2", Preprocessing(8))
    assert "DecompressionBombError" in made.manifest["skipped"]["panorama.png"]


def test_giants_are_decoded_one_at_a_time(monkeypatch: pytest.MonkeyPatch, photos: Path, tmp_path: Path) -> None:
    monkeypatch.setattr(pixels, "GIANT_PIXELS", 1)
    plain = prepare(photos, tmp_path / "a", Preprocessing(8)).images
    monkeypatch.setattr(pixels, "GIANT_PIXELS", 10**9)
    np.testing.assert_array_equal(prepare(photos, tmp_path / "b", Preprocessing(8)).images, plain)


def test_too_little_room_is_said_before_anything_is_written(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10, 10, 0))
    with pytest.raises(UserError, match=r"needs 0\.0 MB, but 0\.0 MB are free"):
        prepare(photos, tmp_path / "out", Preprocessing(8))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["photos"]


def test_force_never_removes_what_prepare_has_not_written(photos: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="exists and is no prepared folder"):
        prepare(photos, photos, Preprocessing(8), force=True)
    out = tmp_path / "out"
    out.mkdir()  # an empty folder is as good as none
    prepare(photos, out, Preprocessing(8))
    (out / "thesis.txt").write_text("the only copy")
    with pytest.raises(UserError, match=r"--force would remove thesis\.txt"):
        prepare(photos, out, Preprocessing(16), force=True)
    (tmp_path / "file").write_text("")
    for bad in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(UserError, match=r"cannot be (used|written)"):
            prepare(photos, bad, Preprocessing(8))


@POSIX
def test_a_killed_run_leaves_nothing_that_the_next_does_not_clean(photos: Path, tmp_path: Path) -> None:
    dead = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, text=True)
    stale = tmp_path / f".out.partial-{platform.node()}-{dead.stdout.strip()}"
    alive = tmp_path / f".out.partial-{platform.node()}-{os.getppid()}"
    for folder in (stale, alive):
        (folder / "new").mkdir(parents=True)
    prepare(photos, tmp_path / "out", Preprocessing(8))
    assert alive.exists() and not stale.exists()
    mode = stat.S_IMODE((tmp_path / "out").stat().st_mode)
    assert mode == stat.S_IMODE(photos.stat().st_mode)  # as readable as any new folder


def test_the_report_gives_ranges_and_a_sheet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "s"
    source.mkdir()
    for value in (10, 30):
        Image.new("RGB", (8, 8), (value, 2 * value, 255)).save(source / f"{value}.png")
    assert main(["prepare", str(source), "--output", str(tmp_path / "o"), "--size", "8"]) == 0
    printed = capsys.readouterr().out
    assert "red     10 to  30, mean 20.0" in printed and "blue   255 to 255, mean 255.0" in printed
    with Image.open(tmp_path / "o" / "sheet.png") as sheet:
        assert sheet.width == 8 * 10 + 2
    crop = ["--crop", "0", "0", "9", "8", "--channels", "1"]
    assert main(["prepare", str(source), "--output", str(tmp_path / "p"), "--size", "8", *crop]) == 2
    assert "crop (0, 0, 9, 8) does not fit 8x8" in capsys.readouterr().err


def test_identities_that_match_nothing_are_refused(photos: Path, tmp_path: Path) -> None:
    table = tmp_path / "ids.csv"
    for text, complaint in [
        (b"file,some_id\nother/0.png,9\n", "none of its names is in"),
        (b"image_id,age\n0.png,9\n", "no column after the first"),
        (b"file,some_id\n\xe9,9\n", "not a CSV file in UTF-8"),
        (b"", "no column after the first"),
    ]:
        table.write_bytes(text)
        with pytest.raises(UserError, match=complaint):
            prepare(photos, tmp_path / "out", Preprocessing(8), table)
    with pytest.raises(UserError, match="cannot read identities"):
        prepare(photos, tmp_path / "out", Preprocessing(8), tmp_path / "missing.csv")
    table.write_bytes(b"\xef\xbb\xbffile,some_id\n0.png,elsewhere.jpg\n1.png,\n")  # as spreadsheets save it
    assert prepare(photos, tmp_path / "out", Preprocessing(8), table).keys == ["elsewhere.jpg", "1.png", "2.png"]


@pytest.mark.parametrize("manifest", ["[]", "3", '{"names": null, "keys": []}', '{"names": [1], "keys": [1]}'])
def test_manifests_of_another_form_are_refused(photos: Path, tmp_path: Path, manifest: str) -> None:
    prepare(photos, tmp_path / "out", Preprocessing(8))
    (tmp_path / "out" / "manifest.json").write_text(manifest)
    with pytest.raises(UserError, match="prepare"):
        open_prepared(tmp_path / "out")
    (tmp_path / "out" / "images.npy").write_bytes(b"")
    (tmp_path / "out" / "manifest.json").write_text(json.dumps({"names": [], "keys": []}))
    with pytest.raises(UserError, match="prepare"):
        open_prepared(tmp_path / "out")

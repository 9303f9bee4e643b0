"""``convert``: names, formats, what is in the way, what is reported."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tests.train.conftest import draw_disc
from train.cli import main
from train.convert import convert, targets_of
from train.data.pixels import Preprocessing, read_image
from tui_vae.errors import UserError


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    (folder / "deep").mkdir(parents=True)
    draw_disc(1, 40).save(folder / "a.b.jpg")
    draw_disc(2).convert("RGBA").save(folder / "deep" / "clear.png")
    draw_disc(3).convert("P").save(folder / "deep" / "few.gif")
    (folder / "notes.txt").write_text("x")
    return folder


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("form", ["png", "jpg", "webp"])
def test_names_and_folders_are_kept_but_for_the_suffix(photos: Path, tmp_path: Path, form: str) -> None:
    done = convert(photos, tmp_path / "out", Preprocessing(None), form)  # type: ignore[arg-type]
    assert files(tmp_path / "out") == {f"a.b.{form}", f"deep/clear.{form}", f"deep/few.{form}"}
    assert len(done.written) == 3 and done.others == 1 and not done.skipped and not done.renamed
    for path in done.written.values():
        with Image.open(path) as image:
            assert image.mode == "RGB" and image.format == {"png": "PNG", "jpg": "JPEG", "webp": "WEBP"}[form]


def test_the_pixels_are_those_of_prepare(photos: Path, tmp_path: Path) -> None:
    options = Preprocessing(16, fit="pad", background=(9, 9, 200))
    done = convert(photos, tmp_path / "out", options)
    for name, path in done.written.items():
        np.testing.assert_array_equal(np.asarray(Image.open(path)), read_image((photos / name).read_bytes(), options))


def test_two_items_of_one_name_are_both_written_and_it_is_said(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    draw_disc(4).save(photos / "twin.jpg")
    draw_disc(5).save(photos / "twin.png")
    draw_disc(6).save(photos / "twin-2.png")
    done = convert(photos, tmp_path / "out", Preprocessing(None))
    assert done.renamed == {"twin.jpg": "twin-3.png"}
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "out" / "twin.png")), np.asarray(draw_disc(5)))
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "out" / "twin-2.png")), np.asarray(draw_disc(6)))
    assert "twin.jpg: written as twin-3.png" in capsys.readouterr().out


@given(
    st.lists(
        st.text("abAB.-2/", min_size=1, max_size=6).map(lambda stem: f"x{stem}y".replace("//", "/"))
        | st.text("ab", min_size=1, max_size=2).flatmap(
            lambda s: st.sampled_from([f"{s}.png", f"{s}.jpg", f"{s}.gif", s])
        ),
        unique=True,
        max_size=12,
    )
)
def test_no_two_targets_meet_on_any_file_system(names: list[str]) -> None:
    targets, numbered = targets_of(names, "png")
    assert set(targets) == set(names)
    folded = [target.casefold() for target in targets.values()]
    assert len(set(folded)) == len(folded)
    folders = {"/".join(name.casefold().split("/")[:end]) for name in names for end in range(1, name.count("/") + 1)}
    assert not folders & set(folded)
    for name in names:
        if name.endswith(".png") and name not in numbered and name.casefold() == name:
            assert targets[name] == name


def test_what_is_there_is_never_written_over_unasked(photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "a.b.png").write_text("the only copy")
    with pytest.raises(UserError, match=r"a\.b\.png: there already; --force"):
        convert(photos, out, Preprocessing(None))
    assert files(out) == {"a.b.png"} and (out / "a.b.png").read_text() == "the only copy"
    convert(photos, out, Preprocessing(None), force=True)
    assert len(files(out)) == 3 and Image.open(out / "a.b.png").size == (40, 40)
    (out / "a.b.png").unlink()
    (out / "a.b.png").mkdir()
    with pytest.raises(UserError, match="a folder of that name is in the way"):
        convert(photos, out, Preprocessing(None), force=True)
    for inside in (photos, photos / "deep" / "out"):
        with pytest.raises(UserError, match="lies inside of what is converted"):
            convert(photos, inside, Preprocessing(None))
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="is a file, but the output must be a folder"):
        convert(photos, tmp_path / "file", Preprocessing(None))


def test_a_single_picture(photos: Path, tmp_path: Path) -> None:
    picture = photos / "deep" / "clear.png"
    convert(picture, tmp_path / "one.jpg", Preprocessing(12))
    assert Image.open(tmp_path / "one.jpg").size == (12, 12)
    convert(picture, tmp_path / "folder", Preprocessing(None), "webp")
    assert files(tmp_path / "folder") == {"clear.webp"}
    with pytest.raises(UserError, match="says another format"):
        convert(picture, tmp_path / "two.jpg", Preprocessing(None), "png")
    with pytest.raises(UserError, match="there already"):
        convert(picture, tmp_path / "one.jpg", Preprocessing(None))
    before = picture.read_bytes()
    with pytest.raises(UserError, match="lies inside"):
        convert(picture, picture, Preprocessing(None), force=True)
    assert picture.read_bytes() == before


def test_archives_and_arrays(photos: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.write(photos / "a.b.jpg", "x/a.b.jpg")
        archive.write(photos / "a.b.jpg", "../climbs.jpg")
    done = convert(tmp_path / "a.zip", tmp_path / "out", Preprocessing(None))
    assert files(tmp_path) >= {"out/x/a.b.png"} and list(done.skipped) == ["../climbs.jpg"]
    assert not (tmp_path / "climbs.png").exists()
    np.save(tmp_path / "a.npy", np.zeros((2, 8, 8), np.uint8))
    convert(tmp_path / "a.npy", tmp_path / "grey", Preprocessing(None, channels=1))
    assert files(tmp_path / "grey") == {"000000.png", "000001.png"}
    assert Image.open(tmp_path / "grey" / "000000.png").mode == "L"


def test_oddities_are_reported_and_the_status_is_0(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (photos / "text.png").write_text("no image")
    (photos / "broken.png").symlink_to("nowhere")
    (photos / "cut.jpg").write_bytes((photos / "a.b.jpg").read_bytes()[:300])
    assert main(["convert", str(photos), str(tmp_path / "out"), "--size", "16", "--format", "jpg"]) == 0
    printed = capsys.readouterr().out
    assert "skipped text.png: not an image" in printed and "skipped broken.png: No such file" in printed
    assert "skipped cut.jpg: " in printed
    assert "3 of 6 images written as jpg, 3 unreadable, 1 other files passed over" in printed


def test_nothing_to_convert_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").mkdir()
    assert main(["convert", str(tmp_path / "empty"), str(tmp_path / "out")]) == 2
    (tmp_path / "bad.png").write_text("no image")
    assert main(["convert", str(tmp_path / "bad.png"), str(tmp_path / "out")]) == 2
    complaints = capsys.readouterr().err
    assert "no images in it (0 other files)" in complaints and "bad.png: not an image" in complaints
    assert main(["convert", str(tmp_path / "none"), str(tmp_path / "out")]) == 2


def test_an_output_that_cannot_be_written_ends_it(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Image.Image, "save", full)
    with pytest.raises(UserError, match=r"No space left on device .0 images were written before"):
        convert(photos, tmp_path / "out", Preprocessing(None))
    assert files(tmp_path / "out") == set()


def test_colour_profiles_and_exif_of_the_old_pixels_are_left_behind(tmp_path: Path) -> None:
    turn = Image.Exif()
    turn[0x0112] = 6
    draw_disc(1).save(tmp_path / "a.jpg", exif=turn, icc_profile=b"of other pixels")
    convert(tmp_path / "a.jpg", tmp_path / "b.png", Preprocessing(None))
    with Image.open(tmp_path / "b.png") as image:
        assert "icc_profile" not in image.info and not image.getexif()

from __future__ import annotations

import hashlib
import json
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.train.conftest import draw_disc
from train.data.derived import Derived
from train.data.pixels import Preprocessing
from train.data.prepare import About, prepare
from train.data.prepared import open_all, open_prepared
from train.data.split import HeldOut
from tui_vae.errors import UserError


def pack(folder: Path, archive: Path) -> Path:
    with zipfile.ZipFile(archive, "w") as file:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                file.write(path, path.relative_to(folder))
    return archive


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    for number, name in enumerate(["a/one.png", "a/b/two.PNG", "three.png"]):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        draw_disc(number).save(folder / name)
    (folder / "notes.txt").write_text("not an image")
    return folder


def test_folder_and_zip_give_the_same_array_in_the_same_order(photos: Path, tmp_path: Path) -> None:
    from_folder = prepare(photos, tmp_path / "x", Preprocessing(16))
    from_zip = prepare(pack(photos, tmp_path / "photos.zip"), tmp_path / "y", Preprocessing(16))
    assert from_folder.names == from_zip.names == ["a/b/two.PNG", "a/one.png", "three.png"]
    np.testing.assert_array_equal(from_folder.images, from_zip.images)
    assert from_folder.manifest["other_files"] == 1


@pytest.mark.parametrize("form", ["folder", "zip", "tar.gz"])
def test_odd_files_are_read_or_reported(photos: Path, tmp_path: Path, form: str) -> None:
    disc = draw_disc(5, 64)
    disc.save(photos / "whole.jpg")
    (photos / "truncated.jpg").write_bytes((photos / "whole.jpg").read_bytes()[:300])
    (photos / "text.png").write_text("no image at all")
    (photos / "empty.png").write_bytes(b"")
    Image.new("RGB", (1, 1), (9, 9, 9)).save(photos / "dot.png")
    Image.new("RGB", (12000, 40), (50, 60, 70)).save(photos / "panorama.png")
    disc.convert("CMYK").save(photos / "cmyk.jpg")
    Image.fromarray(np.full((20, 20), 40000, np.uint16)).save(photos / "deep.png")
    Image.new("RGBA", (20, 20), (255, 255, 255, 0)).save(photos / "clear.png")
    Image.new("LA", (20, 20), (200, 255)).save(photos / "la.png")
    palette = Image.new("P", (20, 20), 1)
    palette.putpalette([255, 0, 0, 0, 255, 0])
    palette.save(photos / "palette.png", transparency=0)
    (photos / "broken.png").symlink_to(photos / "nowhere")
    source = photos
    if form == "zip":
        source = pack(photos, tmp_path / "photos.zip")
    elif form == "tar.gz":
        source = tmp_path / "photos.tar.gz"
        with tarfile.open(source, "w:gz") as archive:
            archive.add(photos, ".")
    made = prepare(source, tmp_path / "out", Preprocessing(16))
    broken = {"broken.png"} if form == "folder" else set()  # archives hold it as a link, or not at all
    assert set(made.manifest["skipped"]) == {"truncated.jpg", "text.png", "empty.png"} | broken
    assert len(made.names) == 11 and sorted(made.names) == sorted(dict.fromkeys(made.names))
    mean = {name: image.mean(axis=(0, 1)).round() for name, image in zip(made.names, made.images, strict=True)}
    np.testing.assert_array_equal(mean["clear.png"], 0)  # transparency lies over black
    np.testing.assert_allclose(mean["deep.png"], 40000 / 65535 * 255, atol=1)
    np.testing.assert_allclose(mean["la.png"], 200, atol=1)
    np.testing.assert_allclose(mean["palette.png"], [0, 255, 0], atol=1)
    np.testing.assert_allclose(mean["dot.png"], 9, atol=1)
    np.testing.assert_allclose(mean["panorama.png"], [50, 60, 70], atol=1)


def test_crop_is_in_source_pixels_and_exif_turns_first(tmp_path: Path) -> None:
    source = tmp_path / "s"
    source.mkdir()
    picture = np.zeros((40, 20, 3), np.uint8)
    picture[:20] = 255
    turn = Image.Exif()
    turn[0x0112] = 3  # upside down
    Image.fromarray(picture).save(source / "turned.png", exif=turn)
    made = prepare(source, tmp_path / "out", Preprocessing(16, crop=(0, 20, 20, 40)))
    assert made.images[0].min() == 255
    small = prepare(source, tmp_path / "grey", Preprocessing(8, channels=1))
    assert small.images.shape == (1, 8, 8, 1)
    beyond = tmp_path / "beyond"
    with pytest.raises(UserError, match="none of its 1 image files"):
        prepare(source, beyond, Preprocessing(16, crop=(0, 0, 100, 100)))
    assert not beyond.exists() and not list(tmp_path.glob(".beyond*"))


def test_same_request_is_reused_another_is_refused_force_rebuilds(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    prepare(photos, out, Preprocessing(16))
    before = (out / "images.npy").stat().st_mtime_ns
    prepare(photos, out, Preprocessing(16))
    assert "already prepared by the same request, 3 images; --force" in capsys.readouterr().out
    assert (out / "images.npy").stat().st_mtime_ns == before
    with pytest.raises(UserError, match="another request"):
        prepare(photos, out, Preprocessing(8))
    assert prepare(photos, out, Preprocessing(8), force=True).shape == (8, 8, 3)
    draw_disc(9).save(photos / "new.png")
    with pytest.raises(UserError, match="another request"):
        prepare(photos, out, Preprocessing(8))


def test_a_folder_of_something_else_is_never_replaced(photos: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="exists and is no prepared folder"):
        prepare(photos, photos, Preprocessing(16))
    assert (photos / "three.png").exists()


def test_labels_are_derived_and_belong_to_the_request(photos: Path, tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("file,top\na/one.png,hat\na/b/two.PNG,bob\nthree.png,\n")

    def request(*derived: str) -> About:
        return About(attributes=tmp_path / "labels.csv", derived=tuple(map(Derived.parse, derived)))

    made = prepare(photos, tmp_path / "x", Preprocessing(16), about=request("hat = top: hat"))
    assert [(label.name, label.values) for label in made.labels] == [
        ("hat", (False, True, False)),
        ("top", ("bob", "hat", None)),
    ]
    prepare(photos, tmp_path / "x", Preprocessing(16), about=request("hat = top: hat"))
    with pytest.raises(UserError, match="another request"):
        prepare(photos, tmp_path / "x", Preprocessing(16), about=request("hat = top: *"))
    with pytest.raises(UserError, match="no item's top matches"):
        prepare(photos, tmp_path / "y", Preprocessing(16), about=request("hat = top: cap"))
    assert not (tmp_path / "y").exists()


def test_identities_decide_the_split(photos: Path, tmp_path: Path) -> None:
    table = tmp_path / "ids.csv"
    table.write_text("file,yaw,celeba_id\na/one.png,0.1,000009.jpg\nthree.png,0.2,\n")
    made = prepare(photos, tmp_path / "out", Preprocessing(16), table)
    assert made.keys == ["two.PNG", "000009.jpg", "three.png"]


@pytest.mark.parametrize("damage", ["no manifest", "other count", "not json"])
def test_damaged_prepared_folders_are_refused(photos: Path, tmp_path: Path, damage: str) -> None:
    out = tmp_path / "out"
    prepare(photos, out, Preprocessing(16))
    manifest = json.loads((out / "manifest.json").read_text())
    if damage == "no manifest":
        (out / "manifest.json").unlink()
    elif damage == "other count":
        (out / "manifest.json").write_text(json.dumps({**manifest, "names": ["one"]}))
    else:
        (out / "manifest.json").write_text("{")
    with pytest.raises(UserError, match="prepare"):
        open_prepared(out)


def test_sources_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such folder"):
        prepare(tmp_path / "missing", tmp_path / "o", Preprocessing(16))
    (tmp_path / "fake.zip").write_text("not a zip")
    with pytest.raises(UserError, match="neither a folder nor a readable"):
        prepare(tmp_path / "fake.zip", tmp_path / "o", Preprocessing(16))
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="no images in it"):
        prepare(tmp_path / "empty", tmp_path / "o", Preprocessing(16))
    with pytest.raises(UserError, match="at least one prepared folder"):
        open_all([])


def test_split_is_the_documented_rule() -> None:
    keys = [f"{number:05d}.webp" for number in range(4000)]
    for key in keys[:50]:
        digit = hashlib.sha256(key.encode()).hexdigest()[0]
        assert HeldOut().split_of(key) == {"0": "test", "1": "validation"}.get(digit, "train")
    larger = [HeldOut(test=0.0, validation=0.2).split_of(key) for key in keys]
    assert larger.count("test") == 0 and 700 < larger.count("validation") < 900


def test_one_photo_is_not_in_two_splits(discs: Path, tmp_path: Path) -> None:
    other = prepare(
        discs.parent / "source", tmp_path / "other", Preprocessing(16), about=About(held_out=HeldOut(0.4, 0.0))
    )
    assert set(other.keys) == set(open_prepared(discs).keys)
    with pytest.raises(UserError, match="prepare all sets with the same --test"):
        open_all([discs, tmp_path / "other"])
    assert len(open_all([discs, discs]).keys) == 2 * len(other.keys)

"""Oxford Flowers 102 from a made-up site of the same form: fetched, broken off, damaged, prepared."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.io import savemat

from tests.train.web import Site, serving
from train.cli import main
from train.data import flowers
from train.data.flower_names import NAMES, name_of
from train.data.flowers import CHECKSUMS, KINDS, PHOTOS, SETS, Flowers, expected, open_flowers
from train.data.prepared import open_prepared
from tui_vae.errors import UserError

COUNT = 24
TRAIN, VALIDATION, TEST = [2, 3, 5, 8, 13, 21], [1, 4, 6], [7, *range(9, 13), *range(14, 21), 22, 23, 24]
CLASSES = [77, 77, 3, *range(1, 22)]


def mat(**arrays: list[int]) -> bytes:
    """A MATLAB file as the set has them: rows of small whole numbers."""
    stream = io.BytesIO()
    savemat(stream, {name: np.array([values], np.uint16) for name, values in arrays.items()})
    return stream.getvalue()


def archive(numbers: list[int], extra: dict[str, bytes] | None = None) -> bytes:
    """The photos: photo n is a grey of 10 n, in no particular order, behind the entry of their folder."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as tar:
        folder = tarfile.TarInfo("jpg/")
        folder.type = tarfile.DIRTYPE
        tar.addfile(folder)
        photos = {f"jpg/image_{number:05d}.jpg": photo(number) for number in numbers}
        for name, content in {**photos, **(extra or {})}.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return stream.getvalue()


def photo(number: int) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (60, 50), (10 * number,) * 3).save(stream, "JPEG")
    return stream.getvalue()


FILES = {
    PHOTOS: archive([*range(13, COUNT + 1), *range(1, 13)]),
    SETS: mat(trnid=TRAIN, valid=VALIDATION, tstid=TEST),
    KINDS: mat(labels=CLASSES),
}


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(flowers.paths, "downloads", lambda: tmp_path / "cache")
    return tmp_path / "cache"


@pytest.fixture
def site(cache: Path) -> Iterator[Site]:
    with serving({f"/flowers/{name}": content for name, content in FILES.items()}) as site:
        yield site


def sums(**changes: str) -> list[str]:
    """``--checksums`` for the made-up files."""
    return [f"{name}={changes.get(name, hashlib.sha256(content).hexdigest())}" for name, content in FILES.items()]


def test_every_kind_has_a_name_of_its_own() -> None:
    assert len(NAMES) == len(set(NAMES)) == 102
    assert (name_of(1), name_of(54), name_of(102)) == ("pink primrose", "sunflower", "blackberry lily")
    assert name_of(103) == "103"


def test_prepare_by_the_command(site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["prepare", "flowers", "--output", str(tmp_path / "out"), "--size", "16", "--splits", "own"]
    words += ["--mirror", f"{site.address}/flowers", "--checksums", *sums()]
    assert main(words) == 0
    printed = capsys.readouterr().out
    assert f"fetching {site.address}/flowers/102flowers.tgz" in printed
    made = open_prepared(tmp_path / "out")
    assert made.manifest["source"] == "Oxford Flowers 102"
    numbers = [int(name[len("jpg/image_") :][:5]) for name in made.names]
    assert numbers == [*range(13, COUNT + 1), *range(1, 13)]
    assert made.images.mean((1, 2, 3)).tolist() == pytest.approx([10 * number for number in numbers], abs=2)
    for split, expected_numbers in (("train", TRAIN), ("validation", VALIDATION), ("test", TEST)):
        assert {number for number, mine in zip(numbers, made.splits, strict=True) if mine == split} == set(
            expected_numbers
        )
    (column,) = made.labels
    assert (column.name, column.kind) == ("class", "categorical")
    assert column.values == tuple(name_of(CLASSES[number - 1]) for number in numbers)
    asked = len(site.seen)
    assert main(words) == 0
    assert "already prepared by the same request" in capsys.readouterr().out
    assert len(site.seen) == asked == 3


def test_the_command_goes_on_where_it_was_broken_off(
    site: Site, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(flowers.fetch, "__defaults__", (None, None, ()))  # no second try: as if it were killed
    words = ["prepare", "flowers", "--output", str(tmp_path / "out"), "--size", "16"]
    words += ["--mirror", f"{site.address}/flowers", "--checksums", *sums()]
    site.drops = [None, None, 1000]  # the third file is the archive
    assert main(words) == 2
    assert "dropped after 1,000 of" in capsys.readouterr().err
    (part,) = cache.rglob("*.part")
    assert part.read_bytes() == FILES[PHOTOS][:1000]
    assert main(words) == 0
    assert site.seen[3:] == [(f"/flowers/{PHOTOS}", "bytes=1000-", '"one"')]
    assert (part.parent / PHOTOS).read_bytes() == FILES[PHOTOS]
    assert sorted(path.name for path in part.parent.iterdir()) == [PHOTOS, KINDS, SETS]


def test_without_network_the_cache_is_enough(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = {name: hashlib.md5(content).hexdigest() for name, content in FILES.items()}
    monkeypatch.setattr(flowers, "CHECKSUMS", real)
    monkeypatch.setattr(flowers, "SITE", "http://127.0.0.1:1/")  # nobody is there
    (cache / "flowers102").mkdir(parents=True)
    for name, content in FILES.items():
        (cache / "flowers102" / name).write_bytes(content)
    listing = open_flowers().listing()
    assert len(listing.names) == COUNT
    (cache / "flowers102" / SETS).write_bytes(FILES[SETS][:-1])
    with pytest.raises(UserError, match=r"setid\.mat: its MD5 is \w+, expected \w+; remove it to fetch it again"):
        open_flowers()


def test_another_archive_needs_its_checksums_or_a_word(
    site: Site, cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mirror = f"{site.address}/flowers/"
    with pytest.raises(UserError, match=rf"setid\.mat: its MD5 is \w+, expected {CHECKSUMS[SETS]}; .*: --checksums$"):
        open_flowers(mirror)
    assert [path.name for path in cache.rglob("*") if path.is_file()] == []
    listing = open_flowers(mirror, ["none"]).listing()
    assert len(listing.names) == COUNT
    assert capsys.readouterr().out.count("(its checksum is not compared)") == 3
    assert listing.notes[-1].endswith("; checksums were not compared")
    # Kept apart from files that were checked, and from other mirrors' files.
    assert not (cache / "flowers102").exists() or not list((cache / "flowers102").iterdir())
    with pytest.raises(UserError, match=r"102flowers\.tgz: its SHA-256 is \w+, expected 0+; it is damaged"):
        open_flowers(mirror, sums(**{PHOTOS: "0" * 64}))


def test_a_mirror_is_for_sets_that_are_downloaded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["prepare", str(tmp_path), "--output", str(tmp_path / "out"), "--size", "16", "--checksums", "none"]
    assert main(words) == 2
    assert "--mirror and --checksums: only for sets known by a word (flowers), not for" in capsys.readouterr().err


def test_a_path_of_that_name_is_a_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "flowers").mkdir()
    monkeypatch.chdir(tmp_path)
    assert main(["prepare", "flowers", "--output", "out", "--size", "16"]) == 2
    assert "flowers: no images in it" in capsys.readouterr().err


def test_a_site_without_classes(site: Site) -> None:
    del site.files[f"/flowers/{KINDS}"]
    listing = open_flowers(f"{site.address}/flowers", ["none"]).listing()
    assert listing.labels is None
    assert f"no classes, for there is no {KINDS} at {site.address}/flowers/" in listing.notes[-1]
    with pytest.raises(UserError, match=r"/else/setid\.mat: HTTP 404 Not Found"):
        open_flowers(f"{site.address}/else", ["none"])


@pytest.mark.parametrize("words", [["none", "none"], ["x=00"], [f"{SETS}"], [f"{SETS}=abc"], [f"{SETS}=none"]])
def test_checksums_of_another_form(words: list[str]) -> None:
    with pytest.raises(UserError, match=r"expected FILE=SUM|a checksum is 32"):
        expected(words)


def test_checksums_of_some_files_leave_the_others() -> None:
    assert expected([f"{SETS}={'A' * 32}"]) == {**CHECKSUMS, SETS: "a" * 32}


def written(folder: Path, **changes: bytes) -> tuple[Path, Path, Path]:
    """The three files, some of them other than they should be (photos, sets, kinds)."""
    places = []
    for key, name in (("photos", PHOTOS), ("sets", SETS), ("kinds", KINDS)):
        (folder / name).write_bytes(changes.get(key, FILES[name]))
        places.append(folder / name)
    return places[0], places[1], places[2]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"sets": b"<html>not found</html>" * 20}, r"setid\.mat: trnid cannot be read: .*; remove it"),
        ({"sets": FILES[SETS][:200]}, r"setid\.mat: .*cannot be read"),
        ({"sets": b""}, r"setid\.mat: trnid cannot be read"),
        ({"sets": FILES[KINDS]}, r"setid\.mat: there is no trnid in it; is it the file of that name\?"),
        ({"sets": mat(trnid=[0], valid=[1], tstid=[2])}, "not whole numbers from 1 up"),
        ({"sets": mat(trnid=[], valid=[1], tstid=[2])}, "cannot be read"),
        ({"sets": mat(trnid=[1], valid=[1], tstid=[2])}, "photo 1 is in two of its sets"),
        ({"sets": mat(trnid=[1], valid=[2], tstid=[3])}, "21 of the photos are in none of its sets"),
        ({"kinds": mat(labels=[1, 2])}, r"imagelabels\.mat: 2 labels, but there is a photo 24"),
        ({"photos": archive([1], {"jpg/other.jpg": photo(3)})}, r"1 of the photos are in none.*'jpg/other\.jpg'"),
        ({"photos": b"no archive"}, r"102flowers\.tgz: no \.tar archive"),
        ({"photos": gzip.compress(b"no archive" * 100)}, r"102flowers\.tgz: no readable \.tar archive"),
    ],
)
def test_damage_is_told(changes: dict[str, bytes], message: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=message) as caught:
        Flowers(*written(tmp_path, **changes)).listing()
    assert "\n" not in str(caught.value)


def test_a_cut_archive_gives_what_is_before_the_cut(
    cache: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site = tmp_path / "site"
    site.mkdir()
    written(site, photos=FILES[PHOTOS][: len(FILES[PHOTOS]) * 2 // 3])
    words = ["prepare", "flowers", "--output", str(tmp_path / "out"), "--size", "16", "--mirror", site.as_uri()]
    assert main([*words, "--checksums", "none"]) == 0
    made = open_prepared(tmp_path / "out")
    assert 4 < len(made.names) < COUNT
    assert "102flowers.tgz after jpg/image_" in capsys.readouterr().out


def test_other_sets_and_classes_are_another_source(tmp_path: Path) -> None:
    first = Flowers(*written(tmp_path)).listing().fingerprint
    assert Flowers(*written(tmp_path)).listing().fingerprint == first
    changed = mat(trnid=TRAIN, valid=TEST, tstid=VALIDATION)
    assert Flowers(*written(tmp_path, sets=changed)).listing().fingerprint != first
    assert Flowers(*written(tmp_path, kinds=mat(labels=CLASSES[::-1]))).listing().fingerprint != first

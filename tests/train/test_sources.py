"""Archives and layouts as people have them, and as nobody should: what is read, in which order, and what is refused."""

from __future__ import annotations

import io
import os
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.train.conftest import draw_disc
from train.data.labels import Column
from train.data.pixels import Preprocessing, RefusedError
from train.data.prepare import About, prepare
from train.data.prepared import Prepared
from train.data.sources import Source, SourceOptions, listing, open_source
from train.data.sources.folder import Folder
from train.data.sources.tarred import Tar
from train.data.split import HeldOut
from tui_vae.errors import UserError

TAR_FORMS = {"plain.tar": "w", "c.tar.gz": "w:gz", "d.tgz": "w:gz", "e.tar.bz2": "w:bz2", "f.tar.xz": "w:xz"}


def png(seed: int) -> bytes:
    stream = io.BytesIO()
    draw_disc(seed).save(stream, "PNG")
    return stream.getvalue()


def member(name: str, data: bytes = b"", **fields: object) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.size = len(data)
    for field, value in fields.items():
        setattr(info, field, value)
    return info, data


def pack(path: Path, members: list[tuple[tarfile.TarInfo, bytes]], mode: str = "w") -> Path:
    with tarfile.open(path, mode) as archive:
        for info, data in members:
            archive.addfile(info, io.BytesIO(data))
    return path


def contents(source: Source) -> dict[str, object]:
    """What reading gives, by name: bytes, or the words of the refusal."""
    found: dict[str, object] = {}
    for name, load in source.stream(source.listing().names):
        try:
            found[name] = load()
        except RefusedError as error:
            found[name] = str(error)
    return found


def ready(source: Path, output: Path, **about: object) -> Prepared:
    return prepare(source, output, Preprocessing(8), about=About(**about))  # type: ignore[arg-type]


@pytest.mark.parametrize("name", TAR_FORMS)
def test_tar_archives_of_every_form_are_read_in_their_own_order(tmp_path: Path, name: str) -> None:
    members = [member("./b/two.png", png(2)), member("a.png", png(1)), member("notes.txt", b"x"), member("c.png", b"")]
    source = open_source(pack(tmp_path / name, members, TAR_FORMS[name]))
    assert source.listing().names == ("b/two.png", "a.png", "c.png")
    assert source.listing().others == 1
    assert contents(source) == {"b/two.png": png(2), "a.png": png(1), "c.png": b""}
    made = ready(tmp_path / name, tmp_path / "out")
    assert made.names == ["b/two.png", "a.png"]
    assert list(made.manifest["skipped"]) == ["c.png"]


def test_of_two_members_of_one_name_the_later_counts_where_it_lies(tmp_path: Path) -> None:
    archive = pack(
        tmp_path / "a.tar", [member("twin.png", png(1)), member("b.png", png(2)), member("twin.png", png(3))]
    )
    assert contents(open_source(archive)) == {"b.png": png(2), "twin.png": png(3)}
    assert list(contents(open_source(archive))) == ["b.png", "twin.png"]


def test_links_devices_and_names_that_lead_out_are_never_read(tmp_path: Path) -> None:
    (tmp_path / "secret.png").write_bytes(png(9))
    members = [
        member("good.png", png(1)),
        member("link.png", type=tarfile.SYMTYPE, linkname="../secret.png"),
        member("hard.png", type=tarfile.LNKTYPE, linkname="good.png"),
        member("pipe.png", type=tarfile.FIFOTYPE),
        member("/etc/absolute.png", png(2)),
        member("a/../../climbs.png", png(3)),
    ]
    source = open_source(pack(tmp_path / "a.tar", members))
    found = source.listing()
    assert found.names == ("good.png",) and found.others == 3
    assert found.unreadable == {
        "/etc/absolute.png": listing.LEADS_OUT,
        "a/../../climbs.png": listing.LEADS_OUT,
    }
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("good.png", png(1))
        archive.writestr("../climbs.png", png(2))
        link = zipfile.ZipInfo("link.png")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "../secret.png")
    found = open_source(tmp_path / "a.zip").listing()
    assert found.names == ("good.png",) and found.others == 1 and list(found.unreadable) == ["../climbs.png"]


@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_absurd_sizes_are_reported_and_take_no_memory(tmp_path: Path, mode: str) -> None:
    huge = member("huge.png")
    huge[0].size = 2**50
    path = tmp_path / "a.tar"
    with tarfile.open(path, mode) as archive:
        info, data = member("good.png", png(1))
        archive.addfile(info, io.BytesIO(data))
        archive.fileobj.write(huge[0].tobuf())  # type: ignore[union-attr]
    source = open_source(path)
    assert contents(source)["good.png"] == png(1)
    skipped = ready(path, tmp_path / "out").manifest["skipped"]
    assert skipped["huge.png"] == f"{2**50:,} bytes; at most {2**30:,} are read"
    assert any("cut" in why for why in skipped.values())


def test_a_header_of_absurd_size_is_damage(tmp_path: Path) -> None:
    good = pack(tmp_path / "a.tar", [member("good.png", png(1))]).read_bytes().rstrip(b"\0")
    good += bytes(-len(good) % 512)
    hostile = tarfile.TarInfo("x")
    hostile.type, hostile.size = tarfile.XHDTYPE, 2**40
    (tmp_path / "a.tar").write_bytes(good + hostile.tobuf(tarfile.GNU_FORMAT) + bytes(2048))
    skipped = ready(tmp_path / "a.tar", tmp_path / "out").manifest["skipped"]
    assert list(skipped) == ["a.tar after good.png"] and "a header of" in skipped["a.tar after good.png"]


@pytest.mark.parametrize("name", ["plain.tar", "c.tar.gz"])
def test_of_a_cut_archive_the_readable_part_is_read_and_the_rest_reported(tmp_path: Path, name: str) -> None:
    noise = np.random.default_rng(0).integers(0, 255, 40_000, np.uint8).tobytes()
    members = [member("1.png", png(1)), member("2.png", noise), member("3.png", png(3))]
    whole = pack(tmp_path / name, members, TAR_FORMS[name]).read_bytes()
    cut = tmp_path / f"cut-{name}"
    cut.write_bytes(whole[:20_000])
    made = ready(cut, tmp_path / "out")
    assert made.names == ["1.png"]
    skipped = made.manifest["skipped"]
    assert skipped["2.png"].startswith("the archive") and skipped[f"{cut.name} after 2.png"].startswith("the archive")
    cut.write_bytes(whole[:100])
    with pytest.raises(UserError, match=r"neither a folder|no readable .tar"):
        open_source(cut).listing()


def test_an_archive_that_ends_between_two_members_is_said_to_be_cut(tmp_path: Path) -> None:
    whole = pack(tmp_path / "a.tar", [member("1.png", png(1))]).read_bytes()
    body = 512 + -(-len(png(1)) // 512) * 512
    (tmp_path / "a.tar").write_bytes(whole[:body])
    assert "end mark" in next(iter(open_source(tmp_path / "a.tar").listing().unreadable.values()))


@given(place=st.integers(0, 3000), value=st.integers(0, 255))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_one_wrong_byte_anywhere_is_a_complaint_or_a_listing(tmp_path: Path, place: int, value: int) -> None:
    path = tmp_path / "a.tar.gz"
    if not path.exists():
        pack(path, [member(f"{number}.png", png(number)) for number in range(4)], "w:gz")
        (tmp_path / "kept").write_bytes(path.read_bytes())
    data = bytearray((tmp_path / "kept").read_bytes())
    data[place % len(data)] = value
    path.write_bytes(data)
    found: dict[str, object] = {}
    complaint = ""
    try:
        found = contents(open_source(path))
    except UserError as error:
        complaint = str(error)
    assert bool(found) != bool(complaint) and "\n" not in complaint


def test_tars_keep_no_headers_and_one_item(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory is bounded: when an item is given out, no later one was read, and tarfile holds one header at most."""
    path = pack(tmp_path / "a.tgz", [member(f"{number}.png", png(number)) for number in range(20)], "w:gz")
    held: list[int] = []
    real = tarfile.TarFile.next

    def counted(self: tarfile.TarFile) -> tarfile.TarInfo | None:
        held.append(len(self.members))  # type: ignore[attr-defined]
        return real(self)

    monkeypatch.setattr(tarfile.TarFile, "next", counted)
    source = Tar(path)
    names = source.listing().names
    stream, before = source.stream(names), len(held)
    next(stream)
    assert len(held) - before <= 2  # the opening looks at one header, the loop at it again
    stream.close()
    assert max(held) <= 1


def test_zips_of_absurd_sizes_and_encrypted_ones_are_reported(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("good.png", png(1))
        archive.writestr("locked.png", png(2))
        archive.writestr("huge.png", png(3))
    data = bytearray((tmp_path / "a.zip").read_bytes())
    for name, offset, value in ((b"locked.png", 8, b"\1\0"), (b"huge.png", 24, b"\xf0\xff\xff\xff")):
        entry = data.rindex(name) - 46  # in the central directory
        data[entry + offset : entry + offset + len(value)] = value
    (tmp_path / "a.zip").write_bytes(data)
    made = ready(tmp_path / "a.zip", tmp_path / "out")
    assert made.names == ["good.png"]
    assert "encrypted" in made.manifest["skipped"]["locked.png"]
    assert "at most" in made.manifest["skipped"]["huge.png"]


def celeba(folder: Path, count: int = 5) -> Path:
    (folder / "img_align_celeba").mkdir(parents=True)
    for number in range(1, count + 1):
        draw_disc(number).save(folder / "img_align_celeba" / f"{number:06d}.jpg")
    lines = [f"{number:06d}.jpg {1 if number % 2 else -1} -1" for number in range(1, count + 1)]
    (folder / "list_attr_celeba.txt").write_text(f"{count}\nMale Young\n" + "\n".join(lines) + "\n")
    parts = [f"{number:06d}.jpg {min(number // 2, 2)}" for number in range(1, count + 1)]
    (folder / "list_eval_partition.txt").write_text("\n".join(parts) + "\n")
    return folder


@pytest.mark.parametrize("form", ["folder", "zip", "zip beside", "official", "pictures only"])
def test_celebas_layout_brings_its_labels_and_splits(
    tmp_path: Path, form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    source = celeba(tmp_path / "celeba")
    if form == "official":
        for folder, name in (("Anno", "list_attr_celeba.txt"), ("Eval", "list_eval_partition.txt")):
            (source / folder).mkdir()
            (source / name).rename(source / folder / name)
        (source / "Img").mkdir()
        with zipfile.ZipFile(source / "Img" / "img_align_celeba.zip", "w") as archive:
            for path in source.glob("img_align_celeba/*"):
                archive.write(path, path.relative_to(source))
        source = source / "Img" / "img_align_celeba.zip"
    elif form.startswith("zip"):
        lists = form == "zip"
        with zipfile.ZipFile(tmp_path / "celeba" / "celeba.zip", "w") as archive:
            for path in source.rglob("*"):
                if path.suffix == ".jpg" or (lists and path.suffix == ".txt"):
                    archive.write(path, f"{'x/' if lists else ''}{path.relative_to(source)}")
        if lists:
            for path in source.glob("*.txt"):
                path.unlink()
        source = source / "celeba.zip"
    elif form == "pictures only":
        source = source / "img_align_celeba"
    made = ready(source, tmp_path / "out", own_splits=True)
    assert made.labels[0] == Column("Male", "boolean", (True, False, True, False, True))
    assert made.splits.tolist() == ["train", "validation", "validation", "test", "test"]
    printed = capsys.readouterr().out
    assert "CelebA: labels from " in printed and "list_attr_celeba.txt" in printed
    assert "labels, 2 boolean: Male, Young" in printed
    assert "splits (the set's own): 1 train, 2 validation, 2 test" in printed


def test_changed_lists_are_another_request_and_bad_ones_are_said(tmp_path: Path) -> None:
    source = celeba(tmp_path / "celeba")
    ready(source, tmp_path / "out")
    (source / "list_attr_celeba.txt").write_text("1\nMale\n000001.jpg 1\n")
    with pytest.raises(UserError, match=r"another request .other fingerprint"):
        ready(source, tmp_path / "out")
    (source / "list_attr_celeba.txt").write_text("2\nMale\n000001.jpg 1\n")
    with pytest.raises(UserError, match=r"celeba: list_attr_celeba.txt:1: says 2 items"):
        ready(source, tmp_path / "out2")
    (source / "list_attr_celeba.txt").unlink()
    (source / "list_eval_partition.txt").write_text("000001.jpg 7\n")
    with pytest.raises(UserError, match=r"list_eval_partition.txt:1: expected a file name and 0, 1 or 2"):
        ready(source, tmp_path / "out2")


def test_attributes_from_a_file_go_before_the_sets_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = celeba(tmp_path / "celeba")
    table = tmp_path / "more.csv"
    table.write_text("name,Male,hair,age\n000002.jpg,yes,blond,30\nimg_align_celeba/000003.jpg,no,red,\n")
    made = ready(source, tmp_path / "out", attributes=table)
    columns = {column.name: column for column in made.labels}
    assert list(columns) == ["Male", "hair", "age", "Young"]
    assert columns["Male"].values == (None, True, False, None, None)
    assert columns["hair"] == Column("hair", "categorical", (None, "blond", "red", None, None))
    assert columns["age"].values[1] == 30.0
    assert "labels, 1 categorical: hair (2 values, 2 known)" in capsys.readouterr().out
    table.write_text("name,Male\nsomebody.jpg,yes\n")
    with pytest.raises(UserError, match=r"none of its names is in .*img_align_celeba/000001.jpg"):
        ready(source, tmp_path / "out2", attributes=table)
    with pytest.raises(UserError, match="cannot read labels"):
        ready(source, tmp_path / "out2", attributes=tmp_path / "none.csv")


def test_labels_of_skipped_items_are_left_out(tmp_path: Path) -> None:
    source = celeba(tmp_path / "celeba")
    (source / "img_align_celeba" / "000001.jpg").write_text("no image")
    made = ready(source, tmp_path / "out", own_splits=True)
    assert made.labels[0].values == (False, True, False, True)
    assert made.splits.tolist() == ["validation", "validation", "test", "test"]


def test_shares_are_asked_for_and_checked(tmp_path: Path) -> None:
    source = celeba(tmp_path / "celeba", 40)
    made = ready(source, tmp_path / "out", held_out=HeldOut(test=0.5, validation=0.0))
    assert made.manifest["held_out"] == {"test": 0.5, "validation": 0.0}
    assert len(made.rows("validation")) == 0 and 10 < len(made.rows("test")) < 30
    for shares in ((0.5, 0.5), (-0.1, 0.2), (float("nan"), 0.1)):
        with pytest.raises(UserError, match="shares from 0 up, together below 1"):
            About(held_out=HeldOut(*shares))
    plain = tmp_path / "plain"
    plain.mkdir()
    draw_disc(1).save(plain / "a.png")
    with pytest.raises(UserError, match="brings no split of its own"):
        ready(plain, tmp_path / "out3", own_splits=True)


def test_words_mirrors_and_what_is_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[SourceOptions] = []
    (tmp_path / "set").mkdir()

    def make(options: SourceOptions) -> Source:
        asked.append(options)
        return Folder(tmp_path / "set")

    monkeypatch.setattr("train.data.sources.WORDS", {"a-set": make})
    assert isinstance(open_source("a-set", SourceOptions(mirror="file:///x")), Folder)
    assert asked[0].mirror == "file:///x"
    with pytest.raises(UserError, match=r"no such folder or archive, and no set of that name .a-set"):
        open_source("another")
    with pytest.raises(UserError, match="only for sets known by a word"):
        open_source(tmp_path / "set", SourceOptions(mirror="x"))
    (tmp_path / "notes.txt").write_text("plain text")
    with pytest.raises(UserError, match="neither a folder nor a readable"):
        open_source(tmp_path / "notes.txt")
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(UserError, match="no such folder"):
        open_source(tmp_path / "pipe.png")

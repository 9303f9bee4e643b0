"""Fetching against a real local server that drops connections, changes files and lies."""

from __future__ import annotations

import errno
import hashlib
import json
import shutil
import socket
import tempfile
from collections import namedtuple
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.train.web import Site, serving
from train.data import download
from train.data.download import fetch
from tui_vae.errors import UserError

BODY = np.random.default_rng(3).bytes(700_001)
MD5, SHA256 = hashlib.md5(BODY).hexdigest(), hashlib.sha256(BODY).hexdigest()


@pytest.fixture
def site() -> Iterator[Site]:
    with serving({"/a.bin": BODY}) as site:
        yield site


def test_whole_file_with_either_checksum(site: Site, tmp_path: Path) -> None:
    for name, checksum in (("one", MD5), ("two", SHA256.upper()), ("three", None)):
        path = fetch(f"{site.address}/a.bin", tmp_path / "new folder" / name, checksum, len(BODY))
        assert path.read_bytes() == BODY
    assert sorted(path.name for path in path.parent.iterdir()) == ["one", "three", "two"]


def test_what_is_there_is_checked_and_not_fetched(site: Site, tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(BODY)
    assert fetch(f"{site.address}/a.bin", path, SHA256) == path
    path.write_bytes(BODY[:-1])
    with pytest.raises(UserError, match=rf"a\.bin: its SHA-256 is [0-9a-f]{{64}}, expected {SHA256}; remove it"):
        fetch(f"{site.address}/a.bin", path, SHA256)
    with pytest.raises(UserError, match="has 700,000 bytes, expected 700,001"):
        fetch(f"{site.address}/a.bin", path, None, len(BODY))
    assert site.seen == []


def test_a_dropped_connection_is_resumed_by_the_next_call(site: Site, tmp_path: Path) -> None:
    site.drops = [300_000]
    with pytest.raises(UserError, match=r"dropped after 300,000 of 700,001 bytes.*the same command goes on from there"):
        fetch(f"{site.address}/a.bin", tmp_path / "a.bin", MD5, waits=())
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["a.bin.part", "a.bin.part.json"]
    fetch(f"{site.address}/a.bin", tmp_path / "a.bin", MD5, waits=())
    assert site.seen == [("/a.bin", None, None), ("/a.bin", "bytes=300000-", '"one"')]
    assert (tmp_path / "a.bin").read_bytes() == BODY
    assert [path.name for path in tmp_path.iterdir()] == ["a.bin"]


def test_a_dropped_connection_is_resumed_in_the_same_call(
    site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site.drops, site.etag, site.modified = [100_000, 0, 200_000, 0], None, "Sat, 21 Nov 2026 02:00:00 GMT"
    fetch(f"{site.address}/a.bin", tmp_path / "a.bin", MD5, waits=(0, 0))
    # Two more tries after the first; that the second brought some bytes allows two more again.
    assert [wanted for _, wanted, _ in site.seen] == [
        *(None, "bytes=100000-", "bytes=100000-", "bytes=300000-", "bytes=300000-")
    ]
    assert {condition for _, _, condition in site.seen} == {None, site.modified}
    assert (tmp_path / "a.bin").read_bytes() == BODY
    assert "dropped after 100,000 of 700,001 bytes; trying again in 0 s" in capsys.readouterr().out


def test_a_server_without_ranges_starts_over(site: Site, tmp_path: Path) -> None:
    site.drops, site.ranges = [300_000, 400_000, 10], False
    fetch(f"{site.address}/a.bin", tmp_path / "a.bin", SHA256, waits=(0, 0))
    assert (tmp_path / "a.bin").read_bytes() == BODY
    assert [wanted for _, wanted, _ in site.seen] == [None, "bytes=300000-", "bytes=400000-", "bytes=10-"]


def test_a_server_without_ranges_that_always_drops_ends(site: Site, tmp_path: Path) -> None:
    site.drops, site.ranges = [300_000] * 99, False
    with pytest.raises(UserError, match="cannot be fetched: the connection was dropped"):
        fetch(f"{site.address}/a.bin", tmp_path / "a.bin", waits=(0, 0))
    assert len(site.seen) == 1 + 2


@pytest.mark.parametrize("obeys", [True, False], ids=["server compares", "server ignores If-Range"])
@pytest.mark.parametrize("new", [BODY[::-1], BODY[:200_000]], ids=["same length", "shorter"])
def test_a_file_that_changed_meanwhile_starts_over(site: Site, tmp_path: Path, obeys: bool, new: bytes) -> None:
    site.drops = [300_000]
    with pytest.raises(UserError):
        fetch(f"{site.address}/a.bin", tmp_path / "a.bin", waits=())
    site.files["/a.bin"], site.etag, site.if_range = new, '"two"', obeys
    fetch(f"{site.address}/a.bin", tmp_path / "a.bin", waits=(0,))
    assert (tmp_path / "a.bin").read_bytes() == new


def test_a_change_that_the_server_does_not_tell_is_caught_by_the_checksum(
    site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site.drops, site.etag = [300_000], None
    site.files["/a.bin"] = BODY[::-1]
    with pytest.raises(UserError):
        fetch(f"{site.address}/a.bin", tmp_path / "a.bin", MD5, waits=())
    site.files["/a.bin"] = BODY
    fetch(f"{site.address}/a.bin", tmp_path / "a.bin", MD5, waits=())
    assert [wanted for _, wanted, _ in site.seen] == [None, "bytes=300000-", None]
    assert (tmp_path / "a.bin").read_bytes() == BODY
    assert "resumed, but its MD5 is" in capsys.readouterr().out


def test_a_complete_part_is_taken_without_a_connection(site: Site, tmp_path: Path) -> None:
    """The program was killed between the last byte and the new name."""
    url = f"{site.address}/a.bin"
    notes = {"url": url, "length": len(BODY), "etag": '"one"', "modified": None}
    (tmp_path / "a.bin.part").write_bytes(BODY)
    (tmp_path / "a.bin.part.json").write_text(json.dumps(notes))
    assert fetch(url, tmp_path / "a.bin", MD5).read_bytes() == BODY
    assert site.seen == []


@pytest.mark.parametrize("notes", ["", "[]", "{}", '{"url": "http://elsewhere/", "length": 1, "etag": 1}'])
def test_a_part_of_unknown_origin_is_not_built_upon(site: Site, tmp_path: Path, notes: str) -> None:
    (tmp_path / "a.bin.part").write_bytes(b"something else")
    (tmp_path / "a.bin.part.json").write_text(notes)
    assert fetch(f"{site.address}/a.bin", tmp_path / "a.bin").read_bytes() == BODY
    assert site.seen == [("/a.bin", None, None)]


def test_wrong_checksum_names_both_and_leaves_nothing(site: Site, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=rf"/a\.bin: its MD5 is {MD5}, expected {'0' * 32}; it is damaged"):
        fetch(f"{site.address}/a.bin", tmp_path / "a.bin", "0" * 32)
    assert list(tmp_path.iterdir()) == []
    assert len(site.seen) == 1


def test_wrong_length_is_refused_before_the_body(site: Site, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="has 700,001 bytes there, expected 5"):
        fetch(f"{site.address}/a.bin", tmp_path / "a.bin", None, 5)
    assert list(tmp_path.iterdir()) == []


def test_an_answer_without_length(site: Site, tmp_path: Path) -> None:
    site.says_length = False
    assert fetch(f"{site.address}/a.bin", tmp_path / "a.bin", MD5).read_bytes() == BODY


def test_not_there(site: Site, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"/b\.bin: HTTP 404 Not Found; check the address$"):
        fetch(f"{site.address}/b.bin", tmp_path / "b.bin", waits=(0, 0))
    assert len(site.seen) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_busy_server_is_asked_again(site: Site, tmp_path: Path) -> None:
    site.statuses = [503, 429]
    assert fetch(f"{site.address}/a.bin", tmp_path / "a.bin", waits=(0, 0)).read_bytes() == BODY
    site.statuses = [503, 429, 500]
    with pytest.raises(UserError, match=r"cannot be fetched: HTTP 500 Internal Server Error; check the network"):
        fetch(f"{site.address}/a.bin", tmp_path / "b.bin", waits=(0, 0))


def test_redirects(site: Site, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("not for the web to choose")
    site.redirects = {"/old": "/a.bin", "/round": "/round", "/ftp": "ftp://127.0.0.1/a", "/file": secret.as_uri()}
    assert fetch(f"{site.address}/old", tmp_path / "old", MD5).read_bytes() == BODY
    for name in ("round", "ftp", "file"):
        with pytest.raises(UserError) as caught:
            fetch(f"{site.address}/{name}", tmp_path / name, waits=())
        assert "\n" not in str(caught.value)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["old", "secret"]


def test_behind_a_redirect_it_is_resumed_too(site: Site, tmp_path: Path) -> None:
    site.redirects, site.drops = {"/old": "/a.bin"}, [500_000]
    assert fetch(f"{site.address}/old", tmp_path / "old", MD5, waits=(0,)).read_bytes() == BODY
    assert site.seen[-1] == ("/a.bin", "bytes=500000-", '"one"')


def test_file_addresses(tmp_path: Path) -> None:
    (tmp_path / "source").write_bytes(BODY)
    assert fetch((tmp_path / "source").as_uri(), tmp_path / "copy", MD5).read_bytes() == BODY
    with pytest.raises(UserError, match="cannot be fetched: No such file"):
        fetch((tmp_path / "none").as_uri(), tmp_path / "other")


@pytest.mark.parametrize(
    "url", ["ftp://example.org/a", "data:,hello", "a.bin", "", "javascript:1", "http://[broken", "http://a b/"]
)
def test_other_addresses_are_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        fetch(url, tmp_path / "a", waits=())
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_no_network(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, and nobody listens
        with pytest.raises(UserError, match=r"cannot be fetched: Connection refused; check the network and the addr"):
            fetch(f"http://127.0.0.1:{taken.getsockname()[1]}/a", tmp_path / "a", waits=(0,))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("checksum", ["", "abc", "g" * 32, "0" * 40])
def test_a_checksum_must_look_like_one(checksum: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="a checksum is 32"):
        fetch("http://127.0.0.1/a", tmp_path / "a", checksum)


def test_disk_too_small(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(0, 0, 100_000))
    with pytest.raises(UserError, match=r"needs 0\.7 MB more, but 0\.1 MB are free there"):
        fetch(f"{site.address}/a.bin", tmp_path / "a.bin")
    assert list(tmp_path.iterdir()) == []


def test_disk_full(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(response: object) -> bytes:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(download.Progress, "advance", lambda *arguments: full(None))
    with pytest.raises(UserError, match=r"a\.bin: No space left on device$"):
        fetch(f"{site.address}/a.bin", tmp_path / "a.bin", waits=(0,))
    assert not (tmp_path / "a.bin").exists()


def test_two_at_once_do_not_write_one_file(site: Site, tmp_path: Path) -> None:
    fcntl = pytest.importorskip("fcntl", reason="this system has no file locks")
    with (tmp_path / "a.bin.part").open("ab") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(UserError, match="another process is fetching it"):
            fetch(f"{site.address}/a.bin", tmp_path / "a.bin")
    assert site.seen == []


def test_a_folder_in_its_place(site: Site, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is a folder"):
        fetch(f"{site.address}/a.bin", tmp_path)


@settings(max_examples=25, deadline=None)
@given(
    body=st.binary(max_size=400),
    drops=st.lists(st.integers(0, 400), max_size=6),
    ranges=st.booleans(),
    etag=st.sampled_from([None, '"x"', 'W/"x"']),
)
def test_any_interruptions_give_the_same_bytes(body: bytes, drops: list[int], ranges: bool, etag: str | None) -> None:
    with serving({"/b": body}) as site, tempfile.TemporaryDirectory() as folder:
        site.drops, site.ranges, site.etag = list(drops), ranges, etag
        fetch(f"{site.address}/b", Path(folder, "b"), hashlib.sha256(body).hexdigest(), waits=(0,) * 7)
        assert Path(folder, "b").read_bytes() == body
        assert [path.name for path in Path(folder).iterdir()] == ["b"]

"""Questions and forms: no key is lost, however fast they come."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from textual import events
from textual.keys import _character_to_key

from tests.app.cartoon import Cartoon
from tests.app.driving import Drive, driving
from tui_vae.app import typed_ahead


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that is busy with other things is no widget that has gone."""
    monkeypatch.setattr(typed_ahead, "PATIENCE", 5.0)


def burst(drive: Drive, text: str) -> None:
    """Keys as a paste or a script sends them: all at once, before any has been handled."""
    for character in text:
        key = "enter" if character == "\r" else _character_to_key(character)
        drive.app.post_message(events.Key(key, None if character == "\r" else character))


@pytest.mark.parametrize("turns", [0, 1, 3])
async def test_keys_that_come_before_the_field_is_there_are_kept(turns: int) -> None:
    async with driving(Cartoon()) as drive:
        for keys in ("g", "17\r"):
            burst(drive, keys)
            for _ in range(turns):
                await asyncio.sleep(0)
        await drive.until(lambda: drive.state.point.index == 17)
        assert drive.app.screen is drive.screen


async def test_a_burst_replaces_what_is_offered() -> None:
    async with driving(Cartoon()) as drive:
        burst(drive, "d")
        burst(drive, "anna\r")
        await drive.until(lambda: list(drive.state.bookmarks) == ["anna"])


async def test_a_search_in_one_burst() -> None:
    async with driving(Cartoon()) as drive:
        burst(drive, "Findex < 5 and not index = 2\r")
        await drive.until(lambda: drive.screen.panel is not None)
        await drive.settle()
        assert "4 faces" in drive.heading


async def test_an_export_in_one_burst(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    async with driving(Cartoon()) as drive:
        burst(drive, "7gXjjj\rmine.txt\r")
        await drive.until(lambda: (tmp_path / "mine.txt").exists())
        await drive.until(lambda: drive.status.startswith("wrote mine.txt"))


@pytest.mark.parametrize("turns", [0, 1, 3])
async def test_a_path_in_one_burst(turns: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "us.jpg").write_bytes(b"no picture")
    opened: list[Path] = []
    async with driving(Cartoon()) as drive:
        monkeypatch.setattr(drive.screen, "open_photo", lambda path: opened.append(path) if path else None)
        for keys in ("O", "us.jpg\r"):
            burst(drive, keys)
            for _ in range(turns):
                await asyncio.sleep(0)
        await drive.until(lambda: bool(opened))
        assert opened == [Path("us.jpg")]


async def test_a_jump_in_one_burst() -> None:
    async with driving(Cartoon()) as drive:
        burst(drive, "Jd")
        await drive.until(lambda: drive.state.selected == 3)
        assert drive.app.screen is drive.screen


async def test_the_keys_go_on_to_what_was_below() -> None:
    """Keys that leave what they open, and those after them."""
    async with driving(Cartoon()) as drive:
        burst(drive, "?q7gJannn")
        await drive.settle()
        assert drive.app.screen is drive.screen
        assert drive.state.point.index == 10


async def test_leaving_with_keys_still_to_come() -> None:
    async with driving(Cartoon()) as drive:
        burst(drive, "?qqnnn")
        await drive.until(lambda: not drive.app.is_running)


async def test_in_a_narrow_terminal_the_question_has_a_line_of_its_own() -> None:
    async with driving(Cartoon(), (40, 12)) as drive:
        await drive.type("C")
        assert drive.lines()[-3].strip() == "Camera (0 is the first) or video file:"
        assert drive.lines()[-2].strip() == "0"
        await drive.pilot.resize_terminal(80, 24)
        await drive.until(lambda: drive.lines()[-2].strip() == "Camera (0 is the first) or video file: 0")
        await drive.type("z", "enter")
        assert drive.lines()[-3].strip().startswith("camera z: neither")

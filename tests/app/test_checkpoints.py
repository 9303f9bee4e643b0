"""Another model in the running program."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest

from tests.app.cartoon import Cartoon
from tests.app.driving import Drive, steady_app
from tests.conftest import make_checkpoint
from tui_vae import api, paths
from tui_vae.app.app import ExplorerApp
from tui_vae.app.opening import Opened, open_checkpoint, session_of
from tui_vae.app.screens.checkpoints import MAX_CARD, CheckpointsScreen, describe
from tui_vae.model import checkpoint as checkpoints


@pytest.fixture
def known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    """Two checkpoints, one of them with a card, and a damaged one."""
    for name in ("DATA", "STATE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name))
    folder = tmp_path / "checkpoints"
    folder.mkdir()
    for name, channels in (("one", 3), ("two", 1)):
        checkpoints.write(folder / f"{name}.safetensors", make_checkpoint(name, channels))
    (folder / "one.md").write_text("# one\n\n[bold]a model\x1b[2J of faces[/]\n", encoding="utf-8")
    (folder / "bad.safetensors").write_bytes(b"\0" * 64)
    monkeypatch.setattr(paths, "checkpoint_folders", lambda: [folder])
    return paths.checkpoints()


@asynccontextmanager
async def on(app: ExplorerApp, size: tuple[int, int] = (80, 24)) -> AsyncIterator[Drive]:
    async with app.run_test(size=size) as pilot:
        drive = Drive(app, pilot)
        await drive.settle()
        await drive.frame()
        yield drive


def app_on(path: Path) -> ExplorerApp:
    model = api.load(path)
    return steady_app(model, session_of(model))


async def choose(drive: Drive, name: str) -> CheckpointsScreen:
    """Open the list and choose a name."""
    await drive.type("ctrl+o")
    screen = drive.app.screen
    assert isinstance(screen, CheckpointsScreen)
    for _ in screen._known:
        await drive.until(lambda: screen._chosen in screen._described)
        if screen._chosen == name:
            break
        await drive.type("j")
    assert screen._chosen == name
    await drive.settle()
    return screen


async def test_a_quick_enter_opens_the_name_that_the_key_before_it_has_chosen(known: dict[str, Path]) -> None:
    async with on(app_on(known["one"])) as drive:
        screen, before = await choose(drive, "one"), drive.app.explorer
        screen.action_choose(1)
        screen.action_open()
        await drive.until(lambda: drive.app.explorer is not before and drive.app.screen is drive.app.explorer)
        await drive.settle()
        await drive.frame()
        assert drive.app.explorer.model.name == "two"


async def change(drive: Drive, name: str) -> None:
    before = drive.app.explorer
    await choose(drive, name)
    await drive.type("enter")
    await drive.until(lambda: drive.app.explorer is not before and drive.app.screen is drive.app.explorer)
    await drive.settle()
    await drive.frame()


def test_a_checkpoint_is_described_whatever_is_in_it(known: dict[str, Path]) -> None:
    one = describe(known["one"])
    assert one.facts.startswith("16x16x3, 8 latents, 40 faces, ") and one.preview is not None
    assert "of faces" in one.card and "\x1b" not in one.card
    assert describe(known["two"]).card == "no card beside it"
    bad = describe(known["bad"])
    assert bad.facts.startswith("damaged: ") and bad.preview is None
    assert describe(known["bad"].with_name("gone.safetensors")).facts.startswith("damaged: ")
    known["one"].with_suffix(".md").write_text("x" * 2 * MAX_CARD, encoding="utf-8")
    assert len(describe(known["one"]).card) == MAX_CARD


async def test_the_list_shows_what_each_one_is(known: dict[str, Path]) -> None:
    async with on(app_on(known["one"])) as drive:
        await choose(drive, "one")
        text = "\n".join(drive.lines())
        assert "● one" in text and "16x16x3, 8 latents, 40 faces" in text and "[bold]a model" in text
        assert "▀" in text
        await choose(drive, "bad")
        assert "damaged: " in "\n".join(drive.lines()) and "▀" not in "\n".join(drive.lines())
        await drive.type("enter")  # stays
        assert isinstance(drive.app.screen, CheckpointsScreen)
        await drive.type("escape", "escape")
        assert drive.app.screen is drive.app.explorer


async def test_another_model_is_explored_in_the_same_program_and_places_are_kept(known: dict[str, Path]) -> None:
    async with on(app_on(known["one"])) as drive:
        await drive.press("7", "g", "4", "l")
        there, first = drive.z.copy(), drive.screen
        await change(drive, "two")
        assert drive.screen is not first and drive.screen.model.name == "two"
        assert drive.state.point.origin == "average"
        drive.assert_face(api.load(known["two"]))
        await drive.press("3", "g")
        await change(drive, "one")
        np.testing.assert_array_equal(drive.z, there)
        drive.assert_face(api.load(known["one"]))
        await change(drive, "two")
        assert drive.state.point.index == 3
        drive.app.leave_sessions()
        assert not list(paths.places().iterdir())  # left as usual: nothing to come back to
        await drive.until(lambda: sum(thread.name == "decode" for thread in threading.enumerate()) == 1)


async def test_what_cannot_be_opened_is_said_and_the_program_goes_on(known: dict[str, Path]) -> None:
    async with on(app_on(known["one"])) as drive:
        screen = await choose(drive, "two")
        known["two"].write_bytes(b"gone bad meanwhile")
        await drive.type("enter")
        await drive.until(lambda: "two.safetensors: " in drive.status)
        assert screen is not drive.app.screen
        await drive.press("n")
        assert drive.state.point.index == 0


async def test_a_panel_and_a_playing_slider_do_not_get_in_the_way(known: dict[str, Path]) -> None:
    async with on(app_on(known["one"])) as drive:
        await drive.type("a", "n", "b", "E", "space")
        await change(drive, "two")
        await drive.press("n", "E", "escape", "u")
        assert drive.state.point.origin == "average"


async def test_any_decoder_can_give_way_to_a_checkpoint(known: dict[str, Path]) -> None:
    app = steady_app(Cartoon())
    assert isinstance(open_checkpoint(known["one"]), Opened)
    async with on(app) as drive:
        await change(drive, "one")
        assert drive.screen.model.name == "one"


async def test_without_checkpoints_the_list_says_so(known: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "checkpoint_folders", lambda: [])
    async with on(steady_app(Cartoon())) as drive:
        await drive.type("ctrl+o", "enter", "j")
        assert "no checkpoints found" in "\n".join(drive.lines())

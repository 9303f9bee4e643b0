from __future__ import annotations

import asyncio
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from textual import events
from textual.command import CommandList, CommandPalette
from textual.keys import _character_to_key

from tests.app.cartoon import Cartoon
from tests.app.driving import driving
from tests.app.showing import assert_moved, assert_value
from tui_vae.api import VAE
from tui_vae.app.actions import ACTIONS
from tui_vae.app.app import ExplorerApp
from tui_vae.app.screens.explorer import ExplorerScreen
from tui_vae.app.screens.help import HelpScreen
from tui_vae.app.screens.palette import Palette
from tui_vae.app.widgets.status import StatusLine

# Saving.


async def test_save_writes_a_picture_and_a_latent_and_never_overwrites(
    vae: VAE, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with driving(vae) as drive:
        await drive.press("5", "g", "s")
        await drive.until(lambda: drive.status.startswith("saved tiny-001.png and .npy"))
        np.testing.assert_array_equal(np.load("tiny-001.npy"), vae.space.atlas[5])
        with Image.open("tiny-001.png") as picture:
            np.testing.assert_array_equal(np.asarray(picture), vae.decode(vae.space.atlas[5][None])[0])
        first = Path("tiny-001.png").read_bytes()
        Path("tiny-002.npy").write_text("mine")
        await drive.press("n", "s")
        await drive.until(lambda: drive.status.startswith("saved tiny-003.png"))
        # A held key: each press is a file of its own, and it is of the face that was shown when the key was pressed.
        for _ in range(4):
            drive.app.post_message(events.Key("s", "s"))
            drive.app.post_message(events.Key("n", "n"))
        await drive.until(lambda: len(list(tmp_path.glob("*.png"))) == 6)
        await drive.settle()
        saved = {np.load(path)[0] for path in tmp_path.glob("tiny-00[4-7].npy")}
        assert saved == {vae.space.atlas[index][0] for index in range(6, 10)}
        assert Path("tiny-001.png").read_bytes() == first and Path("tiny-002.npy").read_text() == "mine"
        assert not list(tmp_path.glob(".*"))


async def test_save_in_grey(grey_vae: VAE, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    async with driving(grey_vae) as drive:
        await drive.press("r", "s")
        await drive.until(lambda: drive.status.startswith("saved grey-001.png"))
        with Image.open("grey-001.png") as picture:
            np.testing.assert_array_equal(np.asarray(picture), grey_vae.decode(drive.z[None])[0, :, :, 0])


async def test_save_says_that_the_folder_cannot_be_written(
    vae: VAE, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sealed, gone, free = tmp_path / "sealed", tmp_path / "gone", tmp_path / "free"
    for folder in (sealed, gone, free):
        folder.mkdir()
    sealed.chmod(0o500)
    async with driving(vae) as drive:
        # No mode stops root; /proc does.
        monkeypatch.chdir(sealed if os.geteuid() else "/proc")
        await drive.press("s")
        await drive.until(lambda: drive.status.startswith("tiny-001.npy: cannot write: "))
        monkeypatch.chdir(gone)
        gone.rmdir()
        drive.screen.query_one(StatusLine).say("")
        await drive.press("s")
        await drive.until(lambda: "cannot write: No such file" in drive.status)
        assert not list(sealed.iterdir())
        monkeypatch.chdir(free)
        await drive.press("s")
        await drive.until(lambda: drive.status.startswith("saved"))


async def test_save_stays_in_the_folder_whatever_the_model_is_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Odd(Cartoon):
        name = "../a b/c"

    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    async with driving(Odd()) as drive:
        await drive.press("s")
        await drive.until(lambda: drive.status.startswith("saved a-b-c-001.png"))
        assert Path("a-b-c-001.npy").exists() and list(tmp_path.iterdir()) == [tmp_path / "here"]


# The program.


@pytest.mark.parametrize("close", ["escape", "q", "?"])
async def test_help_opens_and_closes(vae: VAE, close: str) -> None:
    async with driving(vae) as drive:
        await drive.type("?")
        assert isinstance(drive.app.screen, HelpScreen)
        assert any("variational autoencoder" in line for line in drive.lines())
        if close == "q":
            first = drive.lines()
            await drive.type("j")
            await drive.until(lambda: drive.lines() != first)
            await drive.type("k")
            await drive.until(lambda: drive.lines() == first)
        await drive.press(close)
        assert drive.app.screen is drive.screen and drive.app.is_running
        await drive.press("l")
        assert_value(drive, 0.1)


async def test_help_names_every_action() -> None:
    async with driving(Cartoon(), (100, 260)) as drive:
        await drive.type("?")
        text = "\n".join(drive.lines())
        for action in ACTIONS:
            assert action.tooltip[:40] in text


async def test_the_palette_finds_invert_and_runs_it(vae: VAE) -> None:
    async with driving(vae) as drive:
        await drive.press("3", "g")
        before, bars = drive.pixels(), drive.state.values()
        await drive.type("ctrl+p")
        assert isinstance(drive.app.screen, CommandPalette)
        await drive.type(*"invert")
        await drive.until(lambda: any("Invert  (i)" in line for line in drive.lines()))
        await drive.type("enter")
        await drive.until(lambda: drive.app.screen is drive.screen)
        await drive.until(lambda: drive.state.point.origin == "opposite of items/003.png")
        await drive.frame()
        assert drive.title == "opposite of items/003.png"
        np.testing.assert_allclose(drive.state.values(), -bars, atol=1e-5)
        await assert_moved(drive, vae, before)


@pytest.mark.parametrize("action", ["page_up", "page_down"])
async def test_the_palette_takes_keys_before_its_list_is_laid_out(vae: VAE, action: str) -> None:
    async with driving(vae) as drive:
        await drive.type("ctrl+t")
        palette = drive.app.screen
        assert isinstance(palette, Palette)
        options = palette.query_one(CommandList)
        await drive.until(lambda: options.option_count > 3)
        found = list(options.options)
        options.display = False  # as it is for a moment when the palette opens
        await drive.settle()
        options.clear_options().add_options(found)
        options.highlighted = 0
        palette._action_command_list(action)
        assert options.highlighted is not None
        await drive.type("escape")
        assert drive.app.screen is drive.screen


@pytest.mark.parametrize("key", ["enter", "escape"])
async def test_the_palette_is_left_once(vae: VAE, key: str) -> None:
    async with driving(vae) as drive:
        await drive.type("ctrl+p", *"invert")
        await drive.until(lambda: any("Invert  (i)" in line for line in drive.lines()))
        for _ in range(3):
            drive.app.post_message(events.Key(key, None))
        await drive.settle()
        await drive.until(lambda: drive.app.screen is drive.screen)
        await drive.press("n")
        assert drive.state.point.index == 0


@pytest.mark.parametrize("key", ["q", "ctrl+c"])
async def test_quit(vae: VAE, key: str) -> None:
    app = ExplorerApp(vae)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(key)
    assert app.return_code == 0 and not app.is_running
    for _ in range(1000):
        if not app.is_decoding:
            return
        await asyncio.sleep(0.01)
    raise AssertionError("the worker's thread goes on")


async def test_the_palette_drops_a_count_that_was_begun(vae: VAE) -> None:
    async with driving(vae) as drive:
        await drive.press("5")
        explorer = drive.screen
        assert explorer._count == 5
        await drive.press("ctrl+p")
        assert explorer._count == 0


@pytest.mark.parametrize(("key", "kind", "step"), [("?", HelpScreen, "compose"), ("m", ExplorerScreen, "_open_panel")])
@pytest.mark.parametrize("status", [143, 2], ids=["a signal", "a broken decoder"])
async def test_told_to_leave_while_a_key_builds_something(
    vae: VAE, monkeypatch: pytest.MonkeyPatch, key: str, kind: type[HelpScreen | ExplorerScreen], step: str, status: int
) -> None:
    """Textual mounts nothing more once it leaves, so what is being built must be there first."""
    build = getattr(kind, step)
    async with driving(vae) as drive:

        def told_and_build(*args: object) -> object:
            if status == 2:
                drive.screen._give_up(RuntimeError("broken"))
            else:
                drive.app._leave(status)
            return build(*args)

        monkeypatch.setattr(kind, step, told_and_build)
        drive.app.post_message(events.Key(_character_to_key(key), key))
        await drive.until(lambda: not drive.app.is_running)
    assert drive.app.return_code == status
    assert drive.app.return_value == ("the decoder failed: broken" if status == 2 else None)

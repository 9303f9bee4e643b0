from __future__ import annotations

import asyncio
import dataclasses
import itertools
import os
import threading
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image
from textual import events
from textual.command import CommandPalette

from tests.app.cartoon import Cartoon
from tests.app.driving import Drive, driving
from tests.conftest import Checkpoint
from tui_vae.api import VAE
from tui_vae.app.actions import ACTIONS, as_markdown, as_text
from tui_vae.app.app import ExplorerApp
from tui_vae.app.model import Grid
from tui_vae.app.screens import explorer as explorer_module
from tui_vae.app.screens.go_to import GoToScreen
from tui_vae.app.screens.help import HelpScreen
from tui_vae.app.widgets.face import _resized
from tui_vae.app.widgets.status import StatusLine
from tui_vae.latent.explorer import BAR_LIMIT, SPREADS

ITEMS = 40


def number(value: float) -> str:
    """As it is written beside a bar."""
    return f"{value:+.2f}" if abs(value) >= 0.005 else "0.00"


def assert_value(drive: Drive, value: float) -> None:
    """The selected bar has this value, in the state and on the screen."""
    assert drive.value == pytest.approx(value, abs=1e-4)
    assert f" {number(value)} σ" in drive.bar(drive.state.selected)
    left, right = halves(drive)
    cell = BAR_LIMIT / len(right)  # a bar as long as a cell has a full block in it
    assert ("█" in left, "█" in right) == (value < 0.001 - cell, value > cell - 0.001)


def halves(drive: Drive) -> tuple[str, str]:
    """The selected bar's track, left and right of zero."""
    start, half, _ = drive.bars._columns
    line = drive.bar(drive.state.selected)
    return line[start : start + half], line[start + half : start + 2 * half]


def assert_selected(drive: Drive, bar: int) -> None:
    assert drive.state.selected == bar
    assert drive.marked_bars == [bar]
    assert drive.heading.startswith(
        f"{drive.state.axes.name} {bar + 1}/{len(drive.state.axes)}  {drive.state.axes.labels[bar]}"
    )


def slowly(drive: Drive) -> None:
    """From now on there is time between any two keys, so that each is a step to undo."""
    drive.state._history._clock = itertools.count(1e9, 60).__next__


async def assert_moved(drive: Drive, model: VAE, before: npt.NDArray[np.uint8]) -> None:
    """Another face is on the screen, and it is the right one."""
    await drive.frame()
    drive.assert_face(model)
    assert (drive.pixels() != before).any()


# The table of actions.


async def test_every_key_of_the_table_is_bound_to_its_action_and_to_no_other() -> None:
    keys = [key for action in ACTIONS for key in action.keys]
    assert len(keys) == len(set(keys)) and len({action.id for action in ACTIONS}) == len(ACTIONS)
    async with driving(Cartoon()) as drive:
        for action in ACTIONS:
            for key in action.keys:
                (binding,) = drive.screen._bindings.key_to_bindings[key]
                assert (binding.id, binding.action) == (action.id, action.call)
        await drive.until(lambda: all(action.footer in drive.lines()[-1] for action in ACTIONS))


def test_the_lists_of_keys_name_every_action() -> None:
    for action in ACTIONS:
        assert f"{action.key_text:<10} {action.tooltip}" in as_text()
        assert f"| {action.tooltip} |" in as_markdown()


# Choosing a bar.


async def test_start(vae: VAE) -> None:
    async with driving(vae) as drive:
        assert drive.title == "average" and drive.subtitle == ""
        assert_selected(drive, 0)
        assert drive.face.grid == (40, 40)
        assert drive.status.startswith("tiny  ·  range 1  ·  marks –") and "loading" not in drive.status
        drive.assert_face(vae)


@pytest.mark.parametrize(("down", "up"), [("j", "k"), ("down", "up")])
async def test_up_and_down(vae: VAE, down: str, up: str) -> None:
    async with driving(vae) as drive:
        before = drive.z
        await drive.press(up)
        assert_selected(drive, 0)
        await drive.press(down, down)
        assert_selected(drive, 2)
        await drive.press("3", down)
        assert_selected(drive, 5)
        await drive.press("2", up)
        assert_selected(drive, 3)
        await drive.press("1", "2", down)
        assert_selected(drive, 7)
        await drive.press("9", "9", "9", up)
        assert_selected(drive, 0)
        assert drive.z is before


async def test_pages_and_ends() -> None:
    async with driving(Cartoon(60)) as drive:
        height = drive.bars.size.height
        assert list(drive.bars.visible_bars) == list(range(height))
        await drive.press("pagedown")
        assert_selected(drive, height - 1)
        await drive.press("pagedown")
        assert_selected(drive, 2 * (height - 1))
        assert drive.bars.visible_bars.start == height - 1
        await drive.press("pageup")
        assert_selected(drive, height - 1)
        await drive.press("end")
        assert_selected(drive, 59)
        assert drive.bars.visible_bars.stop == 60
        await drive.press("2", "pageup")
        assert_selected(drive, 59 - 2 * (height - 1))
        await drive.press("home")
        assert_selected(drive, 0)
        assert drive.bars.visible_bars.start == 0


async def test_tab_switches_the_axes_and_each_keeps_its_bar(vae: VAE) -> None:
    async with driving(vae) as drive:
        before = drive.pixels()
        await drive.press("5", "l", "3", "j")
        for key, name, labels in [
            ("tab", "raw", ["z 4", "z 0"]),
            ("tab", "attributes", ["Smiling", "Wearing Hat"]),
            ("tab", "PCA", ["PC 1", "PC 2"]),
            ("shift+tab", "attributes", ["Smiling", "Wearing Hat"]),
            ("shift+tab", "raw", ["z 4", "z 0"]),
        ]:
            await drive.press(key)
            assert drive.state.axes.name == name and drive.heading.startswith(name)
            for row, label in enumerate(labels):
                assert drive.bar(row)[1:].startswith(label)
                assert f" {number(drive.state.values()[row])} σ" in drive.bar(row)
        assert "KL 4.00 nats" in drive.heading
        await drive.press("j", "shift+tab")
        assert_selected(drive, 3)
        await drive.press("tab")
        assert_selected(drive, 1)
        assert (drive.pixels() != before).any()
        drive.assert_face(vae)
        await drive.press("shift+tab", "shift+tab")
        assert "AUC 0.95" in drive.heading


# Moving a bar.


@pytest.mark.parametrize(("more", "less"), [("l", "h"), ("right", "left")])
async def test_fine_steps(vae: VAE, more: str, less: str) -> None:
    async with driving(vae) as drive:
        before = drive.pixels()
        await drive.press(more)
        assert_value(drive, 0.1)
        await assert_moved(drive, vae, before)
        assert drive.title == "average edited"
        await drive.press(less, less)
        assert_value(drive, -0.1)
        await drive.press("5", more)
        assert_value(drive, 0.4)
        await drive.press("1", "0", more)  # here 0 is a digit
        assert_value(drive, 1.4)
        assert drive.title == "average edited"
        await drive.press("9", "9", more)
        assert_value(drive, 3.0)
        await drive.press("9", "9", "9", "9", "9", "9", "9", "9", "9", less)
        assert_value(drive, -3.0)
        drive.assert_face(vae)


@pytest.mark.parametrize(("more", "less"), [("L", "H"), ("shift+right", "shift+left")])
async def test_coarse_steps(vae: VAE, more: str, less: str) -> None:
    async with driving(vae) as drive:
        await drive.press("j", more)
        assert_value(drive, 0.5)
        before = drive.pixels()
        await drive.press("3", less)
        assert_value(drive, -1.0)
        await assert_moved(drive, vae, before)
        assert "+0.00" not in drive.bar(0) and " 0.00" in drive.bar(0)


async def test_a_count_is_shown_while_it_is_typed_and_escape_drops_it(vae: VAE) -> None:
    async with driving(vae) as drive:
        await drive.press("1", "0", "5")
        assert "count 105" in drive.status
        await drive.press("escape")
        assert "count" not in drive.status
        await drive.press("l")
        assert_value(drive, 0.1)
        await drive.press(*"9" * 30)
        assert f"count {explorer_module.MAX_COUNT}" in drive.status


async def test_full_stop_resets_one_bar(vae: VAE) -> None:
    async with driving(vae) as drive:
        await drive.press("7", "l", "j", "6", "h")
        assert_value(drive, -0.6)
        before = drive.pixels()
        await drive.press(".")
        assert_value(drive, 0)
        await assert_moved(drive, vae, before)
        assert "+0.70" in drive.bar(0)
        moved = drive.z
        await drive.press(".")
        assert drive.z is moved


# Leaps.


async def test_random_and_its_range(vae: VAE) -> None:
    async with driving(vae) as drive:
        before, average = drive.pixels(), drive.z
        await drive.press("r")
        assert drive.state.point.origin.startswith("random ") and drive.title == drive.state.point.origin
        await assert_moved(drive, vae, before)
        seed = int(drive.title.removeprefix("random "))
        np.testing.assert_array_equal(drive.z, vae.space.sample(seed, 1.0))
        for value, text in zip(drive.state.values(), drive.text(drive.bars.region), strict=False):
            assert f" {number(value)} σ" in text
        await drive.press("[")
        assert drive.state.spread == 0.75 and "range 0.75" in drive.status
        await drive.press("9", "[")
        assert drive.state.spread == SPREADS[0] and "range 0.1" in drive.status
        await drive.press("r")
        assert np.linalg.norm(drive.z - average) < np.linalg.norm(vae.space.sample(seed, 1.0) - average)
        await drive.press("3", "]")
        assert drive.state.spread == SPREADS[3] and "range 0.75" in drive.status
        await drive.press("9", "9", "]")
        assert drive.state.spread == SPREADS[-1] and "range 3" in drive.status


async def test_invert_twice_is_the_same(vae: VAE) -> None:
    async with driving(vae) as drive:
        await drive.press("3", "n", "5", "l")
        bars, before, title = drive.state.values(), drive.pixels(), drive.title
        await drive.press("i")
        np.testing.assert_allclose(drive.state.values(), -bars, atol=1e-5)
        assert drive.title == f"opposite of {title}" and drive.subtitle == ""
        await assert_moved(drive, vae, before)
        await drive.press("i")
        np.testing.assert_allclose(drive.state.values(), bars, atol=1e-5)
        assert drive.title == title
        drive.assert_face(vae)
        assert np.abs(drive.pixels().astype(int) - before).max() <= 1


async def test_zero_is_the_average_face(vae: VAE) -> None:
    async with driving(vae) as drive:
        average = drive.pixels()
        await drive.press("r", "0")
        assert drive.title == "average" and not drive.state.values().any()
        np.testing.assert_array_equal(drive.z, vae.space.mean)
        np.testing.assert_array_equal(drive.pixels(), average)
        assert all(" 0.00 σ" in drive.bar(bar) for bar in drive.bars.visible_bars)


async def test_undo_and_redo_with_counts_and_at_the_ends(vae: VAE) -> None:
    async with driving(vae) as drive:
        await drive.press("u")
        assert drive.status.startswith("nothing to undo") and drive.title == "average"
        slowly(drive)
        faces = [drive.pixels()]
        for index in range(4):
            await drive.press("n")
            assert drive.state.point.index == index
            faces.append(drive.pixels())
        await drive.press("u")
        assert drive.subtitle == f"index 2 of 0–{ITEMS - 1}"
        np.testing.assert_array_equal(drive.pixels(), faces[3])
        await drive.press("2", "u")
        assert drive.subtitle == f"index 0 of 0–{ITEMS - 1}"
        np.testing.assert_array_equal(drive.pixels(), faces[1])
        await drive.press("ctrl+r")
        np.testing.assert_array_equal(drive.pixels(), faces[2])
        await drive.press("9", "9", "ctrl+r")
        np.testing.assert_array_equal(drive.pixels(), faces[4])
        await drive.press("ctrl+r")
        assert drive.status.startswith("nothing to redo")
        await drive.press(*"9999999", "u")
        assert drive.title == "average" and drive.subtitle == ""
        np.testing.assert_array_equal(drive.pixels(), faces[0])
        await drive.press("ctrl+r", "r", "ctrl+r")
        assert drive.title.startswith("random") and drive.status.startswith("nothing to redo")
        # After an undo, `n` goes on from the item that is shown.
        await drive.press("u", "n")
        assert drive.subtitle == f"index 1 of 0–{ITEMS - 1}"


async def test_quick_repeats_of_one_key_are_one_step_to_undo(vae: VAE) -> None:
    async with driving(vae) as drive:
        drive.state._history._clock = lambda: 0.0
        await drive.press("l", "l", "l", "j", "l")
        await drive.press("u")
        np.testing.assert_allclose(drive.state.values()[:2], [0.3, 0], atol=1e-6)
        assert "+0.30" in drive.bar(0) and "+" not in drive.bar(1)
        await drive.press("u")
        assert not drive.state.values().any()


# The dataset.


async def test_next_and_previous_go_around_the_ends(vae: VAE) -> None:
    async with driving(vae) as drive:
        before = drive.pixels()
        await drive.press("n")
        assert (drive.title, drive.subtitle) == ("items/000.png", f"index 0 of 0–{ITEMS - 1}")
        await assert_moved(drive, vae, before)
        np.testing.assert_array_equal(drive.z, vae.space.atlas[0])
        await drive.press("p")
        assert (drive.title, drive.subtitle) == ("items/039.png", f"index 39 of 0–{ITEMS - 1}")
        await drive.press("n", "n")
        assert drive.subtitle == f"index 1 of 0–{ITEMS - 1}"
        await drive.press("1", "0", "n")
        assert drive.subtitle == f"index 11 of 0–{ITEMS - 1}"
        await drive.press("1", "0", "0", "n")
        assert drive.subtitle == f"index {111 % ITEMS} of 0–{ITEMS - 1}"
        await drive.press("3", "5", "p")
        assert drive.subtitle == f"index {(111 - 35) % ITEMS} of 0–{ITEMS - 1}"
        drive.assert_face(vae)
        await drive.press("l")
        assert drive.subtitle == "" and drive.title == "items/036.png edited"
        await drive.press("n")
        assert drive.subtitle == f"index 37 of 0–{ITEMS - 1}"


async def test_previous_from_the_start_is_the_last_face(vae: VAE) -> None:
    async with driving(vae) as drive:
        await drive.press("p")
        assert drive.subtitle == f"index 39 of 0–{ITEMS - 1}"


async def test_go_to_says_in_place_what_is_wrong_and_then_goes_there(vae: VAE) -> None:
    async with driving(vae) as drive:
        before = drive.z

        def prompt() -> str:
            return next(line for line in drive.lines() if "Go to face" in line)

        await drive.type("g")
        assert isinstance(drive.app.screen, GoToScreen) and "(0–39)" in prompt()
        for typed, problem in [
            ("", "type a number"),
            ("abc", "not a number: 'abc'"),
            ("[/b]", "not a number: '[/b]'"),
            ("40", "40 is outside: 0 to 39"),
            ("-1", "-1 is outside: 0 to 39"),
            ("3.5", "not a number: '3.5'"),
        ]:
            await drive.type(*typed, "enter")
            assert isinstance(drive.app.screen, GoToScreen)
            assert prompt().rstrip().endswith(problem)
            assert drive.z is before
        await drive.type("1")  # replaces the wrong one, and the complaint goes
        assert prompt().split(":", 1)[1].strip() == "1"
        await drive.type("7", "enter")
        await drive.frame()
        assert drive.app.screen is drive.screen
        assert drive.subtitle == f"index 17 of 0–{ITEMS - 1}"
        np.testing.assert_array_equal(drive.z, vae.space.atlas[17])
        drive.assert_face(vae)


async def test_escape_leaves_go_to(vae: VAE) -> None:
    async with driving(vae) as drive:
        before = drive.z
        await drive.type("g", "5", "escape")
        assert drive.app.screen is drive.screen and drive.z is before and drive.title == "average"
        await drive.press("l")  # the keys are the explorer's again
        assert_value(drive, 0.1)


async def test_a_count_before_g_goes_there_or_says_why_not(vae: VAE) -> None:
    async with driving(vae) as drive:
        await drive.press("7", "g")
        assert drive.subtitle == f"index 7 of 0–{ITEMS - 1}"
        drive.assert_face(vae)
        here = drive.z
        await drive.press("4", "0", "g")
        assert drive.status.startswith("40 is not in the dataset: indices run from 0 to 39")
        assert drive.z is here and drive.subtitle == f"index 7 of 0–{ITEMS - 1}"
        await drive.press("2", "0", "g")
        assert drive.subtitle == f"index 20 of 0–{ITEMS - 1}"


@pytest.mark.parametrize("name", ["a[red]b", "[/b]", "[", "[@click=app.quit]x[/]", ""])
async def test_a_file_name_is_shown_as_it_is(tiny: Checkpoint, name: str) -> None:
    class Named(Cartoon):
        name = "[bold]model[/]"

    model = Named()
    model.space = dataclasses.replace(model.space, atlas=dataclasses.replace(model.space.atlas, names=(name,) * ITEMS))
    async with driving(model) as drive:
        await drive.press("n")
        assert drive.title == name and "[bold]model[/]" in drive.status
        await drive.press("a")
        assert drive.status.startswith(f"A is {name}".strip())


# Between two faces.


async def mark_two(drive: Drive) -> None:
    await drive.press("3", "g", "a", "9", "g", "b")
    assert "marks AB" in drive.status


async def test_the_slider_moves_from_a_to_b_and_stops_at_both_ends(vae: VAE) -> None:
    async with driving(vae) as drive:
        slowly(drive)
        await drive.press("3", "g", "a")
        assert drive.status.startswith("A is items/003.png") and "marks A" in drive.status
        face_a = drive.pixels()
        await drive.press("9", "g", "b")
        assert drive.status.startswith("B is items/009.png") and "marks AB" in drive.status
        face_b = drive.pixels()
        assert not drive.slider.display
        drive.state._history._clock = lambda: 2e9  # all of the sliding is one step to undo
        await drive.press("t")
        assert drive.state.mix == 0 and drive.slider.display
        (line,) = drive.text(drive.slider.region)
        assert line.strip().startswith("A ●─") and line.strip().endswith("─ B   0%")
        drive.assert_face(vae)
        await drive.press("left")
        assert drive.state.mix == 0
        await drive.press("right")
        assert drive.state.mix == pytest.approx(explorer_module.MIX_STEP)
        assert drive.title == "A to B 2%"
        await drive.press("2", "4", "l")
        assert drive.state.mix == pytest.approx(0.5)
        np.testing.assert_allclose(drive.z, (vae.space.atlas[3] + vae.space.atlas[9]) / 2, atol=1e-5)
        (line,) = drive.text(drive.slider.region)
        assert line.strip().endswith("B  50%")
        assert abs(line.index("●") - line.index("A") - (line.index("B") - line.index("●"))) <= 1
        drive.assert_face(vae)
        await drive.press("9", "9", "right")
        assert drive.state.mix == 1
        assert drive.text(drive.slider.region)[0].strip().endswith("━● B 100%")
        np.testing.assert_array_equal(drive.z, vae.space.atlas[9])
        await drive.press("H")
        assert drive.state.mix == pytest.approx(0.9)
        here = drive.z
        await drive.press("escape")
        assert drive.state.mix is None and not drive.slider.display and drive.z is here
        await drive.press("u")
        assert drive.subtitle == f"index 9 of 0–{ITEMS - 1}"
        np.testing.assert_array_equal(drive.pixels(), face_b)
        await drive.press("u")
        np.testing.assert_array_equal(drive.pixels(), face_a)


async def test_t_leaves_the_slider_and_so_does_every_other_move(vae: VAE) -> None:
    async with driving(vae) as drive:
        await mark_two(drive)
        for keys in ["t", "r", "0", "n", "i", "u", "5g"]:
            await drive.press("t", "1", "0", "l")
            assert drive.state.mix == pytest.approx(0.2) and drive.slider.display
            await drive.press(*keys)
            assert drive.state.mix is None and not drive.slider.display
            drive.assert_face(vae)
        assert "marks AB" in drive.status


async def test_without_two_marks_the_slider_says_what_to_do(vae: VAE) -> None:
    async with driving(vae) as drive:
        for keys in ["t", "space", "a", "t", "space"]:
            await drive.press(keys)
            if keys != "a":
                assert drive.status.startswith("mark two faces first: a, then b")
                assert drive.state.mix is None and not drive.slider.display
        assert drive.title == "average"


async def test_space_plays_there_and_back_and_stops(vae: VAE, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explorer_module, "PLAY_SECONDS", 0.2)
    monkeypatch.setattr(explorer_module, "PLAY_FPS", 60)
    async with driving(vae) as drive:
        await mark_two(drive)
        before = drive.pixels()
        await drive.type("space")
        seen: list[float] = []

        def has_turned() -> bool:
            seen.append(drive.state.mix or 0.0)
            return 1.0 in seen and 0.0 in seen[seen.index(1.0) :] and seen[-1] > 0.3

        await drive.until(has_turned)
        assert any(0 < position < 1 for position in seen[: seen.index(1.0)])
        await drive.press("space")
        stopped = drive.state.mix
        assert stopped is not None and drive.slider.display
        await asyncio.sleep(0.1)
        assert drive.state.mix == stopped
        await assert_moved(drive, vae, before)
        await drive.type("space")
        await drive.until(lambda: drive.state.mix != stopped)
        await drive.press("l")  # takes over from the player
        here = drive.state.mix
        await asyncio.sleep(0.1)
        assert drive.state.mix == here is not None
        await drive.type("space")
        await drive.press("escape")
        await asyncio.sleep(0.1)
        assert drive.state.mix is None and drive.screen._play is None


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
    async with driving(Cartoon(), (100, 80)) as drive:
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


# The mouse.


def track(drive: Drive, bar: int) -> tuple[int, int, int]:
    """Screen column of the first cell right of zero, the line, and the cells in half a track."""
    start, half, _ = drive.bars._columns
    region = drive.bars.region
    return region.x + start + half, region.y + bar - drive.bars.visible_bars.start, half


async def test_a_click_on_the_track_sets_the_bar(vae: VAE) -> None:
    async with driving(vae) as drive:
        zero, y, half = track(drive, 2)
        before = drive.pixels()
        await drive.drag((zero + 3, y))
        assert_selected(drive, 2)
        assert_value(drive, 3.5 / half * 3)
        await assert_moved(drive, vae, before)
        await drive.drag((zero - 4, y))
        assert_value(drive, -3.5 / half * 3)
        for beside in (zero, zero - 1):
            await drive.drag((zero + 3, y))
            await drive.drag((beside, y))
            assert_value(drive, 0)


async def test_a_click_beside_the_track_only_selects(vae: VAE) -> None:
    async with driving(vae) as drive:
        zero, y, half = track(drive, 4)
        before = drive.z
        for x in (drive.bars.region.x + 2, zero + half + 3, zero + half, zero - half - 1):
            await drive.press("home")
            await drive.drag((x, y), (x + 5, y))
            assert_selected(drive, 4)
            assert drive.z is before
        await drive.drag((zero, y + 8))
        await drive.mouse(events.MouseDown, zero + 2, y, button=3)
        await drive.mouse(events.MouseUp, zero + 2, y, button=3)
        assert drive.z is before


async def test_dragging_pulls_one_bar_along_wherever_the_pointer_goes(vae: VAE) -> None:
    async with driving(vae) as drive:
        zero, y, half = track(drive, 1)
        await drive.mouse(events.MouseDown, zero + 2, y)
        assert_value(drive, 2.5 / half * 3)
        await drive.mouse(events.MouseMove, zero + 4, y + 3)
        assert_selected(drive, 1)
        assert_value(drive, 4.5 / half * 3)
        await drive.mouse(events.MouseMove, 79, y)
        assert_value(drive, 3.0)
        await drive.mouse(events.MouseMove, 2, 23)
        assert_value(drive, -3.0)
        await drive.mouse(events.MouseUp, 2, 23)
        await drive.mouse(events.MouseMove, zero + 2, y)
        assert_value(drive, -3.0)
        await drive.frame()
        drive.assert_face(vae)
        assert np.count_nonzero(drive.state.values().round(3)) == 1


async def test_the_wheel_nudges_the_bar_under_the_pointer(vae: VAE) -> None:
    async with driving(vae) as drive:
        zero, y, _ = track(drive, 3)
        before = drive.pixels()
        for _ in range(3):
            await drive.mouse(events.MouseScrollUp, zero, y, button=0)
        assert_selected(drive, 3)
        assert_value(drive, 0.3)
        await assert_moved(drive, vae, before)
        await drive.mouse(events.MouseScrollDown, zero, y, button=0)
        assert_value(drive, 0.2)
        here = drive.z
        await drive.mouse(events.MouseScrollDown, zero, y + 8, button=0)
        assert drive.z is here


async def test_the_slider_can_be_clicked_and_dragged(vae: VAE) -> None:
    async with driving(vae) as drive:
        await mark_two(drive)
        await drive.press("t")
        region = drive.slider.region
        (line,) = drive.text(region)
        first, last = region.x + line.index("A") + 2, region.x + line.index("B") - 2
        middle = (first + last) // 2
        await drive.drag((middle, region.y))
        assert drive.state.mix == pytest.approx(0.5, abs=0.02)
        assert region.x + drive.text(region)[0].index("●") == middle
        await drive.mouse(events.MouseDown, middle, region.y)
        await drive.mouse(events.MouseMove, last, region.y - 5)
        assert drive.state.mix == 1
        await drive.mouse(events.MouseMove, first, 0)
        assert drive.state.mix == 0
        await drive.mouse(events.MouseUp, first, 0)
        await drive.mouse(events.MouseMove, middle, region.y)
        assert drive.state.mix == 0
        await drive.frame()
        drive.assert_face(vae)
        np.testing.assert_array_equal(drive.z, vae.space.atlas[3])


# Sizes.


async def test_resizing_keeps_the_face_and_the_selected_bar(vae: VAE) -> None:
    async with driving(vae) as drive:
        await drive.press("3", "g", "end", "L")
        for size, grid in [
            ((80, 24), (40, 40)),
            ((200, 60), (112, 112)),
            ((40, 12), (8, 8)),
            ((30, 8), (8, 8)),
            ((80, 24), (40, 40)),
        ]:
            await drive.pilot.resize_terminal(*size)
            await drive.frame()
            assert drive.face.grid == grid and drive.pixels().shape == (*grid, 3)
            assert len(drive.lines()) == size[1] and all(len(line) == size[0] for line in drive.lines())
            drive.assert_face(vae)
            assert_selected(drive, 7)
            assert f"{drive.value:+.2f}" in drive.bar(7) or size[0] < 40


async def test_no_size_is_too_small() -> None:
    model = Cartoon()
    async with driving(model) as drive:
        await drive.press("3", "g", "a", "9", "g", "b", "t")
        for size in [(1, 1), (2, 30), (30, 2), (12, 6), (300, 5), (80, 24)]:
            await drive.pilot.resize_terminal(*size)
            await drive.type("l", "?", "escape", "g", "escape", "tab")
        await drive.frame()
        np.testing.assert_array_equal(drive.pixels(), model.draw(drive.z, drive.face.grid))


async def test_a_picture_that_is_not_square_has_its_aspect() -> None:
    class Tall(Cartoon):
        def __init__(self) -> None:
            super().__init__()
            self.preview = self.draw(self.space.mean, (80, 60))

    async with driving(Tall()) as drive:
        assert drive.face.grid == (40, 30) and drive.pixels().shape == (40, 30, 3)
        assert drive.screen.query_one("#frame").region.width == 32


async def test_a_grey_model(grey_vae: VAE) -> None:
    async with driving(grey_vae) as drive:
        before = drive.pixels()
        await drive.press("r")
        assert (drive.pixels() != before).any()
        assert (drive.pixels() == drive.pixels()[..., :1]).all()
        drive.assert_face(grey_vae)


# The decoder in the background.


class Gated(Cartoon):
    """A cartoon whose decoder waits for a gate, as one that is loading or slow does."""

    def __init__(self) -> None:
        super().__init__()
        self.gate, self.entered = threading.Event(), threading.Event()

    def decode(self, z: npt.NDArray[np.float32], grid: Grid | None = None) -> npt.NDArray[np.uint8]:
        self.entered.set()
        assert self.gate.wait(20)
        return super().decode(z, grid)


async def test_the_preview_is_there_first_and_keys_pressed_meanwhile_are_kept() -> None:
    model = Gated()
    async with driving(model, frame=False) as drive:
        try:
            np.testing.assert_array_equal(drive.pixels(), _resized(model.preview, drive.face.grid))
            assert "loading the decoder" in drive.status
            await drive.until(model.entered.is_set)
            await drive.type("5", "l", "j", "3", "h", "n", "j", "l", "l", "s")
            # The bars do not wait for the face.
            assert drive.subtitle == "" and drive.title == "items/000.png edited"
            assert_selected(drive, 2)
            assert f"{drive.value:+.2f}" in drive.bar(2)
            assert "still loading" in drive.status
            np.testing.assert_array_equal(drive.pixels(), _resized(model.preview, drive.face.grid))
            assert not model.decoded
        finally:
            model.gate.set()
        await drive.frame()
        np.testing.assert_array_equal(drive.pixels(), model.draw(drive.z, drive.face.grid))
        assert "loading the decoder" not in drive.status
        # The point that the decoder was busy with, and the newest one: nothing between.
        assert len(model.decoded) == 2
        np.testing.assert_array_equal(model.decoded[0], model.space.mean)
        np.testing.assert_array_equal(model.decoded[1], drive.z)


async def test_a_resize_while_the_decoder_is_busy_shows_the_face_at_the_new_size() -> None:
    model = Gated()
    async with driving(model, frame=False) as drive:
        try:
            await drive.until(model.entered.is_set)
            await drive.pilot.resize_terminal(100, 40)
            await drive.settle()
            np.testing.assert_array_equal(drive.pixels(), _resized(model.preview, drive.face.grid))
            await drive.type("r")
        finally:
            model.gate.set()
        await drive.frame()
        np.testing.assert_array_equal(drive.pixels(), model.draw(drive.z, drive.face.grid))


async def test_quitting_does_not_wait_for_the_decoder() -> None:
    model = Gated()
    try:
        async with driving(model, frame=False) as drive:
            await drive.until(model.entered.is_set)
            await drive.type("q")
        assert drive.app.return_code == 0 and drive.app.is_decoding
    finally:
        model.gate.set()


async def test_a_face_that_is_there_is_not_decoded_again() -> None:
    model = Cartoon()
    async with driving(model) as drive:
        count = len(model.decoded)
        await drive.press("j", "k", "tab", "]", "a", "1", "escape")
        assert len(model.decoded) == count


@pytest.mark.parametrize(
    ("error", "reason"),
    [(RuntimeError("[/b] no memory\nframe 1\nframe 2"), "[/b] no memory"), (ValueError(), "ValueError")],
)
async def test_a_decoder_that_fails_ends_the_program_with_one_line(error: Exception, reason: str) -> None:
    class Failing(Cartoon):
        def decode(self, z: npt.NDArray[np.float32], grid: Grid | None = None) -> npt.NDArray[np.uint8]:
            raise error

    async with driving(Failing(), frame=False) as drive:
        await drive.until(lambda: drive.app.return_code is not None)
        assert drive.app._exit_renderables == [f"tui-vae: error: the decoder failed: {reason}"]
    assert drive.app.return_code == 1

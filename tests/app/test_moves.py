from __future__ import annotations

import asyncio
import dataclasses

import numpy as np
import pytest

from tests.app.cartoon import Cartoon
from tests.app.driving import driving
from tests.app.showing import ITEMS, assert_moved, assert_value, mark_two, number, slowly
from tests.conftest import Checkpoint
from tui_vae.api import VAE
from tui_vae.app.parts import between as between_module
from tui_vae.app.screens.prompt import PromptScreen
from tui_vae.latent.explorer import SPREADS

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

        def prompt(above: int = 0) -> str:
            lines = drive.lines()
            return lines[next(row for row, line in enumerate(lines) if "Go to face" in line) - above]

        await drive.type("g")
        assert isinstance(drive.app.screen, PromptScreen) and "(0–39)" in prompt()
        for typed, problem in [
            ("", "type a number"),
            ("abc", "not a number: 'abc'"),
            ("[/b]", "not a number: '[/b]'"),
            ("40", "40 is outside: 0 to 39"),
            ("-1", "-1 is outside: 0 to 39"),
            ("3.5", "not a number: '3.5'"),
        ]:
            await drive.type(*typed, "enter")
            assert isinstance(drive.app.screen, PromptScreen)
            assert prompt(above=1).strip() == problem
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
        assert drive.state.mix == pytest.approx(between_module.MIX_STEP)
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
    monkeypatch.setattr(between_module, "PLAY_SECONDS", 0.2)
    monkeypatch.setattr(between_module, "PLAY_FPS", 60)
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

from __future__ import annotations

import pytest

from tests.app.cartoon import Cartoon
from tests.app.driving import driving
from tests.app.showing import assert_moved, assert_selected, assert_value, number
from tui_vae.api import VAE
from tui_vae.app.actions import ACTIONS, as_markdown, as_text, of_mode
from tui_vae.app.screens import explorer as explorer_module

# The table of actions.


async def test_every_key_of_the_table_is_bound_to_its_action_and_to_no_other() -> None:
    async with driving(Cartoon(), size=(100, 24)) as drive:
        for action in of_mode(""):
            for key in action.keys:
                (binding,) = drive.screen._bindings.key_to_bindings[key]
                assert (binding.id, binding.action) == (action.id, action.call)
        await drive.until(lambda: all(action.footer in drive.lines()[-1] for action in of_mode("")))


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
        assert drive.bars.visible_bars[0] == height - 1
        await drive.press("pageup")
        assert_selected(drive, height - 1)
        await drive.press("end")
        assert_selected(drive, 59)
        assert drive.bars.visible_bars[-1] == 59
        await drive.press("2", "pageup")
        assert_selected(drive, 59 - 2 * (height - 1))
        await drive.press("home")
        assert_selected(drive, 0)
        assert drive.bars.visible_bars[0] == 0


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

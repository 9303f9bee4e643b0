from __future__ import annotations

import numpy as np
import pytest
from textual import events
from textual.command import CommandPalette

from tests.app.driving import Drive, driving
from tests.app.showing import assert_moved, assert_selected, assert_value, mark_two
from tui_vae.api import VAE


def track(drive: Drive, bar: int) -> tuple[int, int, int]:
    """Screen column of the first cell right of zero, the line, and the cells in half a track."""
    start, half, _ = drive.bars._columns
    region = drive.bars.region
    return region.x + start + half, region.y + drive.bars.visible_bars.index(bar), half


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


async def test_the_mouse_reaches_every_command(vae: VAE) -> None:
    async with driving(vae) as drive:
        before = drive.z
        y = drive.app.size.height - 1
        await drive.pilot.click(offset=(drive.lines()[y].index("^p More"), y))
        await drive.until(lambda: isinstance(drive.app.screen, CommandPalette))
        await drive.type(*"vary")
        await drive.until(lambda: any("Vary  (v)" in line for line in drive.lines()))
        y = next(y for y, line in enumerate(drive.lines()) if "Vary  (v)" in line)
        await drive.pilot.click(offset=(drive.lines()[y].index("Vary"), y))
        await drive.until(lambda: drive.app.screen is drive.screen)
        await drive.until(lambda: drive.z is not before)


async def test_switching_the_axes_under_a_held_bar_lets_it_go(vae: VAE) -> None:
    async with driving(vae) as drive:
        zero, y, _ = track(drive, 7)
        await drive.mouse(events.MouseDown, zero + 2, y)
        await drive.press("tab", "tab")
        before = drive.z
        await drive.mouse(events.MouseMove, zero + 4, y)
        assert drive.z is before
        await drive.press("r")
        await drive.frame()


async def test_a_bar_released_over_another_screen_is_let_go(vae: VAE) -> None:
    async with driving(vae) as drive:
        zero, y, _ = track(drive, 3)
        await drive.mouse(events.MouseDown, zero + 2, y)
        await drive.press("question_mark")
        await drive.mouse(events.MouseUp, zero + 2, y)
        await drive.press("escape")
        before = drive.z
        await drive.mouse(events.MouseMove, zero + 6, y, button=0)
        assert drive.z is before

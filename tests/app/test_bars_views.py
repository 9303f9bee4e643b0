"""Bars filtered, sorted, locked, widened, typed; axes of one's own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.app.cartoon import Cartoon
from tests.app.driving import driving


async def test_a_filter_shows_what_is_typed_and_complains_above() -> None:
    async with driving(Cartoon()) as drive:
        await drive.type("/", *"pc 2", "enter")
        assert drive.bars.visible_bars == (1, 11, 19, 20, 21, 22, 23)
        assert "(7 shown)" in drive.heading and drive.heading.startswith("PCA 2/24")
        await drive.press("2", "j", "l")
        assert drive.state.selected == 19 and drive.value == pytest.approx(0.1)
        await drive.type("/", *"nose", "enter")
        assert "no bar of PCA is called that" in "".join(drive.lines()[-4:])
        await drive.type("escape", "/", "backspace", "enter")
        assert len(drive.state.visible) == 24


async def test_bars_in_the_order_of_what_they_change() -> None:
    model = Cartoon()
    async with driving(model) as drive:
        await drive.type("o")
        await drive.until(lambda: drive.state.effects() is not None)
        await drive.settle()
        effects = drive.state.effects()
        assert effects is not None
        shown = list(drive.bars.visible_bars)
        assert (np.diff(effects[shown]) <= 0).all() and shown != list(range(len(shown)))
        assert set(shown[:6]) == {0, 1, 2, 3, 4, 5}  # what the cartoon shows
        await drive.type("o")
        assert drive.bars.visible_bars[:3] == (0, 1, 2)


async def test_a_locked_bar_stays_and_says_so() -> None:
    async with driving(Cartoon()) as drive:
        await drive.press("5", "l", "x")
        assert "PC 1 is locked" in drive.status and "PC 1  x" in drive.bar(0)
        await drive.press("r", "v", "j", "4", "l")
        assert drive.state.values()[0] == pytest.approx(0.5, abs=1e-4)
        await drive.type("k", "l")
        assert "PC 1 is locked" in drive.status
        await drive.press("x", "l")
        assert drive.value == pytest.approx(0.6, abs=1e-4)


async def test_wide_bars_and_typed_values() -> None:
    async with driving(Cartoon()) as drive:
        await drive.type("=", *"4", "enter")
        assert "beyond the limits" in "".join(drive.lines()[-4:])
        await drive.type("escape", "w", "=", *"4", "enter")
        await drive.frame()
        assert drive.value == pytest.approx(4)
        await drive.type("9", "9", "l")
        assert drive.value == pytest.approx(6)


async def test_an_axis_of_ones_own() -> None:
    async with driving(Cartoon()) as drive:
        await drive.type("M")
        assert "mark two faces" in drive.status
        for index, key in [("1", "+"), ("2", "+"), ("3", "-"), ("4", "-")]:
            await drive.type(index, "g", key)
        await drive.type("M", *"cheer", "enter")
        assert drive.heading == "mine 1/1  cheer"
        before = drive.value
        await drive.press("5", "l")
        assert drive.value == pytest.approx(before + 0.5, abs=1e-4)
        await drive.type("delete")
        assert drive.state.axes.name == "PCA"
        await drive.type("delete")
        assert "only an axis of your own" in drive.status


async def test_collapsed_bars_can_be_hidden() -> None:
    async with driving(Cartoon()) as drive:
        await drive.type("tab", "Z")
        assert not drive.state.axes.dimmed[list(drive.bars.visible_bars)].any()
        await drive.type("Z")
        assert len(drive.state.visible) == len(drive.state.axes)


async def test_the_status_line_says_how_usual_a_face_is() -> None:
    async with driving(Cartoon()) as drive:
        assert "typical 0%" in drive.status
        await drive.type("w")
        for _ in range(6):
            await drive.type("6", "0", "l", "j")
        assert "far out" in drive.status


HEADINGS = [
    ((100, 24), "attributes 2/2  Wearing Hat  AUC 0.85"),
    ((80, 24), "2/2  Wearing Hat  AUC 0.85"),
]


@pytest.mark.parametrize(("size", "heading"), HEADINGS)
async def test_the_heading_fits(size: tuple[int, int], heading: str) -> None:
    async with driving(Cartoon(), size) as drive:
        await drive.press("shift+tab", "j")
        assert drive.heading == heading


@pytest.mark.parametrize(("width", "scale"), [(80, ""), (120, " σ1.25")])
async def test_labels_have_room_before_the_lengths_of_sigmas(width: int, scale: str) -> None:
    model = Cartoon()
    *others, named = model.space.axes
    model.space = replace(model.space, axes=(*others, replace(named, labels=("Smiling", "Wearing Lipstick"))))
    async with driving(model, (width, 24)) as drive:
        await drive.press("shift+tab")
        assert drive.bar(0).rstrip().endswith(f"0.00{scale}")
        assert drive.bar(1).startswith(" Wearing Lipstick ")

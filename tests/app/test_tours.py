"""Tours in the app: choosing, playing, leaving, and what is left of them."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from textual.events import MouseScrollDown, MouseScrollUp

from tests.app.cartoon import ITEMS, Cartoon
from tests.app.driving import Drive, driving, steady_app
from tui_vae.app import presenting
from tui_vae.app.actions import of_mode
from tui_vae.app.parts import tours
from tui_vae.app.widgets.bars import BarList
from tui_vae.app.widgets.tour import TourLine


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(tours, "monotonic", clock)
    return clock


async def goes_on(drive: Drive, clock: Clock, seconds: float, *, frame: bool = True) -> None:
    """Let a tour play for so long, and wait for its timer."""
    clock.now += seconds
    await drive.until(lambda: drive.screen._player.time == clock.now)
    if frame:
        await drive.frame()
    await drive.settle()


async def test_a_tour_is_chosen_plays_and_is_left(clock: Clock) -> None:
    model = Cartoon()
    async with driving(model) as drive:
        await drive.press("7", "l")
        before = drive.state.point
        await drive.type("T")
        assert drive.heading == "tours: Enter begins one" and not drive.screen.query_one(BarList).display
        await drive.type("enter")
        await drive.until(lambda: drive.state.is_passing)
        await drive.frame()
        assert drive.screen.panel is None and drive.screen.query_one(BarList).display
        assert drive.status.startswith("tour dataset  ·  stop 1 of 40  ·  0.5 a second")
        assert (drive.title, drive.subtitle) == ("items/000.png", "index 0 of 0–39")
        await goes_on(drive, clock, 6.0)
        assert "stop 4 of 40" in drive.status and drive.title == "items/003.png"
        np.testing.assert_array_equal(drive.z, model.space.atlas[3])
        drive.assert_face(model)
        await goes_on(drive, clock, 1.0)
        assert drive.z == pytest.approx((model.space.atlas[3] + model.space.atlas[4]) / 2, abs=1e-6)
        await drive.press("escape")
        assert drive.state.point.origin == "items/003.png to items/004.png 50%" and not drive.state.is_passing
        assert "tour" not in drive.status and not drive.screen.query_one(TourLine).display
        await drive.press("u")
        assert drive.state.point is before


async def test_the_keys_of_a_tour(clock: Clock) -> None:
    async with driving(Cartoon()) as drive:
        drive.screen.start_tour("dataset")
        await drive.press("space")
        assert "paused" in drive.status
        clock.now += 100
        await drive.press("right", "n", "l")
        assert "stop 4 of 40" in drive.status and drive.title == "items/003.png"
        await drive.press("left", "h", "p", "p")
        assert "stop 40 of 40" in drive.status  # it goes around
        await drive.press("1", "2", "n")
        assert "stop 12 of 40" in drive.status
        await drive.press("space", ">", ">")
        assert "2 a second" in drive.status
        await goes_on(drive, clock, 2.0)
        assert "stop 16 of 40" in drive.status
        await drive.press("<", "<", "<")
        assert "0.2 a second" in drive.status
        await drive.press("j")  # the bars can still be chosen
        assert drive.state.selected == 1 and drive.state.is_passing


@pytest.mark.parametrize("key", ["r", "L", "i", "0", "B"])
async def test_other_moves_go_on_from_where_the_tour_is(clock: Clock, key: str) -> None:
    async with driving(Cartoon()) as drive:
        drive.screen.start_tour("dataset")
        await goes_on(drive, clock, 3.0)
        passed = drive.z
        await drive.press(key)
        if key == "B":  # a panel beside the tour: it has the keys, and gives them back
            assert drive.state.is_passing
            await drive.type("escape", "space")
            assert "paused" in drive.status
            return
        assert not drive.state.is_passing and drive.screen._tour is None
        assert "tour" not in drive.status and drive.app.screen.focused is None
        assert len(drive.state.steps()) == 3
        await drive.press("u")
        assert drive.z is passed


async def test_it_goes_on_for_days_with_no_more_memory(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    model = Cartoon()
    monkeypatch.setattr(presenting, "time", SimpleNamespace(monotonic=clock))
    async with driving(model) as drive:
        drive.screen.start_tour("shuffled")
        objects = []
        for number in range(120):
            clock.now += 1.37 if number % 10 else 86_400.0
            drive.screen._tour_on()
            await drive.frame()
            model.decoded.clear()
            if number in (39, 79, 119):
                gc.collect()
                objects.append(sum(type(each).__module__.startswith("tui_vae") for each in gc.get_objects()))
        assert clock.now > 10 * 86_400 and "of 40" in drive.status
        assert objects[2] - objects[1] < 20  # less than one for every other frame; Textual's caches come and go
        assert len(drive.screen._presenter._times) <= 2
        assert len(drive.state.steps()) == 1
        await drive.press("escape")
        assert len(drive.state.steps()) == 2


async def test_with_reduced_motion_it_jumps(clock: Clock) -> None:
    model = Cartoon()
    async with driving(model) as drive:
        drive.screen.reduced_motion = True
        drive.screen.start_tour("dataset")
        for seconds, index in ((1.0, 0), (0.9, 0), (0.2, 1), (1.0, 1)):
            await goes_on(drive, clock, seconds)
            np.testing.assert_array_equal(drive.z, model.space.atlas[index])
            assert drive.title == f"items/{index:03d}.png"


async def test_a_walk_begins_again_at_its_end(clock: Clock) -> None:
    async with driving(Cartoon()) as drive:
        drive.screen.start_tour("walk")
        await drive.press("space", "p", "p")
        assert f"stop 1 of {ITEMS + 1}" in drive.status  # not around to the far end, which takes long to find
        await drive.press("9", "9", "n")
        assert "stop 21 of" in drive.status
        await drive.press("9", "9", "n", "space")
        assert f"stop {ITEMS + 1} of" in drive.status or "stop 1 of" in drive.status
        await drive.until(lambda: drive.screen._player.position < 1)
        await goes_on(drive, clock, 2.0)
        assert "stop 2 of" in drive.status


async def test_a_search_is_asked_for_and_bookmarks_are_offered_where_there_are_some(clock: Clock) -> None:
    async with driving(Cartoon()) as drive:
        await drive.type("T")
        names = [
            line.split()[0].lstrip("›")
            for line in drive.text(drive.screen.query_one("TourList").region)
            if line.strip()
        ]
        assert "bookmarks" not in names and "clusters" not in names
        assert {"dataset", "shuffled", "walk", "search:…", "attribute:Smiling"} <= set(names)
        for _ in range(names.index("search:…")):
            await drive.type("down")
        await drive.type("enter", *"nothing", "enter")
        assert "nothing" in "".join(drive.lines()[-4:])
        await drive.type(*"*01*.png", "enter")
        await drive.until(lambda: drive.state.is_passing)
        await drive.settle()
        assert "stop 1 of 11" in drive.status
        await drive.type("escape", "d", *"her", "enter", "T")
        assert any("the 1 that you kept" in line for line in drive.lines())


async def test_a_bar_of_ones_own_can_be_toured(clock: Clock) -> None:
    async with driving(Cartoon()) as drive:
        for seed in range(4):
            drive.state.randomize(seed)
            drive.state.mark_example(more=seed < 2)
        drive.state.make_axis("mine")
        drive.screen.start_tour("bar:mine")
        values = drive.state.values()
        await drive.press("space", "p")
        assert drive.state.values()[0] > values[0] + 1  # from the least around to the most


async def test_what_is_no_tour_is_said(clock: Clock) -> None:
    async with driving(Cartoon()) as drive:
        drive.screen.start_tour("bookmarks")
        await drive.settle()
        assert "there are no bookmarks yet" in drive.status and not drive.state.is_passing


async def test_a_click_on_the_line_goes_there(clock: Clock) -> None:
    async with driving(Cartoon()) as drive:
        drive.screen.start_tour("dataset")
        await drive.press("space")
        region = drive.screen.query_one(TourLine).region
        await drive.pilot.click(TourLine, offset=(region.width - 1, 0))
        await drive.settle()
        assert "stop 40 of 40" in drive.status
        assert drive.text(region)[0].rstrip().endswith("●")


async def test_the_mouse_pauses_and_goes_stop_by_stop(clock: Clock) -> None:
    async with driving(Cartoon()) as drive:
        drive.screen.start_tour("dataset")
        await drive.settle()
        x, y, *_ = drive.screen.query_one(TourLine).region
        await drive.pilot.click(TourLine, offset=(0, 0))
        await drive.settle()
        assert "stop 1 of 40  ·  paused" in drive.status
        for kind, stop in ((MouseScrollDown, 2), (MouseScrollDown, 3), (MouseScrollUp, 2)):
            await drive.mouse(kind, x + 5, y, 0)
            assert f"stop {stop} of 40" in drive.status
        await drive.pilot.click(TourLine, offset=(1, 0))
        await drive.settle()
        assert "paused" not in drive.status


async def test_the_palette_has_the_keys_of_a_tour_that_is_on(clock: Clock) -> None:
    def inside(drive: Drive) -> dict[str, Callable[[], Any]]:
        titles = {f"{action.title}  ({action.key_text})" for action in of_mode("tour")}
        return {c.title: c.callback for c in drive.app.get_system_commands(drive.screen) if c.title in titles}

    async with driving(Cartoon()) as drive:
        assert not inside(drive)
        drive.screen.start_tour("dataset")
        await drive.type("m")  # a panel has the keys now
        assert len(inside(drive)) == len(of_mode("tour"))
        for words, fact in {"next stop": "stop 2 of 40", "faster": "1 a second", "pause": "paused"}.items():
            await drive.type("ctrl+p", *words)
            await drive.until(lambda words=words: any(words in line.lower() for line in drive.lines()[3:]))
            await drive.type("enter")
            await drive.until(lambda fact=fact: fact in drive.status)
            assert drive.app.screen is drive.screen
        await inside(drive)["Leave  (Esc)"]()
        await drive.settle()
        assert "tour" not in drive.status and not inside(drive)


async def test_a_tour_at_the_start_waits_for_the_decoder(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    model, may_decode = Cartoon(), threading.Event()
    draw = model.draw
    monkeypatch.setattr(model, "draw", lambda z, grid: may_decode.wait(20) and draw(z, grid))
    app = steady_app(model)
    app.explorer.first_tour = "attribute:smiling"
    async with app.run_test(size=(80, 24)) as pilot:
        drive = Drive(app, pilot)
        await drive.until(lambda: drive.state.is_passing)
        await goes_on(drive, clock, 100.0, frame=False)
        assert "tour attribute:smiling  ·  stop 1 of 40" in drive.status
        may_decode.set()
        await drive.frame()
        await goes_on(drive, clock, 2.0)
        assert "stop 2 of 40" in drive.status

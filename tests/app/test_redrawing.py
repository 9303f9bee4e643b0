"""What a key press draws anew: no more than what it changes, and all of it in one frame."""

from __future__ import annotations

import asyncio
import gc
import inspect
import time
from dataclasses import replace
from typing import Any

import pytest
from textual.app import App
from textual.screen import Screen
from textual.strip import Strip
from textual.widgets import Static

from tests.app.cartoon import Cartoon
from tests.app.driving import Drive, driving
from tests.app.test_pacing_driver import Recorder, Words
from tui_vae.app.decoding import Frame
from tui_vae.app.driver import PRIVATE_SCREEN_NAMES
from tui_vae.app.widgets.bars import BarList, _joined
from tui_vae.app.widgets.face import FaceView
from tui_vae.app.widgets.frame import FaceFrame


class Watch:
    """Lines that the bars have made since it was last asked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._made: list[int] = []
        render = BarList.render_line

        def counted(bars: BarList, y: int) -> Strip:
            self._made.append(y)
            return render(bars, y)

        monkeypatch.setattr(BarList, "render_line", counted)

    def made(self) -> set[int]:
        lines, self._made = set(self._made), []
        return lines


async def test_only_bars_that_change_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    watch = Watch(monkeypatch)
    async with driving(Cartoon()) as drive:
        watch.made()
        await drive.press("l")
        assert watch.made() == {0}
        await drive.press("j")
        assert watch.made() == {0, 1}
        await drive.press("a")  # a mark, which the status line tells
        assert watch.made() == set()
        await drive.press("tab")
        assert watch.made() == set(range(drive.bars.size.height))


async def test_scrolling_and_another_theme_draw_all_bars(monkeypatch: pytest.MonkeyPatch) -> None:
    watch = Watch(monkeypatch)
    async with driving(Cartoon()) as drive:
        height = drive.bars.size.height
        await drive.press("end")
        assert watch.made() == set(range(height))
        before = _styles(drive)
        drive.app.theme = "textual-light"
        await drive.settle()
        assert watch.made() == set(range(height))
        assert _styles(drive).isdisjoint(before)


def _styles(drive: Drive) -> set[Any]:
    region = drive.bars.region
    strips = [strip.crop(region.x, region.right) for strip in drive.strips()[region.y : region.bottom]]
    return {style.bgcolor for strip in strips for _, style, _ in strip if style is not None}


async def test_a_title_is_written_without_the_face(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[set[int]] = []
    async with driving(Cartoon()) as drive:
        display = App._display

        def watched(app: App[Any], screen: Screen[Any], update: Any) -> None:
            written.append({y for y, _, _ in getattr(update, "spans", ())})
            display(app, screen, update)

        monkeypatch.setattr(App, "_display", watched)
        frame = drive.screen.query_one(FaceFrame)
        frame.set_titles("some [title]", "below")
        await drive.settle()
        assert drive.title.startswith("some [title]") and drive.subtitle.endswith("below")
        lines = set(range(frame.region.y, frame.region.bottom))
        assert lines & set().union(*written) == {min(lines), max(lines)}


def test_blanks_join_what_is_before_them_on_the_same_ground() -> None:
    from rich.style import Style

    one, other, ground = Style.parse("red on black"), Style.parse("blue on black"), Style.parse("blue on white")
    turned = one + Style(reverse=True)

    def texts(*parts: tuple[str, Style]) -> list[str]:
        return [segment.text for segment in _joined(list(parts))]

    assert texts(("a", one), (" ", other), ("b", other), ("c", other)) == ["a ", "bc"]
    assert texts(("a", one), (" ", ground)) == ["a", " "]
    assert texts(("a", turned), (" ", one)) == ["a", " "]
    assert texts() == []


async def test_textual_has_the_private_names_for_drawing_at_once() -> None:
    app = Words()
    async with app.run_test():
        screen = app.screen
        assert [name for name in PRIVATE_SCREEN_NAMES if not hasattr(screen, name)] == []
        assert "self._dirty_widgets" in inspect.getsource(Screen._on_timer_update)
        assert screen in screen._compositor.visible_widgets


def _take_terminal(app: Words) -> Recorder:
    driver = Recorder(app)
    driver.seen, driver.written, driver.answers = [], [], []
    driver._file = type("Drained", (), {"flushed": 10**9})()  # type: ignore[assignment]
    app._driver = driver
    return driver


async def test_what_changes_waits_for_the_face() -> None:
    app = Words()
    async with app.run_test() as pilot:
        own, text = app._driver, app.query_one("#text", Static)
        _take_terminal(app)
        app.gather(60)
        drawn = app.times_drawn
        text.update("two")
        await pilot.pause(0.1)
        assert app.times_drawn == drawn
        app.draw_now()
        assert app.times_drawn == drawn + 1  # at once: no message was needed
        assert app.screen._compositor.render_strips()[0].text.startswith("two")
        await pilot.pause(0.1)
        assert app.times_drawn == drawn + 1
        app._driver = own


async def test_what_changes_does_not_wait_forever() -> None:
    app = Words()
    async with app.run_test() as pilot:
        own, text = app._driver, app.query_one("#text", Static)
        _take_terminal(app)
        drawn = app.times_drawn
        app.gather(0.05)
        text.update("two", layout=False)
        deadline = time.monotonic() + 20
        while app.times_drawn == drawn and time.monotonic() < deadline:
            await asyncio.sleep(0.01)
        assert app.times_drawn == drawn + 1
        assert not app._batch_count
        await pilot.pause(0)
        app._driver = own


async def test_a_face_that_does_not_fit_the_screen_yet_is_no_reason_to_fail() -> None:
    async with driving(Cartoon()) as drive:
        assert drive.screen.query_one(FaceView).region.height > 0
        drive.app.draw_now()  # no terminal of its own: Textual draws
        drive.app.gather(60)
        assert not drive.app._batch_count


async def test_what_loading_leaves_is_not_searched_for_garbage(monkeypatch: pytest.MonkeyPatch) -> None:
    frozen: list[int] = []
    monkeypatch.setattr(gc, "freeze", lambda: frozen.append(1))
    async with driving(Cartoon()) as drive:
        assert len(frozen) == 1
        await drive.press("l", "r")
        assert len(frozen) == 1
        await drive.pilot.resize_terminal(120, 40)  # another size is compiled
        await drive.frame()
        assert len(frozen) >= 2


async def test_more_pixels_of_a_face_that_was_left_are_not_shown() -> None:
    async with driving(Cartoon()) as drive:
        presenter = drive.screen._presenter
        shown = presenter.shown
        assert shown is not None
        finer = replace(shown.request, is_finer=True)
        presenter._put(Frame(finer, 255 - shown.image, 1.0))
        assert presenter.shown is shown
        presenter._finer = finer
        presenter._put(Frame(finer, 255 - shown.image, 1.0))
        assert presenter.shown is not None and presenter.shown.request is finer

"""The private names of Textual that pacing relies on, and what it does with them."""

from __future__ import annotations

import inspect
import os
import pty
import threading
import time
import tty
from collections.abc import AsyncIterator
from typing import Any

import pytest
from rich.console import RenderableType
from textual import _xterm_parser, events
from textual.app import App, ComposeResult
from textual.drivers._writer_thread import WriterThread
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Static

from tests.terminal.exploring import wait_until
from tui_vae.app.app import ExplorerApp
from tui_vae.app.driver import PRIVATE_APP_NAMES, PRIVATE_DRIVER_NAMES, PacedApp, PacedDriver
from tui_vae.terminal import answers
from tui_vae.terminal.answers import Answer, Query
from tui_vae.terminal.pacing import Pacer


class Words(PacedApp):
    """An app that shows a text, and counts how often it has drawn."""

    times_drawn = 0

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        self.times_drawn += renderable is not None
        super()._display(screen, renderable)

    def compose(self) -> ComposeResult:
        yield Static("one", id="text")


def source(thing: object) -> str:
    return inspect.getsource(thing)  # type: ignore[arg-type]


async def test_textual_has_the_private_names() -> None:
    app = Words()
    async with app.run_test():
        missing = [name for name in PRIVATE_APP_NAMES if not hasattr(app, name)]
        driver = LinuxDriver(app)
        missing += [name for name in PRIVATE_DRIVER_NAMES if not hasattr(driver, name)]
    assert missing == [], "Textual has changed: look at tui_vae/app/driver.py"


def test_textual_still_works_the_way_that_pacing_relies_on() -> None:
    assert "if self._batch_count:" in source(App._display), "a batch update no longer holds drawing back"
    assert "not self.app._batch_count" in source(Screen._on_timer_update)
    assert "self._driver.write(terminal_sequence)" in source(App._display)
    start = source(LinuxDriver.start_application_mode)
    assert "WriterThread(self._file)" in start and "self._enable_mouse_support()" in start
    assert "self.run_input_thread()" in source(LinuxDriver._run_input_thread)
    assert WriterThread(None)._queue.maxsize == 30  # type: ignore[arg-type]
    loop = source(LinuxDriver.run_input_thread)
    assert "XTermParser(self._debug)" in loop and "parser.tick" in loop and "self.process_message(event)" in loop
    # Our question is never one whose answer Textual wants.
    assert '"2026"' in source(_xterm_parser.XTermParser.parse)


def test_the_explorer_is_paced() -> None:
    assert issubclass(ExplorerApp, PacedApp)
    assert Words().driver_class is PacedDriver


class Recorder(PacedDriver):
    """A driver that reads a pseudo-terminal and keeps what it reads and writes."""

    def keys(self) -> list[str]:
        """The key presses so far."""
        return [message.key for message in self.seen if isinstance(message, events.Key)]

    def process_message(self, message: Message) -> None:
        self.seen.append(message)

    def write(self, data: str) -> None:
        self.written.append(data)

    def _tell(self, answer: Answer) -> None:
        self.answers.append(answer)

    seen: list[Message]
    written: list[str]
    answers: list[Answer]


@pytest.fixture
async def recorder() -> AsyncIterator[tuple[Recorder, int]]:
    master, slave = pty.openpty()
    app = Words()
    async with app.run_test():
        driver = Recorder(app)
        driver.seen, driver.written, driver.answers = [], [], []
        driver.fileno = slave
        tty.setraw(slave)
        reader = threading.Thread(target=driver.run_input_thread)
        reader.start()
        yield driver, master
        driver.exit_event.set()
        reader.join()
    os.close(master)
    os.close(slave)


async def test_an_answer_in_pieces_is_no_key_press(
    recorder: tuple[Recorder, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    driver, master = recorder
    monkeypatch.setattr(answers, "HOLD", 30)
    driver.ask(Query.MODE, 0)
    assert driver.written == [Query.MODE.text(0)]
    for piece in (b"j\x1b", b"[?2", b"5;1$", b"yk\x1b[C"):
        os.write(master, piece)
        time.sleep(0.15)  # longer than Textual waits for the rest of a key
    wait_until(lambda: driver.keys() == ["j", "k", "right"])
    assert driver.answers == [Answer(Query.MODE, 0)]


async def test_escape_is_a_key_press_with_and_without_a_question(recorder: tuple[Recorder, int]) -> None:
    driver, master = recorder
    os.write(master, b"\x1b")
    wait_until(lambda: driver.keys() == ["escape"])
    driver.ask(Query.CURSOR, 2)
    os.write(master, b"\x1b")
    wait_until(lambda: driver.keys() == ["escape", "escape"])
    os.write(master, b"\x1b[2;3R")
    wait_until(lambda: driver.answers == [Answer(Query.CURSOR, 2)])
    assert driver.keys() == ["escape", "escape"]


async def test_the_mouse_is_heard_only_while_a_button_is_held(recorder: tuple[Recorder, int]) -> None:
    driver, _ = recorder
    driver._enable_mouse_support()
    driver._disable_mouse_support()
    modes = "".join(driver.written)
    assert "\x1b[?1002h" in modes and "\x1b[?1002l" in modes
    assert "1003" not in modes


async def test_what_changes_while_a_frame_is_on_its_way_is_drawn_when_the_answer_comes() -> None:
    pacer = Pacer()
    pacer.learn(Query.MODE, 0.001)
    app = Words(pacer)
    opened: list[bool] = []
    app.on_open = lambda: opened.append(app.is_held)
    async with app.run_test() as pilot:
        driver = Recorder(app)
        driver.seen, driver.written, driver.answers = [], [], []
        driver._file = type("Drained", (), {"flushed": 10**9})()  # type: ignore[assignment]
        app._hold(driver, 1000)
        number = 1
        assert app.is_held and driver.written == [Query.MODE.text(number)]
        drawn = app.times_drawn
        for text in ("two", "three"):
            app.query_one("#text", Static).update(text)
            await pilot.pause(0.1)
        assert app.is_held and app.times_drawn == drawn
        app.answer(Answer(Query.MODE, number + 1), time.monotonic())  # another question's
        assert app.is_held
        app.answer(Answer(Query.MODE, number), time.monotonic())
        await pilot.pause(0.1)
        assert opened == [False] and not app.is_held
        assert app.times_drawn > drawn

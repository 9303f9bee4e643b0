"""An application that never has more than one frame on its way to the terminal.

Textual draws whenever something has changed and writes without looking. `PacedApp` holds its drawing back, as a batch
update does, while a frame is on its way; what has changed meanwhile goes out as one frame when the answer to the
question behind it has come. `PacedDriver` asks, sorts the answers out of the input, and never makes the event loop
wait.

It relies on the private names listed below; a test compares them with Textual's.
"""

from __future__ import annotations

import asyncio
import os
import selectors
import signal
import struct
import time
from codecs import getincrementaldecoder
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import IO, TYPE_CHECKING, Any, Final

from rich.console import RenderableType
from textual._compositor import CompositorUpdate
from textual._xterm_parser import XTermParser
from textual.app import App
from textual.driver import Driver
from textual.screen import Screen

from tui_vae.app.overlay import Overlay, WithOverlay
from tui_vae.terminal import graphics
from tui_vae.terminal.answers import Answer, AnswerFilter, CellSize, Query, Report
from tui_vae.terminal.characters import to_ascii
from tui_vae.terminal.pacing import Pacer
from tui_vae.terminal.query import Heard

if TYPE_CHECKING:
    from textual.drivers.linux_driver import LinuxDriver
else:
    try:
        from textual.drivers.linux_driver import LinuxDriver
    except ImportError:  # Windows has no termios
        LinuxDriver = Driver

CAN_PACE: Final = LinuxDriver is not Driver
"""Whether this system has terminals that can be asked. Elsewhere Textual's own driver draws as it does."""
PRIVATE_APP_NAMES: Final = ("_display", "_begin_batch", "_end_batch", "_driver", "_context", "_batch_count")
PRIVATE_SCREEN_NAMES: Final = ("_on_timer_update", "_dirty_widgets", "_compositor", "_repaint_regions")
PRIVATE_DRIVER_NAMES: Final = (
    "_enable_mouse_support", "_disable_mouse_support", "_writer_thread", "_key_thread", "_file", "_mouse", "_app",
    "_loop", "_debug", "_sigcont_application", "_auto_restart", "_must_signal_resume",
)  # fmt: skip
DRAINING: Final = 0.005
"""Seconds between two looks at whether the writing thread is done, where no answer says so."""
LEAVING: Final = 0.3
"""Seconds for which a last answer is waited for on leaving; on a link known to be slow three times its latency."""
LEAVING_AT_MOST: Final = 1.0


class _CountedFile:
    """The terminal, for Textual's writing thread; counts the pieces that have been handed to the system."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self._written = 0
        self.flushed = 0

    def write(self, text: str) -> int:
        length = self._file.write(text)
        self._written += 1
        return length

    def flush(self) -> None:
        written = self._written
        self._file.flush()
        self.flushed = written

    def fileno(self) -> int:
        return self._file.fileno()


class PacedDriver(LinuxDriver):
    """Textual's driver for terminals, with questions and answers, and without reports of mere mouse movement."""

    def __init__(self, app: App[Any], **options: Any) -> None:
        super().__init__(app, **options)
        self.bytes_written = 0
        self._pieces = 0
        assert self._file is not None, "Textual takes standard error to be there"
        self._terminal: IO[str] = self._file
        self._filter = AnswerFilter()
        self._probed: float | None = None
        # With a handler of its own the loop wakes for every signal, whichever thread takes it. With `signal.signal`
        # alone one that waits sleeps on: the program would not come back from a suspension.
        self._loop.add_signal_handler(signal.SIGCONT, self._sigcont_application)

    def _sigcont_application(self, *_: object) -> None:
        """Back, perhaps from a stop that nobody could hear of: whoever had the terminal since has changed it."""
        if self._auto_restart and self._reads:
            self.suspend_application_mode()
            self._must_signal_resume = True
        super()._sigcont_application()

    @property
    def is_drained(self) -> bool:
        """Whether the system has taken all that was written."""
        return isinstance(self._file, _CountedFile) and self._file.flushed >= self._pieces

    def write(self, data: str) -> None:
        """Write; never waits."""
        if isinstance(self._app, PacedApp) and self._app.is_ascii:
            data = to_ascii(data)
        self.bytes_written += len(data.encode("utf-8", "surrogatepass"))
        self._pieces += 1
        super().write(data)

    def ask(self, query: Query, number: int) -> None:
        """Write a question; the app hears of its answer."""
        self._filter.asked(time.monotonic())
        self.write(query.text(number))

    def start_application_mode(self) -> None:
        """Begin, and ask everything that could be answered."""
        self._file = _CountedFile(self._terminal)  # type: ignore[assignment]
        self._pieces = 0
        super().start_application_mode()  # type: ignore[no-untyped-call]
        if self._writer_thread is None:  # suspended again at once
            return
        self._pass_output_on()
        # Putting into a full queue would make the event loop wait. It stays short: one frame in flight.
        self._writer_thread._queue.maxsize = 0
        if isinstance(self._app, PacedApp):
            self._loop.call_soon_threadsafe(self._app.restart_pacing)
        self._probed = time.monotonic()
        if os.environ.get("TERM_PROGRAM") != "Apple_Terminal":  # it prints the last letter
            self.ask(Query.MODE, 0)
        self.ask(Query.CURSOR, 0)
        if isinstance(self._app, PacedApp) and self._app.asks_for_graphics:
            self._filter.asked(time.monotonic())
            self.write(graphics.QUESTIONS)

    def _pass_output_on(self) -> None:
        """Have the system look for no line ends, which takes a third of a write: every line is put in its place.

        Textual leaves the terminal as it found it.
        """
        import termios

        with suppress(termios.error):
            attributes = termios.tcgetattr(self.fileno)
            attributes[1] &= ~termios.OPOST
            termios.tcsetattr(self.fileno, termios.TCSANOW, attributes)

    def disable_input(self) -> None:
        """Stop reading, once the last answer has come: the shell would echo it."""
        latency = self._app.pacer.latency if isinstance(self._app, PacedApp) else None
        until = time.monotonic() + min(max(LEAVING, 3 * (latency or 0.0)), LEAVING_AT_MOST)
        while self._reads and self._filter.awaits(now := time.monotonic()) and now < until:
            time.sleep(DRAINING)
        super().disable_input()

    @property
    def _reads(self) -> bool:
        return self._key_thread is not None and self._key_thread.is_alive()

    def stop_application_mode(self) -> None:
        """Leave nothing over the cells, and end."""
        if isinstance(self._app, PacedApp) and self._app.overlay is not None and self._writer_thread is not None:
            self.write(self._app.overlay.removal())
        super().stop_application_mode()

    def ask_cell(self) -> None:
        """Ask how large a cell is."""
        self.write(graphics.CELL_QUESTION)

    def cell_of_window(self) -> CellSize | None:
        """The size of a cell as the system knows it; `None` where it does not."""
        import fcntl  # not on Windows, where this driver is not used
        import termios

        try:
            rows, columns, width, height = struct.unpack("HHHH", fcntl.ioctl(self.fileno, termios.TIOCGWINSZ, bytes(8)))
        except OSError:
            return None
        return CellSize(height // rows, width // columns) if rows and columns and width and height else None

    def run_input_thread(self) -> None:
        """Read until told to stop: answers to the app, all else through Textual's parser."""
        decode = getincrementaldecoder("utf-8")("replace").decode
        parser = XTermParser(self._debug)
        heard = self._app.heard if isinstance(self._app, PacedApp) else None
        # Enter, as the system has it in lines that nobody reads yet; so in what is read first.
        early = heard.typed.replace(b"\n", b"\r") if heard else b""
        if heard:
            heard.typed = b""
        is_first = True
        with selectors.DefaultSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                text, early = decode(early), b""
                if not text and selector.select(0.1):
                    try:
                        data = os.read(self.fileno, 4096)
                    except OSError:
                        data = b""
                    if not data:
                        return  # the terminal has gone
                    if is_first:
                        data, is_first = data.replace(b"\n", b"\r"), False
                    text = decode(heard.replies.feed(data) if heard else data)
                elif not text and heard:
                    text = decode(heard.replies.release())
                typed, answers = self._filter.feed(text, time.monotonic())
                for answer in answers:
                    self._tell(answer)
                for message in parser.feed(typed) if typed else ():
                    self.process_message(message)
                for message in parser.tick():
                    self.process_message(message)

    def _tell(self, answer: Answer | Report) -> None:
        app, now = self._app, time.monotonic()
        if not isinstance(app, PacedApp):
            return
        if not isinstance(answer, Answer):
            if app.on_report is not None:
                self._loop.call_soon_threadsafe(app.on_report, answer)
        elif self._probed is not None:
            self._loop.call_soon_threadsafe(app.pacer.learn, answer.query, now - self._probed)
            if answer.query is Query.CURSOR:
                self._probed = None
        else:
            self._loop.call_soon_threadsafe(app.answer, answer, now)

    def _enable_mouse_support(self) -> None:
        """Presses, releases, the wheel, and movement while a button is held."""
        if self._mouse:
            for mode in (1000, 1002, 1006):
                self.write(f"\x1b[?{mode}h")

    def _disable_mouse_support(self) -> None:
        if self._mouse:
            for mode in (1006, 1002, 1000):
                self.write(f"\x1b[?{mode}l")


class PacedApp(App[str]):
    """An application with one frame in flight. Without a terminal of its own (in a test) it draws as Textual does.

    Args:
        pacer: Decides when to draw.

    Attributes:
        on_open: Called when a frame may be sent again, before what has changed is drawn.
        asks_for_graphics: Whether the terminal is asked for them whenever it is taken.
        on_report: Called with what it answers.
        overlay: What lies over the cells; written with them, in one piece.
        heard: What was typed before the app began, and replies that may still come.
        is_ascii: Whether ASCII characters are written in place of all others.
        sharpening: Whether the next frame only makes a face that stands still exact.
    """

    def __init__(self, pacer: Pacer | None = None) -> None:
        super().__init__(driver_class=PacedDriver if CAN_PACE and not os.environ.get("TEXTUAL_DRIVER") else None)
        self.pacer = pacer or Pacer()
        self.heard: Heard | None = None
        self.on_open: Callable[[], None] | None = None
        self.asks_for_graphics = False
        self.on_report: Callable[[Report], object] | None = None
        self.overlay: Overlay | None = None
        self.sharpening = False
        self.is_ascii = False
        self._is_held = False
        self._is_undrawn = False
        self._next_look: asyncio.TimerHandle | None = None
        self._gathering: asyncio.TimerHandle | None = None
        self._sent_sizes: deque[tuple[float, int]] = deque()

    @property
    def terminal(self) -> PacedDriver | None:
        """The driver, where there is a terminal that can be asked."""
        return self._driver if isinstance(self._driver, PacedDriver) else None

    @property
    def is_held(self) -> bool:
        """Whether drawing waits for a frame that is on its way."""
        return self._is_held

    @property
    def bytes_per_second(self) -> float:
        """What was written in the last second."""
        self._forget_sizes()
        return float(sum(size for _, size in self._sent_sizes))

    def _forget_sizes(self) -> None:
        while self._sent_sizes and self._sent_sizes[0][0] < time.monotonic() - 1:
            self._sent_sizes.popleft()

    def gather(self, seconds: float) -> None:
        """Hold drawing until `draw_now`, or for so long: what changes meanwhile goes out as one frame."""
        if self._gathering is None and not self._is_held and isinstance(self._driver, PacedDriver):
            self._begin_batch()
            self._gathering = asyncio.get_running_loop().call_later(seconds, self._stop_gathering, True)

    def draw_now(self) -> None:
        """Draw what has changed at once, not at the next of Textual's 60 ticks a second; later while it is held."""
        self._stop_gathering(False)
        screen = self.screen
        if self._batch_count or not self.is_running or not isinstance(self._driver, PacedDriver):
            return
        if self._is_undrawn:
            self._is_undrawn = False
            screen.refresh()
        # As if the widgets' own messages, which follow and find nothing to do, had reached the screen.
        screen._dirty_widgets.update(each for each in screen._compositor.visible_widgets if each._repaint_regions)
        with self._context():
            screen._on_timer_update()

    def _stop_gathering(self, is_late: bool) -> None:
        if self._gathering is None:
            return
        self._gathering.cancel()
        self._gathering = None
        self._end_batch()
        if is_late:
            self.draw_now()

    def answer(self, answer: Answer, now: float) -> None:
        """The terminal has answered."""
        if answer.query is self.pacer.query and self.pacer.answered(now, answer.number):
            self._look()

    def restart_pacing(self) -> None:
        """The terminal has just been taken, for the first time or after a suspension."""
        self.pacer.forget()
        self._look()

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        driver = self._driver
        if not isinstance(driver, PacedDriver) or renderable is None:
            super()._display(screen, renderable)
            return
        if self._is_held or self._gathering is not None:
            # A layout in the middle of a batch update: Textual forgets what it has not drawn.
            self._is_undrawn = True
            return
        before = driver.bytes_written
        overlay = self.overlay
        if overlay is not None and isinstance(renderable, CompositorUpdate):
            super()._display(screen, WithOverlay(renderable, overlay))  # type: ignore[arg-type]
        else:
            super()._display(screen, renderable)
        if size := driver.bytes_written - before:
            self._hold(driver, size)

    def _hold(self, driver: PacedDriver, size: int) -> None:
        now = time.monotonic()
        number = self.pacer.sent(now, size, moving=not self.sharpening)
        self.sharpening = False
        self._sent_sizes.append((now, size))
        self._forget_sizes()
        if self.pacer.query is not None:
            driver.ask(self.pacer.query, number)
        self._is_held = True
        self._begin_batch()
        self._look_later()

    def _look_later(self) -> None:
        delay = self.pacer.opens_in(time.monotonic())
        self._next_look = asyncio.get_running_loop().call_later(max(delay, DRAINING), self._look)

    def _look(self) -> None:
        """Let the next frame go, if it may."""
        driver = self._driver
        if self._next_look is not None:
            self._next_look.cancel()
            self._next_look = None
        if not self._is_held:
            return
        if not self.pacer.is_open(time.monotonic()) or (isinstance(driver, PacedDriver) and not driver.is_drained):
            self._look_later()
            return
        self._is_held = False
        self._end_batch()
        if not self.is_running:
            return
        with self._context():
            if self.on_open is not None:
                self.on_open()
            if self._gathering is None:
                self.draw_now()
            self.screen.check_idle()

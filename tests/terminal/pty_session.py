"""A program on a real pseudo-terminal, for tests: what it writes, what a terminal shows of it, and keys."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

import numpy as np
import pyte
from numpy.typing import NDArray

# The program needs the terminal as its controlling one, or it hears nothing of a resize. A tiny Python that becomes the
# program does that without running code between fork and exec of a test process full of threads.
_TAKE_TERMINAL = (
    "import fcntl, os, signal, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0);"
    # A program started in the background ignores these, and so would its children.
    "[signal.signal(number, signal.SIG_DFL) for number in (signal.SIGINT, signal.SIGQUIT)];"
    "os.execvp(sys.argv[1], sys.argv[1:])"
)

# pyte takes `CSI > 1 u` and the like for something else, or prints what it does not know: leave such sequences out.
_PRIVATE_CSI = re.compile(rb"\x1b\[[<=>][0-9;]*[a-zA-Z]|\x1b[P_^][^\x1b]*\x1b\\")
_MODE_QUERY = re.compile(rb"\x1b\[\?(\d+)\$p")
_UNFINISHED = re.compile(rb"\x1b(?:\[[<=>?0-9;$]*|[P_^][^\x1b]*\x1b?)?\Z")
_SYNCHRONISED_OUTPUT = 2026

_HUES = ("black", "red", "green", "brown", "blue", "magenta", "cyan", "white")
_DULL = ((0, 0, 0), (170, 0, 0), (0, 170, 0), (170, 85, 0), (0, 0, 170), (170, 0, 170), (0, 170, 170), (170, 170, 170))
_BRIGHT = tuple((85 + 170 * bool(i & 1), 85 + 170 * bool(i & 2), 85 + 170 * bool(i & 4)) for i in range(8))
_NAMED = dict(zip(_HUES, _DULL, strict=True)) | {f"bright{hue}": rgb for hue, rgb in zip(_HUES, _BRIGHT, strict=True)}
_NAMED["bfightmagenta"] = _NAMED["brightmagenta"]  # as pyte spells the background


class CellRegion(NamedTuple):
    """A rectangle of the terminal, in cells, from the top left corner."""

    top: int
    left: int
    height: int
    width: int


def screen_pixels(screen: pyte.Screen, region: CellRegion, default: tuple[int, int, int]) -> NDArray[np.uint8]:
    """The half-block picture that an emulated screen shows.

    Args:
        screen: The emulated terminal.
        region: The cells to read.
        default: RGB that stands for the terminal's default colours.

    Returns:
        (2 * height, width, 3) uint8.

    Raises:
        ValueError: A cell holds something else than `▀`, `▄`, `█` or a space.
    """
    pixels = np.zeros((2 * region.height, region.width, 3), np.uint8)

    def rgb(colour: str) -> tuple[int, int, int]:
        if colour == "default":
            return default
        if colour in _NAMED:
            return _NAMED[colour]
        return int(colour[:2], 16), int(colour[2:4], 16), int(colour[4:], 16)

    for y in range(region.height):
        line = screen.buffer[region.top + y]
        for x in range(region.width):
            cell = line[region.left + x]
            front, back = (cell.bg, cell.fg) if cell.reverse else (cell.fg, cell.bg)
            try:
                halves = {"▀": (front, back), "▄": (back, front), "█": (front, front), " ": (back, back)}[cell.data]
            except KeyError:
                place = f"line {region.top + y}, column {region.left + x}"
                raise ValueError(f"{cell.data!r} at {place} is no half-block cell") from None
            pixels[2 * y, x], pixels[2 * y + 1, x] = rgb(halves[0]), rgb(halves[1])
    return pixels


class _Screen(pyte.Screen):
    """A screen that answers what it is asked."""

    def __init__(self, columns: int, lines: int, answer: Callable[[str], None]) -> None:
        super().__init__(columns, lines)
        self._answer = answer

    def write_process_input(self, data: str) -> None:
        self._answer(data)

    def report_device_status(self, mode: int = 0, **_: Any) -> None:
        # pyte itself fails on the private form, `CSI ? 6 n`.
        super().report_device_status(mode)


class PtySession:
    """A running program and the terminal that it believes to have.

    Use it as a context manager: leaving it ends the program and whatever it started, without exception.

    Args:
        command: The program and its arguments.
        env: Its whole environment; `None` passes on that of the tests with `TERM=xterm-256color` and
            `COLORTERM=truecolor`.
        rows: Height of the terminal in cells.
        cols: Width of the terminal in cells.
        answer: Whether queries (cursor position, device attributes, synchronised output) get an answer.
    """

    def __init__(
        self,
        command: Sequence[str],
        env: Mapping[str, str] | None = None,
        rows: int = 24,
        cols: int = 80,
        *,
        answer: bool = True,
    ) -> None:
        environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"} if env is None else dict(env)
        self._answers = answer
        self._raw = bytearray()
        self._pending = b""
        self._changed = threading.Condition()
        self._closing = False
        self._reading = self._has_terminal = True
        self._screen = _Screen(cols, rows, self._reply)
        self._stream = pyte.ByteStream(self._screen)
        self._master, slave = pty.openpty()
        try:
            self._set_size(rows, cols)
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", _TAKE_TERMINAL, *command],
                stdin=slave,
                stdout=slave,
                stderr=slave,
                env=environment,
                start_new_session=True,
            )
        except BaseException:
            os.close(self._master)
            raise
        finally:
            os.close(slave)
        self._reader = threading.Thread(target=self._read, name="pty reader", daemon=True)
        self._reader.start()

    def __enter__(self) -> PtySession:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def pid(self) -> int:
        """The process id of the program."""
        return self._process.pid

    @property
    def exit_status(self) -> int | None:
        """The exit status, negative for a signal; `None` while the program runs."""
        return self._process.poll()

    @property
    def raw(self) -> bytes:
        """Every byte that the program has written so far."""
        with self._changed:
            return bytes(self._raw)

    def modes(self) -> list[Any]:
        """The line discipline's settings, as `termios.tcgetattr` gives them: echo, line editing, signals."""
        return termios.tcgetattr(self._master)

    def text(self) -> list[str]:
        """The characters on the screen, one string of full width per line."""
        with self._changed:
            return list(self._screen.display)

    def pixels(self, region: CellRegion, default: tuple[int, int, int] = (0, 0, 0)) -> NDArray[np.uint8]:
        """The half-block picture in a part of the screen, (2 * height, width, 3) uint8; see `screen_pixels`."""
        with self._changed:
            return screen_pixels(self._screen, region, default)

    def send(self, keys: str) -> None:
        """Type: characters as they are, other keys as the escape sequences that a terminal sends."""
        data = keys.encode()
        while data:
            data = data[os.write(self._master, data) :]

    def wait_for(self, predicate: Callable[[str], bool], timeout: float = 40.0) -> str:
        """Wait until the screen satisfies a predicate. It is asked at any moment, also in the middle of a frame.

        Args:
            predicate: Gets the text of the screen, lines joined by newlines.
            timeout: Seconds to wait at most.

        Returns:
            The text that satisfied it.

        Raises:
            TimeoutError: It did not happen in time, or the program has ended; the message holds the screen.
        """
        deadline = time.monotonic() + timeout
        while True:
            ended = not self._reader.is_alive()
            with self._changed:
                text = "\n".join(self._screen.display)
                if predicate(text):
                    return text
                left = deadline - time.monotonic()
                waits = not ended and left > 0
                if waits:
                    # A reader that ends now also notifies; the cap covers predicates that look at other things.
                    self._changed.wait(min(left, 0.1))
            if waits:
                time.sleep(0.01)  # a frame comes in many pieces, and looking at each is slow
                continue
            why = f"the program has ended ({self.exit_status})" if ended else f"nothing in {timeout} s"
            raise TimeoutError(f"{why}; the screen shows:\n{text}")

    def wait(self, timeout: float = 40.0) -> int:
        """Wait for the program's end and its last output.

        Returns:
            The exit status, negative for a signal.

        Raises:
            TimeoutError: It still runs.
        """
        try:
            status = self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise TimeoutError(f"still running after {timeout} s") from None
        self._reader.join(1.0)
        return status

    def resize(self, rows: int, cols: int) -> None:
        """Change the size of the terminal; the program gets SIGWINCH."""
        with self._changed:
            self._screen.resize(rows, cols)
        self._set_size(rows, cols)

    def terminate(self, signum: int = signal.SIGTERM) -> None:
        """Send a signal to the program, not to what it started."""
        self._process.send_signal(signum)

    def stop_reading(self) -> None:
        """Take no more output, as a link that has stalled; there is no way back."""
        self._reading = False
        self._reader.join()

    def hang_up(self) -> None:
        """Take the terminal away, as a connection does that drops."""
        self.stop_reading()
        os.close(self._master)
        self._has_terminal = False

    def close(self) -> None:
        """End the program, first politely, and everything in its session; may be called again."""
        if self._closing:
            return
        try:
            if self._process.poll() is None:
                self._process.terminate()
                with suppress(subprocess.TimeoutExpired):
                    self._process.wait(2.0)
            # A group outlives its leader while a child is left in it, and its number is not given away before.
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        finally:
            self._closing = True
            self._reader.join()
            if self._has_terminal:
                os.close(self._master)

    def _set_size(self, rows: int, cols: int) -> None:
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, cols, 0, 0))

    def _reply(self, data: str) -> None:
        if self._answers:
            self.send(data)

    def _read(self) -> None:
        while self._reading and not self._closing:
            if not select.select([self._master], [], [], 0.1)[0]:
                continue
            try:
                data = self._take()
            except OSError:
                break  # Linux reports the closing of the other side as an error.
            if not data:
                break
            with self._changed:
                self._raw += data
                self._feed(data)
                self._changed.notify_all()
        with self._changed:
            self._changed.notify_all()

    def _take(self) -> bytes:
        """What the terminal reads next."""
        return os.read(self._master, 65536)

    def _feed(self, data: bytes) -> None:
        data = self._pending + data
        unfinished = _UNFINISHED.search(data)
        cut = unfinished.start() if unfinished else len(data)
        data, self._pending = data[:cut], data[cut:]
        for query in _MODE_QUERY.finditer(data):
            known = int(query[1]) == _SYNCHRONISED_OUTPUT
            self._reply(f"\x1b[?{query[1].decode()};{2 if known else 0}$y")
        self._stream.feed(_PRIVATE_CSI.sub(b"", data))

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from tests.terminal.pty_session import CellRegion, PtySession

APP = """
import sys
import numpy as np
from textual.app import App
from textual.widgets import Static
from tui_vae.app.widgets.face import FaceView

class Host(App):
    CSS = "Static { height: 1; } FaceView { width: 20; height: 10; }"

    def compose(self):
        yield Static("ready", id="words")
        yield FaceView()

    def on_mount(self):
        self.picture(0)

    def picture(self, shift):
        y, x = np.mgrid[0:20, 0:20]
        image = np.stack([x * 12, y * 12, x + y + shift], -1).astype(np.uint8)
        self.query_one(FaceView).set_image(image)

    def on_key(self, event):
        if event.key == "q":
            self.exit(return_code=3)
        self.query_one("#words", Static).update(f"key {event.key}")
        self.picture(100)

    def on_resize(self, event):
        self.query_one("#words", Static).update(f"size {event.size.width}x{event.size.height}")

Host().run()
sys.exit(3)
"""


def expected(shift: int) -> np.ndarray:
    y, x = np.mgrid[0:20, 0:20]
    return np.stack([x * 12, y * 12, x + y + shift], -1).astype(np.uint8)


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


@pytest.fixture
def script(tmp_path: Path) -> list[str]:
    path = tmp_path / "host.py"
    path.write_text(APP)
    return [sys.executable, str(path)]


def environment() -> dict[str, str]:
    root = str(Path(__file__).parents[2])
    kept = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "TEXTUAL_COLOR_SYSTEM")}
    return kept | {"TERM": "xterm-256color", "COLORTERM": "truecolor", "PYTHONPATH": root}


def test_a_textual_app_shows_its_face_on_a_real_terminal(script: list[str]) -> None:
    with PtySession(script, environment(), rows=20, cols=60) as session:
        face = CellRegion(1, 0, 10, 20)
        session.wait_for(lambda text: "size 60x20" in text and np.array_equal(session.pixels(face), expected(0)), 60)
        session.send("a")
        session.wait_for(lambda text: "key a" in text and np.array_equal(session.pixels(face), expected(100)))
        # Synchronised output was offered and is used.
        assert b"\x1b[?2026h" in session.raw
        session.resize(18, 50)
        session.wait_for(lambda text: "size 50x18" in text)
        assert len(session.text()) == 18 and len(session.text()[0]) == 50
        session.send("q")
        assert session.wait() == 3
        pid = session.pid
    assert is_gone(pid)


def test_output_keys_and_exit_status_of_a_plain_program() -> None:
    with PtySession(["/bin/sh", "-c", "echo one; read line; echo got $line; exit 7"], rows=5, cols=20) as session:
        session.wait_for(lambda text: text.startswith("one"))
        session.send("two\n")
        session.wait_for(lambda text: "got two" in text)
        assert session.wait() == 7
        assert session.exit_status == 7
        assert b"got two" in session.raw


def test_waiting_in_vain_says_what_is_on_the_screen() -> None:
    with PtySession(["/bin/sh", "-c", "echo hello; sleep 60"], rows=3, cols=20) as session:
        session.wait_for(lambda text: "hello" in text)
        with pytest.raises(TimeoutError, match="hello"):
            session.wait_for(lambda text: "goodbye" in text, 0.2)


def test_waiting_for_an_ended_program_does_not_take_the_whole_timeout() -> None:
    with PtySession(["/bin/sh", "-c", "echo last words"], rows=3, cols=20) as session:
        session.wait()
        start = time.monotonic()
        with pytest.raises(TimeoutError, match="has ended"):
            session.wait_for(lambda text: "never" in text, 20)
        assert time.monotonic() - start < 5


def test_signals_reach_the_program() -> None:
    with PtySession(["/bin/sh", "-c", "echo up; exec sleep 60"], rows=3, cols=20) as session:
        session.wait_for(lambda text: "up" in text)  # before, it may not heed it yet
        session.terminate(signal.SIGINT)
        assert session.wait() == -signal.SIGINT


def test_nothing_is_left_of_a_program_that_ignores_the_polite_signal_and_has_children() -> None:
    stubborn = "trap '' TERM HUP; sleep 60 & echo child $!.; wait; sleep 60"
    with PtySession(["/bin/sh", "-c", stubborn], rows=3, cols=40) as session:
        text = session.wait_for(lambda text: "child" in text and "." in text)
        child = int(text.split("child ")[1].split(".")[0])
        pid = session.pid
    assert is_gone(pid)
    deadline = time.monotonic() + 5
    while not is_gone_or_zombie(child) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert is_gone_or_zombie(child)


def is_gone_or_zombie(pid: int) -> bool:
    """The orphan's new parent may take its time, or never reap in a container."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_a_failing_command_is_reported() -> None:
    with PtySession(["/no/such/program"], rows=10, cols=80) as session:
        assert session.wait() != 0
        assert "FileNotFoundError" in "".join(session.text())


def test_queries_are_answered_even_when_they_arrive_in_pieces() -> None:
    code = (
        "import os, sys, time, tty; tty.setraw(0); os.write(1, b'\\x1b['); time.sleep(0.2); os.write(1, b'6n');"
        "a = os.read(0, 99); os.write(1, b'\\x1b[?2026'); time.sleep(0.2); os.write(1, b'$p');"
        "b = os.read(0, 99); print(repr((a, b)))"
    )
    with PtySession([sys.executable, "-c", code], rows=5, cols=60) as session:
        text = session.wait_for(lambda text: ")" in text)
    assert text.startswith(repr((b"\x1b[1;1R", b"\x1b[?2026;2$y")))

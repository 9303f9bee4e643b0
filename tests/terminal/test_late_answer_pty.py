"""A terminal at the end of a long way: what it answers when the program is being left does not reach the shell."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from queue import SimpleQueue

import pytest

from tests.terminal.exploring import LOADED, assert_restored
from tests.terminal.pty_session import PtySession

DELAY = 0.15
LEAVES = b"\x1b[?2004l"
"""What the program writes on leaving, before it waits for the last answer."""
SHELL = ["sh", "-c", '"$@"; echo "left with $?"; sleep 1', "sh"]
"""Takes the terminal back, which then echoes whatever comes."""


class LateSession(PtySession):
    """A session whose terminal answers late, in the order of the questions, or no more."""

    replied: float = 0.0
    is_silent = is_holding = False

    def __init__(self, command: Sequence[str], env: Mapping[str, str]) -> None:
        self._late: SimpleQueue[tuple[float, str]] = SimpleQueue()
        threading.Thread(target=self._answer, name="late answers", daemon=True).start()
        super().__init__(command, env)

    def _reply(self, data: str) -> None:
        if not self.is_silent:
            self._late.put((time.monotonic() + DELAY, data))

    def _answer(self) -> None:
        while True:
            due, data = self._late.get()
            time.sleep(max(0.0, due - time.monotonic()))
            while self.is_holding and LEAVES not in self.raw and not self._closing:
                time.sleep(0.005)
            if self._closing:
                return
            with suppress(OSError):  # the session is over
                self.send(data)
                self.replied = time.monotonic()


@pytest.mark.parametrize("silent", [False, True], ids=["late", "never"])
def test_no_answer_is_left_to_the_shell(command: list[str], environment: Mapping[str, str], silent: bool) -> None:
    with LateSession([*SHELL, *command], environment) as session:
        before = session.modes()
        session.wait_for(lambda text: "marks" in text and "loading" not in text, LOADED)
        time.sleep(2 * DELAY)
        asked = session.raw.count(b"$p")
        session.is_silent, session.is_holding = silent, True
        session.send("5l")
        session.wait_for(lambda _: session.raw.count(b"$p") > asked)
        session.send("q")
        pressed = time.monotonic()
        session.wait_for(lambda text: "left with 0" in text)
        time.sleep(3 * DELAY)
        rest = session.raw[session.raw.rindex(b"\x1b[?1049l") :]
        assert b"^[" not in rest and b"$y" not in rest and b";0R" not in rest, rest
        assert_restored(session, before)
        assert silent or session.replied > pressed, "the answer came before the program was left"

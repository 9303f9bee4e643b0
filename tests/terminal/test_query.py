"""Asking the terminal for its colours: replies are understood, and never taken for keys nor keys for replies."""

from __future__ import annotations

import os
import pty
import termios
import threading
import tty
from collections.abc import Iterator, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.terminal.exploring import LOADED
from tests.terminal.pty_session import PtySession
from tui_vae.terminal.colour import ColourDepth
from tui_vae.terminal.query import QUESTION, Replies, ask, may_ask

KEPT = b"\x1bP1$r0;38:2::1:2:3m\x1b\\"
ATTRIBUTES = b"\x1b[?64;1;2;22c"


@pytest.mark.parametrize(
    ("reply", "keeps"),
    [
        (KEPT, True),  # xterm, VTE
        (b"\x1bP1$r0;38:2:1:2:3m\x1b\\", True),  # foot, kitty
        (b"\x1bP1$r38;2;1;2;3m\x1b\\", True),
        (b"\x1bP1$r0;1;38:2::1:2:3;48:5:3m\x1b\\", True),
        (b"\x1bP1$r0;38:5:16m\x1b\\", False),
        (b"\x1bP1$r0;38:2::1:2:30m\x1b\\", False),
        (b"\x1bP1$r0;138:2::1:2:3m\x1b\\", False),
        (b"\x1bP1$r0m\x1b\\", False),
        (b"\x1bP0$r\x1b\\", False),
        (b"", False),
    ],
)
def test_replies_are_understood(reply: bytes, keeps: bool) -> None:
    replies = Replies()
    assert replies.feed(reply + ATTRIBUTES) == b""
    assert replies.is_complete and replies.keeps_24_bits is keeps
    assert replies.feed(b"\x1b[?1c\x1b") == b"\x1b[?1c\x1b"  # nothing more is taken out, nothing held


KEYS = st.sampled_from(
    [b"j", b"5", b"\x1b[A", b"\x1b[1;2C", "é".encode(), b"\r", b"\t", b"P1", b"\x1bOP", b"$r", b"\x1bx"]
)


@given(st.lists(KEYS), st.lists(KEYS), st.lists(KEYS), st.data())
def test_keys_around_the_replies_stay_whole_and_in_order_however_it_is_cut(
    first: list[bytes], second: list[bytes], third: list[bytes], data: st.DataObject
) -> None:
    stream = b"".join([*first, KEPT, *second, ATTRIBUTES, *third])
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)))))
    replies, typed = Replies(), b""
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        typed += replies.feed(stream[start:end])
    assert typed == b"".join([*first, *second, *third])
    assert replies.is_complete and replies.keeps_24_bits


@given(st.lists(KEYS))
def test_without_replies_every_key_comes_through(keys: list[bytes]) -> None:
    replies = Replies()
    typed = b"".join(replies.feed(key) for key in keys)
    assert typed + replies.release() == b"".join(keys)


@pytest.mark.parametrize("typed", [b"\x1b", b"\x1bP", b"\x1b["])
def test_an_escape_that_was_typed_is_given_back(typed: bytes) -> None:
    replies = Replies()
    assert replies.feed(typed) == b"" and replies.release() == typed and replies.release() == b""


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    """The two ends of a pty: the terminal's, and the program's."""
    master, slave = pty.openpty()
    tty.setraw(master)
    yield master, slave
    os.close(master)
    os.close(slave)


def answering(master: int, *pieces: bytes) -> threading.Thread:
    """A terminal that reads the question, whole, and answers."""

    def answer() -> None:
        seen = b""
        while QUESTION not in seen:
            seen += os.read(master, 4096)
        for piece in pieces:
            os.write(master, piece)

    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    return thread


def test_a_terminal_is_asked_and_left_as_it_was(terminal: tuple[int, int]) -> None:
    master, slave = terminal
    attributes = termios.tcgetattr(slave)
    attributes[3] |= termios.ECHO | termios.ICANON
    attributes[1] &= ~termios.OPOST
    termios.tcsetattr(slave, termios.TCSANOW, attributes)
    before = termios.tcgetattr(slave)
    thread = answering(master, b"3", KEPT[:5], KEPT[5:] + b"g\x1b[", b"A" + ATTRIBUTES)
    heard = ask(slave, slave, 20)
    thread.join(20)
    assert heard.replies.is_complete and heard.replies.keeps_24_bits and heard.typed == b"3g\x1b[A"
    assert termios.tcgetattr(slave) == before


def test_one_that_does_not_know_the_first_question_is_known_by_the_second(terminal: tuple[int, int]) -> None:
    thread = answering(terminal[0], ATTRIBUTES)
    heard = ask(terminal[1], terminal[1], 20)
    thread.join(20)
    assert heard.replies.is_complete and not heard.replies.keeps_24_bits and heard.typed == b""


def test_a_late_answer_is_still_no_key(terminal: tuple[int, int]) -> None:
    heard = ask(terminal[1], terminal[1], 0.01)
    replies = heard.replies
    assert not replies.is_complete and heard.typed == b""
    assert replies.feed(b"j" + KEPT[:9]) + replies.feed(KEPT[9:] + b"k" + ATTRIBUTES + b"l") == b"jkl"


def test_what_is_no_terminal_is_not_asked() -> None:
    reading, writing = os.pipe()
    assert ask(reading, writing, 20).typed == b""
    os.close(writing)
    assert os.read(reading, 10) == b""
    os.close(reading)


@pytest.mark.parametrize(
    ("environ", "depth", "asks"),
    [
        ({"TERM": "xterm-256color"}, ColourDepth.ANSI_256, True),
        ({"TERM": "xterm"}, ColourDepth.ANSI_16, True),
        ({"TERM": "tmux-256color"}, ColourDepth.ANSI_256, True),
        ({"TERM": "xterm-256color"}, ColourDepth.TRUECOLOUR, False),
        ({"TERM": "xterm-256color"}, ColourDepth.MONO, False),
        ({"TERM": "linux"}, ColourDepth.ANSI_16, False),
        ({"TERM": "screen.xterm-256color", "STY": "1"}, ColourDepth.ANSI_256, False),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "Apple_Terminal"}, ColourDepth.ANSI_256, False),
        ({}, ColourDepth.ANSI_16, False),
    ],
)
def test_only_who_may_gain_is_asked(environ: dict[str, str], depth: ColourDepth, asks: bool) -> None:
    assert may_ask(environ, depth) is asks


@pytest.mark.parametrize("answers", [True, False])
def test_keys_typed_before_the_explorer_is_there_reach_it(
    command: list[str], environment: Mapping[str, str], answers: bool
) -> None:
    with PtySession(command, {**environment, "COLORTERM": ""}, answer=answers) as session:
        session.send("3")
        session.wait_for(lambda _: b"\x1bP$qm" in session.raw, LOADED)
        session.send("gn" + ("" if answers else KEPT[:7].decode()))  # an answer that comes too late is no key either
        session.wait_for(lambda text: "items/004.png" in text, LOADED)
        session.send(("" if answers else KEPT[7:].decode() + ATTRIBUTES.decode()) + "n")
        text = session.wait_for(lambda text: "items/005.png" in text)
        assert "loading" in text or "range 1" in text
        session.send("q")
        assert session.wait(LOADED) == 0

"""Asking the terminal itself for its colours: sshd hands on TERM, and nothing that says more.

A colour is set in 24 bits and the terminal asked what it has set (DECRQSS, "Request Status String" in xterm's ctlseqs).
One that answers with the same three numbers has kept them. Behind it goes a question that every terminal answers
(DA1), so that one without the first answer is known by the second, and nobody waits for a time to pass.
"""

from __future__ import annotations

import os
import re
import select
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tui_vae.terminal.colour import ColourDepth

if TYPE_CHECKING:
    import termios
else:
    try:
        import termios
    except ImportError:  # Windows
        termios = None

QUESTION: Final = b"\x1b[38;2;1;2;3m\x1bP$qm\x1b\\\x1b[m\x1b[c\r\x1b[K"
"""Ends with an empty line again, for a terminal that has printed what it did not understand."""

TIMEOUT: Final = 0.3
"""Seconds to wait at most: more than a link around half the world needs, and hardly anyone waits that long."""

_STATUS: Final = re.compile(rb"\x1bP([01])\$r([0-9:;]*m?)\x1b\\")
_ATTRIBUTES: Final = re.compile(rb"\x1b\[\?[0-9;]*c")
_BEGUN: Final = re.compile(rb"\x1b(?:P[01]?\$?r?[0-9:;]*m?\x1b?|\[(?:\?[0-9;]*)?)?\Z")
_KEPT: Final = re.compile(rb"(?:\A|;)38[:;]2[:;](?:\d*[:;])?1[:;]2[:;]3(?:;|m|\Z)")
# They print the question, hang on it, or have been found to garble colours whatever they answer.
_NOT_ASKED: Final = ("linux", "dumb", "screen", "vt", "cons", "sun")


class Replies:
    """Takes the terminal's two replies out of what is typed, also where they come late or in pieces."""

    def __init__(self) -> None:
        self._held = b""
        self._status = self._attributes = False
        self.keeps_24_bits = False

    @property
    def is_complete(self) -> bool:
        """Whether nothing more will come. The order of the replies is that of the questions."""
        return self._attributes

    def feed(self, data: bytes) -> bytes:
        """Take input in; what is no reply, in its order, comes back. A reply's beginning is held for the rest."""
        data = self._held + data
        if not self._status and (found := _STATUS.search(data)):
            self._status = True
            self.keeps_24_bits = found[1] == b"1" and _KEPT.search(found[2]) is not None
            data = data[: found.start()] + data[found.end() :]
        if not self._attributes and (found := _ATTRIBUTES.search(data)):
            self._attributes = True
            data = data[: found.start()] + data[found.end() :]
        begun = None if self.is_complete else _BEGUN.search(data)
        cut = begun.start() if begun else len(data)
        self._held = data[cut:]
        return data[:cut]

    def release(self) -> bytes:
        """What is held, if it is as likely to have been typed: an Escape alone, Alt+P or Alt+[."""
        held = self._held if len(self._held) < 3 else b""
        if held:
            self._held = b""
        return held


@dataclass
class Heard:
    """What came in answer: the replies, to feed with what is read later, and what was typed meanwhile."""

    replies: Replies
    typed: bytes


def may_ask(environ: Mapping[str, str], depth: ColourDepth) -> bool:
    """Whether asking could show more colours than the environment told of, and does no harm.

    Args:
        environ: The environment, usually `os.environ`.
        depth: What `detect` made of it.
    """
    term = environ.get("TERM", "").strip().lower()
    if termios is None:
        return False
    if depth.terminal not in (ColourDepth.ANSI_256, ColourDepth.ANSI_16) or not term or term.startswith(_NOT_ASKED):
        return False
    return not environ.get("STY") and environ.get("TERM_PROGRAM") != "Apple_Terminal"


def ask(source: int, sink: int, timeout: float = TIMEOUT) -> Heard:
    """Ask the terminal. Its settings are the same afterwards.

    Args:
        source: File descriptor to read the terminal's replies from.
        sink: File descriptor to write to it.
        timeout: Seconds to wait at most.

    Returns:
        What came.
    """
    replies, typed = Replies(), b""
    try:
        before = termios.tcgetattr(source)
    except termios.error:
        return Heard(replies, typed)
    quiet = [*before[:3], before[3] & ~(termios.ECHO | termios.ICANON), *before[4:]]
    try:
        termios.tcsetattr(source, termios.TCSANOW, quiet)  # not TCSAFLUSH: it would drop what has been typed
        os.write(sink, QUESTION)
        deadline = time.monotonic() + timeout
        while not replies.is_complete and (left := deadline - time.monotonic()) > 0:
            if not select.select([source], [], [], left)[0]:
                break
            data = os.read(source, 4096)
            if not data:
                break
            typed += replies.feed(data)
    except OSError:  # the terminal has gone: the explorer will find out
        pass
    finally:
        with suppress(termios.error):
            termios.tcsetattr(source, termios.TCSANOW, before)
    return Heard(replies, typed + replies.release())

"""Questions that a terminal answers, and its answers, sorted out of what a person types.

An answer says which question it belongs to, so that a late one is not taken for the next: mode reports (DECRQM, DEC
STD 070) name the mode, and cursor reports (DSR 6) the column, to which the cursor is moved for the moment of asking.
"""

from __future__ import annotations

import re
from collections import deque
from enum import Enum
from typing import Final, NamedTuple

# Modes that every terminal with mode reports knows; asking changes nothing.
_MODES: Final = (25, 7, 1004, 2004)
# Below the first line: `CSI 1 ; m R` is also what F3 with a modifier sends.
_LINE, _COLUMNS = 2, 8

_ANSWER: Final = re.compile(
    rf"\x1b\[\?({'|'.join(map(str, _MODES))});[0-4]\$y|\x1b\[{_LINE};([1-{_COLUMNS}])R"
    r"|\x1b_Gi=31;([^\x1b]*)\x1b\\|\x1b\[\?([0-9;]*)c|\x1b\[6;(\d{1,5});(\d{1,5})t"
)
_BEGUN: Final = re.compile(
    rf"\x1b(?:\[(?:\?[\d;]*\$?|{_LINE}(?:;[1-{_COLUMNS}]?)?|6(?:;\d{{0,5}}){{0,2}})?|_(?:G[^\x1b]*\x1b?)?)?\Z"
)

HOLD: Final = 0.25
"""Seconds for which a beginning that a person may also have typed (Esc, Alt+[) is held back while an answer is due."""

DUE: Final = 5.0
"""Seconds after a question for which that is done."""


class Query(Enum):
    """What can be asked. The value is the number of questions that can be told apart."""

    MODE = len(_MODES)
    CURSOR = _COLUMNS

    @property
    def period(self) -> int:
        """Numbers that are equal modulo this ask the same question."""
        return int(self.value)

    def text(self, number: int) -> str:
        """The question with this number, as it is written to the terminal."""
        if self is Query.MODE:
            return f"\x1b[?{_MODES[number % self.period]}$p"
        return f"\x1b7\x1b[{_LINE};{number % self.period + 1}H\x1b[6n\x1b8"


class Answer(NamedTuple):
    """An answer: to which kind of question, and its number modulo the period."""

    query: Query
    number: int


class KittyReport(NamedTuple):
    """Whether the terminal knows kitty's graphics."""

    works: bool


class Attributes(NamedTuple):
    """The terminal's device attributes (DA1). It has answered all that was asked before."""

    numbers: frozenset[int]


class CellSize(NamedTuple):
    """A cell in pixels."""

    height: int
    width: int


Report = KittyReport | Attributes | CellSize


class AnswerFilter:
    """Takes answers out of a stream of input, whole or in pieces; all else goes through in its order.

    No key sends what an answer looks like. The beginning of one is held back until the rest has come; where that could
    also be the Escape key, only shortly, and only while an answer is due.
    """

    def __init__(self) -> None:
        self._due: deque[float] = deque()  # until when, for each question; asked in one thread, answered in another
        self._held = ""
        self._since = 0.0

    def asked(self, now: float) -> None:
        """A question has been written."""
        self._due.append(now + DUE)

    def awaits(self, now: float) -> bool:
        """Whether an answer may still come. From any thread."""
        return any(until > now for until in tuple(self._due))

    def feed(self, text: str, now: float) -> tuple[str, list[Answer | Report]]:
        """Input has come, or nothing has for a while.

        Args:
            text: What was read; may be empty.
            now: The time in seconds.

        Returns:
            What was typed, and the answers.
        """
        if text:
            self._since = now
        text, self._held = self._held + text, ""
        answers: list[Answer | Report] = []
        typed: list[str] = []
        start = 0
        for match in _ANSWER.finditer(text):
            typed.append(text[start : match.start()])
            start = match.end()
            answers.append(answer := _read(match))
            # Of the questions about graphics only the last one is sure to be answered, and counted as asked.
            if self._due and isinstance(answer, Answer | Attributes):
                self._due.popleft()
        while self._due and self._due[0] <= now:
            self._due.popleft()
        rest = text[start:]
        begun = _BEGUN.search(rest)
        if begun and now < self._holds_until(begun[0]):
            rest, self._held = rest[: begun.start()], begun[0]
        return "".join([*typed, rest]), answers

    def _holds_until(self, beginning: str) -> float:
        # No key sends `CSI ?`: that is a report, however long the rest takes.
        if beginning.startswith("\x1b[?"):
            return self._since + DUE
        if beginning.startswith("\x1b_G"):  # Alt+_ and then G, unless something is due
            return self._since + (DUE if self._due else 0)
        return self._since + HOLD if self._due else float("-inf")


def _read(match: re.Match[str]) -> Answer | Report:
    mode, column, kitty, attributes, height, width = match.groups()
    if mode is not None:
        return Answer(Query.MODE, _MODES.index(int(mode)))
    if column is not None:
        return Answer(Query.CURSOR, int(column) - 1)
    if kitty is not None:
        return KittyReport(kitty == "OK")
    if attributes is not None:
        return Attributes(frozenset(int(number) for number in attributes.split(";") if number))
    return CellSize(int(height), int(width))

"""What a terminal with real pixels makes of what it is sent: small readers of kitty's protocol and of sixels."""

from __future__ import annotations

import io
import re
from base64 import standard_b64decode
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image

from tests.terminal.pty_session import PtySession

Pixels = npt.NDArray[np.uint8]

_KITTY = re.compile(rb"\x1b_G([^;\x1b]*)(?:;([^\x1b]*))?\x1b\\|\x1b\[(\d+);(\d+)H")
_SIXEL = re.compile(rb"\x1b\[(\d+);(\d+)H(\x1bP0;1;0q[^\x1b]*\x1b\\)")
_QUESTIONS = re.compile(rb"\x1b_Gi=31[^\x1b]*\x1b\\|\x1b\[16t|\x1b\[c")


class Shown(NamedTuple):
    """A picture on the screen: its top left cell counted from 0, the cells that it is stretched to, its pixels."""

    line: int
    column: int
    lines: int
    columns: int
    image: Pixels


def kitty_screen(raw: bytes, every: list[Shown] | None = None) -> dict[int, Shown]:
    """The pictures that are on the screen after all this, by number; all that have been are added to a list."""
    shown: dict[int, Shown] = {}
    place, data, keys = (0, 0), b"", dict[str, str]()
    for match in _KITTY.finditer(raw):
        if match[3]:
            place = int(match[3]) - 1, int(match[4]) - 1
            continue
        now = dict(pair.split("=") for pair in match[1].decode().split(","))
        assert len(match[2] or b"") <= 4096
        if now.get("a") == "q":
            continue
        if now.get("a") == "d":
            assert now["d"] == "I"
            shown.pop(int(now["i"]), None)
            continue
        keys, data = (keys, data + match[2]) if data else (now, match[2])
        if now["m"] == "0":
            image = np.asarray(Image.open(io.BytesIO(standard_b64decode(data))))
            assert keys["a"] == "T" and keys["C"] == "1" and keys["q"] == "2"
            shown[int(keys["i"])] = Shown(*place, int(keys.get("r", 0)), int(keys.get("c", 0)), image)
            data = b""
            if every is not None:
                every.append(shown[int(keys["i"])])
    assert not data
    return shown


def read_sixels(text: str) -> Pixels:
    """The pixels of a sixel sequence, one that sets all of them."""
    begun = re.match(r'\x1bP0;1;0q"1;1;(\d+);(\d+)', text)
    assert begun is not None and text.endswith("\x1b\\")
    width, height = int(begun[1]), int(begun[2])
    image = np.full((height, width, 3), -1)
    colours: dict[int, npt.NDArray[Any]] = {}
    x = top = colour = 0
    for match in re.finditer(r"#(\d+)(?:;2;(\d+);(\d+);(\d+))?|(?:!(\d+))?([?-~])|([$-])", text[begun.end() : -2]):
        if match[1]:
            colour = int(match[1])
            if match[2]:
                colours[colour] = np.array([int(match[part]) for part in (2, 3, 4)]) * 255 // 100
        elif match[6]:
            count, bits = int(match[5] or 1), ord(match[6]) - 63
            for bit in range(6):
                if bits >> bit & 1:
                    assert top + bit < height and x + count <= width
                    image[top + bit, x : x + count] = colours[colour]
            x += count
        else:
            x, top = 0, top + 6 * (match[7] == "-")
    assert (image >= 0).all()
    return image.astype(np.uint8)


def last_sixels(raw: bytes) -> tuple[int, int, Pixels] | None:
    """(line, column, pixels) of the last picture that was written; `None` if none was."""
    found = [*_SIXEL.finditer(raw)]
    if not found:
        return None
    line, column, text = found[-1].groups()
    return int(line) - 1, int(column) - 1, read_sixels(text.decode())


class PictureSession(PtySession):
    """A session whose terminal answers questions about real pixels.

    Args:
        command: As for `PtySession`.
        env: As for `PtySession`.
        rows: As for `PtySession`.
        cols: As for `PtySession`.
        kitty: Whether it knows kitty's graphics.
        attributes: Its device attributes; 4 among them means sixels.
        cell: (height, width) of its cells in pixels; `None` for a terminal that does not tell.
        typed: Keys that arrive in the middle of the answers.
    """

    def __init__(
        self,
        command: Sequence[str],
        env: Mapping[str, str],
        rows: int = 24,
        cols: int = 80,
        *,
        kitty: bool = False,
        attributes: str = "62;22",
        cell: tuple[int, int] | None = (16, 8),
        typed: str = "",
    ) -> None:
        self.cell, self._kitty, self._attributes, self._typed = cell, kitty, attributes, typed
        super().__init__(command, env, rows, cols)

    def _feed(self, data: bytes) -> None:
        data, self._pending = self._pending + data, b""
        super()._feed(_QUESTIONS.sub(self._answer, data))

    def _answer(self, question: re.Match[bytes]) -> bytes:
        if question[0].startswith(b"\x1b_G"):
            if self._kitty:
                self._reply("\x1b_Gi=31;OK\x1b\\")
            self._reply(self._typed)
            self._typed = ""
        elif question[0] == b"\x1b[16t":
            if self.cell is not None:
                self._reply(f"\x1b[6;{self.cell[0]};{self.cell[1]}t")
        else:
            self._reply(f"\x1b[?{self._attributes}c")
        return b""


def is_inside_frames(raw: bytes, pattern: bytes) -> bool:
    """Whether every match lies between the beginning and the end of a synchronised frame."""
    return all(
        raw.rfind(b"\x1b[?2026h", 0, match.start()) > raw.rfind(b"\x1b[?2026l", 0, match.start())
        for match in re.finditer(pattern, raw)
    )

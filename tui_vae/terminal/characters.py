"""Whether the terminal takes characters beyond ASCII, by the locale; and what stands for them where it does not."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tui_vae.terminal.grid import CellShape

NOTICE: Final = "no UTF-8 locale: ASCII cells (--cells half, if the terminal has more)"

_STAND_INS: Final = (
    ("─━▁▂▃╌…–", "-"),
    ("│┃▏▎▍▕╎", "|"),
    ("╭╮╰╯┌┐└┘├┤┼┴┬", "+"),
    ("█▉▊▋▌▐▇▆▅▄▀▓▒", "#"),
    ("░·•▪", "."),
    ("●○◆", "o"),
    ("›→▶", ">"),
    ("‹←◀", "<"),
    ("↑", "^"),
    ("↓", "v"),
    ("σ", "s"),
    ("×", "x"),
)
_TABLE: Final = {ord(character): plain for characters, plain in _STAND_INS for character in characters}


def to_ascii(text: str) -> str:
    """The text with one ASCII character for every other; lines and blocks by what looks like them."""
    if text.isascii():
        return text
    return text.translate(_TABLE).encode("ascii", "replace").decode("ascii")


def lacks_utf8(environ: Mapping[str, str]) -> bool:
    """Whether the locale says that characters are not UTF-8. One that says nothing at all is taken for UTF-8.

    Args:
        environ: The environment that the program was started with, as `first_environment` gives it.
    """
    said = next((value for name in ("LC_ALL", "LC_CTYPE", "LANG") if (value := environ.get(name))), "")
    return bool(said) and "utf8" not in said.lower().replace("-", "")


def first_environment() -> dict[str, str]:
    """The environment as it was before Python put a UTF-8 locale in place of the C locale (PEP 538)."""
    try:
        entries = Path("/proc/self/environ").read_bytes().split(b"\0")
    except OSError:
        return dict(os.environ)
    pairs = (os.fsdecode(entry).partition("=") for entry in entries if entry)
    return {name: value for name, _, value in pairs}


def cell_shape(name: str, environ: Mapping[str, str]) -> CellShape:
    """The shape of a name of `CellShape`; of `auto`, half blocks, or `ASCII` where `lacks_utf8`."""
    if name != "auto":
        return CellShape(name)
    return CellShape.ASCII if lacks_utf8(environ) else CellShape.HALF

"""The user's settings: one TOML file in the config folder. Reading it loads neither Textual nor JAX."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final

from tui_vae import paths
from tui_vae.app import actions
from tui_vae.app.actions.keymap import Keymap, KeymapError, read_keys
from tui_vae.errors import UserError

COLOURS: Final = ("auto", "truecolor", "256", "16", "none")
CELLS: Final = ("auto", "half", "quadrant", "sextant", "ascii")
GRAPHICS: Final = ("auto", "kitty", "sixel", "off")
ZOOMS: Final = ("fit", "integer")
FPS: Final = (1.0, 60.0)
MAX_BYTES: Final = 1_000_000

EXAMPLE: Final = """\
# Settings of tui-vae. What stands behind a # is not read: these are the values that hold without this file.
# What is said on the command line wins.

# checkpoint = "faces"       # the model to open: a name that `tui-vae list` shows, or a path
# color = "auto"             # auto, truecolor, 256, 16, none
# cells = "auto"             # auto, half, quadrant, sextant, ascii
# zoom = "fit"               # fit, integer
# fps = 60                   # frames a second at most, 1 to 60
# thin = false               # spare the link: faces that move have fewer colours
# mouse = true
# graphics = "auto"          # auto, kitty, sixel, off: the face in real pixels
# theme = "dusk"             # dusk, dawn, contrast, or one of Textual's; ^t chooses another one
# reduced_motion = false     # nothing glides: what plays by itself goes in steps

[keys]
# The keys of an action, by its id (`tui-vae keys --ids`): a key, or a list of keys, in place of its own.
# random = ["r", "f5"]
# "bar.down" = ["down", "j", "ctrl+n"]
# undo = "ctrl+u"
"""


@dataclass(frozen=True)
class Settings:
    """What holds unless the command line says otherwise. ``keys`` are remapped keys by the id of the action."""

    checkpoint: str = "faces"
    color: str = "auto"
    cells: str = "auto"
    zoom: str = "fit"
    fps: float = FPS[1]
    thin: bool = False
    mouse: bool = True
    graphics: str = "auto"
    theme: str = "dusk"
    reduced_motion: bool = False
    keys: Keymap = field(default_factory=dict)


def read(path: Path | None = None) -> Settings:
    """The settings of a file, the user's own unless told; the defaults where there is none.

    Raises:
        UserError: it cannot be read, or something in it is wrong; names the file, the line and what to do.
    """
    path = path or paths.settings()
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        return Settings()
    except OSError as error:
        raise UserError(f"{path}: cannot read: {error.strerror or error}") from error
    try:
        if len(content) > MAX_BYTES:
            raise ValueError("it is too large")
        text = content.decode("utf-8-sig")
        table = tomllib.loads(text)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UserError(f"{path}: line {line}: not UTF-8: save the file as UTF-8") from error
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path}: {_syntax(error, content)}") from error
    return _settings(path, text, table)


def refusal(name: str, problem: str, path: Path | None = None) -> UserError:
    """What to raise where a setting turns out to be wrong only when it is used: names file and line."""
    path = path or paths.settings()
    try:
        line = line_of(path.read_text(encoding="utf-8-sig", errors="replace"), name)
    except OSError:
        line = None
    return UserError(f"{path}: {f'line {line}: ' if line else ''}{name} {problem}")


def _syntax(error: Exception, content: bytes) -> str:
    """What is wrong with TOML, the line first, as everywhere."""
    message = str(error) or "it is nested too deep"
    found = re.search(r" \(at line (\d+), column \d+\)$", message)
    if found is None and message.endswith(" (at end of document)"):
        return f"line {max(1, len(content.splitlines()))}: not TOML: {message}"
    if found is None:
        return f"not TOML: {message}"
    return f"line {found[1]}: not TOML: {message[: found.start()]}"


def _settings(path: Path, text: str, table: dict[str, Any]) -> Settings:
    def refuse(problem: str, name: str, section: str = "") -> UserError:
        line = line_of(text, name, section)
        return UserError(f"{path}: {f'line {line}: ' if line else ''}{problem}")

    values: dict[str, Any] = {}
    known = {each.name for each in fields(Settings)}
    for name, value in table.items():
        if name == "keys":
            continue
        if name not in known:
            raise refuse(f"there is no setting {name!r}; there are {', '.join(sorted(known))}", name)
        try:
            values[name] = _CHECKS[name](value)
        except ValueError as error:
            raise refuse(f"{name} {error}", name) from None
    keys = table.get("keys", {})
    if not isinstance(keys, dict):
        raise refuse("keys is a table: write [keys] on a line of its own, and a line for each action below", "keys")
    try:
        values["keys"] = read_keys(_flat(keys), actions.ACTIONS)
    except KeymapError as error:
        raise refuse(str(error), error.action, "keys") from None
    return Settings(**values)


def _flat(table: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """``bar.down = "s"`` without quotes is a table in a table: the same action."""
    found: dict[str, Any] = {}
    for name, value in table.items():
        found |= _flat(value, f"{prefix}{name}.") if isinstance(value, dict) else {f"{prefix}{name}": value}
    return found


def line_of(text: str, name: str, section: str = "") -> int | None:
    """The line, from 1, where a name is given its value in a section of TOML; ``None`` where it is not to be found."""
    wanted, here = f"{section}.{name}" if section else name, ""
    for number, line in enumerate(text.splitlines(), 1):
        if heading := re.match(r"\s*\[\s*([\w.\"' -]+?)\s*\]", line):
            here = re.sub(r"[\"'\s]", "", heading[1])
            full = here
        elif "=" in line:
            key = re.sub(r"[\"'\s]", "", line.partition("=")[0])
            full = f"{here}.{key}" if here else key
        else:
            continue
        if full == wanted or full.startswith(f"{wanted}."):
            return number
    return None


def _choice(*choices: str) -> Callable[[Any], str]:
    def check(value: Any) -> str:
        if str(value) not in choices or isinstance(value, bool):
            raise ValueError(f"is {value!r}: use one of {', '.join(choices)}")
        return str(value)

    return check


def _switch(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"is {value!r}: use true or false")
    return value


def _word(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"is {value!r}: use a text in quotes")
    return value


def _rate(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not FPS[0] <= value <= FPS[1]:
        raise ValueError(f"is {value!r}: use a number from {FPS[0]:g} to {FPS[1]:g}")
    return float(value)


_CHECKS: Final[dict[str, Callable[[Any], Any]]] = {
    "checkpoint": _word,
    "color": _choice(*COLOURS),
    "cells": _choice(*CELLS),
    "zoom": _choice(*ZOOMS),
    "fps": _rate,
    "thin": _switch,
    "mouse": _switch,
    "graphics": _choice(*GRAPHICS),
    "theme": _word,
    "reduced_motion": _switch,
}

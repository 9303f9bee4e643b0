"""What an action is."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Action:
    """One action. ``keys`` are Textual's names; ``call`` is the action method, with its argument; ``footer`` the short
    name in the footer, empty where it is not listed.

    ``mode`` says where the keys hold: everywhere in the explorer, or only in the panel of that name while it has the
    keys; ``call`` is then a method of that panel, or of the screen where it begins with ``screen.``
    """

    id: str
    keys: tuple[str, ...]
    title: str
    tooltip: str
    group: str
    call: str
    footer: str = ""
    palette: bool = True
    mode: str = ""

    @property
    def key_text(self) -> str:
        """The keys as a person reads them."""
        return " ".join(key_name(key) for key in self.keys)


def key_name(key: str) -> str:
    """One of Textual's key names as a person reads it: ``shift+left`` is ⇧←."""
    if key in _KEY_NAMES:
        return _KEY_NAMES[key]
    modifiers, _, base = key.rpartition("+")
    shown = modifiers.replace("ctrl", "^").replace("shift", "⇧").replace("alt", "⌥").replace("+", "")
    return shown + (_KEY_NAMES.get(base) or _character(base))


def _character(name: str) -> str:
    """``dollar_sign`` is $; other names stay."""
    try:
        character = unicodedata.lookup(name.replace("_", " "))
    except KeyError:
        return name
    return character if character.isprintable() else name


_KEY_NAMES = {
    "up": "↑", "down": "↓", "left": "←", "right": "→",
    "left_square_bracket": "[", "right_square_bracket": "]", "full_stop": ".", "question_mark": "?",
    "less_than_sign": "<", "greater_than_sign": ">",
    "tab": "tab", "pageup": "PgUp", "pagedown": "PgDn",
    "apostrophe": "'", "equals_sign": "=", "slash": "/", "plus": "+", "minus": "-",
    "backslash": "\\", "at": "@", "underscore": "_",
    "enter": "Enter", "delete": "Del", "backspace": "Bksp", "comma": ",",
    "home": "Home", "end": "End", "space": "space", "escape": "Esc",
}  # fmt: skip

"""What an action is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Action:
    """One action. ``keys`` are Textual's names; ``call`` is the action method, with its argument; ``footer`` the short
    name in the footer, empty where it is not listed.

    ``mode`` says where the keys hold: everywhere in the explorer, or only in the panel of that name while it has the
    keys; ``call`` is then a method of that panel.
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
    return _KEY_NAMES.get(key, key.replace("ctrl+", "^").replace("shift+", "⇧"))


_KEY_NAMES = {
    "up": "↑", "down": "↓", "left": "←", "right": "→", "shift+left": "⇧←", "shift+right": "⇧→",
    "left_square_bracket": "[", "right_square_bracket": "]", "full_stop": ".", "question_mark": "?",
    "less_than_sign": "<", "greater_than_sign": ">",
    "ctrl+p": "^p", "ctrl+r": "^r",
    "ctrl+z": "^z", "tab": "tab", "shift+tab": "⇧tab", "pageup": "PgUp", "pagedown": "PgDn",
    "apostrophe": "'", "equals_sign": "=", "slash": "/", "plus": "+", "minus": "-",
    "enter": "Enter", "delete": "Del", "comma": ",", "shift+up": "⇧↑", "shift+down": "⇧↓",
    "home": "Home", "end": "End", "space": "space", "escape": "Esc",
}  # fmt: skip

"""Remapped keys: other keys for actions of the table."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from tui_vae.app.actions.action import Action, key_name

Keymap = Mapping[str, tuple[str, ...]]
"""Keys, in Textual's names, by the id of an action."""

EXTENDS: Final = {"grid": "gallery", "bookmarks": "gallery"}
"""Panels that have another one's keys besides their own."""
RESERVED: Final = {"ctrl+c": "quits, always"} | {str(digit): "begins a count" for digit in range(1, 10)}
NAMED: Final = frozenset(
    ["up", "down", "left", "right", "home", "end", "pageup", "pagedown"]
    + ["enter", "escape", "tab", "space", "delete", "insert", "backspace"]
    + [f"f{number}" for number in range(1, 25)]
)
MODIFIERS: Final = ("ctrl+", "shift+", "alt+")
# Textual's names of characters are Unicode's, but for these.
_NAMES: Final = {
    "solidus": "slash", "reverse_solidus": "backslash", "commercial_at": "at", "hyphen_minus": "minus",
    "plus_sign": "plus", "low_line": "underscore",
}  # fmt: skip
COUNT_ZERO: Final = "reset"


class KeymapError(ValueError):
    """What is wrong with the keys of an action, in one line. ``action`` is its id as it was given."""

    def __init__(self, action: str, problem: str) -> None:
        super().__init__(problem)
        self.action = action


def read_keys(wanted: Mapping[str, Any], table: Iterable[Action]) -> dict[str, tuple[str, ...]]:
    """A keymap out of what was written: by id of an action a key, or a list of keys.

    Raises:
        KeymapError: no such action, no such key, or a key that another action has in the same place.
    """
    table = tuple(table)
    known = {action.id for action in table}
    keymap: dict[str, tuple[str, ...]] = {}
    for name, keys in wanted.items():
        if name not in known:
            raise KeymapError(name, f"there is no action {name!r}: `tui-vae keys --ids` lists them")
        keys = [keys] if isinstance(keys, str) else keys
        if not isinstance(keys, list) or not keys or not all(isinstance(key, str) for key in keys):
            raise KeymapError(name, f'{name} needs a key in quotes, or a list of them, such as ["x", "ctrl+x"]')
        try:
            keymap[name] = tuple(dict.fromkeys(textual_key(key) for key in keys))
        except ValueError as error:
            raise KeymapError(name, f"{name}: {error}") from None
        if name == COUNT_ZERO and "0" not in keymap[name]:
            raise KeymapError(name, f"{name}: 0 must stay among its keys, for counts such as 10")
    _check_conflicts(keymap, remapped(keymap, table))
    return keymap


def textual_key(key: str) -> str:
    """A key in Textual's spelling: ``?`` is ``question_mark``, ``ctrl+x`` stays.

    Raises:
        ValueError: there is no such key, or it is not to be had.
    """
    modifiers, base = "", key.strip() or key
    while (found := next((each for each in MODIFIERS if base.lower().startswith(each)), None)) and base[len(found) :]:
        modifiers, base = modifiers + found, base[len(found) :]
    if len(base) == 1:
        if modifiers == "shift+" and base.isalpha():
            raise ValueError(f"write {base.upper()} for {key}: that is what terminals send")
        base = "space" if base == " " else _character_name(base)
    elif base.lower() in NAMED:
        base = base.lower()
    elif not _is_character_name(base):
        raise ValueError(f"there is no key {key!r}: write a character, or up, enter, f5, ctrl+x and the like")
    full = modifiers + (base.lower() if "ctrl+" in modifiers else base)
    if full in RESERVED:
        raise ValueError(f"{full} {RESERVED[full]}: choose another key")
    return full


def remapped(keymap: Keymap, table: Iterable[Action]) -> tuple[Action, ...]:
    """The table with the keys of a keymap."""
    return tuple(replace(action, keys=tuple(keymap[action.id])) if action.id in keymap else action for action in table)


def _check_conflicts(keymap: Keymap, table: tuple[Action, ...]) -> None:
    for action in table:
        if action.id not in keymap:
            continue
        for other in table:
            together = action.mode == other.mode or EXTENDS.get(action.mode) == other.mode
            if other is action or not (together or EXTENDS.get(other.mode) == action.mode):
                continue
            if shared := [key for key in action.keys if key in other.keys]:
                text = f"{action.id}: {key_name(shared[0])} is the key of {other.id} too: give one of them another key"
                raise KeymapError(action.id, text)


def _character_name(character: str) -> str:
    if character.isalnum():
        return character
    try:
        if not character.isprintable():
            raise ValueError
        name = unicodedata.name(character).lower().replace("-", "_").replace(" ", "_")
    except ValueError:
        raise ValueError(f"there is no key {character!r}") from None
    return _NAMES.get(name, name)


def _is_character_name(name: str) -> bool:
    return name in {_character_name(chr(code)) for code in range(33, 127)}

"""Remapped keys."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.keys import _character_to_key

from tui_vae.app.actions import ACTIONS, key_name
from tui_vae.app.actions.keymap import EXTENDS, KeymapError, read_keys, remapped, textual_key
from tui_vae.app.panels import PANELS
from tui_vae.app.panels.items import FoundFaces

PRINTABLE = [chr(code) for code in range(33, 127)]


@pytest.mark.parametrize("character", [each for each in PRINTABLE if each not in "123456789"])
def test_a_character_is_the_key_that_textual_calls_it(character: str) -> None:
    assert textual_key(character) == _character_to_key(character)
    assert textual_key(textual_key(character)) == textual_key(character)
    assert key_name(textual_key(character)) == character


@pytest.mark.parametrize(
    ("typed", "key", "shown"),
    [
        ("ctrl+x", "ctrl+x", "^x"),
        ("Ctrl+X", "ctrl+x", "^x"),
        ("alt+enter", "alt+enter", "⌥Enter"),
        ("Up", "up", "↑"),
        ("shift+up", "shift+up", "⇧↑"),
        ("f12", "f12", "f12"),
        (" ", "space", "space"),
        ("é", "é", "é"),
        ("full_stop", "full_stop", "."),
    ],
)
def test_keys_are_spelled_as_people_do(typed: str, key: str, shown: str) -> None:
    assert textual_key(typed) == key
    assert key_name(key) == shown


@given(st.text(max_size=12))
def test_any_text_is_a_key_or_refused(text: str) -> None:
    try:
        key = textual_key(text)
    except ValueError:
        return
    assert key.isprintable() and "," not in key and key_name(key)


def test_two_actions_can_change_places() -> None:
    table = {action.id: action for action in remapped(read_keys({"random": "u", "undo": "r"}, ACTIONS), ACTIONS)}
    assert table["random"].keys == ("u",) and table["undo"].keys == ("r",)
    assert table["redo"] == next(action for action in ACTIONS if action.id == "redo")


@pytest.mark.parametrize(
    ("wanted", "action"),
    [
        ({"random": "u"}, "random"),
        ({"random": "f2", "undo": ["f3", "f2"]}, "random"),
        ({"grid.other": "enter"}, "grid.other"),
        ({"gallery.take": "full_stop"}, "gallery.take"),
    ],
)
def test_a_key_is_that_of_one_action_only(wanted: dict[str, object], action: str) -> None:
    with pytest.raises(KeymapError, match="give one of them another key") as caught:
        read_keys(wanted, ACTIONS)
    assert caught.value.action == action


def test_panels_may_take_keys_of_the_explorer() -> None:
    assert read_keys({"gallery.take": "r", "map.land": "r"}, ACTIONS)


def test_the_panels_that_have_keys_of_others_are_known() -> None:
    assert {modes[0]: modes[1] for panel in (*PANELS.values(), FoundFaces) if len(modes := panel.modes) > 1} == EXTENDS
    assert all(len(panel.modes) <= 2 for panel in PANELS.values())

"""The table of actions: nothing twice, nothing that leads nowhere, and a page that says the same."""

from __future__ import annotations

import ast
import inspect
from collections import Counter
from pathlib import Path

import pytest
from textual.keys import KEY_ALIASES, Keys, _character_to_key

from tui_vae.app import actions
from tui_vae.app.actions import ACTIONS, Action
from tui_vae.app.app import ExplorerApp
from tui_vae.app.panels.gallery import Gallery
from tui_vae.app.panels.items import BookmarkedFaces
from tui_vae.app.panels.lines import Lines
from tui_vae.app.panels.map import MapPanel
from tui_vae.app.panels.strip import AxisGrid
from tui_vae.app.screens.explorer import ExplorerScreen

KEYS_PAGE = Path(__file__).parents[2] / "docs" / "keys.md"
MODES: dict[str, type[object]] = {
    "": ExplorerScreen,
    "gallery": Gallery,
    "grid": AxisGrid,
    "bookmarks": BookmarkedFaces,
    "map": MapPanel,
    "lines": Lines,
    "tour": ExplorerScreen,
}
EACH = pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.id)


def test_ids_and_keys_are_there_once() -> None:
    assert [name for name, times in Counter(action.id for action in ACTIONS).items() if times > 1] == []
    keys = Counter((action.mode, key) for action in ACTIONS for key in action.keys)
    assert [key for key, times in keys.items() if times > 1] == []


def test_no_action_takes_a_digit_of_a_count() -> None:
    assert not {str(digit) for digit in range(1, 10)} & {key for action in ACTIONS for key in action.keys}


def test_titles_differ_so_that_the_palette_can_tell_them_apart() -> None:
    titles = Counter((action.mode, action.title) for action in ACTIONS)
    assert [title for title, times in titles.items() if times > 1] == []


@EACH
def test_the_explorer_can_do_it(action: Action) -> None:
    name, _, rest = action.call.partition("(")
    arguments = ast.literal_eval(f"({rest.removesuffix(')')},)") if rest else ()
    if name.startswith("app."):
        method = getattr(ExplorerApp, f"action_{name.removeprefix('app.')}", None)
    elif name.startswith("screen."):
        method = getattr(ExplorerScreen, f"action_{name.removeprefix('screen.')}", None)
    else:
        method = getattr(MODES[action.mode], f"action_{name}", None)
    assert method is not None, f"nothing has an action {name}"
    inspect.signature(method).bind(None, *arguments)


@EACH
def test_it_has_words_and_a_key_that_textual_knows(action: Action) -> None:
    assert action.title and action.tooltip and action.group
    assert action.tooltip == action.tooltip.strip().removesuffix(".")
    assert action.keys
    known = {key.value for key in Keys} | set(KEY_ALIASES)
    for key in action.keys:
        last = key.rpartition("+")[2]
        spelled = {_character_to_key(character) for character in map(chr, range(33, 127))}
        assert key in known or last in spelled or last == "tab", f"{key} is not a key"


def test_the_text_and_the_page_name_every_action() -> None:
    text, page = actions.as_text(), actions.as_markdown()
    for action in ACTIONS:
        assert any(action.key_text in line and action.tooltip in line for line in text.splitlines())
        assert f"| {action.tooltip} |" in page
    assert actions.COUNTS in text and actions.COUNTS in page
    assert "_" not in "".join(action.key_text for action in ACTIONS), "a key is shown by its inner name"


def test_groups_hold_all_actions_in_order() -> None:
    assert [action for group in actions.groups().values() for action in group] == list(ACTIONS)


def test_the_keys_page_is_up_to_date() -> None:
    remedy = "python -c 'from tui_vae.app.actions import as_markdown as m; print(m(), end=str())' > docs/keys.md"
    assert KEYS_PAGE.read_text(encoding="utf-8") == actions.as_markdown(), f"write it anew: {remedy}"

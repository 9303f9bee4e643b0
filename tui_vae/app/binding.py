"""Textual bindings out of the table of actions."""

from __future__ import annotations

from typing import Any

from textual.app import App
from textual.binding import Binding

from tui_vae.app.actions import ACTIONS, Action, key_name, of_mode


def table_of(app: App[Any]) -> tuple[Action, ...]:
    """The table of actions with the user's own keys."""
    table: tuple[Action, ...] = getattr(app, "actions", ACTIONS)  # another app's, in a test, has none
    return table


def key_of(app: App[Any], name: str) -> str:
    """The first key of an action, by its id, as a person reads it: the user's own, where there is one."""
    return next(key_name(action.keys[0]) for action in table_of(app) if action.id == name)


def bindings(mode: str = "") -> list[Binding]:
    """The bindings of a mode: those of the explorer, or of a panel."""
    return [
        Binding(
            ",".join(action.keys),
            action.call,
            action.footer or action.title,
            show=bool(action.footer),
            tooltip=action.tooltip,
            id=action.id,
        )
        for action in of_mode(mode)
    ]

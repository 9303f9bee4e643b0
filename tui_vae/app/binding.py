"""Textual bindings out of the table of actions."""

from __future__ import annotations

from textual.binding import Binding

from tui_vae.app.actions import of_mode


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

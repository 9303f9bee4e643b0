"""Every action of the explorer: its keys, its name, what it does. The bindings, the help screen, the command palette,
the footer, ``tui-vae keys`` and ``docs/keys.md`` are all made from this one table, which has a module for each group.

The method that an action calls is in the module of the same name in :mod:`tui_vae.app.parts`, or in the panel that
its mode names (:mod:`tui_vae.app.panels`).
"""

from __future__ import annotations

from collections.abc import Iterable

from tui_vae.app.actions import bars, between, dataset, following, moving, panels, photo, program, recipes, tours
from tui_vae.app.actions.action import Action, key_name

__all__ = ["ACTIONS", "COUNTS", "MOUSE", "Action", "as_markdown", "as_text", "groups", "key_name", "of_mode"]

ACTIONS: tuple[Action, ...] = (
    *bars.ROWS,
    *moving.ROWS,
    *dataset.ROWS,
    *between.ROWS,
    *tours.ROWS,
    *recipes.ROWS,
    *panels.ROWS,
    *following.ROWS,
    *photo.ROWS,
    *program.ROWS,
)

COUNTS = (
    "A number before a movement repeats it: 12j is twelve bars down, 5l five steps right, 100n a hundred faces on, "
    "3u three steps back; 7g goes to face 7."
)

MOUSE = (
    "click or drag a bar or the slider, turn the wheel over a bar to nudge it. Click a face or a line of a panel, or a "
    "place on the map, to go there. Click the line of a tour to go there, its sign to pause; the wheel goes stop by "
    "stop. More, in the footer, has every command."
)


def of_mode(mode: str, table: Iterable[Action] = ACTIONS) -> list[Action]:
    """The actions whose keys hold in a mode; "" is the explorer itself."""
    return [action for action in table if action.mode == mode]


def groups(table: Iterable[Action] = ACTIONS) -> dict[str, list[Action]]:
    """The actions by group, in the table's order."""
    grouped: dict[str, list[Action]] = {}
    for action in table:
        grouped.setdefault(action.group, []).append(action)
    return grouped


def as_text(table: Iterable[Action] = ACTIONS, *, ids: bool = False) -> str:
    """The keys as plain text; with ``ids``, with the names by which settings know the actions."""
    lines = []
    for group, actions in groups(table).items():
        names = [f"{action.id:<20} " if ids else "" for action in actions]
        rows = zip(names, actions, strict=True)
        lines += [group, *(f"  {name}{action.key_text:<10} {action.tooltip}" for name, action in rows), ""]
    return "\n".join([*lines, COUNTS])


def as_markdown() -> str:
    """The keys as the page ``docs/keys.md``."""
    lines = ["# Keys", "", COUNTS, "", f"Mouse: {MOUSE}", ""]
    for group, actions in groups().items():
        lines += [f"## {group}", "", "| key | does |", "|---|---|"]
        lines += [
            f"| {' '.join(f'`{key}`' for key in action.key_text.split())} | {action.tooltip} |" for action in actions
        ]
        lines.append("")
    return "\n".join(lines)

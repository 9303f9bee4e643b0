"""Recipes: how a face was made, as a short token."""

from __future__ import annotations

from tui_vae.app.actions.action import Action

GROUP = "Recipes"

ROWS: tuple[Action, ...] = (
    Action(
        "recipe.copy", ("y",), "Copy", "Copy how this face was made, a token, to the clipboard", GROUP, "copy_recipe"
    ),
    Action(
        "recipe.open",
        ("Y",),
        "Open recipe",
        "Go to the face of a token; one that is pasted anywhere is opened too",
        GROUP,
        "open_recipe",
    ),
)

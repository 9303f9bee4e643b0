"""A run that is still training (``--follow``)."""

from __future__ import annotations

from tui_vae.app.actions.action import Action

GROUP = "Training"

ROWS: tuple[Action, ...] = (
    Action(
        "weights.earlier",
        ("less_than_sign",),
        "Earlier weights",
        "The weights of an earlier report of the run that is followed",
        GROUP,
        "step_weights(-1)",
    ),
    Action(
        "weights.later",
        ("greater_than_sign",),
        "Later weights",
        "The weights of a later report; from the newest on, new ones as they land",
        GROUP,
        "step_weights(1)",
    ),
    Action(
        "weights.axes",
        ("A",),
        "Refit axes",
        "The axes of the weights that are shown; until then the bars keep those of the first",
        GROUP,
        "refit_axes",
    ),
)

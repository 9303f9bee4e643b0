"""Moves that need no bar."""

from __future__ import annotations

from tui_vae.app.actions.action import Action

GROUP = "Moving"

ROWS: tuple[Action, ...] = (
    Action(
        "random", ("r",), "Random", "A random face, as far out as the range says", GROUP, "randomize", footer="Random"
    ),
    Action(
        "random.options",
        ("R",),
        "Random with",
        "A random face by seed, atlas, posterior or prior, trunc (sigma or off) and range, such as: seed 7 trunc 2",
        GROUP,
        "random_options",
    ),
    Action("range.less", ("left_square_bracket",), "Narrower", "Narrow the range of random faces", GROUP, "spread(-1)"),
    Action("range.more", ("right_square_bracket",), "Wider", "Widen the range of random faces", GROUP, "spread(1)"),
    Action("vary", ("v",), "Vary", "A face a small random step from this one", GROUP, "vary"),
    Action(
        "invert", ("i",), "Invert", "The opposite face: reflect through the average", GROUP, "invert", footer="Invert"
    ),
    Action("reset", ("0",), "Reset", "The average face: all bars to zero", GROUP, "reset", footer="Reset"),
    Action(
        "go_back",
        ("apostrophe",),
        "Go back",
        "Back to where you were when the connection dropped",
        GROUP,
        "go_back",
    ),
    Action("undo", ("u",), "Undo", "Take the last move back", GROUP, "undo", footer="Undo"),
    Action("redo", ("ctrl+r",), "Redo", "Do it again", GROUP, "redo"),
)

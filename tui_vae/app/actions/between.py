"""From one face to another."""

from __future__ import annotations

from tui_vae.app.actions.action import Action

GROUP = "Between two faces"

ROWS: tuple[Action, ...] = (
    Action("mark.a", ("a",), "Mark A", "Keep this face as A", GROUP, "mark('a')"),
    Action("mark.b", ("b",), "Mark B", "Keep this face as B", GROUP, "mark('b')"),
    Action(
        "mix", ("t",), "Interpolate", "A slider from A to B and back; t or Esc leaves it", GROUP, "mix", footer="Mix"
    ),
    Action(
        "mix.ends",
        ("I",),
        "Between",
        "A slider between any two faces: A to bookmark:anna, 12 to random",
        GROUP,
        "choose_ends",
    ),
    Action("mix.way", ("W",), "Way", "Go straight (lerp) or around the average face (slerp)", GROUP, "switch_way"),
    Action(
        "mix.play", ("space",), "Play", "Play the way from one face to the other and back; again to stop", GROUP, "play"
    ),
)

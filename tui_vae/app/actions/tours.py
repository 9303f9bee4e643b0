"""Tours: choosing one, and the keys while it is on."""

from __future__ import annotations

from tui_vae.app.actions.action import Action

GROUP = "Tours"
ON = "While a tour is on"


def _while_on(name: str, keys: tuple[str, ...], title: str, tooltip: str, call: str, footer: str = "") -> Action:
    return Action(f"tour.{name}", keys, title, tooltip, ON, f"screen.{call}", footer, mode="tour")


ROWS: tuple[Action, ...] = (
    Action(
        "tours",
        ("T",),
        "Tours",
        "Go through the dataset, an attribute, a walk, your bookmarks, a search: choose a tour",
        GROUP,
        "panel('tours')",
    ),
    _while_on("pause", ("space",), "Pause", "Stay here; again to go on", "tour_pause", footer="Pause"),
    _while_on("next", ("right", "l", "n"), "Next stop", "Go to the next stop", "tour_step(1)"),
    _while_on("previous", ("left", "h", "p"), "Previous stop", "Go to the stop before", "tour_step(-1)"),
    _while_on("faster", ("greater_than_sign",), "Faster", "More stops a second", "tour_speed(1)"),
    _while_on("slower", ("less_than_sign",), "Slower", "Fewer stops a second", "tour_speed(-1)"),
    _while_on(
        "leave", ("escape",), "Leave", "Stay at this face; u goes back to before the tour", "tour_leave", "Leave"
    ),
)

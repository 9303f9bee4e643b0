"""Panels beside the face, in the place of the bars: opening them, and the keys that hold inside."""

from __future__ import annotations

from tui_vae.app.actions.action import Action

GROUP = "Panels"
INSIDE = "Inside a panel of faces"

ROWS: tuple[Action, ...] = (
    Action(
        "panel.strip",
        ("e",),
        "Traversal",
        "The face along the selected axis, from -3 to +3 sigma: pick one",
        GROUP,
        "panel('strip')",
    ),
    Action("gallery.right", ("right", "l"), "Next face", "Next face", INSIDE, "step(1, 0)", mode="gallery"),
    Action("gallery.left", ("left", "h"), "Previous face", "Previous face", INSIDE, "step(-1, 0)", mode="gallery"),
    Action("gallery.down", ("down", "j"), "Row down", "A row down", INSIDE, "step(0, 1)", mode="gallery"),
    Action("gallery.up", ("up", "k"), "Row up", "A row up", INSIDE, "step(0, -1)", mode="gallery"),
    Action("gallery.page_down", ("pagedown",), "Screen down", "A page down", INSIDE, "page(1)", mode="gallery"),
    Action("gallery.page_up", ("pageup",), "Screen up", "A page up", INSIDE, "page(-1)", mode="gallery"),
    Action("gallery.first", ("home",), "First face", "The first face", INSIDE, "edge(-1)", mode="gallery"),
    Action("gallery.last", ("end",), "Last face", "The last face", INSIDE, "edge(1)", mode="gallery"),
    Action(
        "gallery.take", ("enter",), "Take this face", "Go to the chosen face", INSIDE, "take", "Take", mode="gallery"
    ),
    Action("gallery.close", ("escape",), "Close", "Back to the bars", INSIDE, "close", "Bars", mode="gallery"),
)

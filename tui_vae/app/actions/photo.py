"""A face of the user's own."""

from __future__ import annotations

from tui_vae.app.actions.action import Action

GROUP = "Your own face"

ROWS: tuple[Action, ...] = (
    Action(
        "photo", ("O",), "Photo", "Open a photo: its face, aligned and encoded (or drop a file here)", GROUP, "photo"
    ),
    Action("camera", ("C",), "Camera", "A live mirror: a camera's face, or a video's, as it moves", GROUP, "camera"),
)

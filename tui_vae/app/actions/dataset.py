"""Faces of the dataset."""

from __future__ import annotations

from tui_vae.app.actions.action import Action

GROUP = "Dataset"

ROWS: tuple[Action, ...] = (
    Action("dataset.next", ("n",), "Next", "The next face of the dataset", GROUP, "step_dataset(1)", footer="Next"),
    Action("dataset.previous", ("p",), "Previous", "The previous face of the dataset", GROUP, "step_dataset(-1)"),
    Action("dataset.go_to", ("g",), "Go to", "Go to a face by its index", GROUP, "go_to", footer="Go to"),
)

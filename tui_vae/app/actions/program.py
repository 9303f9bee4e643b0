"""The program itself."""

from __future__ import annotations

from tui_vae.app.actions.action import Action

GROUP = "Program"

ROWS: tuple[Action, ...] = (
    Action(
        "save",
        ("s",),
        "Save",
        "Save the face as PNG and its latent vector as .npy, in this folder",
        GROUP,
        "save",
    ),
    Action(
        "export",
        ("X",),
        "Export",
        "Write faces, latents, recipes, sheets and films to files: PNG, GIF, WebP, asciinema and more",
        GROUP,
        "export",
    ),
    Action(
        "measure",
        ("f",),
        "Measure",
        "Show faces and bytes a second, the link's answers, and the quality; again to stop",
        GROUP,
        "measure",
    ),
    Action("cancel", ("escape",), "Cancel", "Leave the slider, drop a count", GROUP, "cancel", palette=False),
    Action("help", ("question_mark",), "Help", "What the keys do, and what a latent is", GROUP, "help", footer="Help"),
    Action(
        "palette",
        ("ctrl+p",),
        "Commands",
        "Find a command by its name",
        GROUP,
        "command_palette",
        footer="More",
        palette=False,
    ),
    Action("jump", ("J",), "Jump", "A letter on every control; typing it goes there", GROUP, "jump"),
    Action("checkpoints", ("ctrl+o",), "Checkpoints", "Open another model, in this program", GROUP, "checkpoints"),
    Action("theme", ("ctrl+t",), "Theme", "Choose the colours", GROUP, "app.change_theme"),
    Action(
        "suspend",
        ("ctrl+z",),
        "Suspend",
        "Go back to the shell; fg returns",
        GROUP,
        "app.suspend_process",
        palette=False,
    ),
    Action("quit", ("q",), "Quit", "Leave the program", GROUP, "quit", footer="Quit"),
)

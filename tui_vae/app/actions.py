"""Every action of the explorer: its keys, its name, what it does. The bindings, the help screen, the command palette,
the footer, ``tui-vae keys`` and ``docs/keys.md`` are all made from this one table."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Action:
    """One action. ``keys`` are Textual's names; ``call`` is the app's action method, with its argument;
    ``footer`` the short name in the footer, empty where it is not listed."""

    id: str
    keys: tuple[str, ...]
    title: str
    tooltip: str
    group: str
    call: str
    footer: str = ""
    palette: bool = True

    @property
    def key_text(self) -> str:
        """The keys as a person reads them."""
        return " ".join(_KEY_NAMES.get(key, key.replace("ctrl+", "^").replace("shift+", "⇧")) for key in self.keys)


_KEY_NAMES = {
    "up": "↑", "down": "↓", "left": "←", "right": "→", "shift+left": "⇧←", "shift+right": "⇧→",
    "left_square_bracket": "[", "right_square_bracket": "]", "full_stop": ".", "question_mark": "?",
    "ctrl+p": "^p", "ctrl+r": "^r",
    "ctrl+z": "^z", "tab": "tab", "shift+tab": "⇧tab", "pageup": "PgUp", "pagedown": "PgDn",
    "apostrophe": "'", "home": "Home", "end": "End", "space": "space", "escape": "Esc",
}  # fmt: skip

BARS, MOVING, DATASET, BETWEEN, PROGRAM = "Bars", "Moving", "Dataset", "Between two faces", "Program"

ACTIONS: tuple[Action, ...] = (
    Action("bar.down", ("down", "j"), "Next bar", "Select the next bar", BARS, "select(1)", palette=False),
    Action("bar.up", ("up", "k"), "Previous bar", "Select the previous bar", BARS, "select(-1)", palette=False),
    Action("bar.page_down", ("pagedown",), "Page down", "Select a page further down", BARS, "page(1)", palette=False),
    Action("bar.page_up", ("pageup",), "Page up", "Select a page further up", BARS, "page(-1)", palette=False),
    Action("bar.first", ("home",), "First bar", "Select the first bar", BARS, "edge(-1)", palette=False),
    Action("bar.last", ("end",), "Last bar", "Select the last bar", BARS, "edge(1)", palette=False),
    Action(
        "bar.more",
        ("right", "l"),
        "More",
        "Move the bar right by 0.1 sigma (or the slider from A to B)",
        BARS,
        "nudge(1)",
    ),
    Action(
        "bar.less", ("left", "h"), "Less", "Move the bar left by 0.1 sigma (or the slider back to A)", BARS, "nudge(-1)"
    ),
    Action("bar.much_more", ("shift+right", "L"), "Much more", "Move the bar right by 0.5 sigma", BARS, "nudge(5)"),
    Action("bar.much_less", ("shift+left", "H"), "Much less", "Move the bar left by 0.5 sigma", BARS, "nudge(-5)"),
    Action("bar.reset", ("full_stop",), "Reset bar", "Put this bar to zero", BARS, "reset_bar"),
    Action(
        "axes.next",
        ("tab",),
        "Axes",
        "Switch the bars: PCA, raw dimensions, attributes",
        BARS,
        "next_axes(1)",
        footer="Axes",
    ),
    Action(
        "axes.previous",
        ("shift+tab",),
        "Axes back",
        "Switch the bars the other way",
        BARS,
        "next_axes(-1)",
        palette=False,
    ),
    Action(
        "random", ("r",), "Random", "A random face, as far out as the range says", MOVING, "randomize", footer="Random"
    ),
    Action(
        "range.less", ("left_square_bracket",), "Narrower", "Narrow the range of random faces", MOVING, "spread(-1)"
    ),
    Action("range.more", ("right_square_bracket",), "Wider", "Widen the range of random faces", MOVING, "spread(1)"),
    Action(
        "invert", ("i",), "Invert", "The opposite face: reflect through the average", MOVING, "invert", footer="Invert"
    ),
    Action("reset", ("0",), "Reset", "The average face: all bars to zero", MOVING, "reset", footer="Reset"),
    Action(
        "go_back",
        ("apostrophe",),
        "Go back",
        "Back to where you were when the connection dropped",
        MOVING,
        "go_back",
    ),
    Action("undo", ("u",), "Undo", "Take the last move back", MOVING, "undo", footer="Undo"),
    Action("redo", ("ctrl+r",), "Redo", "Do it again", MOVING, "redo"),
    Action("dataset.next", ("n",), "Next", "The next face of the dataset", DATASET, "step_dataset(1)", footer="Next"),
    Action("dataset.previous", ("p",), "Previous", "The previous face of the dataset", DATASET, "step_dataset(-1)"),
    Action("dataset.go_to", ("g",), "Go to", "Go to a face by its index", DATASET, "go_to", footer="Go to"),
    Action("mark.a", ("a",), "Mark A", "Keep this face as A", BETWEEN, "mark('a')"),
    Action("mark.b", ("b",), "Mark B", "Keep this face as B", BETWEEN, "mark('b')"),
    Action(
        "mix", ("t",), "Interpolate", "A slider from A to B and back; t or Esc leaves it", BETWEEN, "mix", footer="Mix"
    ),
    Action("mix.play", ("space",), "Play", "Play the way from A to B and back; again to stop", BETWEEN, "play"),
    Action(
        "save",
        ("s",),
        "Save",
        "Save the face as PNG and its latent vector as .npy, in this folder",
        PROGRAM,
        "save",
    ),
    Action(
        "measure",
        ("f",),
        "Measure",
        "Show faces and bytes a second, the link's answers, and the quality; again to stop",
        PROGRAM,
        "measure",
    ),
    Action("cancel", ("escape",), "Cancel", "Leave the slider, drop a count", PROGRAM, "cancel", palette=False),
    Action(
        "help", ("question_mark",), "Help", "What the keys do, and what a latent is", PROGRAM, "help", footer="Help"
    ),
    Action("palette", ("ctrl+p",), "Commands", "Find a command by its name", PROGRAM, "command_palette", palette=False),
    Action(
        "suspend",
        ("ctrl+z",),
        "Suspend",
        "Go back to the shell; fg returns",
        PROGRAM,
        "app.suspend_process",
        palette=False,
    ),
    Action("quit", ("q",), "Quit", "Leave the program", PROGRAM, "quit", footer="Quit"),
)

COUNTS = (
    "A number before a movement repeats it: 12j is twelve bars down, 5l five steps right, 100n a hundred faces on, "
    "3u three steps back; 7g goes to face 7."
)


def groups() -> dict[str, list[Action]]:
    """The actions by group, in the table's order."""
    grouped: dict[str, list[Action]] = {}
    for action in ACTIONS:
        grouped.setdefault(action.group, []).append(action)
    return grouped


def as_text() -> str:
    """The keys as plain text."""
    lines = []
    for group, actions in groups().items():
        lines += [group, *(f"  {action.key_text:<10} {action.tooltip}" for action in actions), ""]
    return "\n".join([*lines, COUNTS])


def as_markdown() -> str:
    """The keys as the page ``docs/keys.md``."""
    lines = ["# Keys", "", COUNTS, "", "Mouse: click or drag a bar to set it, turn the wheel over it to nudge it.", ""]
    for group, actions in groups().items():
        lines += [f"## {group}", "", "| key | does |", "|---|---|"]
        lines += [
            f"| {' '.join(f'`{key}`' for key in action.key_text.split())} | {action.tooltip} |" for action in actions
        ]
        lines.append("")
    return "\n".join(lines)

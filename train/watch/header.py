"""The two lines that say how the run stands."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.widgets import Static

from train.report.figures import fitting
from train.watch.standing import Standing, State

BAR = (10, 40)


class RunHeader(Static):
    """Name, state, epoch, time left and a bar; below it step, speed, beta, the best report."""

    DEFAULT_CSS: ClassVar[str] = """
    RunHeader { height: 2; padding: 0 1; background: $surface; color: $foreground 70%; text-wrap: nowrap; }
    """

    def __init__(self, name: str) -> None:
        super().__init__()
        self._run = name
        self._standing: Standing | None = None

    def show(self, standing: Standing) -> None:
        """Say this from now on."""
        if standing != self._standing:
            self._standing = standing
            self.refresh()

    def render(self) -> Text:
        """Both lines, at the width that there is."""
        width = self.size.width
        if self._standing is None or width < 1:
            return Text("")
        stands, colours = self._standing, self.app.theme_variables
        colour = {State.STALLED: colours["warning"], State.FINISHED: colours["success"]}.get(stands.state, "")
        name = self._run if len(self._run) <= max(12, width // 3) else self._run[: max(11, width // 3 - 1)] + "…"
        first = Text(no_wrap=True, overflow="ellipsis")
        first.append(name, f"bold {colours['accent']}")
        first.append("  ")
        if stands.state is State.WAITING:
            first.append(stands.words[0])
        else:
            room = width - len(name) - 2
            share = f"{stands.share:.0%}".replace("%", " %") if stands.share is not None else ""
            text = fitting(list(stands.words), room, " · ")
            first.append(stands.words[0] if text.startswith(stands.words[0]) else "", colour)
            first.append(text[len(stands.words[0]) :] if text.startswith(stands.words[0]) else text)
            size = min(BAR[1], room - len(text) - len(share) - 3)
            if stands.share is not None and size >= BAR[0]:
                filled = round(2 * size * stands.share)
                bar = "━" * (filled // 2) + "╸" * (filled % 2)
                first.append("  ")
                first.append(bar, colours["primary"])
                first.append("─" * (size - len(bar)), "dim")
                first.append(f" {share}")
        second = Text(fitting(list(stands.details), width, " · "), no_wrap=True, overflow="ellipsis")
        if stands.details and stands.details[0].endswith("skipped"):
            second.stylize(colours["warning"], 0, len(stands.details[0]))
        first.truncate(width, overflow="ellipsis")
        return Text("\n").join([first, second])

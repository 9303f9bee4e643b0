"""A curve in a few lines of the terminal."""

from __future__ import annotations

from itertools import groupby
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from train.report.figures import short
from train.report.log import Quantity
from train.report.series import Series
from train.watch.plot import BAND, LINE, MARK, Plot, plot, tick

GUTTER = 7


class CurvePlot(Widget):
    """A heading with the newest values, and below it the curve in braille with its range on the left."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "plot--title",
        "plot--value",
        "plot--axis",
        "plot--band",
        "plot--line",
        "plot--mark",
    }
    DEFAULT_CSS: ClassVar[str] = """
    CurvePlot { height: 1fr; }
    CurvePlot > .plot--title { color: $foreground 80%; }
    CurvePlot > .plot--value { color: $foreground; text-style: bold; }
    CurvePlot > .plot--axis { color: $foreground 40%; }
    CurvePlot > .plot--band { color: $primary 30%; }
    CurvePlot > .plot--line { color: $primary; }
    CurvePlot > .plot--mark { color: $accent; }
    """

    def __init__(self, quantity: Quantity, id: str | None = None) -> None:
        super().__init__(id=id)
        self.quantity = quantity
        self.log_scale = False
        self._curve: Series | None = None
        self._held_out: Series | None = None
        self._span = (0.0, 1.0)
        self._drawn: tuple[object, Plot | None] = (None, None)

    def show(
        self, curve: Series | None, held_out: Series | None, span: tuple[float, float], log_scale: bool = False
    ) -> None:
        """Draw these from now on, over ``span`` epochs."""
        self._curve, self._held_out, self._span, self.log_scale = curve, held_out, span, log_scale
        self._drawn = (None, None)
        self.refresh()

    @property
    def plot(self) -> Plot | None:
        """What is drawn, at the size that there is."""
        size = (self.size.height - 1, self.size.width - GUTTER - 1)
        if self._drawn[0] != size:
            drawn = plot(self._curve, self._held_out, size, self._span, self.log_scale, self.quantity.whole)
            self._drawn = (size, drawn)
        return self._drawn[1]

    def render_line(self, y: int) -> Strip:
        """The heading, then the curve."""
        width, ground = self.size.width, self.rich_style
        if y == 0:
            return self._heading(width, ground)
        drawn = self.plot
        if drawn is None or y > len(drawn.rows):
            return Strip.blank(width, ground)
        label = tick(drawn.top) if y == 1 else tick(drawn.bottom) if y == len(drawn.rows) else ""
        styles = {0: ground, **{kind: self._style(name) for kind, name in _STYLES.items()}}
        segments = [Segment(f"{label:>{GUTTER - 1}} ", self._style("plot--axis"))]
        cells = zip(drawn.rows[y - 1], drawn.kinds[y - 1].tolist(), strict=True)
        for kind, group in groupby(cells, key=lambda cell: cell[1]):
            segments.append(Segment("".join(text for text, _ in group), styles[kind]))
        return Strip(segments, width - 1).extend_cell_length(width, ground).crop(0, width)

    def _heading(self, width: int, ground: Style) -> Strip:
        title = self.quantity.title
        if self.log_scale and (drawn := self.plot) is not None:
            title += ", log" if drawn.log else ", not log: below 0"
        values = []
        if self._curve is not None:
            values.append((short(float(self._curve.arrays()[1][-1])), "plot--value"))
        if self._held_out is not None:
            values.append((f"  val {short(float(self._held_out.arrays()[1][-1]))}", "plot--mark"))
        if self.quantity.unit:
            values.append((f" {self.quantity.unit}", "plot--axis"))
        # What does not fit goes: first the unit, then the validation's value.
        while values and len(title) + sum(len(text) for text, _ in values) + 2 > width:
            values.pop()
        room = max(0, width - 1 - sum(len(text) for text, _ in values))
        segments = [Segment(title[:room].ljust(room), self._style("plot--title"))]
        segments += [Segment(text, self._style(name)) for text, name in values]
        return Strip(segments).extend_cell_length(width, ground).crop(0, width)

    def _style(self, name: str) -> Style:
        return self.get_component_rich_style(name)


_STYLES = {BAND: "plot--band", LINE: "plot--line", MARK: "plot--mark"}

"""The bars: one line per axis, centred on zero, drawn to an eighth of a cell."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from tui_vae.latent.axes import Axes, Vector
from tui_vae.latent.explorer import BAR_LIMIT

EIGHTHS = " ▏▎▍▌▋▊▉█"
VALUE_WIDTH = 6
SCALE_WIDTH = 6
MIN_LABEL, MAX_LABEL = 6, 18
MIN_TRACK = 10


def bar_cells(value: float, half: int) -> list[tuple[str, bool]]:
    """A bar of ``2 * half`` cells for a value in sigma: (glyph, reversed) per cell, zero in the middle.

    Glyphs fill cells from the left; a cell that fills from the right is the rest of one, drawn reversed.
    """
    eighths = min(round(abs(value) / BAR_LIMIT * half * 8), half * 8)
    full, rest = divmod(eighths, 8)
    if value >= 0:
        right = [("█", False)] * full + ([(EIGHTHS[rest], False)] if rest else [])
        return [(" ", False)] * half + right + [(" ", False)] * (half - len(right))
    left = ([(EIGHTHS[8 - rest], True)] if rest else []) + [("█", False)] * full
    return [(" ", False)] * (half - len(left)) + left + [(" ", False)] * half


class BarList(Widget):
    """Shows as many bars as fit and scrolls to keep the selected one in view. Drag sets a bar, the wheel nudges it."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "bars--label",
        "bars--dim",
        "bars--track",
        "bars--positive",
        "bars--negative",
        "bars--selected",
    }

    class Dragged(Message):
        """A bar of some axes was clicked or dragged to a value in sigma; ``None`` only selects it."""

        def __init__(self, axes: Axes, bar: int, value: float | None) -> None:
            super().__init__()
            self.axes, self.bar, self.value = axes, bar, value

    class Turned(Message):
        """The wheel was turned over a bar of some axes: ``by`` is +1 or -1."""

        def __init__(self, axes: Axes, bar: int, by: int) -> None:
            super().__init__()
            self.axes, self.bar, self.by = axes, bar, by

    def __init__(self, axes: Axes, values: Vector, id: str | None = None) -> None:
        super().__init__(id=id)
        self._axes, self._values = axes, values
        self._selected = 0
        self._top = 0
        self._dragged: int | None = None

    def show(self, axes: Axes, values: Vector, selected: int) -> None:
        """Draw these bars from now on."""
        if axes is not self._axes:
            self._let_go()
        self._axes, self._values, self._selected = axes, values, selected
        self._scroll()
        self.refresh()

    @property
    def visible_bars(self) -> range:
        """The bars on the screen."""
        return range(self._top, min(self._top + self.size.height, len(self._axes)))

    def _scroll(self) -> None:
        height = max(1, self.size.height)
        self._top = min(max(self._top, self._selected - height + 1), self._selected)
        self._top = max(0, min(self._top, len(self._axes) - height))

    def on_resize(self) -> None:
        """Keep the selected bar in view."""
        self._scroll()
        self.refresh()  # lines may have been drawn at the new size before this, from the old top

    @property
    def _columns(self) -> tuple[int, int, int]:
        """Start of the track, cells in either half of it, and the label's width."""
        longest = max((len(label) for label in self._axes.labels), default=0)
        room = self.size.width - VALUE_WIDTH - SCALE_WIDTH - 3
        label = min(max(longest, MIN_LABEL), MAX_LABEL, max(MIN_LABEL, room - MIN_TRACK))
        half = max(1, (self.size.width - 1 - label - 1 - VALUE_WIDTH - SCALE_WIDTH - 1) // 2)
        return label + 2, half, label

    def render_line(self, y: int) -> Strip:
        """One bar: marker, label, track, value in sigma, length of one sigma."""
        bar = self._top + y
        if bar >= len(self._axes):
            return Strip.blank(self.size.width, self.rich_style)
        _, half, label_width = self._columns
        value = float(self._values[bar])
        chosen, dimmed = bar == self._selected, bool(self._axes.dimmed[bar])
        base = self.rich_style
        if chosen:
            base += Style(bgcolor=self.get_component_rich_style("bars--selected").bgcolor)
        text = base + self._ink("bars--selected" if chosen else "bars--dim" if dimmed else "bars--label")
        quiet = base + self._ink("bars--selected" if chosen else "bars--dim")
        label = self._axes.labels[bar]
        if len(label) > label_width:
            label = label[: label_width - 1] + "…"
        segments = [
            Segment("›" if chosen else " ", text),
            Segment(f"{label:<{label_width}} ", text),
            *self._track(value, half, base, chosen),
            Segment(f"{_value(value):>{VALUE_WIDTH}}", text),
            Segment(_scale(float(self._axes.scales[bar])), quiet),
        ]
        return Strip(segments).adjust_cell_length(self.size.width, base)

    def _track(self, value: float, half: int, base: Style, chosen: bool) -> list[Segment]:
        track = base + self._ink("bars--track")
        sign = "bars--positive" if value >= 0 else "bars--negative"
        colour = base + self._ink("bars--selected" if chosen else sign)
        turned_colour = colour + Style(reverse=True)
        segments = []
        for place, (glyph, turned) in enumerate(bar_cells(value, half)):
            if glyph == " ":
                # The zero line: a hairline at the left edge of the first cell to the right of the middle.
                segments.append(Segment("▏" if place == half else " ", track))
            else:
                segments.append(Segment(glyph, turned_colour if turned else colour))
        return segments

    def _ink(self, name: str) -> Style:
        """The colour and weight of a part, without its background."""
        style = self.get_component_rich_style(name)
        return Style(color=style.color, bold=style.bold)

    def _bar_at(self, y: int) -> int | None:
        bar = self._top + y
        return bar if 0 <= y < self.size.height and bar < len(self._axes) else None

    def _value_at(self, x: float) -> float:
        start, half, _ = self._columns
        cells = x + 0.5 - start - half
        # The two cells beside the zero line are zero: no cell's middle lies on it.
        return 0.0 if abs(cells) <= 0.5 else max(-BAR_LIMIT, min(BAR_LIMIT, cells / half * BAR_LIMIT))

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Take hold of the bar under the pointer. A click beside the track only selects."""
        if event.button == 1 and (bar := self._bar_at(event.y)) is not None:
            start, half, _ = self._columns
            if not start <= event.x < start + 2 * half:
                self.post_message(self.Dragged(self._axes, bar, None))
                return
            self._dragged = bar
            self.capture_mouse()
            self.post_message(self.Dragged(self._axes, bar, self._value_at(event.x)))

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Pull the bar along, wherever the pointer goes."""
        if self._dragged is None:
            return
        if event.button != 1:  # released where it was not seen: over another screen, or outside of the terminal
            self._let_go()
            return
        self.post_message(self.Dragged(self._axes, self._dragged, self._value_at(event.x)))

    def on_mouse_up(self) -> None:
        """Let go."""
        self._let_go()

    def _let_go(self) -> None:
        if self._dragged is not None:
            self._dragged = None
            self.release_mouse()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Nudge the bar under the pointer up."""
        self._turn(event, 1)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Nudge the bar under the pointer down."""
        self._turn(event, -1)

    def _turn(self, event: events.MouseEvent, by: int) -> None:
        event.stop()
        if (bar := self._bar_at(event.y)) is not None:
            self.post_message(self.Turned(self._axes, bar, by))


def _value(value: float) -> str:
    return "0.00" if abs(value) < 0.005 else f"{value:+.2f}"


def _scale(scale: float) -> str:
    digits = f"{scale:.2f}" if scale < 10 else f"{scale:.0f}"
    return f" σ{digits[: SCALE_WIDTH - 2]:<{SCALE_WIDTH - 2}}"

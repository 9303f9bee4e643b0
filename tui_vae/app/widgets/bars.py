"""The bars: one line per axis, centred on zero, drawn to an eighth of a cell."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import ClassVar, NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region
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


def bar_cells(value: float, half: int, limit: float = BAR_LIMIT) -> list[tuple[str, bool]]:
    """A bar of ``2 * half`` cells for a value in sigma: (glyph, reversed) per cell, zero in the middle.

    Full at ``limit`` and beyond.
    Glyphs fill cells from the left; a cell that fills from the right is the rest of one, drawn reversed.
    """
    return _cells(_eighths(value, half, limit), half)


def _eighths(value: float, half: int, limit: float) -> int:
    length = min(round(abs(value) / limit * half * 8), half * 8)
    return length if value >= 0 else -length


def _cells(eighths: int, half: int) -> list[tuple[str, bool]]:
    full, rest = divmod(abs(eighths), 8)
    if eighths >= 0:
        right = [("█", False)] * full + ([(EIGHTHS[rest], False)] if rest else [])
        return [(" ", False)] * half + right + [(" ", False)] * (half - len(right))
    left = ([(EIGHTHS[8 - rest], True)] if rest else []) + [("█", False)] * full
    return [(" ", False)] * (half - len(left)) + left + [(" ", False)] * half


class _Line(NamedTuple):
    """Everything that the line of a bar shows, besides colours and widths; the bar in eighths of a cell."""

    label: str
    eighths: int
    value: str
    scale: str
    is_chosen: bool
    is_dimmed: bool
    is_locked: bool


class _Inks(NamedTuple):
    """The styles of a line, chosen or not."""

    base: Style
    text: Style
    dim: Style
    track: Style
    positive: Style
    negative: Style


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
        self._shown: Sequence[int] = range(len(axes))
        self._locked: frozenset[int] = frozenset()
        self._limit = BAR_LIMIT
        self._top = 0
        self._dragged: int | None = None
        self._drawn: list[_Line | None] = []
        self._inks: dict[bool, _Inks] = {}

    def show(
        self,
        axes: Axes,
        values: Vector,
        selected: int,
        shown: Sequence[int] | None = None,
        locked: frozenset[int] = frozenset(),
        limit: float = BAR_LIMIT,
    ) -> None:
        """Draw these bars from now on. Only lines that change are written to the terminal.

        Args:
            axes: What the bars mean.
            values: (K,) in sigma.
            selected: The bar that the keys move.
            shown: The bars to draw, in this order; all of them unless told.
            locked: Bars with the sign of a lock.
            limit: Where a bar is full, in sigma.
        """
        shown = range(len(axes)) if shown is None else shown
        if axes is not self._axes or list(shown) != list(self._shown):
            self._let_go()
        before = self._columns, self._limit
        self._axes, self._values, self._selected = axes, values, selected
        self._shown, self._locked, self._limit = shown, locked, limit
        self._scroll()
        now = self._columns, limit
        height, half = self.size.height, now[0][1]
        bars = self._shown[self._top : self._top + height]
        lines: list[_Line | None] = [self._line(bar, half) for bar in bars]
        lines += [None] * (height - len(lines))
        if now != before or len(lines) != len(self._drawn):
            self.refresh()
        else:
            changed = [
                y for y, (line, before_it) in enumerate(zip(lines, self._drawn, strict=True)) if line != before_it
            ]
            if changed:
                self.refresh(*(Region(0, y, self.size.width, 1) for y in changed))
        self._drawn = lines

    @property
    def visible_bars(self) -> tuple[int, ...]:
        """The bars on the screen, from top to bottom."""
        return tuple(self._shown[self._top : self._top + self.size.height])

    def _scroll(self) -> None:
        height = max(1, self.size.height)
        place = self._shown.index(self._selected) if self._selected in self._shown else 0
        self._top = min(max(self._top, place - height + 1), place)
        self._top = max(0, min(self._top, len(self._shown) - height))

    def on_resize(self) -> None:
        """Keep the selected bar in view."""
        self._scroll()
        self.refresh()  # lines may have been drawn at the new size before this, from the old top

    @property
    def _columns(self) -> tuple[int, int, int]:
        """Start of the track, cells in either half of it, and the label's width."""
        room = self.size.width - VALUE_WIDTH - self._scale_width - 3
        label = min(self._wanted, max(MIN_LABEL, room - MIN_TRACK))
        return label + 2, max(1, (room - label) // 2), label

    @property
    def _wanted(self) -> int:
        longest = max((len(label) for label in self._axes.labels), default=0)
        return min(max(longest, MIN_LABEL), MAX_LABEL)

    @property
    def _scale_width(self) -> int:
        """The length of a sigma gives way where labels would be cut off."""
        return SCALE_WIDTH if self._wanted + MIN_TRACK <= self.size.width - VALUE_WIDTH - SCALE_WIDTH - 3 else 0

    def notify_style_update(self) -> None:
        """The colours may have changed."""
        self._inks.clear()
        super().notify_style_update()

    def _line(self, bar: int, half: int) -> _Line:
        axes, value = self._axes, float(self._values[bar])
        return _Line(
            axes.labels[bar],
            _eighths(value, half, self._limit),
            _value(value),
            _scale(float(axes.scales[bar])),
            bar == self._selected,
            bool(axes.dimmed[bar]),
            bar in self._locked,
        )

    def render_line(self, y: int) -> Strip:
        """One bar: marker, label, lock, track, value in sigma, length of one sigma."""
        _, half, label_width = self._columns
        bar = self._bar_at(y)
        if bar is None:
            return Strip.blank(self.size.width, self._inks_of(False).base)
        line = self._line(bar, half)
        inks = self._inks_of(line.is_chosen)
        text = inks.dim if line.is_dimmed and not line.is_chosen else inks.text
        label = line.label
        if len(label) > label_width:
            label = label[: label_width - 1] + "…"
        parts = [
            (f"{'›' if line.is_chosen else ' '}{label:<{label_width}}{'x' if line.is_locked else ' '}", text),
            *_track(line.eighths, half, inks),
            (f"{line.value:>{VALUE_WIDTH}}", text),
            (line.scale if self._scale_width else "", inks.dim),
        ]
        return Strip(_joined(parts)).adjust_cell_length(self.size.width, inks.base)

    def _inks_of(self, chosen: bool) -> _Inks:
        if chosen not in self._inks:
            self._inks[chosen] = self._mixed(chosen)
        return self._inks[chosen]

    def _mixed(self, chosen: bool) -> _Inks:
        base = self.rich_style
        if not chosen:
            parts = ("label", "dim", "track", "positive", "negative")
            return _Inks(base, *(base + self._ink(f"bars--{part}") for part in parts))
        base += Style(bgcolor=self.get_component_rich_style("bars--selected").bgcolor)
        selected = base + self._ink("bars--selected")
        return _Inks(base, selected, selected, base + self._ink("bars--track"), selected, selected)

    def _ink(self, name: str) -> Style:
        """The colour and weight of a part, without its background."""
        style = self.get_component_rich_style(name)
        return Style(color=style.color, bold=style.bold)

    def _bar_at(self, y: int) -> int | None:
        place = self._top + y
        return self._shown[place] if 0 <= y < self.size.height and place < len(self._shown) else None

    def _value_at(self, x: float) -> float:
        start, half, _ = self._columns
        cells = x + 0.5 - start - half
        # The two cells beside the zero line are zero: no cell's middle lies on it.
        limit = self._limit
        return 0.0 if abs(cells) <= 0.5 else max(-limit, min(limit, cells / half * limit))

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


def _track(eighths: int, half: int, inks: _Inks) -> list[tuple[str, Style]]:
    colour = inks.positive if eighths >= 0 else inks.negative
    turned_colour = colour + Style(reverse=True)
    parts = []
    for place, (glyph, turned) in enumerate(_cells(eighths, half)):
        if glyph == " ":
            # The zero line: a hairline at the left edge of the first cell to the right of the middle.
            parts.append(("▏" if place == half else " ", inks.track))
        else:
            parts.append((glyph, turned_colour if turned else colour))
    return parts


def _joined(parts: list[tuple[str, Style]]) -> list[Segment]:
    """As few segments as show the same: blanks on the same ground go with what is before them."""
    styles: list[Style] = []
    for text, style in parts:
        last = styles[-1] if styles else style
        is_blank = text.isspace() and not last.reverse and last.bgcolor == style.bgcolor
        styles.append(last if is_blank else style)
    texts = iter(text for text, _ in parts)
    return [Segment("".join(next(texts) for _ in same), style) for style, same in groupby(styles)]


def _value(value: float) -> str:
    return "0.00" if abs(value) < 0.005 else f"{value:+.2f}"


def _scale(scale: float) -> str:
    digits = f"{scale:.2f}" if scale < 10 else f"{scale:.0f}"
    return f" σ{digits[: SCALE_WIDTH - 2]:<{SCALE_WIDTH - 2}}"

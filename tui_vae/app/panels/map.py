"""The atlas as a map of its first two components, with the point and its trail; the arrow keys walk on it."""

from __future__ import annotations

import colorsys
from collections import deque
from typing import ClassVar

import numpy as np
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.strip import Strip

from tui_vae.app.binding import bindings
from tui_vae.app.model import LatentModel
from tui_vae.app.panels.panel import Look, Panel
from tui_vae.latent import map as maps
from tui_vae.latent.explorer import Explorer
from tui_vae.latent.neighbours import Neighbourhood
from tui_vae.latent.point import item_point
from tui_vae.terminal import cells
from tui_vae.terminal.colour import Bytes, ColourDepth
from tui_vae.terminal.grid import CellShape

STEP = 0.1
TRAIL = 60
LEVELS = 9
GOLDEN = 0.618034
LEAST_STRENGTH = 0.35
"""Of the ink where fewest faces are: a single one must be seen."""


class MapPanel(Panel):
    """Density in half cells, brighter where more faces are, a colour for each cluster; row 0 is the top."""

    modes: ClassVar[tuple[str, ...]] = ("map",)
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("map")]
    COMPONENT_CLASSES: ClassVar[set[str]] = {"map--ground", "map--density", "map--here", "map--trail"}

    def __init__(self, model: LatentModel, state: Explorer, look: Look) -> None:
        super().__init__(model, state, look)
        self._trail: deque[tuple[float, float]] = deque(maxlen=TRAIL)
        self._pca = state.space.pca
        self._near: Neighbourhood | None = None
        self._map: maps.Map | None = None
        self._picture: Bytes = np.zeros((0, 0, 3), np.uint8)

    @property
    def heading(self) -> str:
        """Where the point is."""
        x, y = maps.position(self.state.space, self.state.point.z)
        labels = self.state.space.pca.labels
        return f"map  {labels[0]} {x:+.2f}  {labels[1] if len(labels) > 1 else ''} {y:+.2f}"

    def follow(self) -> None:
        """Show where the point is now."""
        here = maps.position(self.state.space, self.state.point.z)
        if not self._trail or self._trail[-1] != here:
            self._trail.append(here)
        self.refresh()

    def renew(self, model: LatentModel) -> None:
        """The dataset is elsewhere; on other axes the trail would be, too."""
        super().renew(model)
        self._map = self._near = None
        if self.state.space.pca is not self._pca:
            self._pca = self.state.space.pca
            self._trail.clear()

    # Keys and mouse.

    def action_walk(self, across: int, up: int) -> None:
        """A step on the map; the rest of the face stays."""
        self._go(STEP * across, STEP * up)

    def action_land(self) -> None:
        """Go to the face of the dataset that is nearest on all axes."""
        if self._near is None:
            self._near = Neighbourhood(self.state.space)
        found = self._near.nearest(self.state.point.z, 1, exclude=self.state.point.index)
        if found:
            self.post_message(self.Went(item_point(self.state.space.atlas, found[0].index)))

    def on_click(self, event: events.Click) -> None:
        """Go where the pointer is."""
        if self._map is not None:
            x, y = self._map.centre(min(2 * event.y, len(self._map.counts) - 1), event.x)
            here = maps.position(self.state.space, self.state.point.z)
            self._go(x - here[0], y - here[1])

    def _go(self, dx: float, dy: float) -> None:
        self.post_message(self.Went(maps.walked(self.state.space, self.state.point, dx, dy), "map"))

    # Drawing.

    def notify_style_update(self) -> None:
        """Another theme."""
        super().notify_style_update()
        self._map = None

    def _draw(self) -> maps.Map:
        resolution = max(2, 2 * self.size.height), max(1, self.size.width)
        if self._map is None or self._map.counts.shape != resolution:
            self._map = maps.draw(self.state.space, *resolution)
            ground = self.get_component_styles("map--ground").background.rgb
            full = self.get_component_styles("map--density").color.rgb
            self._picture = paint(self._map, ground, full)
        return self._map

    def render_line(self, y: int) -> Strip:
        """A line of the map, and what stands on it."""
        drawn = self._draw()
        lines = cells.segments(self._picture[2 * y : 2 * y + 2], self.look.depth, CellShape.HALF, top=2 * y)
        strip = Strip(lines[0], self.size.width)
        if self.look.depth is ColourDepth.MONO:
            strip = Strip([Segment(segment.text, self.rich_style) for segment in lines[0]], self.size.width)
        *trail, here = self._trail or [(0.0, 0.0)]
        for place in trail:
            strip = self._mark(strip, y, drawn.cell(*place), "·", "map--trail")
        return self._mark(
            strip, y, drawn.cell(*here), "◉" if self.look.shape is not CellShape.ASCII else "@", "map--here"
        )

    def _mark(self, strip: Strip, y: int, cell: tuple[int, int], sign: str, name: str) -> Strip:
        row, column = cell
        if row // 2 != y:
            return strip
        style = self.get_component_rich_style(name)
        under = [segment.style for segment in strip.crop(column, column + 1)]
        ground = under[0].bgcolor if under and under[0] is not None else None
        if name == "map--here":  # it must be seen on any colour
            ground = self.get_component_rich_style("map--ground").bgcolor
        mark = Segment(sign, Style(color=style.color, bgcolor=ground, bold=style.bold))
        return Strip.join([strip.crop(0, column), Strip([mark], 1), strip.crop(column + 1)])


def _inks(ground: tuple[int, int, int], count: int) -> Bytes:
    """A colour for each cluster that stands out from the ground: bright on a dark one, deep on a light one."""
    saturation, value = (0.45, 1.0) if sum(ground) < 3 * 128 else (0.75, 0.6)
    inks = [colorsys.hsv_to_rgb(GOLDEN * number % 1.0, saturation, value) for number in range(count)]
    found: Bytes = np.rint(255 * np.array(inks).reshape(count, 3)).astype(np.uint8)
    return found


def paint(drawn: maps.Map, ground: tuple[int, int, int], full: tuple[int, int, int]) -> Bytes:
    """The map as a picture (rows, columns, 3): from ``ground`` where nothing is to ``full`` where most is; where there
    are clusters, neighbouring numbers have hues far apart."""
    levels = drawn.levels(LEVELS)[..., None] / (LEVELS - 1)
    strength = np.where(levels > 0, LEAST_STRENGTH + (1 - LEAST_STRENGTH) * levels, 0.0)
    colours = np.broadcast_to(np.array(full, np.float64), (*drawn.cluster.shape, 3)).copy()
    inks = _inks(ground, int(drawn.cluster.max(initial=-1)) + 1)
    colours[drawn.cluster >= 0] = inks[drawn.cluster[drawn.cluster >= 0]]
    mixed = np.array(ground) * (1 - strength) + colours * strength
    painted: Bytes = np.rint(mixed).astype(np.uint8)
    return painted

"""The traversal strip: the face along the selected axis."""

from __future__ import annotations

from collections.abc import Sequence

from tui_vae.app.panels.gallery import Exhibit, Gallery
from tui_vae.latent.explorer import Point

STEPS = (-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0)


class TraversalStrip(Gallery):
    """The face with the selected bar at -3 to +3 sigma, and all else as it is."""

    @property
    def heading(self) -> str:
        """The axis."""
        axes, bar = self.state.axes, self.state.selected
        return f"along {axes.name} {axes.labels[bar]}"

    def exhibits(self) -> Sequence[Exhibit]:
        """One face per step."""
        axes, bar, here = self.state.axes, self.state.selected, self.state.point
        value = float(axes.values(here.z)[bar])
        origin = here.origin if here.origin.endswith(" edited") else f"{here.origin} edited"
        return [Exhibit(Point(axes.move(here.z, bar, step - value), origin), f"{step:+.0f}σ") for step in STEPS]

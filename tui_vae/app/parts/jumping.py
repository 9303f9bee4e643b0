"""Jump mode: every control that is on the screen, and going there."""

from __future__ import annotations

from functools import partial

from textual.geometry import Offset

from tui_vae.app.panels import Panel
from tui_vae.app.parts.part import Part
from tui_vae.app.screens.jump import JumpScreen, Target
from tui_vae.app.widgets.bars import BarList
from tui_vae.app.widgets.footer import ActionFooter
from tui_vae.app.widgets.mix import MixSlider


class JumpActions(Part):
    """Labels on controls: bars or what a panel shows, the slider, the footer."""

    panel: Panel | None

    def action_jump(self) -> None:
        """Show a label on every control."""
        self._take_count()

        def go(target: Target | None) -> None:
            if target is not None:
                target.go()

        self.app.push_screen(JumpScreen(self.jump_targets()), go)

    def jump_targets(self) -> list[Target]:
        """What can be gone to: from top to bottom, then the footer."""
        targets: list[Target] = []
        bars, slider = self.query_one(BarList), self.query_one(MixSlider)
        if self.panel is not None:
            origin = self.panel.content_region.offset
            targets += [Target(origin + place, go) for place, go in self.panel.targets()]
        else:
            lines = enumerate(bars.visible_bars)
            targets += [Target(bars.region.offset + Offset(0, y), partial(self._select_bar, bar)) for y, bar in lines]
        if slider.region.area:
            targets.append(Target(slider.region.offset, lambda: None))  # its keys hold while it is shown
        for place, key in self.query_one(ActionFooter).shown_keys:
            targets.append(Target(place, partial(self.app.simulate_key, key)))
        return targets

    def _select_bar(self, bar: int) -> None:
        self.state.select(bar)
        self._show()

"""Choosing a bar and moving it, by key and by mouse."""

from __future__ import annotations

from functools import partial

from tui_vae.app.model import LatentModel
from tui_vae.app.parts.between import MIX_STEP, BetweenActions
from tui_vae.app.screens.prompt import PromptScreen
from tui_vae.app.widgets.bars import BarList
from tui_vae.latent.axes import Axes
from tui_vae.latent.effects import effects
from tui_vae.latent.explorer import FINE_STEP
from tui_vae.latent.own_axes import GROUP, LEAST_EXAMPLES
from tui_vae.latent.views import ORDERS


class BarActions(BetweenActions):
    """Bars; left and right move the slider while it is shown."""

    def action_select(self, by: int) -> None:
        """Select another bar."""
        self.state.move_selection(by * (self._take_count() or 1))
        self._show()

    def action_page(self, by: int) -> None:
        """Select a bar a page away."""
        self.action_select(by * max(1, self.query_one(BarList).size.height - 1))

    def action_edge(self, by: int) -> None:
        """Select the first or the last bar."""
        self._take_count()
        self.state.select_shown(0 if by < 0 else len(self.state.visible) - 1)
        self._show()

    def action_nudge(self, by: int) -> None:
        """Move the selected bar, or the slider while it is shown."""
        by *= self._take_count() or 1
        if self.state.mix is not None:
            self._stop_playing()
            self.state.set_mix(self.state.mix + by * MIX_STEP)
        else:
            self._tell_if_held(self.state.nudge(by * FINE_STEP))
        self._show()

    def action_reset_bar(self) -> None:
        """Put the selected bar to zero."""
        self._leap()
        self._tell_if_held(self.state.reset_bar())
        self._show()

    def action_enter_value(self) -> None:
        """Ask for the selected bar's value."""
        self._leap()
        state = self.state
        bar = state.selected
        question = f"{state.axes.labels[bar]} in sigma, -{state.limit:g} to {state.limit:g}:"
        self.app.push_screen(
            PromptScreen(question, lambda text: state.enter_value(text, bar), f"{float(state.values()[bar]):.2f}"),
            lambda _: self._show(),
        )

    # Which bars are shown.

    def action_filter(self) -> None:
        """Ask for words that the labels of the bars must hold."""
        self._take_count()

        def read(text: str) -> None:
            before = self.state.view.text
            self.state.filter_bars(text)
            if not self.state.visible:
                self.state.filter_bars(before)
                raise ValueError(f"no bar of {self.state.axes.name} is called that")

        self.app.push_screen(PromptScreen("Show bars:", read, self.state.view.text), lambda _: self._show())

    def action_sort(self) -> None:
        """Show the bars in the next order; how much they change the picture is measured when it is first asked for."""
        self._take_count()
        order = ORDERS[(ORDERS.index(self.state.view.order) + 1) % len(ORDERS)]
        self.state.sort_bars(order)
        if order == "effect" and self.state.effects() is None:
            self.say("measuring how much each bar changes the picture…")
            self._measure_effects()
        else:
            self.say(f"bars in order of {order}")
        self._show()

    def _measure_effects(self) -> None:
        self.run_worker(partial(self._measure, self.model, self.state.axes), thread=True, group="effects")

    def _measure(self, model: LatentModel, axes: Axes) -> None:
        """In a thread."""
        try:
            found = effects(model.decode, axes)
        except Exception as error:  # whatever a model raises
            self.app.call_from_thread(self._give_up, error)
            return

        def take() -> None:
            if self.model is model and any(kind is axes for kind in self.state.kinds):
                self.state.set_effects(axes.name, found)
                self.say("bars in order of effect")
                self._show()

        self.app.call_from_thread(take)

    def action_collapsed(self) -> None:
        """Leave out the bars that do hardly anything, or show them again."""
        self._take_count()
        self.state.toggle_collapsed()
        if not self.state.visible:
            self.state.toggle_collapsed()
        self.say("collapsed bars are hidden" if self.state.view.hides_collapsed else "all bars are shown")
        self._show()

    def action_wide(self) -> None:
        """Let the bars go further than usual, or no further."""
        self._take_count()
        self.state.wide = not self.state.wide
        self.say(f"bars go from -{self.state.limit:g} to +{self.state.limit:g} sigma")
        self._show()

    def action_lock(self) -> None:
        """Lock the selected bar, or free it."""
        self._take_count()
        label = self.state.axes.labels[self.state.selected]
        self.say(f"{label} is {'locked' if self.state.toggle_lock() else 'free'}")
        self._show()

    # Axes of one's own.

    def action_example(self, more: bool) -> None:
        """Mark this face as having more, or less, of what an axis is to be made for."""
        self._take_count()
        try:
            self.state.mark_example(more=more)
        except ValueError as error:
            self.say(str(error), problem=True)
            return
        marked, make = self.state.examples, self.key_of("own.make")
        self.say(
            f"{len(marked.more)} faces with more, {len(marked.less)} with less: {make} makes an axis from two of each"
        )

    def action_make_axis(self) -> None:
        """Make an axis out of the marked faces, and give it a name."""
        self._take_count()
        sides = self.state.examples
        if min(len(sides.more), len(sides.less)) < LEAST_EXAMPLES:
            more, less = self.key_of("own.more"), self.key_of("own.less")
            self.say(f"mark two faces or more that have more of it ({more}), and two with less ({less})", problem=True)
            return
        self.app.push_screen(PromptScreen("Name of the axis:", self.state.make_axis), lambda _: self._show())

    def action_remove_axis(self) -> None:
        """Forget the selected axis of one's own."""
        self._take_count()
        if self.state.axes.name != GROUP:
            self.say(f"only an axis of your own can be removed: {self.key_of('axes.next')} shows them", problem=True)
            return
        label = self.state.axes.labels[self.state.selected]
        self.state.remove_axis(self.state.selected)
        self.say(f"removed {label}")
        self._show()

    def _tell_if_held(self, moved: bool) -> None:
        if not moved:
            self.say(self.state.held(), problem=True)

    def action_next_axes(self, by: int) -> None:
        """Show other axes."""
        self._take_count()
        self.state.next_axes(by)
        self._show()

    def on_bar_list_dragged(self, message: BarList.Dragged) -> None:
        """A bar was set with the mouse."""
        if message.axes is not self.state.axes:  # the bars were switched under the pointer
            return
        self.state.select(message.bar)
        if message.value is not None:
            self._leap()
            self._tell_if_held(self.state.set_bar(message.bar, message.value))
        self._show()

    def on_bar_list_turned(self, message: BarList.Turned) -> None:
        """A bar was nudged with the wheel."""
        if message.axes is not self.state.axes:
            return
        self._leap()
        self.state.select(message.bar)
        self._tell_if_held(self.state.nudge(message.by * FINE_STEP))
        self._show()

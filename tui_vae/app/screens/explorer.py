"""The explorer's screen: a key press changes the state, `_show` draws the state, the worker decodes the point."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.timer import Timer
from textual.widgets import Footer, Static
from textual.worker import WorkerError

from tui_vae.app.actions import ACTIONS
from tui_vae.app.decoding import DecodeWorker, Frame, Request
from tui_vae.app.model import LatentModel
from tui_vae.app.presenting import Presenter
from tui_vae.app.saving import Saver
from tui_vae.app.screens.between import MIX_STEP, BetweenFaces
from tui_vae.app.screens.go_to import GoToScreen
from tui_vae.app.screens.help import HelpScreen
from tui_vae.app.session import Session
from tui_vae.app.widgets.bars import BarList
from tui_vae.app.widgets.face import FaceView
from tui_vae.app.widgets.frame import FaceFrame
from tui_vae.app.widgets.mix import MixSlider
from tui_vae.app.widgets.status import StatusLine
from tui_vae.errors import UserError, one_line
from tui_vae.latent.axes import Vector
from tui_vae.latent.explorer import FINE_STEP, Explorer
from tui_vae.terminal.colour import ColourDepth
from tui_vae.terminal.grid import CellShape, Zoom, fit_grid

MIN_SIDE = 36
MAX_COUNT = 9_999_999
FRAME_CELLS = 2
MEASURING_SECONDS = 0.5


class ExplorerScreen(BetweenFaces):
    """Face on the left, bars on the right, status and footer below."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *(
            Binding(
                ",".join(action.keys),
                action.call,
                action.footer or action.title,
                show=bool(action.footer),
                tooltip=action.tooltip,
                id=action.id,
            )
            for action in ACTIONS
        ),
        Binding("ctrl+c", "quit", "Quit", show=False),
        *(Binding(str(digit), f"count({digit})", "Count", show=False) for digit in range(1, 10)),
    ]

    def __init__(
        self,
        model: LatentModel,
        depth: ColourDepth,
        session: Session | None = None,
        shape: CellShape = CellShape.HALF,
        zoom: Zoom = "fit",
    ) -> None:
        super().__init__()
        self.model = model
        self.state = Explorer(model.space)
        self._presenter = Presenter(model, self, self._show_status, self._give_up)
        self._depth, self._shape, self._zoom = depth, shape, zoom
        self._count = 0
        self._measuring: Timer | None = None
        self._heading = ""
        self._saver = Saver(model)
        self._session = session

    @property
    def worker(self) -> DecodeWorker:
        """The decoder's thread."""
        return self._presenter.worker

    @property
    def shown(self) -> Frame | None:
        """The decoded frame that is shown; ``None`` while the decoder loads."""
        return self._presenter.shown

    # The screen.

    def compose(self) -> ComposeResult:
        """Face, bars, slider, status, footer."""
        with Horizontal(id="stage"):
            with FaceFrame(id="frame"):
                yield FaceView(depth=self._depth, shape=self._shape, zoom=self._zoom, id="face")
            with Vertical(id="side"):
                yield Static(id="heading")
                yield BarList(self.state.axes, self.state.values(), id="bars")
                yield MixSlider(id="mix")  # on this side: the face keeps its size, and need not be compiled anew
        yield StatusLine(id="status")
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """Paint the preview at once; the worker loads JAX meanwhile."""
        face = self.query_one(FaceView)
        height, width = self.model.preview.shape[:2]
        face.set_aspect(height, width)
        face.set_image(self.model.preview)
        self._presenter.start()
        self._show()
        if self._session is not None and self._session.problem:
            self.say(self._session.problem, problem=True)
        elif self._session is not None and self._session.resume:
            self.action_go_back()

    def on_unmount(self) -> None:
        """Let the worker's thread end."""
        self.worker.close()

    def on_resize(self, event: events.Resize) -> None:
        """Give the face all the height there is, and the bars the width that it leaves."""
        height, width = self.model.preview.shape[:2]
        lines = event.size.height - 2 - FRAME_CELLS
        columns = max(8, event.size.width - MIN_SIDE - FRAME_CELLS)
        self.query_one("#frame").styles.width = max(8, fit_grid(height, width, columns, lines)[1]) + FRAME_CELLS

    def on_face_view_grid_changed(self) -> None:
        """The face has another size: decode the point at that size."""
        self._show()

    def _give_up(self, error: Exception) -> None:
        """A decoder that fails ends the program with its reason, not with a stuck picture."""
        self.app.exit(return_code=1, message=f"tui-vae: error: the decoder failed: {one_line(error)}")

    def _show(self) -> None:
        """Draw the state as it is now and ask for its face, unless that face is there or on its way."""
        state = self.state
        self.query_one(BarList).show(state.axes, state.values(), state.selected)
        self.query_one(MixSlider).show(state.mix)
        last = len(state.space.atlas) - 1
        place = "" if state.point.index is None else f"index {state.point.index} of 0–{last}"
        self.query_one(FaceFrame).set_titles(state.point.origin, place)
        axes, bar = state.axes, state.selected
        heading = f"{axes.name} {bar + 1}/{len(axes)}  {axes.labels[bar]}  {axes.notes[bar]}"
        if heading != self._heading:
            self._heading = heading
            self.query_one("#heading", Static).update(heading, layout=False)
        self._show_status()
        self._presenter.ask(Request(state.point.z, self.query_one(FaceView).grid))

    def _show_status(self) -> None:
        marks = "".join(which.upper() for which in sorted(self.state.marks)) or "–"
        offer = self._session.offer(self.state, "'") if self._session is not None else []
        facts = [*offer, self.model.name, f"range {self.state.spread:g}", f"marks {marks}"]
        if self.shown is None:
            facts.append("loading the decoder…")
        elif self.shown.milliseconds is not None:
            facts.append(f"{self.shown.milliseconds:.1f} ms")
        if self._measuring is not None:
            facts[:0] = self._presenter.facts()
        self.query_one(StatusLine).show([f"count {self._count}", *facts] if self._count else facts)

    def say(self, text: str, *, problem: bool = False) -> None:
        """Tell something in the status line."""
        self.query_one(StatusLine).say(text, problem=problem)

    # Counts.

    def action_count(self, digit: int) -> None:
        """A digit of a count."""
        self._count = min(self._count * 10 + digit, MAX_COUNT)
        self._show_status()

    def _take_count(self) -> int | None:
        count, self._count = self._count, 0
        return count or None

    def drop_count(self) -> None:
        """Forget a count that was begun."""
        self._count = 0
        self._show_status()

    # Bars.

    def action_select(self, by: int) -> None:
        """Select another bar."""
        self.state.select(self.state.selected + by * (self._take_count() or 1))
        self._show()

    def action_page(self, by: int) -> None:
        """Select a bar a page away."""
        self.action_select(by * max(1, self.query_one(BarList).size.height - 1))

    def action_edge(self, by: int) -> None:
        """Select the first or the last bar."""
        self._take_count()
        self.state.select(0 if by < 0 else len(self.state.axes) - 1)
        self._show()

    def action_nudge(self, by: int) -> None:
        """Move the selected bar, or the slider while it is shown."""
        by *= self._take_count() or 1
        if self.state.mix is not None:
            self._stop_playing()
            self.state.set_mix(self.state.mix + by * MIX_STEP)
        else:
            self.state.nudge(by * FINE_STEP)
        self._show()

    def action_reset_bar(self) -> None:
        """Put the selected bar to zero."""
        self._leap()
        self.state.reset_bar()
        self._show()

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
            self.state.set_bar(message.bar, message.value)
        self._show()

    def on_bar_list_turned(self, message: BarList.Turned) -> None:
        """A bar was nudged with the wheel."""
        if message.axes is not self.state.axes:
            return
        self._leap()
        self.state.select(message.bar)
        self.state.nudge(message.by * FINE_STEP)
        self._show()

    # Leaps.

    def action_randomize(self) -> None:
        """A random face."""
        self._leap()
        self.state.randomize()
        self._show()

    def action_spread(self, by: int) -> None:
        """Change the range of random faces."""
        self.state.change_spread(by * (self._take_count() or 1))
        self._show()

    def action_invert(self) -> None:
        """The opposite face."""
        self._leap()
        self.state.invert()
        self._show()

    def action_reset(self) -> None:
        """The average face; after other digits, the digit 0 of a count."""
        if self._count:
            self.action_count(0)
            return
        self._leap()
        self.state.reset()
        self._show()

    def action_undo(self) -> None:
        """One move back, or as many as the count says."""
        self._travel(self.state.undo, "nothing to undo")

    def action_redo(self) -> None:
        """One move forward, or as many as the count says."""
        self._travel(self.state.redo, "nothing to redo")

    def _travel(self, move: Callable[[], bool], at_end: str) -> None:
        self._stop_playing()
        if not move():
            self.say(at_end)
        for _ in range((self._take_count() or 1) - 1):
            if not move():
                break
        self._show()

    # The dataset.

    def action_step_dataset(self, by: int) -> None:
        """Another face of the dataset."""
        by *= self._take_count() or 1
        self._leap()
        self.state.step_dataset(by)
        self._show()

    def action_go_to(self) -> None:
        """Ask for an index, or take the count for one."""
        if (count := self._take_count()) is not None:
            self._go_to(count)
        else:
            self.app.push_screen(GoToScreen(len(self.state.space.atlas)), self._go_to)

    def _go_to(self, index: int | None) -> None:
        if index is None:
            return
        self._leap()
        try:
            self.state.go_to(index)
        except ValueError as error:
            self.say(str(error), problem=True)
        self._show()

    # The program.

    def action_go_back(self) -> None:
        """Back to where the last session was cut off."""
        self._leap()
        if self._session is None or not self._session.go_back(self.state):
            self.say("no place was saved")
        self._show()

    def action_save(self) -> None:
        """Write the face that is shown, at the model's own size, and its latent vector."""
        self._take_count()
        if self.shown is None:
            self.say("the decoder is still loading")
            return
        self.run_worker(partial(self._save, self.state.point.z), thread=True, group="save")

    def _save(self, z: Vector) -> None:
        try:
            self.app.call_from_thread(self.say, self._saver.save(z))
        except UserError as error:
            self.app.call_from_thread(self.say, str(error), problem=True)

    def action_cancel(self) -> None:
        """Drop a count, stop playing, leave the slider."""
        self._leap()
        self.state.stop_mix()
        self._show()

    def action_measure(self) -> None:
        """Show how fast everything is, or no more."""
        self._take_count()
        if self._measuring is None:
            self._measuring = self.set_interval(MEASURING_SECONDS, self._show_status)
        else:
            self._measuring.stop()
            self._measuring = None
        self._show_status()

    def action_help(self) -> None:
        """Show the help."""
        self._take_count()
        self.app.push_screen(HelpScreen())

    def action_command_palette(self) -> None:
        """Find a command by name."""
        self.app.action_command_palette()

    async def action_quit(self) -> None:
        """Leave, once what is being saved is on the disk."""
        saves = [worker for worker in self.workers if worker.group == "save" and not worker.is_finished]
        if saves:
            with suppress(WorkerError):
                await self.workers.wait_for_complete(saves)
        self.app.exit()

    def _leap(self) -> None:
        """What every move that leaves the slider behind has in common."""
        self._stop_playing()
        self._take_count()

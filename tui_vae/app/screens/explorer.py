"""The explorer's screen: a key press changes the state, `_show` draws the state, the worker decodes the point."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from rich.cells import cell_len
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.timer import Timer
from textual.widgets import Static

from tui_vae.app.binding import bindings
from tui_vae.app.composing import LinesCompositor
from tui_vae.app.decoding import DecodeWorker, Frame, Request
from tui_vae.app.model import LatentModel
from tui_vae.app.panels import Look
from tui_vae.app.parts.bars import BarActions
from tui_vae.app.parts.dataset import DatasetActions
from tui_vae.app.parts.following import FollowingActions
from tui_vae.app.parts.jumping import JumpActions
from tui_vae.app.parts.moving import MovingActions
from tui_vae.app.parts.panels import PanelActions
from tui_vae.app.parts.photo import PhotoActions
from tui_vae.app.parts.program import ProgramActions
from tui_vae.app.parts.recipes import RecipeActions
from tui_vae.app.parts.tours import TourActions
from tui_vae.app.presenting import Presenter
from tui_vae.app.saving import Saver
from tui_vae.app.session import Session
from tui_vae.app.widgets.bars import BarList
from tui_vae.app.widgets.footer import ActionFooter
from tui_vae.app.widgets.frame import FaceFrame
from tui_vae.app.widgets.mix import MixSlider
from tui_vae.app.widgets.pixel_face import PixelFace
from tui_vae.app.widgets.status import StatusLine
from tui_vae.app.widgets.tour import TourLine
from tui_vae.errors import UserError, one_line
from tui_vae.latent.axes import Axes
from tui_vae.latent.draw_options import DrawOptions
from tui_vae.latent.explorer import Explorer
from tui_vae.latent.journey import WAYS
from tui_vae.latent.point import point
from tui_vae.latent.recipe import Recipe
from tui_vae.terminal.colour import ColourDepth
from tui_vae.terminal.grid import CellShape, Zoom, fit_grid

MIN_SIDE = 36
MAX_COUNT = 9_999_999
FRAME_CELLS = 2
AT_ONCE = 4096
"""Faces whose distances are worked out before the first paint; of more, in a thread."""


def bar_heading(axes: Axes, bar: int, some: str, width: int) -> str:
    """Axes, place, label and note of a bar; where there is no room for all, without the axes or without the note."""
    place = f"{bar + 1}/{len(axes)}{some}  {axes.labels[bar]}"
    texts = [f"{axes.name} {place}  {axes.notes[bar]}", f"{place}  {axes.notes[bar]}", f"{axes.name} {place}"]
    return next((text for text in texts if cell_len(text) <= width), texts[0])


class ExplorerScreen(
    TourActions,
    BarActions,
    MovingActions,
    DatasetActions,
    RecipeActions,
    PanelActions,
    JumpActions,
    FollowingActions,
    PhotoActions,
    ProgramActions,
):
    """Face on the left, bars on the right, status and footer below."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(),
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
        reduced_motion: bool = False,
    ) -> None:
        super().__init__()
        self._compositor = LinesCompositor()
        self.reduced_motion = reduced_motion
        self.model = model
        self.state = Explorer(model.space)
        self._presenter = Presenter(model, self, self._show_status, self._give_up)
        self.look, self._zoom = Look(depth, shape), zoom
        self._count = 0
        self._measuring: Timer | None = None
        self._heading = ""
        self.first_photo: Path | None = None
        self.first_camera: int | Path | None = None
        self.notice = ""  # told once, at the start
        self.first_recipe: Recipe | None = None
        self.first_tour = ""
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
                yield PixelFace(depth=self.look.depth, shape=self.look.shape, zoom=self._zoom, id="face")
            with Vertical(id="side"):
                yield Static(id="hint", markup=False)
                yield Static(id="heading")
                yield BarList(self.state.axes, self.state.values(), id="bars")
                yield MixSlider(id="mix")  # on this side: the face keeps its size, and need not be compiled anew
                yield TourLine(id="tour")
        yield StatusLine(id="status")
        yield ActionFooter(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """Paint the preview at once; the worker loads JAX meanwhile."""
        face = self.query_one(PixelFace)
        height, width = self.model.preview.shape[:2]
        face.set_aspect(height, width)
        face.set_image(self.model.preview)
        self._presenter.start()
        if len(self.model.space.atlas) <= AT_ONCE:
            self.state.gauge.prepare()
        else:
            self.run_worker(self._prepare_gauge, thread=True, group="gauge")
        problem = self._session.begin(self.state) if self._session is not None else ""
        self._show()
        self._begin_following()
        if problem:
            self.say(problem, problem=True)
        elif self._session is not None and self._session.resume:
            self.action_go_back()
        elif self.notice:
            self.say(self.notice)
        if self.first_recipe is not None:
            self._go_to_made(point(self.first_recipe, self.state.space))
        if self.first_tour:
            self.start_tour(self.first_tour)
        self.open_photo(self.first_photo)
        self.open_camera(self.first_camera)

    def on_screen_resume(self) -> None:
        """Nothing lies over it any more."""
        for footer in self.query(ActionFooter):  # none yet when the program begins
            footer.catch_up()

    def _prepare_gauge(self) -> None:
        self.state.gauge.prepare()
        self.app.call_from_thread(self._show_status)

    def on_unmount(self) -> None:
        """Let the worker's thread end, and the one that follows a run."""
        self.worker.close()
        self._stop_following()

    def retire(self) -> None:
        """Another explorer takes over: nothing moves, decodes or is kept here any more."""
        self._stop_playing()
        if self._measuring is not None:
            self._measuring.stop()
        self._session = None
        self.on_unmount()

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
        # The app's result: whoever runs it tells it, once the terminal is as it was. Not in the middle of a key.
        reason = str(error) if isinstance(error, UserError) else f"the decoder failed: {one_line(error)}"
        self.app.call_later(self.app.exit, reason, 2)

    def _show(self) -> None:
        """Draw the state as it is now and ask for its face, unless that face is there or on its way."""
        state = self.state
        # First: it is decoded while the rest is drawn.
        self._presenter.ask(Request(state.point.z, self.query_one(PixelFace).grid, self.model))
        axes, bar, shown = state.axes, state.selected, state.visible
        locked = frozenset(each for name, each in state.locks if name == axes.name)
        self.query_one(BarList).show(axes, state.values(), bar, shown, locked, state.limit)
        self.query_one(MixSlider).show(state.mix, "├┤" if state.has_chosen_ends else "AB")
        self._show_tour()
        last = len(state.space.atlas) - 1
        stop = self.tour_stop
        title, index = (state.point.origin, state.point.index) if stop is None else (stop.title, stop.index)
        self.query_one(FaceFrame).set_titles(title, "" if index is None else f"index {index} of 0–{last}")
        some = "" if len(shown) == len(axes) else f" ({len(shown)} shown)"
        line = self.query_one("#heading", Static)
        heading = bar_heading(axes, bar, some, line.size.width)
        if self.panel is not None:
            self.panel.follow()
            heading = self.panel.heading
        if heading != self._heading:
            self._heading = heading
            line.update(heading, layout=False)
        self._show_status()
        if self._session is not None and (problem := self._session.keep(state)):
            self.say(problem, problem=True)

    def _show_status(self) -> None:
        marks = "".join(which.upper() for which in sorted(self.state.marks)) or "–"
        offer = self._session.offer(self.state, self.key_of("go_back")) if self._session is not None else []
        facts = [
            *self.tour_facts(),
            *offer,
            *self._moment_facts(),
            self.model.name,
            *self._draw_facts(),
            f"marks {marks}",
        ]
        if self.state.mix is not None or self.state.way != WAYS[0]:
            facts.insert(0, self.state.way)
        if self.state.gauge.is_ready:
            usual = self.state.typicality()
            facts.append(f"{usual.word} {usual.atlas:.0f}%")
        if self.shown is None:
            facts.append("loading the decoder…")
        elif self.shown.milliseconds is not None:
            facts.append(f"{self.shown.milliseconds:.1f} ms")
        if self._measuring is not None:
            facts[:0] = self._presenter.facts()
        self.query_one(StatusLine).show([f"count {self._count}", *facts] if self._count else facts)

    def _draw_facts(self) -> list[str]:
        options, usual = self.state.draw_options, DrawOptions()
        facts = [f"range {options.spread:g}"]
        if options.source != usual.source:
            facts.append(options.source)
        if options.truncation is not None:
            facts.append(f"trunc {options.truncation:g}")
        return facts

    def show_hint(self, text: str) -> None:
        """Show a hint over the bars; an empty one takes it away."""
        hint = self.query_one("#hint", Static)
        hint.update(text)
        hint.display = bool(text)

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

    def action_cancel(self) -> None:
        """Drop a count, stop playing, leave the slider."""
        self._leap()
        self.state.stop_mix()
        self._show()

"""The Textual application: themes, keys, signals, command palette. The explorer's own keys live in its screen."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import ClassVar

from rich.console import RenderableType
from textual import events
from textual.app import SystemCommand
from textual.binding import Binding, BindingType
from textual.command import CommandPalette
from textual.screen import Screen
from textual.theme import ThemeProvider

from tui_vae import paths
from tui_vae.app import themes
from tui_vae.app.actions import ACTIONS, of_mode
from tui_vae.app.actions.keymap import remapped
from tui_vae.app.binding import key_of
from tui_vae.app.decoding import DecodeWorker
from tui_vae.app.driver import PacedApp
from tui_vae.app.graphics import GraphicsTalk
from tui_vae.app.leaving import Leaving
from tui_vae.app.model import LatentModel
from tui_vae.app.opening import Opened, open_checkpoint
from tui_vae.app.panels import Panel
from tui_vae.app.remembered import Remembered
from tui_vae.app.screens.checkpoints import CheckpointsScreen
from tui_vae.app.screens.explorer import ExplorerScreen
from tui_vae.app.screens.palette import Palette
from tui_vae.app.session import Session
from tui_vae.app.typed_ahead import TypedAhead
from tui_vae.errors import UserError
from tui_vae.settings import Settings, refusal
from tui_vae.terminal.characters import NOTICE
from tui_vae.terminal.colour import ColourDepth
from tui_vae.terminal.graphics import Wish
from tui_vae.terminal.grid import CellShape, Zoom
from tui_vae.terminal.pacing import Pacer

HINT = """\
A face is numbers: these bars.
{bar_down} chooses a bar, {bar_more} moves it.
{random} random, {dataset_next} next, {help} help."""


ARRIVING = 0.01
"""Seconds between two looks at whether a screen has arrived."""
SCREEN = "screen."
"""What an action of a mode begins with where the explorer does it."""


class ExplorerApp(PacedApp):
    """Explores one model."""

    TITLE = "tui-vae"
    CSS_PATH = "explorer.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        # Textual's own would hide the explorer's in the footer, and open over questions.
        Binding("ctrl+p", "command_palette", "Commands", show=False, id="palette")
    ]

    def __init__(
        self,
        model: LatentModel,
        depth: ColourDepth = ColourDepth.TRUECOLOUR,
        session: Session | None = None,
        pacer: Pacer | None = None,
        *,
        shape: CellShape = CellShape.HALF,
        zoom: Zoom = "fit",
        wish: Wish | None = None,
        settings: Settings | None = None,
        remembered: Remembered | None = None,
        opener: Callable[[Path], Opened] = open_checkpoint,
    ) -> None:
        super().__init__(pacer)
        self.settings = settings or Settings()
        self.actions = remapped(self.settings.keys, ACTIONS)
        if self.settings.reduced_motion:
            self.animation_level = "none"
        self._remembered = remembered
        self._hint = False
        self._leaves = False
        self.leaving: Leaving | None = None
        self.typed_ahead = TypedAhead(self)
        self._open = opener
        motion = self.settings.reduced_motion
        self._screen_of = partial(ExplorerScreen, depth=depth, shape=shape, zoom=zoom, reduced_motion=motion)
        self.explorer = self._screen_of(model, session=session)
        self.session = session
        self._earlier: list[tuple[DecodeWorker, Session | None]] = []
        self.graphics = GraphicsTalk(self, self.explorer, wish or Wish())
        for theme in themes.OWN:
            self.register_theme(theme)
        self.theme = self._first_theme()

    def _first_theme(self) -> str:
        """The theme that was chosen last, here or in the settings."""
        wanted = self.settings.theme
        if wanted not in self.available_themes:
            raise refusal("theme", f"is {wanted!r}: use one of {', '.join(sorted(self.available_themes))}")
        chosen = self._remembered.theme(wanted) if self._remembered is not None else None
        return chosen if chosen in self.available_themes else wanted

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """The inks of `explorer.tcss` in themes that are not the program's own."""
        return themes.ink_defaults(self.current_theme)

    def use_ascii(self) -> None:
        """Write nothing but ASCII, and tell so in the status line."""
        self.is_ascii = True
        self.explorer.notice = NOTICE

    @property
    def is_decoding(self) -> bool:
        """Whether a decoder's thread is still at work."""
        return self.explorer.worker.is_busy or any(worker.is_busy for worker, _ in self._earlier)

    def get_default_screen(self) -> Screen[object]:
        """The explorer is the only screen at the bottom."""
        return self.explorer

    def on_mount(self) -> None:
        """A polite kill leaves the terminal as clean as ``q`` does."""
        self.set_keymap({name: ",".join(keys) for name, keys in self.settings.keys.items()})
        if not self.is_headless:
            self.leaving = Leaving(self._keep_place, self._leave, asyncio.get_running_loop())
            self.leaving.watch()
        self.theme_changed_signal.subscribe(self, lambda theme: self._keep_theme(theme.name))
        # After Ctrl+Z and fg the terminal is blank: Textual draws only what changes.
        self.app_resume_signal.subscribe(self, lambda _: self.refresh(layout=True))

    def on_ready(self) -> None:
        """There is a face now, to show pictures over; who is here for the first time is told three keys."""
        self.graphics.begin()
        if self._remembered is not None and self._remembered.is_first_time and not os.environ.get("CI"):
            keys = {name: key_of(self, name) for name in ("bar.down", "bar.more", "dataset.next", "random", "help")}
            self._hint = True
            self.explorer.show_hint(HINT.format(**{name.replace(".", "_"): key for name, key in keys.items()}))

    def _leave(self, status: int) -> None:
        self._leaves = True
        self.call_later(self.exit, None, status)  # not in the middle of a key

    def exit(self, result: str | None = None, return_code: int = 0, message: RenderableType | None = None) -> None:
        """Leave, once a screen that is on its way has arrived; what is typed from now on is not for this program."""
        self._leaves = True
        if all(screen.is_mounted for screen in self.screen_stack):
            super().exit(result, return_code, message)
        else:  # Textual mounts nothing more from then on: such a screen would miss its own widgets
            self.set_timer(ARRIVING, partial(self.exit, result, return_code, message))

    async def on_event(self, event: events.Event) -> None:
        """The first key or click takes the first hint away, for good."""
        if self._leaves and isinstance(event, events.InputEvent):
            return
        if self._hint and isinstance(event, events.Key | events.MouseDown):
            self._hint = False
            self.explorer.show_hint("")
            if self._remembered is not None:
                with suppress(UserError):  # then it is shown once more
                    self._remembered.keep_hint_seen()
        if isinstance(event, events.Key) and self.typed_ahead.keep(event):
            return
        await super().on_event(event)

    def on_resize(self) -> None:
        """A cell may have another size, too: the user has chosen another font."""
        self.graphics.ask_cell()

    def restart_pacing(self) -> None:
        """The terminal may be another one."""
        super().restart_pacing()
        self.graphics.restart()

    def _keep_place(self) -> None:
        if self.session is not None:
            self.session.save(self.explorer.state)

    def leave_sessions(self) -> None:
        """The program was left as usual: close what is kept of every model that was open."""
        for session in (*(session for _, session in self._earlier), self.session):
            if session is not None:
                session.leave()

    def choose_checkpoint(self) -> None:
        """Show the checkpoints that can be opened by name, and open the one that is chosen."""

        def take(path: Path | None) -> None:
            if path is not None:
                self.explorer.say(f"opening {path.name}…")
                self.run_worker(partial(self._read_checkpoint, path), thread=True, exclusive=True, group="opening")

        known = paths.checkpoints()
        self.push_screen(CheckpointsScreen(known, self.explorer.model.name, self.explorer.look), take)

    def _read_checkpoint(self, path: Path) -> None:
        try:
            opened = self._open(path)
        except UserError as error:
            problem = str(error).replace(str(path), path.name)  # the reason, not the folder, is what has to fit
            self.call_from_thread(self.explorer.say, problem, problem=True)
        else:
            self.call_later(self._change_to, opened)

    async def _change_to(self, opened: Opened) -> None:
        """Put another explorer in the place of this one, at the place where its model was left."""
        if self._leaves:
            return
        old = self.explorer
        while self.screen is not old:  # a help page or a question over it
            self.pop_screen()
        session = opened.session
        if self.session is not None:
            self.session.rest(old.state)
        if session is not None:
            session.resume = session.offered is not None
        self._earlier.append((old.worker, self.session))
        self.session, self.explorer = session, self._screen_of(opened.model, session=session)
        self.graphics.move_to(self.explorer)
        old.retire()
        if len(self.screen_stack) > 1:
            await self.switch_screen(self.explorer)
        else:  # the screen at the bottom cannot be switched: it stays there, unseen
            await self.push_screen(self.explorer)
        self.graphics.begin()

    def _keep_theme(self, theme: str) -> None:
        if self._remembered is not None and theme != self._remembered.theme(self.settings.theme):
            try:
                self._remembered.keep_theme(theme, self.settings.theme)
            except UserError as error:
                self.explorer.say(str(error), problem=True)

    def action_command_palette(self) -> None:
        """Find a command by its name; a count typed before it is not for that command."""
        self.explorer.drop_count()
        if not isinstance(self.screen, CommandPalette):
            self.push_screen(Palette())

    def search_themes(self) -> None:
        """Choose a theme by its name."""
        self.push_screen(Palette(providers=[ThemeProvider], placeholder="Search for themes…"))

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The actions by name: those of the open panel and of the tour that is on first, then the explorer's."""
        panel = self.explorer.panel
        modes = (*(panel.modes if panel else ()), *(("tour",) if self.explorer.tour_stop else ()))
        inside = [action for mode in modes for action in of_mode(mode, self.actions)]
        for action in (*inside, *of_mode("", self.actions)):
            if action.palette:
                in_panel = action.mode and not action.call.startswith(SCREEN)
                run = partial(self._run_in_explorer, action.call.removeprefix(SCREEN), panel if in_panel else None)
                yield SystemCommand(f"{action.title}  ({action.key_text})", action.tooltip, run)

    async def _run_in_explorer(self, call: str, panel: Panel | None) -> None:
        await self.run_action(call, default_namespace=panel or self.explorer)

"""The Textual application: theme, signals, command palette. The explorer's own keys live in its screen."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from functools import partial

from textual.app import SystemCommand
from textual.screen import Screen
from textual.theme import Theme

from tui_vae.app.actions import ACTIONS
from tui_vae.app.driver import PacedApp
from tui_vae.app.graphics import GraphicsTalk
from tui_vae.app.leaving import Leaving
from tui_vae.app.model import LatentModel
from tui_vae.app.screens.explorer import ExplorerScreen
from tui_vae.app.session import Session
from tui_vae.terminal.characters import NOTICE
from tui_vae.terminal.colour import ColourDepth
from tui_vae.terminal.graphics import Wish
from tui_vae.terminal.grid import CellShape, Zoom
from tui_vae.terminal.pacing import Pacer

DUSK = Theme(
    name="dusk",
    primary="#7aa2c7",
    secondary="#8fb8a8",
    accent="#f2c572",
    success="#6fb3a2",
    warning="#d98a6a",
    error="#e06c75",
    foreground="#c9ccd3",
    background="#121318",
    surface="#181a20",
    panel="#20232b",
    dark=True,
    variables={"footer-key-foreground": "#f2c572", "footer-background": "#181a20", "border-blurred": "#2a2e38"},
)


class ExplorerApp(PacedApp):
    """Explores one model."""

    TITLE = "tui-vae"
    CSS_PATH = "explorer.tcss"

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
    ) -> None:
        super().__init__(pacer)
        self.explorer = ExplorerScreen(model, depth, session, shape, zoom)
        self._session = session
        self.graphics = GraphicsTalk(self, self.explorer, wish or Wish())
        self.register_theme(DUSK)
        self.theme = DUSK.name

    def use_ascii(self) -> None:
        """Write nothing but ASCII, and tell so in the status line."""
        self.is_ascii = True
        self.explorer.notice = NOTICE

    @property
    def is_decoding(self) -> bool:
        """Whether the decoder's thread is still at work."""
        return self.explorer.worker.is_busy

    def get_default_screen(self) -> Screen[object]:
        """The explorer is the only screen at the bottom."""
        return self.explorer

    def on_mount(self) -> None:
        """A polite kill leaves the terminal as clean as ``q`` does."""
        if not self.is_headless:
            leave = partial(self.exit, None)  # then the exit status
            Leaving(self._keep_place, leave, asyncio.get_running_loop()).watch()
        # After Ctrl+Z and fg the terminal is blank: Textual draws only what changes.
        self.app_resume_signal.subscribe(self, lambda _: self.refresh(layout=True))

    def on_ready(self) -> None:
        """There is a face now, to show pictures over."""
        self.graphics.begin()

    def on_resize(self) -> None:
        """A cell may have another size, too: the user has chosen another font."""
        self.graphics.ask_cell()

    def restart_pacing(self) -> None:
        """The terminal may be another one."""
        super().restart_pacing()
        self.graphics.restart()

    def _keep_place(self) -> None:
        if self._session is not None:
            self._session.save(self.explorer.state)

    def action_command_palette(self) -> None:
        """Find a command by its name; a count typed before it is not for that command."""
        self.explorer.drop_count()
        super().action_command_palette()

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The explorer's actions, by name, and Textual's theme picker."""
        for action in ACTIONS:
            if action.palette:
                run = partial(self._run_in_explorer, action.call)
                yield SystemCommand(f"{action.title}  ({action.key_text})", action.tooltip, run)
        yield SystemCommand("Theme", "Choose the colours", self.action_change_theme)

    async def _run_in_explorer(self, call: str) -> None:
        await self.run_action(call, default_namespace=self.explorer)

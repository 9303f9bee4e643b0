"""What the terminal says about real pixels, and what the face is told of it."""

from __future__ import annotations

from textual.css.query import NoMatches

from tui_vae.app.driver import PacedApp
from tui_vae.app.screens.explorer import ExplorerScreen
from tui_vae.app.widgets.pixel_face import PictureOverlay, PixelFace
from tui_vae.terminal.answers import DUE, Attributes, CellSize, KittyReport, Report
from tui_vae.terminal.graphics import Cell, Graphics, Wish, choose, is_cell

TYPICAL_CELL: Cell = (20, 10)
"""Where kitty's protocol is there and the size of a cell is not told: its pictures are stretched to cells."""


class GraphicsTalk:
    """Hears the terminal's answers and lets the face use what it has. Until then, and without, there are cells.

    Args:
        app: Asks whenever it takes the terminal.
        screen: Has the face, and a line to say something in.
        wish: What to ask for.
    """

    def __init__(self, app: PacedApp, screen: ExplorerScreen, wish: Wish) -> None:
        self._app, self._screen, self._wish = app, screen, wish
        self._kitty = self._is_told = False
        self._cell: Cell | None = None
        self._graphics: Graphics | None = None
        app.asks_for_graphics = bool(wish.graphics)
        app.on_report = self.hear

    def begin(self) -> None:
        """There is a face."""
        self._apply()
        if self._wish.is_named and self._graphics is None:
            self._app.set_timer(DUE if self._wish.graphics else 0, self._complain)

    def move_to(self, screen: ExplorerScreen) -> None:
        """Another explorer has the face from now on; `begin` follows, once it has one."""
        face = self._face()
        if face is not None:
            face.set_graphics(None, (0, 0))
        overlay, terminal = self._app.overlay, self._app.terminal
        if overlay is not None and terminal is not None:
            terminal.write(overlay.removal())  # nobody else knows of its picture
        self._app.overlay = None
        self._screen = screen

    def restart(self) -> None:
        """The terminal has been taken, and asked again."""
        self._kitty = False
        self._cell = self._graphics = None
        self._apply()

    def ask_cell(self) -> None:
        """Ask again how large a cell is."""
        if self._graphics is not None and (terminal := self._app.terminal) is not None:
            terminal.ask_cell()

    def hear(self, report: Report) -> None:
        """The terminal has answered."""
        match report:
            case KittyReport(works):
                self._kitty = works
            case CellSize(height, width) if is_cell(height, width):
                self._cell = height, width
                self._apply()
            case Attributes(numbers):
                self._graphics = choose(self._wish.graphics, kitty=self._kitty, attributes=numbers)
                self._cell = self._cell or self._guess()
                if self._cell is None:
                    self._graphics = None
                self._apply()
                self._complain()

    def _guess(self) -> Cell | None:
        terminal = self._app.terminal
        known = None if terminal is None else terminal.cell_of_window()
        if known is not None and is_cell(*known):
            return known
        return TYPICAL_CELL if self._graphics is Graphics.KITTY else None

    def _face(self) -> PixelFace | None:
        try:
            return self._screen.query_one(PixelFace)
        except NoMatches:
            return None

    def _apply(self) -> None:
        face = self._face()
        if face is None or not self._wish.graphics:
            return
        if self._app.overlay is None:
            self._app.overlay = PictureOverlay(face)
        if self._graphics is None or self._cell is None:
            face.set_graphics(None, (0, 0))
        else:
            face.set_graphics(self._graphics, self._cell)

    def _complain(self) -> None:
        """Say once that what was asked for is not there."""
        if self._wish.is_named and self._graphics is None and not self._is_told and self._face() is not None:
            self._is_told = True
            named = "".join(f"{each.value} " for each in self._wish.graphics)
            self._screen.say(f"no {named}graphics in this terminal: the face is shown in cells", problem=True)

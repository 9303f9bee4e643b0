"""What stands beside the face in the place of the bars."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from textual.geometry import Offset
from textual.message import Message
from textual.widget import Widget

from tui_vae.app.model import LatentModel
from tui_vae.latent.explorer import Explorer, Point
from tui_vae.terminal.colour import ColourDepth
from tui_vae.terminal.grid import CellShape


@dataclass(frozen=True)
class Look:
    """How pictures are drawn: the colours, and how cells are divided."""

    depth: ColourDepth = ColourDepth.TRUECOLOUR
    shape: CellShape = CellShape.HALF


class Panel(Widget, can_focus=True):
    """A panel has the keys while it is open; those that it has no use for go to the explorer as always.

    A panel never moves the point itself: it posts `Went`, the explorer moves and then calls :meth:`follow`.

    Args:
        model: Decodes and has the space.
        state: The explorer's state, to be read only.
        look: How pictures are drawn.

    Attributes:
        modes: The modes of the table of actions whose keys hold while the panel is open; its own first.
    """

    modes: ClassVar[tuple[str, ...]] = ()

    class Went(Message):
        """Go to a point. Moves of one ``gesture`` in quick succession are one step to undo."""

        def __init__(self, point: Point, gesture: str | None = None) -> None:
            super().__init__()
            self.point, self.gesture = point, gesture

    class Told(Message):
        """Say something in the status line."""

        def __init__(self, text: str, *, problem: bool = False) -> None:
            super().__init__()
            self.text, self.problem = text, problem

    class Changed(Message):
        """The panel shows something else now; draw it and its heading."""

    class Closed(Message):
        """Back to the bars."""

    def __init__(self, model: LatentModel, state: Explorer, look: Look) -> None:
        super().__init__()
        self.model, self.state, self.look = model, state, look

    @property
    @abstractmethod
    def heading(self) -> str:
        """One line above the panel."""

    @abstractmethod
    def follow(self) -> None:
        """The state has changed: show it. Called after every move while the panel is open, and when it opens."""

    def targets(self) -> list[tuple[Offset, Callable[[], object]]]:
        """What jump mode can go to: a place in the panel, and what going there means. None unless a panel says so."""
        return []

    def renew(self, model: LatentModel) -> None:
        """Other weights, or other axes: ``model`` decodes from now on, and ``state.space`` is another.

        `follow` is called afterwards.
        """
        self.model = model

    def action_close(self) -> None:
        """Back to the bars."""
        self.post_message(self.Closed())

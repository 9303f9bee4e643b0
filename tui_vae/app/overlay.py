"""What lies over the cells: pictures in real pixels."""

from __future__ import annotations

from typing import Protocol

from rich.console import Console
from textual._compositor import CompositorUpdate


class Overlay(Protocol):
    """What lies over the cells."""

    def over(self, update: CompositorUpdate) -> str:
        """What to write after these cells. It is written."""

    def removal(self) -> str:
        """What takes all of it away. It is written."""


class WithOverlay(CompositorUpdate):
    """Cells and what lies over them, as one piece: synchronised output shows both at once."""

    def __init__(self, update: CompositorUpdate, overlay: Overlay) -> None:
        self._update, self._overlay = update, overlay

    def render_segments(self, console: Console) -> str:
        return self._update.render_segments(console) + self._overlay.over(self._update)

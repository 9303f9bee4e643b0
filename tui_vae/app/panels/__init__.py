"""The panels that can stand beside the face, by the names that the table of actions gives them."""

from __future__ import annotations

from typing import Final

from tui_vae.app.panels.panel import Look, Panel
from tui_vae.app.panels.strip import TraversalStrip

__all__ = ["PANELS", "Look", "Panel"]

PANELS: Final[dict[str, type[Panel]]] = {
    "strip": TraversalStrip,
}

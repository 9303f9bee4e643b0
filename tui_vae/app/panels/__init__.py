"""The panels that can stand beside the face, by the names that the table of actions gives them."""

from __future__ import annotations

from typing import Final

from tui_vae.app.panels.items import BookmarkedFaces, ClusterMembers, Nearest
from tui_vae.app.panels.map import MapPanel
from tui_vae.app.panels.panel import Look, Panel
from tui_vae.app.panels.strip import AxisGrid, TraversalStrip, WayStrip
from tui_vae.app.panels.tours import TourList
from tui_vae.app.panels.tree import UndoTree

__all__ = ["PANELS", "Look", "Panel"]

PANELS: Final[dict[str, type[Panel]]] = {
    "strip": TraversalStrip,
    "grid": AxisGrid,
    "way": WayStrip,
    "nearest": Nearest,
    "cluster": ClusterMembers,
    "bookmarks": BookmarkedFaces,
    "map": MapPanel,
    "tree": UndoTree,
    "tours": TourList,
}

"""Panels beside the face, in the place of the bars: opening them, and the keys that hold inside."""

from __future__ import annotations

from tui_vae.app.actions.action import Action

GROUP = "Panels"
FACES, GRID, BOOKMARKS = "In a panel of faces", "In the grid", "In the bookmarks"
MAP, LINES = "On the map", "In a list: the undo tree, tours"


FOOTER = {
    "take": "Take", "land": "Land", "remove": "Forget", "rename": "Rename", "other": "Other axis", "close": "Bars"
}  # fmt: skip


def _opens(name: str, key: str, title: str, tooltip: str, call: str = "") -> Action:
    return Action(f"panel.{name}", (key,), title, tooltip, GROUP, call or f"panel('{name}')")


def _inside(mode: str, group: str, *rows: tuple[str, tuple[str, ...], str, str, str]) -> tuple[Action, ...]:
    return tuple(
        Action(f"{mode}.{name}", keys, title, tooltip, group, call, footer=FOOTER.get(name, ""), mode=mode)
        for name, keys, title, tooltip, call in rows
    )


CLOSE = ("close", ("escape",), "Bars", "Back to the bars", "close")

ROWS: tuple[Action, ...] = (
    _opens("strip", "e", "Traversal", "The face along the selected axis, from -3 to +3 sigma: pick one"),
    _opens("grid", "E", "Grid", "The face over two axes: the selected bar across, another one down"),
    _opens("way", "S", "Steps", "The faces on the way from A to B, or between those chosen with I: pick one"),
    _opens("nearest", "N", "Nearest", "The faces of the dataset that are most like this one"),
    _opens("cluster", "c", "Cluster", "The faces of the dataset in the same cluster as this one"),
    _opens("found", "F", "Search", "Faces by name and attribute: smiling and not eyeglasses", "search"),
    _opens("map", "m", "Map", "The dataset as a map, and walking on it"),
    _opens("originals", "D", "Original", "The original, its reconstruction and their difference", "originals"),
    _opens("tree", "z", "Undo tree", "Every place of this session, branch by branch"),
    _opens("bookmarks", "B", "Bookmarks", "The faces that you have kept"),
    Action("keep", ("d",), "Keep", "Give this face a name, to come back to", GROUP, "keep"),
    *_inside(
        "gallery",
        FACES,
        ("right", ("right", "l"), "Next face", "Choose the next face", "step(1, 0)"),
        ("left", ("left", "h"), "Previous face", "Choose the previous face", "step(-1, 0)"),
        ("down", ("down", "j"), "Row down", "Choose the face a row down", "step(0, 1)"),
        ("up", ("up", "k"), "Row up", "Choose the face a row up", "step(0, -1)"),
        ("page_down", ("pagedown",), "Screen down", "Choose a face a screen further down", "page(1)"),
        ("page_up", ("pageup",), "Screen up", "Choose a face a screen further up", "page(-1)"),
        ("first", ("home",), "First face", "Choose the first face", "edge(-1)"),
        ("last", ("end",), "Last face", "Choose the last face", "edge(1)"),
        ("take", ("enter",), "Take this face", "Go to the chosen face", "take"),
        CLOSE,
    ),
    *_inside(
        "grid",
        GRID,
        ("other", ("full_stop",), "Other axis", "Take the next bar for the way down", "other(1)"),
        ("back", ("comma",), "Other axis back", "Take the bar before for the way down", "other(-1)"),
    ),
    *_inside(
        "bookmarks",
        BOOKMARKS,
        ("remove", ("delete", "backspace"), "Forget", "Forget the chosen bookmark", "remove"),
        ("rename", ("R",), "Rename", "Give the chosen bookmark another name", "rename"),
    ),
    *_inside(
        "map",
        MAP,
        ("right", ("right", "l"), "East", "A tenth of a sigma along the first component", "walk(1, 0)"),
        ("left", ("left", "h"), "West", "The same the other way", "walk(-1, 0)"),
        ("up", ("up", "k"), "North", "A tenth of a sigma along the second component", "walk(0, 1)"),
        ("down", ("down", "j"), "South", "The same the other way round", "walk(0, -1)"),
        ("far_right", ("shift+right", "L"), "Far east", "Half a sigma along the first component", "walk(5, 0)"),
        ("far_left", ("shift+left", "H"), "Far west", "Half a sigma back along the first component", "walk(-5, 0)"),
        ("far_up", ("shift+up", "K"), "Far north", "Half a sigma along the second component", "walk(0, 5)"),
        ("far_down", ("shift+down", "J"), "Far south", "Half a sigma back along the second component", "walk(0, -5)"),
        ("land", ("enter",), "Land", "Go to the face of the dataset that is nearest to this one", "land"),
        CLOSE,
    ),
    *_inside(
        "lines",
        LINES,
        ("down", ("down", "j"), "Next line", "Choose the next line", "step(1)"),
        ("up", ("up", "k"), "Previous line", "Choose the previous line", "step(-1)"),
        ("page_down", ("pagedown",), "Page of lines down", "Choose a line a page further down", "page(1)"),
        ("page_up", ("pageup",), "Page of lines up", "Choose a line a page further up", "page(-1)"),
        ("first", ("home",), "First line", "Choose the first line", "edge(-1)"),
        ("last", ("end",), "Last line", "Choose the last line", "edge(1)"),
        ("take", ("enter",), "Take this line", "Go there, or begin the tour", "take"),
        CLOSE,
    ),
)

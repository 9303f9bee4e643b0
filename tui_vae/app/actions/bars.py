"""The bars: choosing one, moving it, and which of them are shown."""

from __future__ import annotations

from tui_vae.app.actions.action import Action

GROUP = "Bars"

ROWS: tuple[Action, ...] = (
    Action("bar.down", ("down", "j"), "Next bar", "Select the next bar", GROUP, "select(1)", palette=False),
    Action("bar.up", ("up", "k"), "Previous bar", "Select the previous bar", GROUP, "select(-1)", palette=False),
    Action("bar.page_down", ("pagedown",), "Page down", "Select a page further down", GROUP, "page(1)", palette=False),
    Action("bar.page_up", ("pageup",), "Page up", "Select a page further up", GROUP, "page(-1)", palette=False),
    Action("bar.first", ("home",), "First bar", "Select the first bar", GROUP, "edge(-1)", palette=False),
    Action("bar.last", ("end",), "Last bar", "Select the last bar", GROUP, "edge(1)", palette=False),
    Action(
        "bar.more",
        ("right", "l"),
        "More",
        "Move the bar right by 0.1 sigma (or the slider from A to B)",
        GROUP,
        "nudge(1)",
    ),
    Action(
        "bar.less",
        ("left", "h"),
        "Less",
        "Move the bar left by 0.1 sigma (or the slider back to A)",
        GROUP,
        "nudge(-1)",
    ),
    Action("bar.much_more", ("shift+right", "L"), "Much more", "Move the bar right by 0.5 sigma", GROUP, "nudge(5)"),
    Action("bar.much_less", ("shift+left", "H"), "Much less", "Move the bar left by 0.5 sigma", GROUP, "nudge(-5)"),
    Action("bar.reset", ("full_stop",), "Reset bar", "Put this bar to zero", GROUP, "reset_bar"),
    Action(
        "axes.next",
        ("tab",),
        "Axes",
        "Switch the bars: PCA, raw dimensions, attributes",
        GROUP,
        "next_axes(1)",
        footer="Axes",
    ),
    Action(
        "axes.previous",
        ("shift+tab",),
        "Axes back",
        "Switch the bars the other way",
        GROUP,
        "next_axes(-1)",
        palette=False,
    ),
    Action("bar.value", ("equals_sign",), "Value", "Type the bar's value", GROUP, "enter_value"),
    Action("bar.lock", ("x",), "Lock", "Keep this bar as it is under random faces and other bars", GROUP, "lock"),
    Action("bar.wide", ("w",), "Wide", "Let bars go to 6 sigma and not to 3, or back", GROUP, "wide"),
    Action("bars.filter", ("slash",), "Filter", "Show only bars whose label holds what you type", GROUP, "filter"),
    Action("bars.sort", ("o",), "Order", "Bars by importance, by what they change, by name", GROUP, "sort"),
    Action(
        "bars.collapsed", ("Z",), "Collapsed", "Hide the bars that do hardly anything, or show them", GROUP, "collapsed"
    ),
    Action(
        "own.more", ("plus",), "More of it", "Mark this face as having more of an axis to come", GROUP, "example(True)"
    ),
    Action(
        "own.less",
        ("minus",),
        "Less of it",
        "Mark this face as having less of an axis to come",
        GROUP,
        "example(False)",
    ),
    Action("own.make", ("M",), "Own axis", "Make an axis from the marked faces and name it", GROUP, "make_axis"),
    Action("own.remove", ("delete",), "Remove axis", "Forget the selected axis of your own", GROUP, "remove_axis"),
)

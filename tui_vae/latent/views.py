"""Which bars of some axes are shown, and in what order."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from tui_vae.latent.axes import Axes, Vector

Order = Literal["importance", "effect", "name"]
ORDERS: tuple[Order, ...] = get_args(Order)


@dataclass(frozen=True)
class AxesView:
    """How some axes are looked at.

    Attributes:
        text: only bars whose label holds every word of it; upper and lower case, ``_`` and space are the same.
        order: "importance" is the order of the axes, "effect" the change of the picture, largest first, "name" the
            labels', numbers by value.
        hides_collapsed: bars that are dimmed are left out.
    """

    text: str = ""
    order: Order = "importance"
    hides_collapsed: bool = False


def visible(axes: Axes, view: AxesView, effects: Vector | None = None) -> tuple[int, ...]:
    """The bars that a view shows, as indices into the axes, in its order.

    ``effects`` (K,) is how much each bar changes the picture; without it the order "effect" is that of importance.
    """
    words = _plain(view.text).split()
    bars = [
        bar
        for bar in range(len(axes))
        if not (view.hides_collapsed and axes.dimmed[bar]) and all(word in _plain(axes.labels[bar]) for word in words)
    ]
    if view.order == "effect" and effects is not None:
        bars.sort(key=lambda bar: -float(effects[bar]))
    elif view.order == "name":
        bars.sort(key=lambda bar: _by_name(axes.labels[bar]))
    return tuple(bars)


def checked_effects(axes: Axes, values: Vector) -> Vector:
    """The effects (K,) of some axes as float32.

    Raises:
        ValueError: they are not one finite number per bar.
    """
    effects = np.asarray(values, np.float32)
    if effects.shape != (len(axes),) or not np.isfinite(effects).all():
        raise ValueError(f"effects of {axes.name} are {len(axes)} finite numbers, not {effects.shape} numbers")
    return effects


def _plain(text: str) -> str:
    return text.replace("_", " ").casefold()


def _by_name(label: str) -> list[tuple[int, int, str]]:
    """A key in which "PC 2" comes before "PC 10"."""
    parts = re.split(r"([0-9]+)", _plain(label))
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts if part]

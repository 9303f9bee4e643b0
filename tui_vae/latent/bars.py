"""Which bars there are, which of them are shown, selected and locked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from tui_vae.latent import views
from tui_vae.latent.axes import Axes, Vector
from tui_vae.latent.locks import Locks
from tui_vae.latent.own_axes import GROUP, Examples, OwnAxis, make_axis, own_axes
from tui_vae.latent.space import LatentSpace
from tui_vae.latent.views import AxesView, Order


class Bars:
    """The part of the explorer's state that no point is needed for.

    Attributes:
        space: the model's latent space.
        examples: the faces that are marked for an axis of one's own.
        locks: the locked bars: name of the axes, index.
    """

    def __init__(self, space: LatentSpace) -> None:
        self.space = space
        self.examples = Examples()
        self.locks: frozenset[tuple[str, int]] = frozenset()
        self._held: Locks | None = None
        self._own: tuple[OwnAxis, ...] = ()
        self._mine: Axes | None = None
        self._name = space.axes[0].name
        self._selected: dict[str, int] = {}
        self._views: dict[str, AxesView] = {}
        self._effects: dict[str, Vector] = {}

    @property
    def kinds(self) -> tuple[Axes, ...]:
        """All axes: the model's, and behind them those of one's own where there are any."""
        return self.space.axes if self._mine is None else (*self.space.axes, self._mine)

    @property
    def axes(self) -> Axes:
        """The axes that the bars show."""
        return self._kind(self._name)

    @property
    def selected(self) -> int:
        """The bar that the keys move: an index into the axes."""
        return self._selected.get(self._name, 0)

    def set_space(self, space: LatentSpace) -> None:
        """Have another space, with axes of the same kinds and sizes: that of the same model after more training.

        The point stays where it is. How much each bar changes the picture has to be worked out again.
        """
        self.space = space
        self._effects.clear()
        self.set_own(self._own)  # this makes the locks anew as well

    # Which bars are shown.

    @property
    def view(self) -> AxesView:
        """How the bars of these axes are filtered and sorted."""
        return self._views.get(self._name, AxesView())

    @property
    def visible(self) -> tuple[int, ...]:
        """The bars that are shown, as indices into the axes, in the order in which they are shown."""
        return views.visible(self.axes, self.view, self._effects.get(self._name))

    def filter_bars(self, text: str) -> None:
        """Show only bars whose label holds every word of the text; an empty text shows all."""
        self._look(replace(self.view, text=text))

    def sort_bars(self, order: Order) -> None:
        """Show the bars in another order. "effect" is that of importance until effects are set."""
        self._look(replace(self.view, order=order))

    def toggle_collapsed(self) -> None:
        """Leave out the bars that are dimmed, or show them again."""
        self._look(replace(self.view, hides_collapsed=not self.view.hides_collapsed))

    def set_effects(self, axes_name: str, values: Vector) -> None:
        """Take in how much each bar of some axes changes the picture: (K,), any unit, such as grey levels per sigma.

        Raises:
            ValueError: there are no such axes, or the values are not one finite number per bar.
        """
        self._effects[axes_name] = views.checked_effects(self._kind(axes_name), values)

    def effects(self) -> Vector | None:
        """What ``set_effects`` was given for these axes."""
        return self._effects.get(self._name)

    def _look(self, view: AxesView) -> None:
        self._views[self._name] = view
        shown = self.visible
        if shown and self.selected not in shown:
            self.select(shown[0])

    # Choosing a bar.

    def next_axes(self, by: int = 1) -> None:
        """Switch to the next kind of axes."""
        names = [axes.name for axes in self.kinds]
        self._name = names[(names.index(self._name) + by) % len(names)]

    def select(self, bar: int) -> None:
        """Select a bar by its index into the axes; beyond either end, the last one there."""
        self._selected[self._name] = min(max(bar, 0), len(self.axes) - 1)

    def move_selection(self, by: int) -> None:
        """Select another bar, so many further along those that are shown; beyond either end, the last one there."""
        shown = self.visible
        self.select_shown(shown.index(self.selected) + by if self.selected in shown else 0)

    def select_shown(self, place: int) -> None:
        """Select a bar by its place among those that are shown; beyond either end, the last one there."""
        shown = self.visible
        if shown:
            self.select(shown[min(max(place, 0), len(shown) - 1)])

    # Locks.

    def is_locked(self, bar: int) -> bool:
        """Whether a bar of these axes is locked."""
        return (self._name, bar) in self.locks

    def toggle_lock(self, bar: int | None = None) -> bool:
        """Lock a bar (the selected one unless told) or free it; ``True`` where it is locked now.

        Locked bars keep their value under randomize, vary and moves of other bars; other leaps go where they go.
        """
        bar = self.selected if bar is None else bar
        self.set_locks(self.locks ^ {(self._name, bar)})
        return self.is_locked(bar)

    def set_locks(self, locks: Iterable[tuple[str, int]]) -> None:
        """Lock these bars, by name of the axes and index, and no others.

        Raises:
            ValueError: there is no such bar.
        """
        locks = frozenset(locks)
        for name, bar in locks:
            if not 0 <= bar < len(self._kind(name)):
                raise ValueError(f"{name} has no bar {bar}")
        self.locks = locks
        bars = tuple((self._kind(name), bar) for name, bar in sorted(locks))
        self._held = Locks(self.space.pca, bars) if bars else None

    def direction(self, bar: int) -> Vector | None:
        """The change of z (L,) that moves a bar by one sigma and no locked one; ``None`` where locks hold the bar."""
        if self._held is None:
            own: Vector = self.axes.directions[bar]
            return own
        step = None if self.is_locked(bar) else self._held.step(self.axes, bar)
        return None if step is None else step.astype(np.float32)

    def held(self, bar: int | None = None) -> str:
        """Why a bar (the selected one unless told) cannot be moved, in one line; empty where it can."""
        bar = self.selected if bar is None else bar
        label = self.axes.labels[bar]
        if self.is_locked(bar):
            return f"{label} is locked"
        if self._held is not None and self._held.step(self.axes, bar) is None:
            return f"{label} cannot move: the locked bars hold it"
        return ""

    # Axes of one's own.

    @property
    def own(self) -> tuple[OwnAxis, ...]:
        """The axes of one's own, in the order of their bars."""
        return self._own

    def make_axis(self, name: str) -> None:
        """Make an axis from the marked faces, forget the marks, and select its bar.

        Raises:
            ValueError: the name will not do or is taken, or the faces do not make an axis.
        """
        axis = make_axis(name, self.examples, self.space.pca)
        self.set_own((*self._own, axis))
        self.examples = Examples()
        self._name = GROUP
        self._views.pop(GROUP, None)
        self.select(len(self._own) - 1)

    def rename_axis(self, bar: int, name: str) -> None:
        """Give an axis of one's own another name.

        Raises:
            ValueError: the name will not do or is taken.
        """
        renamed = replace(self._own[bar], name=name.strip())
        self.set_own((*self._own[:bar], renamed, *self._own[bar + 1 :]))

    def remove_axis(self, bar: int) -> None:
        """Forget an axis of one's own; a lock on it goes with it."""
        locks = {(name, other) for name, other in self.locks if name != GROUP}
        locks |= {(GROUP, other - (other > bar)) for name, other in self.locks if name == GROUP and other != bar}
        self.set_locks(())
        self.set_own((*self._own[:bar], *self._own[bar + 1 :]))
        self.set_locks(locks)

    def set_own(self, axes: Iterable[OwnAxis]) -> None:
        """Have these axes of one's own and no others. Locks on them are for bars of the same index.

        Raises:
            ValueError: a name will not do, or two have the same.
        """
        axes = tuple(axes)
        mine = own_axes(self.space.pca, axes)
        self._own, self._mine = axes, mine
        self._effects.pop(GROUP, None)
        count = len(axes)
        if not count and self._name == GROUP:
            self._name = self.space.axes[0].name
        self._selected[GROUP] = max(0, min(self._selected.get(GROUP, 0), count - 1))
        self.set_locks(lock for lock in self.locks if lock[0] != GROUP or lock[1] < count)

    def _kind(self, name: str) -> Axes:
        for axes in self.kinds:
            if axes.name == name:
                return axes
        raise ValueError(f"there are no axes {name!r}: there are {', '.join(axes.name for axes in self.kinds)}")

"""Tours: sequences of stops in latent space, made as they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from tui_vae.latent.axes import Axes, Vector
from tui_vae.latent.neighbours import Neighbourhood
from tui_vae.latent.search import SearchError, search
from tui_vae.latent.space import LatentSpace
from tui_vae.latent.truth import plain

TRAVERSAL_SIGMA = 3.0


class TourError(ValueError):
    """There is no such tour; one line that lists what there is."""


@dataclass(frozen=True)
class Stop:
    """A latent vector with a title; ``index`` is its place in the atlas if it is an item as it stands there."""

    z: Vector
    title: str
    index: int | None = None


@dataclass(frozen=True)
class Tour:
    """``count`` stops, at least one, by number. ``closed``: from the last stop it goes on to the first.

    ``is_lazy``: a stop is worked out from those before it, so that far ones take time.
    """

    name: str
    count: int
    stop: Callable[[int], Stop]
    closed: bool = False
    is_lazy: bool = False

    def __len__(self) -> int:
        return self.count


def tour_names(space: LatentSpace) -> tuple[str, ...]:
    """The names that :func:`tour` knows, an open part in capitals."""
    attributes = ("attribute:NAME",) if any(axes.name == "attributes" for axes in space.axes) else ()
    clusters = ("clusters",) if space.clusters is not None else ()
    return (
        *("dataset", "shuffled", "shuffled:SEED", *clusters, *attributes, "bar:NAME", "traversal:NAME"),
        *("search:QUERY", "walk", "bookmarks"),
    )


def tour(name: str, space: LatentSpace, here: Vector, bookmarks: Sequence[tuple[str, Vector]] = ()) -> Tour:
    """A tour by name.

    - ``dataset``: the atlas in its order; ``shuffled`` or ``shuffled:SEED``: in another one
    - ``clusters``: each centroid, followed by its cluster's items, those most like it first
    - ``attribute:smiling``: the atlas from least to most of an attribute; ``bar:PC 1``: of any bar of any axes
    - ``traversal:PC 1``: from ``here``, one bar to +3 sigma, -3 sigma and back; all else stays
    - ``search:QUERY``: what a search finds
    - ``walk``: from ``here`` to the nearest item, from there to the nearest one not seen yet, and so on
    - ``bookmarks``: titles and latent vectors given

    Raises:
        TourError: no such tour, or it would have no stops.
    """
    kind, _, rest = (part.strip() for part in name.partition(":"))
    kind = kind.casefold()
    if kind == "dataset" and not rest:
        return _items(name, space, np.arange(len(space.atlas)))
    if kind == "shuffled":
        return _items(name, space, np.random.default_rng(_seed(rest)).permutation(len(space.atlas)))
    if kind == "clusters" and not rest:
        return _clusters(name, space)
    if kind in ("attribute", "bar"):
        axes, bar = _bar(space, rest, kind)
        readout = axes.readout[bar]
        return _items(name, space, np.argsort(space.atlas.latents @ readout, kind="stable"))
    if kind == "traversal":
        return _traversal(name, *_bar(space, rest, kind), here)
    if kind == "search":
        try:
            return _items(name, space, np.flatnonzero(search(space, rest).items))
        except SearchError as error:
            raise TourError(str(error)) from error
    if kind == "walk" and not rest:
        return _walk(name, space, here)
    if kind == "bookmarks" and not rest:
        return _bookmarks(name, bookmarks)
    raise TourError(f"no tour {name!r}; there are {', '.join(tour_names(space))}")


def _seed(text: str) -> int:
    if text and not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise TourError(f"the seed of a shuffled tour is a number, not {text!r}")
    return int(text or 0)


def _bar(space: LatentSpace, name: str, kind: str) -> tuple[Axes, int]:
    usable = [axes for axes in space.axes if kind != "attribute" or axes.name == "attributes"]
    for axes in usable:
        names = [plain(label) for label in axes.labels]
        if plain(name) in names:
            return axes, names.index(plain(name))
    if not usable:
        raise TourError("this model has no attributes")
    known = [label for axes in usable for label in axes.labels]
    more = f" and {len(known) - 40} more" if len(known) > 40 else ""
    raise TourError(f"no {'attribute' if kind == 'attribute' else 'bar'} {name!r}; there are {_list(known)}{more}")


def _list(names: Sequence[str]) -> str:
    return ", ".join(names[:40])


def _items(name: str, space: LatentSpace, order: Sequence[int] | np.ndarray[tuple[int], np.dtype[np.intp]]) -> Tour:
    if len(order) == 0:
        raise TourError(f"{name}: there is nothing to see")

    def stop(number: int) -> Stop:
        index = int(order[number])
        return Stop(space.atlas[index], space.atlas.names[index], index)

    return Tour(name, len(order), stop)


def _clusters(name: str, space: LatentSpace) -> Tour:
    if space.clusters is None:
        raise TourError("this model's atlas has no clusters")
    clusters = space.clusters
    near = Neighbourhood(space)
    # Each cluster's first stop is its centroid, the others are its members.
    first = np.cumsum([0, *(1 + np.bincount(clusters.of, minlength=len(clusters)))])
    members: dict[int, list[int]] = {}

    def stop(number: int) -> Stop:
        cluster = int(np.searchsorted(first, number, side="right")) - 1
        if number == first[cluster]:
            return Stop(clusters.centroids[cluster].copy(), f"cluster {cluster}")
        if cluster not in members:
            members[cluster] = [int(index) for index in near.members(cluster)]
        index = members[cluster][number - int(first[cluster]) - 1]
        return Stop(space.atlas[index], f"cluster {cluster}: {space.atlas.names[index]}", index)

    return Tour(name, int(first[-1]), stop)


def _traversal(name: str, axes: Axes, bar: int, here: Vector) -> Tour:
    now = float(axes.values(here)[bar])
    values = (0.0, TRAVERSAL_SIGMA, 0.0, -TRAVERSAL_SIGMA)

    def stop(number: int) -> Stop:
        return Stop(axes.move(here, bar, values[number] - now), f"{axes.labels[bar]} {values[number]:+g}")

    return Tour(name, len(values), stop, closed=True)


def _walk(name: str, space: LatentSpace, here: Vector) -> Tour:
    if not len(space.atlas):
        raise TourError(f"{name}: there is nothing to see")
    near = Neighbourhood(space)
    seen = np.zeros(len(space.atlas), np.bool_)
    order: list[int] = []

    def stop(number: int) -> Stop:
        if number == 0:
            return Stop(here.copy(), "here")
        while len(order) < number:
            start = space.atlas.latents[order[-1]] if order else here
            away = near.distances(start)
            away[seen] = np.inf
            order.append(int(away.argmin()))
            seen[order[-1]] = True
        index = order[number - 1]
        return Stop(space.atlas[index], space.atlas.names[index], index)

    return Tour(name, len(space.atlas) + 1, stop, is_lazy=True)


def _bookmarks(name: str, bookmarks: Sequence[tuple[str, Vector]]) -> Tour:
    if not bookmarks:
        raise TourError("there are no bookmarks yet")
    kept = tuple(bookmarks)
    return Tour(name, len(kept), lambda number: Stop(kept[number][1].copy(), kept[number][0]), closed=len(kept) > 1)

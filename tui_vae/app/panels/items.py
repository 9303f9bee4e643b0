"""Faces of the dataset: the nearest ones, those of a cluster, those that a search finds; and bookmarks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar, overload

import numpy as np
import numpy.typing as npt
from textual.binding import BindingType

from tui_vae.app.binding import bindings, key_of
from tui_vae.app.model import LatentModel
from tui_vae.app.panels.gallery import Exhibit, Gallery
from tui_vae.app.panels.panel import Look
from tui_vae.app.screens.prompt import PromptScreen
from tui_vae.latent.axes import Vector
from tui_vae.latent.explorer import Explorer
from tui_vae.latent.neighbours import Neighbourhood
from tui_vae.latent.point import item_point
from tui_vae.latent.search import Found
from tui_vae.latent.space import Atlas

NEIGHBOURS = 60


class Items(Sequence[Exhibit]):
    """Faces of the dataset by index, made when they are looked at; ``caption`` gets the place in the list."""

    def __init__(self, atlas: Atlas, indices: npt.NDArray[np.intp], caption: Callable[[int], str]) -> None:
        self._atlas, self._indices, self._caption = atlas, indices, caption

    def __len__(self) -> int:
        return len(self._indices)

    @overload
    def __getitem__(self, place: int) -> Exhibit: ...
    @overload
    def __getitem__(self, place: slice) -> list[Exhibit]: ...
    def __getitem__(self, place: int | slice) -> Exhibit | list[Exhibit]:
        if isinstance(place, slice):
            return [self[each] for each in range(*place.indices(len(self)))]
        return Exhibit(item_point(self._atlas, int(self._indices[place])), self._caption(place))


class Nearest(Gallery):
    """The faces of the dataset that are most like this one, with their distances."""

    def __init__(self, model: LatentModel, state: Explorer, look: Look) -> None:
        super().__init__(model, state, look)
        self._near = Neighbourhood(state.space)
        self._found_for: Vector | None = None

    def renew(self, model: LatentModel) -> None:
        """The dataset is elsewhere."""
        super().renew(model)
        self._near, self._found_for = Neighbourhood(self.state.space), None

    @property
    def heading(self) -> str:
        """What the distances are."""
        return "nearest in the dataset, and how far"

    def exhibits(self) -> Sequence[Exhibit]:
        """Nearest first."""
        here = self.state.point
        if here.z is self._found_for:  # asked again after every key, also those that do not move the point
            return self._exhibits
        self._found_for = here.z
        found = self._near.nearest(here.z, NEIGHBOURS, exclude=here.index)
        indices = np.array([each.index for each in found], np.intp)
        return Items(self.state.space.atlas, indices, lambda place: f"{found[place].distance:.2f}")


class ClusterMembers(Gallery):
    """The faces of the dataset in the same cluster as this one, those nearest to its centroid first."""

    def __init__(self, model: LatentModel, state: Explorer, look: Look) -> None:
        super().__init__(model, state, look)
        self._near = Neighbourhood(state.space)
        self._cluster: int | None = None

    def renew(self, model: LatentModel) -> None:
        """The dataset is elsewhere."""
        super().renew(model)
        self._near, self._cluster = Neighbourhood(self.state.space), None

    @property
    def heading(self) -> str:
        """Which cluster it is."""
        if self.state.space.clusters is None:
            return "this model has no clusters"
        return f"cluster {self._cluster} of {len(self.state.space.clusters)}: {len(self._exhibits):,} faces"

    def exhibits(self) -> Sequence[Exhibit]:
        """The members of the point's cluster."""
        atlas = self.state.space.atlas
        cluster = self._near.cluster(self.state.point.z)
        if cluster is None:
            return []
        if cluster == self._cluster:
            return self._exhibits
        self._cluster = cluster
        members = self._near.members(cluster)
        return Items(atlas, members, lambda place: f"#{members[place]}")


class FoundFaces(Gallery):
    """What a search found."""

    def __init__(self, model: LatentModel, state: Explorer, look: Look, query: str, found: Found) -> None:
        super().__init__(model, state, look)
        self._query = query
        self._predicted = found.predicted
        self._indices = np.flatnonzero(found.items)
        self._found = self._hung()

    def renew(self, model: LatentModel) -> None:
        """The same items, where they are now."""
        super().renew(model)
        self._found = self._hung()

    def _hung(self) -> Items:
        return Items(self.state.space.atlas, self._indices, lambda place: f"#{self._indices[place]}")

    @property
    def heading(self) -> str:
        """The query, and what was only predicted."""
        guessed = f", {', '.join(self._predicted)} predicted" if self._predicted else ""
        return f"{len(self._found):,} faces: {self._query}{guessed}"

    def exhibits(self) -> Sequence[Exhibit]:
        """In the dataset's order."""
        return self._found


class BookmarkedFaces(Gallery):
    """The faces that were given a name."""

    modes: ClassVar[tuple[str, ...]] = ("bookmarks", "gallery")
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("bookmarks")]

    @property
    def heading(self) -> str:
        """How many there are."""
        count = len(self.state.bookmarks)
        return f"{count} bookmarks" if count else f"no bookmarks yet: {key_of(self.app, 'keep')} keeps a face"

    def exhibits(self) -> Sequence[Exhibit]:
        """In the order in which they were kept."""
        return [Exhibit(point, name) for name, point in self.state.bookmarks.items()]

    def action_remove(self) -> None:
        """Forget the chosen one."""
        if self.chosen is not None:
            name = self.chosen.caption
            self.state.bookmarks.remove(name)
            self.post_message(self.Changed())
            self.post_message(self.Told(f"forgot {name}"))

    def action_rename(self) -> None:
        """Give the chosen one another name."""
        if self.chosen is None:
            return
        old = self.chosen.caption

        def done(name: str | None) -> None:
            if name is not None:
                self.post_message(self.Changed())

        bookmarks = self.state.bookmarks
        self.app.push_screen(PromptScreen("New name:", lambda text: bookmarks.rename(old, text), old), done)

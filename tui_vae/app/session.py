"""Where you were: a place in the latent space, kept in the user's state folder when the connection drops.

One small JSON file per model, named after the model's fingerprint. What it holds is checked before it is used: the
file is the user's own, but a model of the same name may have been trained anew, and a disk may have been full.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

import numpy as np

from tui_vae import paths
from tui_vae.app.keeping import Keeper
from tui_vae.app.model import LatentModel
from tui_vae.app.stored_points import integer, point_from_json, point_to_json
from tui_vae.errors import UserError
from tui_vae.files import whole_file
from tui_vae.latent.draw_options import MAX_SPREAD, MAX_TRUNCATION, DrawOptions
from tui_vae.latent.draws import MIN_TRUNCATION, SOURCES
from tui_vae.latent.explorer import Explorer, Mark
from tui_vae.latent.fingerprint import fingerprint
from tui_vae.latent.journey import WAYS, Way
from tui_vae.latent.own_axes import GROUP
from tui_vae.latent.point import Point
from tui_vae.latent.space import LatentSpace

FORMAT = 1
MAX_BYTES = 4_000_000
MAX_OWN = 10_000  # how many axes of one's own there are is told elsewhere


@dataclass(frozen=True)
class Place:
    """All that is needed to go on: the point, the axes by name and the selected bar, what randomize goes by, the way
    between two faces, the marks."""

    point: Point
    axes: str
    selected: int
    draws: DrawOptions
    marks: Mapping[Mark, Point] = field(default_factory=dict)
    way: Way = WAYS[0]


def place_of(state: Explorer) -> Place | None:
    """Where the explorer stands; ``None`` at the average face without marks, which is where everybody starts."""
    if not state.marks and np.array_equal(state.point.z, state.space.mean):
        return None
    return Place(state.point, state.axes.name, state.selected, state.draw_options, dict(state.marks), state.way)


def go_to_place(state: Explorer, place: Place) -> None:
    """Take the explorer there, as one step that can be undone."""
    kinds = [axes.name for axes in state.kinds]
    if place.axes in kinds:  # axes of one's own may have been removed since
        state.next_axes(kinds.index(place.axes) - kinds.index(state.axes.name))
        state.select(place.selected)
    state.set_draw_options(place.draws)
    state.way = place.way
    state.marks.update(place.marks)
    state.jump(place.point)


def write(path: Path, place: Place, model: str) -> None:
    """Write a place to a file of the user's own, whole or not at all. ``model`` is its model's fingerprint.

    Raises:
        UserError: it cannot be written.
    """
    data = {
        "format": FORMAT,
        "model": model,
        "axes": place.axes,
        "selected": place.selected,
        "spread": place.draws.spread,
        "source": place.draws.source,
        "truncation": place.draws.truncation,
        "way": place.way,
        "point": point_to_json(place.point),
        "marks": {which: point_to_json(point) for which, point in place.marks.items()},
    }
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"{path}: cannot write: {error.strerror or error}") from error
    with whole_file(path) as scratch:
        scratch.write_text(json.dumps(data), encoding="utf-8")


def read(path: Path, space: LatentSpace, model: str) -> Place | None:
    """Read a place; ``None`` where there is no such file.

    Raises:
        UserError: it cannot be read, is damaged, or belongs to another model than ``model``.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise ValueError("it is too large")
        return _place(json.loads(content), space, model)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UserError(f"{path}: cannot read: {error.strerror or error}") from error
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
        reason = f"there is no {error}" if isinstance(error, KeyError) else str(error).partition("\n")[0]
        raise UserError(f"{path}: not a saved place of this model: {reason}") from error


def _place(data: Any, space: LatentSpace, model: str) -> Place:
    if not isinstance(data, dict) or data["format"] != FORMAT:
        raise ValueError("it has another format")
    if data["model"] != model:
        raise ValueError("it was saved with other weights")
    kinds = {axes.name: axes for axes in space.axes}
    if data["axes"] != GROUP and data["axes"] not in kinds:
        raise ValueError("the model has no such axes")
    selected = integer(data["selected"], MAX_OWN if data["axes"] == GROUP else len(kinds[data["axes"]]))
    draws, way = _draws(data), data.get("way", WAYS[0])
    if way not in WAYS:
        raise ValueError("the way between faces is none that there is")
    names: tuple[Mark, ...] = get_args(Mark)
    if not isinstance(data["marks"], dict) or set(data["marks"]) - set(names):
        raise ValueError("the marks are not a and b")
    marks = {name: point_from_json(data["marks"][name], space) for name in names if name in data["marks"]}
    return Place(point_from_json(data["point"], space), data["axes"], selected, draws, marks, way)


def _draws(data: Any) -> DrawOptions:
    spread, source, cut = data["spread"], data.get("source", "posterior"), data.get("truncation")
    if type(spread) not in (int, float) or not 0 < spread <= MAX_SPREAD:
        raise ValueError("the range is none that can be chosen")
    if source not in SOURCES:
        raise ValueError("random faces have no such source")
    if cut is not None and (type(cut) not in (int, float) or not MIN_TRUNCATION <= cut <= MAX_TRUNCATION):
        raise ValueError("the truncation is none that can be chosen")
    return DrawOptions(float(spread), source, None if cut is None else float(cut))


class Session:
    """What one run of the explorer takes over from the last one that was cut off, and leaves to the next.

    A place is offered until it is gone back to, or until another one is saved; it is forgotten when the explorer that
    went back to it is left as usual. ``resume`` asks to go back at once. ``keeper`` keeps what outlives every session.
    """

    def __init__(
        self, model: LatentModel, path: Path | None = None, *, resume: bool = False, keeper: Keeper | None = None
    ) -> None:
        self.resume = resume
        self._keeper = keeper
        self._model = fingerprint(model.space, model.preview)
        self._space = model.space
        self._path = path or paths.places() / f"{self._model}.json"
        self._taken = False
        self.problem = ""
        self.offered: Place | None = None
        try:
            self.offered = read(self._path, model.space, self._model)
        except UserError as error:
            self.problem = str(error)

    def begin(self, state: Explorer) -> str:
        """Give an explorer that has just been opened what earlier sessions kept. Returns what is wrong, or ""."""
        problem = self._keeper.restore(state) if self._keeper is not None else ""
        return self.problem or problem

    def keep(self, state: Explorer) -> str:
        """Keep what has changed, in another thread. To be called after every move. Returns what went wrong, once."""
        return self._keeper.keep(state) if self._keeper is not None else ""

    def offer(self, state: Explorer, key: str) -> list[str]:
        """What the status line says of the place that is offered; nothing once the explorer has been moved."""
        if self.offered is None or self._taken or place_of(state) is not None:
            return []
        return [f"{key} goes back to {self.offered.point.origin}"]

    def go_back(self, state: Explorer) -> bool:
        """Go to the place that is offered; ``False`` where there is none. It can be gone back to again and again."""
        if self.offered is None:
            return False
        go_to_place(state, self.offered)
        self._taken = True
        return True

    def save(self, state: Explorer) -> None:
        """Keep the explorer's place. Nobody is there any more to be told of a full disk, so errors are dropped."""
        place = place_of(state)
        if place is not None:
            with suppress(UserError):
                write(self._path, place, self._model)
        if self._keeper is not None:
            self._keeper.keep(state)
            self._keeper.finish()

    def rest(self, state: Explorer) -> None:
        """Another model is opened: keep the place for coming back in the same program."""
        self.save(state)
        if self._keeper is not None:
            self._keeper.close()
        self._taken = True  # the program being left as usual ends it, as it ends this model's part

    def leave(self) -> None:
        """Left as usual: a place that was gone back to is done with."""
        if self._keeper is not None:
            self._keeper.close()
        if self._taken:
            with suppress(OSError):
                self._path.unlink(missing_ok=True)

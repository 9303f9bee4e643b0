"""What the explorer can write: faces, latents, recipes, sheets and films; the end of a file's name says how."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from tui_vae import pictures
from tui_vae.app.model import LatentModel
from tui_vae.errors import UserError, one_line
from tui_vae.files import whole_file
from tui_vae.latent import tokens
from tui_vae.latent.axes import Axes
from tui_vae.latent.explorer import Ends, Explorer
from tui_vae.latent.fingerprint import fingerprint
from tui_vae.latent.journey import Way
from tui_vae.latent.point import Point
from tui_vae.latent.recipe import RecipeError
from tui_vae.latent.space import LatentSpace
from tui_vae.latent.tours import Tour, TourError, tour
from tui_vae.render import output, takes
from tui_vae.render.cast import CellStyle
from tui_vae.render.film import CancelledError, Film, Images, Progress
from tui_vae.render.film import Grid as Size
from tui_vae.render.output import MOVING, SMALLEST, STILL, Look
from tui_vae.render.sheet import Sheet
from tui_vae.render.traversal import Bar
from tui_vae.terminal.colour import ColourDepth

FPS: Final = 20.0
STOP_SECONDS: Final = 1.5
FACE_COLUMNS, SHEET_COLUMNS = 64, 32
MOST_FACES: Final = 1000
SIZES: Final = (8, 4096)
SECONDS: Final = (0.1, 500.0)
Cancelled = Callable[[], bool]


@dataclass(frozen=True)
class Subject:
    """The explorer's state at one moment, as far as it can be written. Points are never changed in place.

    ``across`` is the selected bar's number, ``down`` another one's, ``reach`` how far bars go in sigma. ``space`` has
    axes of one's own too; ``recipes`` is the space that recipes are followed with.
    ``axes`` moves these two bars and no locked one; a bar that locks hold has no direction.
    """

    model: LatentModel
    space: LatentSpace
    recipes: LatentSpace
    point: Point
    axes: Axes
    across: int
    down: int
    reach: float
    ends: Ends | None
    way: Way
    bookmarks: tuple[tuple[str, Point], ...]

    @property
    def bar(self) -> Bar:
        """The selected bar."""
        return Bar(self.axes, self.across)

    def is_held(self, bar: int) -> bool:
        """Whether locks hold one of the two bars."""
        return not self.axes.directions[bar].any()

    def tour(self, name: str, stops: int) -> Tour:
        """So many stops of a tour.

        Raises:
            UserError: there is no such tour.
        """
        try:
            whole = tour(name, self.space, self.point.z, [(kept, point.z) for kept, point in self.bookmarks])
        except TourError as error:
            raise UserError(str(error)) from error
        return takes.part_of(whole, stops)


def subject_of(state: Explorer, model: LatentModel, down: int | None = None) -> Subject:
    """What there is to write; ``down`` is the other bar of a grid, the next one unless told."""
    shown = state.visible or tuple(range(len(state.axes)))
    if down is None:
        down = shown[(shown.index(state.selected) + 1) % len(shown)] if state.selected in shown else shown[0]
    directions = state.axes.directions.copy()
    for bar in (state.selected, down):
        free = state.direction(bar)
        directions[bar] = 0 if free is None else free
    return Subject(
        model,
        replace(state.space, axes=state.kinds),
        state.space,
        state.point,
        replace(state.axes, directions=directions),
        state.selected,
        down,
        state.limit,
        state.ends,
        state.way,
        tuple(state.bookmarks.items()),
    )


@dataclass(frozen=True)
class Order:
    """One file that is asked for.

    Attributes:
        path: The file; its suffix is the format.
        size: Height of each face in pixels, or its width in cells where it is drawn in cells; ``None`` for the usual.
        faces: Faces of a sheet, or of a grid's side; stops of a tour.
        seconds: How long a film takes, one way.
        tour: The tour's name.
    """

    path: Path
    size: int | None = None
    faces: int = 8
    seconds: float = 3.0
    tour: str = "dataset"

    @property
    def pictures(self) -> int:
        """How many pictures a film has, one way."""
        return max(2, round(self.seconds * FPS))


@dataclass(frozen=True)
class Kind:
    """Something that can be written.

    Attributes:
        name: Its own, part of the names of files.
        title: What people call it.
        suffixes: The formats, the usual one first.
        about: What it is of, or would be.
        missing: Why it cannot be written; "" where it can.
        faces: How many faces a sheet has unless told; 0 where that cannot be chosen. Likewise ``seconds`` of a film.
        sheet: Its faces; ``film``: its pictures in time.
    """

    name: str
    title: str
    suffixes: tuple[str, ...]
    about: Callable[[Subject], str]
    sheet: Callable[[Subject, Order], Sheet]
    film: Callable[[Subject, Order], Film] | None = None
    missing: Callable[[Subject], str] = lambda subject: ""
    faces: int = 0
    seconds: float = 0.0


def _face(subject: Subject, order: Order) -> Sheet:
    return takes.faces(subject.point.z[None], ())


def _bookmarks(subject: Subject, order: Order) -> Sheet:
    return takes.faces(np.stack([point.z for _, point in subject.bookmarks]), [name for name, _ in subject.bookmarks])


def _bookmarks_film(subject: Subject, order: Order) -> Film:
    kept = subject.tour("bookmarks", len(subject.bookmarks))
    return _travel(subject, kept, order)


def _traversal(subject: Subject, order: Order) -> Sheet:
    return takes.traversals(subject.point.z, [subject.bar], subject.reach, order.faces)


def _traversal_film(subject: Subject, order: Order) -> Film:
    return takes.swings(subject.point.z, [subject.bar], subject.reach, order.pictures, FPS)


def _interpolation(subject: Subject, order: Order) -> Sheet:
    start, end = _ends(subject)
    return takes.interpolation(
        takes.way(start.z, end.z, order.faces, subject.way, subject.space.pca), start.origin, end.origin
    )


def _interpolation_film(subject: Subject, order: Order) -> Film:
    start, end = _ends(subject)
    return Film(takes.way(start.z, end.z, order.pictures, subject.way, subject.space.pca), FPS, ping_pong=True)


def _ends(subject: Subject) -> Ends:
    if subject.ends is None:
        raise UserError("mark two faces first")
    return subject.ends


def _grid(subject: Subject, order: Order) -> Sheet:
    down = Bar(subject.axes, subject.down)
    return takes.plane(subject.point.z, down, subject.bar, subject.reach, order.faces)


def _grid_missing(subject: Subject) -> str:
    if subject.down == subject.across:
        return "needs two bars"
    return "locks hold one of its bars" if subject.is_held(subject.across) or subject.is_held(subject.down) else ""


def _tour(subject: Subject, order: Order) -> Sheet:
    return takes.stops(subject.tour(order.tour, order.faces), subject.space.atlas)


def _tour_film(subject: Subject, order: Order) -> Film:
    return _travel(subject, subject.tour(order.tour, max(2, round(order.seconds / STOP_SECONDS))), order)


def _travel(subject: Subject, stops: Tour, order: Order) -> Film:
    legs = max(1, len(stops) if stops.closed else len(stops) - 1)
    return takes.travel(stops, order.seconds / legs, FPS, subject.way, subject.space.pca)


def _between(subject: Subject) -> str:
    return " to ".join(point.origin for point in subject.ends) if subject.ends is not None else "A to B"


KINDS: Final = (
    Kind("face", "Face", (".png", *STILL[1:]), lambda subject: subject.point.origin, _face),
    Kind("latent", "Latent vector", (".npy",), lambda subject: f"{len(subject.point.z)} numbers", _face),
    Kind("recipe", "Recipe", (".txt",), lambda subject: "how the face was made, as a token", _face),
    Kind(
        "bookmarks",
        "Bookmarks",
        STILL + MOVING,
        lambda subject: f"{len(subject.bookmarks)} faces",
        _bookmarks,
        _bookmarks_film,
        lambda subject: "" if subject.bookmarks else "no face has been kept yet",
        seconds=12.0,
    ),
    Kind(
        "traversal",
        "Traversal",
        STILL + MOVING,
        lambda subject: f"{subject.bar.label}, {-subject.reach:+g} to {subject.reach:+g} sigma",
        _traversal,
        _traversal_film,
        lambda subject: "locks hold this bar" if subject.is_held(subject.across) else "",
        faces=7,
        seconds=3.0,
    ),
    Kind(
        "interpolation",
        "Interpolation",
        STILL + MOVING,
        _between,
        _interpolation,
        _interpolation_film,
        lambda subject: "mark two faces first" if subject.ends is None else "",
        faces=8,
        seconds=3.0,
    ),
    Kind(
        "grid",
        "Grid",
        STILL,
        lambda subject: f"→ {subject.bar.label}  ↓ {subject.axes.labels[subject.down]}",
        _grid,
        missing=_grid_missing,
        faces=5,
    ),
    Kind("tour", "Tour", STILL + MOVING, lambda subject: "by its name", _tour, _tour_film, faces=8, seconds=12.0),
)


def is_film(path: Path) -> bool:
    """Whether a file of this name moves."""
    return path.suffix.lower() in MOVING


def usual_size(kind: Kind, suffix: str, model: LatentModel) -> tuple[int, str]:
    """How large faces are unless told, and the unit."""
    if suffix in (".cast", ".txt", ".ans"):
        return FACE_COLUMNS if kind.name == "face" or suffix == ".cast" else SHEET_COLUMNS, "cells wide"
    height = model.preview.shape[0]
    return height if kind.name == "face" else max(height, SMALLEST), "pixels high"


def free_name(folder: Path, stem: str, suffix: str) -> str:
    """``STEM-001.SUFFIX`` with the first number that is free in the folder."""
    number = 1
    while (folder / f"{stem}-{number:03d}{suffix}").exists():
        number += 1
    return f"{stem}-{number:03d}{suffix}"


def check_folder(path: Path) -> None:
    """Refuse a folder that is missing or cannot be written to, before anything is decoded.

    Raises:
        UserError: so it is.
    """
    try:
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        raise UserError(f"{path}: cannot write: {error.strerror or error}") from error


def write(kind: Kind, subject: Subject, order: Order, progress: Progress, cancelled: Cancelled) -> None:
    """Write a file, whole or not at all; one of this name is replaced. For a thread: it decodes.

    Raises:
        CancelledError: ``cancelled`` has said so; nothing is left behind.
        UserError: it cannot be decoded or written.
    """
    suffix = output.suffix_of(order.path, kind.suffixes)
    check_folder(order.path)
    try:
        _write(kind, subject, order, suffix, progress, cancelled)
    except (UserError, CancelledError):
        raise
    except RecipeError as error:
        raise UserError(str(error)) from error
    except Exception as error:  # whatever a model raises
        raise UserError(f"the decoder failed: {one_line(error)}") from error


def _write(kind: Kind, subject: Subject, order: Order, suffix: str, progress: Progress, cancelled: Cancelled) -> None:
    model, z = subject.model, subject.point.z
    height, width, channels = model.preview.shape
    size = order.size or usual_size(kind, suffix, model)[0]
    depth = ColourDepth.MONO if suffix == ".txt" else ColourDepth.TRUECOLOUR
    look = Look((height, width, channels), size, CellStyle(size, depth))

    def decode(latents: np.ndarray[tuple[int, ...], np.dtype[np.float32]], grid: Size | None = None) -> Images:
        return model.decode(latents, grid)

    if kind.name == "recipe":
        made_for = tokens.tag(model.name, fingerprint(subject.recipes, model.preview))
        token = tokens.write(subject.point.made, made_for, subject.recipes)
        with whole_file(order.path) as scratch:
            scratch.write_text(f"{token}\n", encoding="ascii", newline="\n")
    elif suffix == ".npy" and kind.name in ("face", "latent"):
        pictures.save_latent(order.path, z)
    elif suffix == ".png" and kind.name == "face":
        pictures.save_png(order.path, decode(z[None], look.grid)[0])
    elif suffix in MOVING and kind.film is not None:
        output.write_film(kind.film(subject, order), order.path, decode, look, progress, cancelled)
    else:
        output.write_sheet(kind.sheet(subject, order), order.path, decode, look, progress, cancelled)

"""``tui-vae render``: faces, sheets of faces and films without an explorer, to files or onto the terminal."""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tui_vae.commands import opening, photo, shared
from tui_vae.commands.render_plan import TAKES, TOUR_SECONDS, Plan, plan_of
from tui_vae.errors import UserError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from tui_vae.app.model import LatentModel
    from tui_vae.latent.journey import Way
    from tui_vae.latent.tours import Tour
    from tui_vae.render import film as films
    from tui_vae.render.film import Film
    from tui_vae.render.output import Look
    from tui_vae.render.places import Place
    from tui_vae.render.sheet import Sheet

TEXT: Final = "Draw faces, sheets of faces and films, to files or onto the terminal."
EPILOG: Final = """\
The end of FILE says what is written: .png a picture or a sheet, .npy the latent vectors, .txt and .ans characters;
.gif, .apng, .webp and .cast (asciinema) a film. Without --output the faces are drawn on the terminal.

A place X is mean, a number N or index:N (a face of the dataset), seed:N, bookmark:NAME, a .npy file or a recipe.
AXIS is the name of a bar: "PC 1", "z 12", smiling.

examples:
  tui-vae render --seed 7 --size 512 --output face.png
  tui-vae render --from 12 --to seed:3 --slerp --output morph.gif
  tui-vae render --from 12 --to 40 --steps 8 --output strip.png
  tui-vae render --index 12 --traverse "smiling,PC 1" --output bars.png
  tui-vae render --traverse smiling --seconds 6 --output smile.webp
  tui-vae render --grid "PC 1,PC 2" --steps 5 --size 64 --output plane.png
  tui-vae render --tour attribute:smiling --steps 10 --output tour.gif
  tui-vae render --sheet 0-19,seed:4 --output faces.png
  tui-vae render --sheet bookmarks --output bookmarks.png
  tui-vae render --decoder mine:decode --latents encoded.npy --traverse "PC 1" --output mine.gif
"""
NARROWEST: Final = 16
"""The cells across a face of several on the terminal, where they can be broken into rows."""


def add_options(command: argparse.ArgumentParser) -> None:
    """The options of the command."""
    command.formatter_class = argparse.RawDescriptionHelpFormatter
    command.epilog = EPILOG
    face = command.add_argument_group("the face (default: the average)").add_mutually_exclusive_group()
    face.add_argument("--seed", type=int, metavar="N", help="a random face; the same number, the same face")
    face.add_argument("--index", type=int, metavar="N", help="a face of the dataset, counted from 0")
    face.add_argument("--latent", type=Path, metavar="FILE", help="a latent vector saved as .npy")
    face.add_argument("--recipe", metavar="TOKEN", help="a face as the explorer tells how it was made")
    photo.add_options(face, command.add_argument_group("with --photo"))
    more = command.add_argument_group("more than one face")
    more.add_argument("--from", dest="start", metavar="X", help="where a way begins (default: the face)")
    take = more.add_mutually_exclusive_group()
    take.add_argument("--to", metavar="X", help="where a way ends")
    take.add_argument("--tour", metavar="NAME", help="stops of a tour: dataset, shuffled, walk, attribute:smiling ...")
    take.add_argument("--traverse", metavar="AXIS[,AXIS]", help="the face along a bar, or several")
    take.add_argument("--grid", metavar="AXIS,AXIS", help="the face over two bars: rows and columns")
    take.add_argument("--sheet", metavar="X[,X]", help="chosen faces; 3-7 is five of the dataset")
    more.add_argument(
        "--steps",
        type=int,
        metavar="N",
        help="faces of a way or along each bar, pictures of their films; stops of a tour",
    )
    more.add_argument("--reach", type=float, default=3.0, metavar="S", help="how far bars go, in sigma (default: 3)")
    more.add_argument("--slerp", action="store_true", help="a way in an arc around the average instead of a line")
    opening.add_own_options(command)
    film = command.add_argument_group("films")
    film.add_argument("--fps", type=float, metavar="N", help="pictures a second (default: 20)")
    film.add_argument(
        "--seconds",
        type=float,
        metavar="S",
        help="how long a way or a bar takes (default: 3), a tour from stop to stop (1.5)",
    )
    film.add_argument("--ping-pong", action="store_true", help="and back the same way")
    file = command.add_argument_group("the file")
    file.add_argument("--output", type=Path, metavar="FILE", help="where to write; its suffix is the format")
    file.add_argument("--force", action="store_true", help="replace --output if it exists")
    file.add_argument(
        "--size",
        type=int,
        metavar="PX",
        help="height of each face, or its width in cells where it is drawn in cells "
        "(default: the model's own; at least 128 in sheets and films)",
    )
    file.add_argument("--range", type=float, default=1.0, metavar="R", help="how far out seeds go (default: 1)")


def run(options: argparse.Namespace) -> int:
    """Do what the options ask for.

    Raises:
        UserError: they cannot be done.
    """
    photo.check(options)
    plan = plan_of(options)
    vae = opening.open_model(options)[0]
    options.encoded = photo.encoded(vae, options) if options.photo is not None else None
    if any(place.kind.startswith("bookmark") for place in plan.places):
        from tui_vae.render.places import expanded

        plan = replace(plan, places=expanded(plan.places, list(shared.bookmarks(vae))))
    if plan.film:
        _write_film(vae, plan)
    elif not any(getattr(options, take) is not None for take in TAKES):
        _one_face(vae, plan)
    else:
        _sheet(vae, plan)
    return 0


def _points(vae: LatentModel, plan: Plan) -> npt.NDArray[np.float32]:
    """The places that were named, (N, L)."""
    import numpy as np

    from tui_vae import pictures
    from tui_vae.latent import tokens
    from tui_vae.latent.fingerprint import fingerprint
    from tui_vae.latent.recipe import RecipeError, replay
    from tui_vae.render.places import look_up

    options = plan.options
    kept = any(place.kind == "bookmark" for place in plan.places)
    named = {name: point.z for name, point in shared.bookmarks(vae).items()} if kept else {}

    def file(name: str) -> npt.NDArray[np.float32]:
        if options.encoded is not None and name == str(options.photo):
            encoded: npt.NDArray[np.float32] = options.encoded.z
            return encoded
        return pictures.read_latent(Path(name), len(vae.space.mean))

    def recipe(token: str) -> npt.NDArray[np.float32]:
        try:
            made_for = tokens.tag(vae.name, fingerprint(vae.space, vae.preview))
            return replay(tokens.read(token, made_for), vae.space)
        except RecipeError as error:
            raise UserError(f"recipe: {error}") from error

    return np.stack([look_up(place, vae.space, file, recipe, options.range, named) for place in plan.places])


def _one_face(vae: LatentModel, plan: Plan) -> None:
    from tui_vae import pictures
    from tui_vae.render.output import write_sheet
    from tui_vae.render.takes import faces

    z, size, output = _points(vae, plan)[0], plan.options.size, plan.options.output
    if not plan.suffix:
        shared.draw(vae, z, plan.options, size)
    elif plan.suffix == ".npy":
        pictures.save_latent(output, z)
    elif plan.suffix == ".png":
        look = _look(vae, plan, at_least=0)
        if plan.options.compare:
            pictures.save_png(output, photo.comparison(vae, plan.options.encoded, size))
        else:
            pictures.save_png(output, vae.decode(z[None], look.grid)[0])
    else:
        write_sheet(faces(z[None], ()), output, vae.decode, _look(vae, plan, columns=shared.PRINTED_COLUMNS))


def _sheet(vae: LatentModel, plan: Plan) -> None:
    from tui_vae.render import output

    sheet, options = _laid_out(vae, plan), plan.options
    if not plan.suffix:
        sheet, columns = _fitted(sheet, options.size)
        look = _look(vae, plan, columns=columns)
        for line in output.sheet_lines(sheet, vae.decode, look):
            print(line)
        return
    look = _look(vae, plan, columns=32)
    with _counting("faces") as progress:
        output.write_sheet(sheet, options.output, vae.decode, look, progress)


def _laid_out(vae: LatentModel, plan: Plan) -> Sheet:
    """The faces that were asked for, in rows and columns."""
    from tui_vae.render import takes, traversal

    options, points, space = plan.options, _points(vae, plan), vae.space
    if options.sheet is not None:
        return takes.faces(points, [_caption(vae, place) for place in plan.places])
    if options.to is not None:
        latents = takes.way(points[0], points[1], plan.steps, _way(plan), space.pca)
        return takes.interpolation(latents, *(_caption(vae, place) for place in plan.places))
    if options.tour is not None:
        return takes.stops(_tour(vae, plan, points[0]), space.atlas)
    if options.grid is not None:
        found = traversal.find_all(space, options.grid)
        if len(found) != 2:
            raise UserError(f"--grid {options.grid}: expected two bars with a comma between them")
        return takes.plane(points[0], found[0], found[1], options.reach, plan.steps)
    return takes.traversals(points[0], traversal.find_all(space, options.traverse), options.reach, plan.steps)


def _write_film(vae: LatentModel, plan: Plan) -> None:
    from tui_vae.render.output import write_film

    film, options = _film(vae, plan), plan.options
    with _counting("pictures") as progress:
        write_film(film, options.output, vae.decode, _look(vae, plan, columns=shared.PRINTED_COLUMNS), progress)


def _film(vae: LatentModel, plan: Plan) -> Film:
    from tui_vae.render import takes, traversal
    from tui_vae.render.film import Film

    options, points = plan.options, _points(vae, plan)
    if options.to is not None:
        latents = takes.way(points[0], points[1], plan.steps, _way(plan), vae.space.pca)
        return Film(latents, plan.fps, options.ping_pong)
    if options.tour is not None:
        tour = _tour(vae, plan, points[0])
        film = takes.travel(tour, options.seconds or TOUR_SECONDS, plan.fps, _way(plan), vae.space.pca)
        return replace(film, ping_pong=options.ping_pong)
    found = traversal.find_all(vae.space, options.traverse)
    return takes.swings(points[0], found, options.reach, plan.steps, plan.fps)


def _tour(vae: LatentModel, plan: Plan, here: npt.NDArray[np.float32]) -> Tour:
    from tui_vae.latent import tours
    from tui_vae.render.takes import part_of

    try:
        named = [(name, point.z) for name, point in shared.bookmarks(vae).items()]
        return part_of(tours.tour(plan.options.tour, vae.space, here, named), plan.steps)
    except tours.TourError as error:
        raise UserError(f"--tour {plan.options.tour}: {error}") from error


def _way(plan: Plan) -> Way:
    return "slerp" if plan.options.slerp else "lerp"


def _caption(vae: LatentModel, place: Place) -> str:
    from tui_vae.render.takes import item_caption

    return item_caption(vae.space.atlas, place.number) if place.kind == "index" else place.caption


def _look(vae: LatentModel, plan: Plan, columns: int = 0, at_least: int | None = None) -> Look:
    """How large faces are drawn; ``columns`` wide in cells where no size was asked for."""
    from tui_vae.render.cast import CellStyle
    from tui_vae.render.output import SMALLEST, Look
    from tui_vae.terminal.colour import ColourDepth
    from tui_vae.terminal.grid import CellShape

    options, shape = plan.options, vae.preview.shape
    depth: ColourDepth = shared.depth(options)
    if plan.suffix and options.color == "auto":  # what a file holds does not depend on where it was made
        depth = ColourDepth.MONO if plan.suffix == ".txt" else ColourDepth.TRUECOLOUR
    width = columns if not plan.suffix else options.size or columns
    cell = CellShape.HALF if plan.suffix and options.cells == "auto" else shared.shape(options.cells)
    style = CellStyle(max(1, width), depth, cell)
    return Look(shape, options.size or max(shape[0], SMALLEST if at_least is None else at_least), style)


def _fitted(sheet: Sheet, size: int | None) -> tuple[Sheet, int]:
    """A sheet for the terminal's width, and the cells across each face; rows of captioned faces may be broken."""
    room = shutil.get_terminal_size((80, 24)).columns - max((len(text) + 1 for text in sheet.sides), default=0)
    if not sheet.tops:
        across = max(1, min(sheet.columns, (room + 1) // ((size or NARROWEST) + 1)))
        rows = -(-len(sheet.latents) // across)
        sheet = replace(sheet, columns=-(-len(sheet.latents) // rows))
    across = min(size or shared.PRINTED_COLUMNS, (room + 1) // sheet.columns - 1)
    if across < 2:
        raise UserError(f"{sheet.columns} faces side by side do not fit into this terminal: fewer --steps, or --output")
    return sheet, across


@contextmanager
def _counting(unit: str) -> Iterator[films.Progress]:
    """Progress of a render on standard error; the first pictures wait for the decoder to be compiled."""
    from tui_vae.progress import Progress

    with Progress(unit, 0) as counter:
        counter.begin("preparing the decoder")

        def told(done: int, total: int) -> None:
            nonlocal counter
            if done == 1:  # the first ones waited for the compiler, and say nothing of the pace
                counter = Progress(unit, total, start=1)
            else:
                counter.advance(done - counter.done)
            if done == total:
                counter.begin(f"{total} {unit}, writing")

        yield told
        counter.begin(f"{counter.total} {unit}")

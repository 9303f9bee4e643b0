"""The options of ``tui-vae render``, checked before the model is opened."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tui_vae.errors import UserError

if TYPE_CHECKING:
    from tui_vae.render.places import Place

FACES: Final = ("seed", "index", "latent", "recipe", "photo")
TAKES: Final = ("to", "tour", "traverse", "grid", "sheet")
MOST_STEPS: Final = 1000
MOST_FRAMES: Final = 10000
STEPS: Final = {"to": 8, "tour": 8, "traverse": 7, "grid": 5}
"""Faces on a sheet, or on a side of it, and stops of a tour."""
TOUR_SECONDS: Final = 1.5
_NEEDS: Final = {"slerp": ("to", "tour"), "steps": ("to", "tour", "traverse", "grid"), "ping_pong": ("to", "tour")}


@dataclass(frozen=True)
class Plan:
    """What is to be done.

    Attributes:
        options: As they were given.
        suffix: The format, such as ``.png``; empty for the terminal.
        film: Whether it moves.
        steps: Faces of a way, of a bar or of a side of a grid; pictures of a film; stops of a tour.
        fps: Pictures a second of a film.
        places: The faces that were named, the one that it begins with first.
    """

    options: argparse.Namespace
    suffix: str
    film: bool
    steps: int
    fps: float
    places: tuple[Place, ...]


def plan_of(options: argparse.Namespace) -> Plan:
    """Check the options.

    Raises:
        UserError: they contradict each other, or are out of their range.
    """
    from tui_vae.render import output, places

    suffix = ""
    if options.output is not None:
        try:
            suffix = output.suffix_of(options.output)
            output.check_free(options.output, options.force)
        except UserError as error:
            raise UserError(f"--output {error}") from None
    take = next((name for name in TAKES if getattr(options, name) is not None), None)
    film = suffix in output.MOVING
    if film and take in (None, "grid", "sheet"):
        what = f"--{take} stands still" if take else "one face is no film; add --to, --traverse or --tour"
        raise UserError(f"--output {options.output}: {what}, or end the name in {', '.join(output.STILL)}")
    _check_numbers(options)
    given = [name for name in FACES if getattr(options, name) is not None]
    if options.start is not None and options.to is None:
        raise UserError("--from: a way needs --to as well")
    if given and (options.start is not None or take == "sheet"):
        raise UserError(f"--{given[0]}: not together with --{'from' if take == 'to' else take}")
    for name, usable in _NEEDS.items():
        if getattr(options, name) and take not in usable:
            raise UserError(f"--{name.replace('_', '-')}: only with {' or '.join(f'--{other}' for other in usable)}")
    for name in ("fps", "seconds", "ping_pong"):
        if getattr(options, name) and not film:
            raise UserError(f"--{name.replace('_', '-')}: only for a film: end --output in {', '.join(output.MOVING)}")
    steps, fps = _timing(options, film, take)
    if film and not 0.1 <= fps <= output.FASTEST[suffix]:
        raise UserError(f"{fps:g} pictures a second: {suffix} supports from 0.1 to {output.FASTEST[suffix]:g}")
    named: tuple[Place, ...] = ()
    if take == "sheet":
        named = tuple(places.parse_list(options.sheet, "--sheet"))
    elif take == "to":
        named = (_start(options), places.parse(options.to, "--to"))
    else:
        named = (_start(options),)
    return Plan(options, suffix, film, steps, fps, named)


def _check_numbers(options: argparse.Namespace) -> None:
    limits = (
        ("size", 8, 4096, " pixels are"),
        ("range", 0, 10, " is"),
        ("reach", 0.1, 10, " sigma is"),
        ("seconds", 0.1, 3600, " is"),
        ("fps", 0.1, 120, " is"),
        ("steps", 2, MOST_STEPS, " are"),
    )
    for name, least, most, unit in limits:
        value = getattr(options, name)
        if value is not None and not least <= value <= most:
            raise UserError(f"--{name} {value}: from {least} to {most}{unit} supported")


def _timing(options: argparse.Namespace, film: bool, take: str | None) -> tuple[int, float]:
    """How many pictures, and how many a second."""
    steps, fps, seconds = options.steps, options.fps, options.seconds
    if not film:
        return steps or STEPS.get(take or "", 1), 0.0
    if take == "tour":
        steps, fps = steps or STEPS["tour"], fps or 20.0
        count, made = round(steps * (seconds or TOUR_SECONDS) * fps), (steps, fps)
    elif steps and fps and seconds:
        raise UserError("--steps, --fps and --seconds: two of them say the third")
    elif steps:
        count, made = steps, (steps, steps / seconds if seconds else fps or 20.0)
    else:
        count = max(2, round((seconds or 3.0) * (fps or 20.0)))
        made = count, fps or 20.0
    if count > MOST_FRAMES:
        raise UserError(f"{count} pictures: at most {MOST_FRAMES} are supported; fewer --seconds or --fps")
    return made


def _start(options: argparse.Namespace) -> Place:
    """The face that everything begins with."""
    from tui_vae.render.places import Place, parse

    if options.start is not None:
        return parse(options.start, "--from")
    if options.seed is not None:
        return Place("seed", f"--seed {options.seed}", options.seed)
    if options.index is not None:
        return Place("index", f"--index {options.index}", options.index)
    if options.latent is not None:
        return Place("file", f"--latent {options.latent}", text=str(options.latent))
    if options.photo is not None:
        return Place("file", "--photo", text=str(options.photo))
    if options.recipe is not None:
        return Place("recipe", "--recipe", text=options.recipe)
    return Place("mean", "the average")

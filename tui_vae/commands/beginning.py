"""What the explorer begins with: the face of a recipe, a tour. Checked before the terminal is taken."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from tui_vae.errors import UserError

if TYPE_CHECKING:
    from tui_vae.app.model import LatentModel
    from tui_vae.latent.axes import Vector
    from tui_vae.latent.recipe import Recipe

DEFAULTS = {"recipe": "", "tour": ""}


def add_options(command: argparse.ArgumentParser) -> None:
    """The options that say what to begin with; ``DEFAULTS`` are what they are unless given."""
    command.add_argument(
        "--recipe", metavar="TOKEN", default=argparse.SUPPRESS, help="begin with a face as y in the explorer copies it"
    )
    command.add_argument(
        "--tour",
        metavar="NAME",
        default=argparse.SUPPRESS,
        help="begin a tour at once, that goes on until it is left: dataset, shuffled, walk, attribute:smiling,"
        " search:QUERY, bookmarks ...",
    )


def check(options: argparse.Namespace) -> None:
    """Refuse what contradicts itself, before a model is opened.

    Raises:
        UserError: a recipe together with the place to resume.
    """
    if options.recipe and options.resume:
        raise UserError("--recipe and --resume: begin with one or the other")


def recipe_of(options: argparse.Namespace, model: LatentModel) -> Recipe | None:
    """The recipe to begin with, which the model can follow.

    Raises:
        UserError: the token is damaged or belongs to another model.
    """
    if not options.recipe:
        return None
    from tui_vae.latent import tokens
    from tui_vae.latent.fingerprint import fingerprint
    from tui_vae.latent.recipe import RecipeError, replay

    try:
        recipe = tokens.read(options.recipe, tokens.tag(model.name, fingerprint(model.space, model.preview)))
        replay(recipe, model.space)
    except RecipeError as error:
        raise UserError(f"--recipe: {error}") from error
    return recipe


def check_tour(options: argparse.Namespace, model: LatentModel, recipe: Recipe | None) -> None:
    """Refuse a tour that there is not. Whether there are bookmarks is not known before the explorer is open.

    Raises:
        UserError: no such tour, or it would have no stops.
    """
    if not options.tour:
        return
    from tui_vae.latent.tours import TourError, tour

    here = first_face(recipe, model)
    try:
        tour(options.tour, model.space, here, [("a bookmark", here)])
    except TourError as error:
        raise UserError(f"--tour {options.tour}: {error}") from error


def first_face(recipe: Recipe | None, model: LatentModel) -> Vector:
    """The latent vector (L,) of the recipe, or of one random face."""
    from tui_vae.latent.recipe import replay

    return model.space.sample(0) if recipe is None else replay(recipe, model.space)

"""Another model in the running program: the same terminal, a new explorer; each model's place is kept."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tui_vae import api
from tui_vae.app.keeping import Keeper
from tui_vae.app.model import LatentModel
from tui_vae.app.session import Session
from tui_vae.latent.fingerprint import fingerprint


@dataclass(frozen=True)
class Opened:
    """A model, and what earlier sessions with it left."""

    model: LatentModel
    session: Session | None = None


def open_checkpoint(path: Path) -> Opened:
    """Read a checkpoint and what is kept for it. Takes a while: not for the event loop.

    Raises:
        tui_vae.errors.UserError: it is damaged.
    """
    model = api.load(path)
    return Opened(model, session_of(model))


def session_of(model: LatentModel, *, resume: bool = False) -> Session:
    """What earlier sessions with a model left, in the user's own folders."""
    return Session(model, resume=resume, keeper=Keeper(model.space, fingerprint(model.space, model.preview)))

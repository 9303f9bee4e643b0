"""Every action of the table on every kind of model: nothing fails, and no panel is left without its pictures."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.app.driving import Drive, steady_app
from tests.running import add_preview, make_run
from tui_vae import following
from tui_vae.api import VAE
from tui_vae.app.actions import ACTIONS
from tui_vae.app.model import LatentModel
from tui_vae.app.panels import PANELS, Panel
from tui_vae.app.panels.gallery import Gallery
from tui_vae.app.panels.items import FoundFaces
from tui_vae.app.widgets.bars import BarList
from tui_vae.following import Follower
from tui_vae.guests import open_function

LATENTS, ITEMS = 6, 50
WIDE = (8, 20)
WEIGHTS = np.random.default_rng(3).standard_normal((LATENTS, *WIDE, 3)).astype(np.float32)


def wide(z: Any) -> Any:
    """Colour pictures (N, 8, 20, 3), far from square."""
    return 1 / (1 + np.exp(-np.tensordot(z, WEIGHTS, 1)))


def grey(z: Any) -> Any:
    """Grey pictures (N, 8, 20) of uint8."""
    return np.round(255 * wide(z)[..., 0]).astype(np.uint8)


def tall(z: Any) -> Any:
    """Colour pictures (N, 3, 20, 8), channels first."""
    return wide(z).transpose(0, 3, 2, 1)


def labelled() -> LatentModel:
    latents = np.random.default_rng(4).standard_normal((ITEMS, LATENTS)).astype(np.float32)
    labels = {"bright": latents[:, 0] > 0, "age": latents[:, 1].tolist(), "kind": ["a", "b"] * (ITEMS // 2)}
    return open_function(tall, latents, names=[f"mine {n}" for n in range(ITEMS)], labels=labels)


MODELS: dict[str, Callable[[], LatentModel]] = {
    "prior": lambda: open_function(wide, latent_dim=LATENTS),
    "one latent": lambda: open_function(lambda z: grey(z.repeat(LATENTS, 1)), np.ones((1, 1))),
    "labelled": labelled,
}
LEAVES = {"quit", "suspend"}
QUERIES = {"labelled": "bright and kind=a"}


@asynccontextmanager
async def opened(kind: str, vae: VAE, folder: Path) -> AsyncIterator[Drive]:
    """The explorer on a model of that kind; small, as every action draws anew."""
    follower = Follower(make_run(folder / "run", 0, 100)) if kind == "followed" else None
    model = follower.first if follower is not None else vae if kind == "checkpoint" else MODELS[kind]()
    app = steady_app(model)
    if follower is not None:
        app.explorer.follow(follower)
    async with app.run_test(size=(60, 16)) as pilot:
        drive = Drive(app, pilot)
        await drive.settle()
        await drive.frame()
        yield drive


async def done(drive: Drive) -> None:
    """Close every dialogue; the panel that is open has a heading and its pictures, and nothing failed."""
    await drive.settle()
    while drive.app.screen is not drive.screen:
        await drive.type("escape")
    assert "failed" not in drive.status
    panel = drive.screen.panel
    if panel is not None:
        assert panel.heading
    if isinstance(panel, Gallery):
        await drive.until(lambda: all(exhibit.key in panel._images for exhibit in panel._visible))


async def close(drive: Drive) -> None:
    await drive.type("escape")
    await drive.until(lambda: drive.screen.query_one(BarList).display)
    assert drive.screen.panel is None


@pytest.fixture(autouse=True)
def _plain(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(following, "INTERVAL", 0.02)


@pytest.mark.parametrize("kind", ["prior", "labelled", "checkpoint", "followed"])
async def test_every_action_of_the_explorer(kind: str, vae: VAE, tmp_path: Path) -> None:
    async with opened(kind, vae, tmp_path) as drive:
        for action in ACTIONS:
            if action.mode or action.id in LEAVES:
                continue
            await drive.app.run_action(action.call, drive.screen)
            await done(drive)
            if drive.screen.panel is not None:
                await close(drive)
        await drive.frame()
        drive.assert_face(drive.screen.model)
        await drive.until(lambda: bool(list(tmp_path.glob("*.npy"))))  # saving has a thread of its own


@pytest.mark.parametrize("kind", [*MODELS, "checkpoint", "followed"])
async def test_every_action_of_every_panel(kind: str, vae: VAE, tmp_path: Path) -> None:
    async with opened(kind, vae, tmp_path) as drive:
        await drive.type("r", "a", "r", "b", "l")
        for name in ("mean", "here"):
            drive.state.bookmarks.add(name, drive.state.point)
        seen = set()
        panels: dict[str, type[Panel]] = {**PANELS, "found": FoundFaces}
        for name, kind_of_panel in panels.items():
            if name == "found":
                await drive.type("F", *QUERIES.get(kind, ""), "enter")
                await drive.settle()
            else:
                await drive.screen.action_panel(name)
            if name == "cluster":  # none of these models has any
                assert "clusters" in drive.status and drive.screen.panel is None
                await drive.type("escape")
                continue
            assert isinstance(drive.screen.panel, kind_of_panel)
            await done(drive)
            for action in (action for mode in kind_of_panel.modes for action in ACTIONS if action.mode == mode):
                seen.add(action.mode)
                if action.call != "close":
                    await drive.app.run_action(action.call, drive.screen.panel)
                    await done(drive)
            if kind == "followed":
                add_preview(tmp_path / "run", 200 + len(seen))
            await drive.type("tab", "n")
            await done(drive)
            await close(drive)
        assert seen == {action.mode for action in ACTIONS if action.mode} - {"tour"}
        drive.screen.start_tour("walk")
        for action in (action for action in ACTIONS if action.mode == "tour" and action.id != "tour.leave"):
            assert drive.screen.tour_stop is not None
            await drive.app.run_action(action.call, drive.screen)
            if kind == "followed":
                add_preview(tmp_path / "run", 300 + len(action.id))
            await done(drive)
        await drive.type("escape")
        await drive.frame()
        drive.assert_face(drive.screen.model)


async def test_a_decoder_that_fails_while_effects_are_measured_ends_with_one_line() -> None:
    def decode(z: Any) -> Any:
        if len(z) > 2:
            raise RuntimeError("too many at once")
        return wide(z)

    app = steady_app(open_function(decode, latent_dim=LATENTS))
    async with app.run_test() as pilot:
        drive = Drive(app, pilot)
        await drive.settle()
        while drive.state.view.order != "effect":
            await drive.type("o")
        await drive.until(lambda: app.return_code is not None)
    assert app.return_code == 2
    assert str(app.return_value).startswith("the decoder raised RuntimeError: too many at once")

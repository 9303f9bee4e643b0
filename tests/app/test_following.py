"""Following a run: the weights change between two frames, and what the person holds does not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.app.cartoon import Cartoon
from tests.app.driving import Drive, driving, steady_app
from tests.running import add_preview, make_run, moment
from tui_vae import following
from tui_vae.app.panels import PANELS, Panel
from tui_vae.app.panels.gallery import Gallery
from tui_vae.app.panels.items import Nearest
from tui_vae.app.panels.map import MapPanel
from tui_vae.cli import _originals
from tui_vae.following import Engines, Follower, Snapshot
from tui_vae.latent import map as maps
from tui_vae.latent import tokens
from tui_vae.latent.effects import effects
from tui_vae.latent.fingerprint import fingerprint
from tui_vae.latent.neighbours import Neighbourhood
from tui_vae.latent.recipe import replay


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "INTERVAL", 0.02)


def model_of(step: int) -> Snapshot:
    """What a preview of that step holds, once more and apart from the app."""
    return Snapshot(moment(step), step, Engines())


@asynccontextmanager
async def followed(run: Path) -> AsyncIterator[Drive]:
    follower = Follower(run)
    app = steady_app(follower.first)
    app.explorer.follow(follower)
    async with app.run_test(size=(100, 24)) as pilot:
        drive = Drive(app, pilot)
        await drive.settle()
        await drive.frame()
        yield drive


async def shows(drive: Drive, *facts: str) -> None:
    """Wait until the status line says so and the face is that of the model that is held."""
    await drive.until(lambda: all(fact in drive.status for fact in facts))
    await drive.until(lambda: drive.screen.shown is not None and drive.screen.shown.request.model is drive.screen.model)
    await drive.frame()
    drive.assert_face(drive.screen.model)


async def test_newer_weights_show_the_same_point(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", 0)
    async with followed(run) as drive:
        await shows(drive, "step 0", "held-out –", "live")
        await drive.press("r", "5", "l")
        point, before, bars = drive.state.point, drive.pixels(), drive.state.values()
        add_preview(run, 1200, 0.412)
        await shows(drive, "step 1,200", "held-out 0.412", "live")
        assert drive.z is point.z
        np.testing.assert_array_equal(drive.state.values(), bars)  # the axes are still those of step 0
        assert (drive.pixels() != before).any()
        np.testing.assert_array_equal(
            drive.screen.model.decode(point.z[None]), Snapshot(read(run, 1200), 1200, Engines()).decode(point.z[None])
        )


async def test_a_dataset_face_stays_that_face(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", 0)
    async with followed(run) as drive:
        await drive.press("7", "g")
        add_preview(run, 50)
        await shows(drive, "step 50")
        assert drive.subtitle == "index 7 of 0–39" and drive.title == "items/007.png"
        np.testing.assert_array_equal(drive.z, read(run, 50).latents[7])
        await drive.press("n")
        np.testing.assert_array_equal(drive.z, read(run, 50).latents[8])


async def test_moves_go_on_from_where_the_point_is(tmp_path: Path) -> None:
    """An edited dataset face stays where it is, though that face is elsewhere now, and so do moves from it."""
    run = make_run(tmp_path / "run", 0)
    async with followed(run) as drive:
        await drive.press("7", "g")
        await drive.press("5", "l")
        z, axes = drive.z, drive.state.axes
        add_preview(run, 50)
        await shows(drive, "step 50")
        assert drive.z is z
        await drive.press("j", "2", "l")
        np.testing.assert_allclose(drive.z, axes.move(z, 1, 0.2), atol=1e-5)
        await drive.type("A")
        z, axes = drive.z, drive.state.axes
        await drive.press("h")
        np.testing.assert_allclose(drive.z, axes.move(z, 1, -0.1), atol=1e-5)


async def test_moves_from_a_place_before_other_weights_do_not_jump(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", 0)
    async with followed(run) as drive:
        await drive.press("r", "5", "l", "7", "g", "5", "l", "i")
        places = [step.item.z for step in drive.state.steps()]
        add_preview(run, 50)
        await shows(drive, "step 50")
        await drive.screen.run_action("refit_axes")
        for place in (-2, 2, 1, 0):  # an edited item, an edited draw, the draw, the average of the first weights
            await drive.press("z", "home", *["down"] * (place % len(places)), "enter", "escape")
            assert drive.z is places[place]
            axes = drive.state.axes
            await drive.press("l")
            np.testing.assert_allclose(drive.z, axes.move(places[place], 0, 0.1), atol=1e-5)
        await drive.press("z", "home", *["down"] * 3, "enter", "escape")
        assert drive.subtitle == "index 7 of 0–39"  # an item is where these weights have it
        np.testing.assert_array_equal(drive.z, read(run, 50).latents[7])


async def test_a_slider_between_dataset_faces_stays_between_them(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", 0)
    async with followed(run) as drive:
        await drive.press("7", "g", "a", "9", "g", "b", "t", "5", "l")
        steps = len(drive.state.steps())
        for step in (50, 60):
            add_preview(run, step)
            await shows(drive, f"step {step}")
            start, end = read(run, step).latents[[7, 9]]
            np.testing.assert_allclose(drive.z, start + 0.1 * (end - start), atol=1e-5)
        assert drive.state.mix == pytest.approx(0.1) and len(drive.state.steps()) == steps


async def test_an_open_panel_follows(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", 0)
    async with followed(run) as drive:
        await drive.press("7", "g", "a", "9", "g", "b", "d", "enter")
        for number, name in enumerate(sorted(set(PANELS) - {"cluster"}), 1):
            await drive.screen.action_panel(name)
            await drive.type("right")
            panel = drive.screen.panel
            assert panel is not None
            add_preview(run, 10 * number)
            await shows(drive, f"step {10 * number}")
            assert drive.screen.panel is panel and panel.model is drive.screen.model
            await shown_by(drive, panel)
            await drive.screen.run_action("refit_axes")
            await drive.settle()
            await shown_by(drive, panel)
            await drive.type("escape")


async def shown_by(drive: Drive, panel: Panel) -> None:
    """What the panel shows is of the model and the space that are held."""
    model, atlas = drive.screen.model, drive.state.space.atlas
    if isinstance(panel, MapPanel):
        drawn = panel._draw()
        np.testing.assert_array_equal(drawn.counts, maps.draw(drive.state.space, *drawn.counts.shape).counts)
    if not isinstance(panel, Gallery):
        return

    def pictures() -> list[object]:
        return [panel._images.get(exhibit.key) for exhibit in panel._visible]

    exhibits = list(panel._visible)
    expected = [model.decode(exhibit.point.z[None], panel._grid)[0] for exhibit in exhibits]
    await drive.until(lambda: all(np.array_equal(*pair) for pair in zip(pictures(), expected, strict=True)))
    for exhibit in exhibits:
        if exhibit.point.index is not None:
            np.testing.assert_array_equal(exhibit.point.z, atlas[exhibit.point.index])
    if isinstance(panel, Nearest):
        nearest = Neighbourhood(drive.state.space).nearest(drive.z, 1, exclude=drive.state.point.index)
        assert exhibits[0].point.index == nearest[0].index


async def test_a_recipe_is_of_the_weights_and_axes_that_made_it(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", 0)
    async with followed(run) as drive:
        add_preview(run, 50)
        await shows(drive, "step 50")
        await drive.press("7", "g", "5", "l")
        await drive.type("y")
        token, z = drive.app.clipboard, drive.z
        assert drive.screen.read_token(token) == drive.state.point.made
        await drive.screen.run_action("refit_axes")
        with pytest.raises(ValueError, match="another training"):  # its bar is another one now
            drive.screen.read_token(token)
        await drive.type("y")
        space = drive.screen.model.space
        made_for = tokens.tag(drive.screen.model.name, fingerprint(space, drive.screen.model.preview))
        np.testing.assert_array_equal(replay(tokens.read(drive.app.clipboard, made_for), space), z)


async def test_bars_in_order_of_effect_are_measured_anew(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", 0)
    async with followed(run) as drive:
        while drive.state.view.order != "effect":
            await drive.type("o")
        await drive.until(lambda: drive.state.effects() is not None)
        before = drive.state.effects()
        add_preview(run, 50)
        await shows(drive, "step 50")
        await drive.until(lambda: drive.state.effects() is not None)
        expected = effects(drive.screen.model.decode, drive.state.axes)
        np.testing.assert_array_equal(drive.state.effects(), expected)
        assert not np.array_equal(before, expected)


async def test_earlier_weights_and_back(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", 0, 100, 200)
    async with followed(run) as drive:
        await drive.press("r")
        z = drive.z
        await drive.type("<")
        await shows(drive, "step 100", "preview 2 of 3")
        await drive.type("2", "<")
        await shows(drive, "step 0", "preview 1 of 3")
        await drive.type("<")
        await drive.until(lambda: "these are the earliest weights that were kept" in drive.status)
        await drive.type("9", ">")
        await shows(drive, "step 200", "live")
        await drive.type(">")
        await drive.until(lambda: "these are the newest weights" in drive.status)
        assert drive.z is z


async def test_the_axes_are_taken_when_asked_for(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", 0)
    async with followed(run) as drive:
        await drive.press("r")
        await drive.type("tab")
        add_preview(run, 60)
        await shows(drive, "step 60")
        z, old = drive.z, drive.state.space.axes
        await drive.type("A")
        assert drive.z is z and drive.state.axes.name == "raw"
        assert all((new.mean != before.mean).any() for new, before in zip(drive.state.space.axes, old, strict=False))
        np.testing.assert_allclose(drive.state.space.mean, read(run, 60).pca_mean)
        assert "axes of step 60" in drive.status


async def test_what_is_saved_is_what_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from PIL import Image

    monkeypatch.chdir(tmp_path)
    run = make_run(tmp_path / "run", 0, 100)
    async with followed(run) as drive:
        await drive.type("<")
        await shows(drive, "step 0")
        await drive.type("s")
        await drive.until(lambda: "saved made-001.png" in drive.status)
        saved = np.asarray(Image.open("made-001.png"))
        np.testing.assert_array_equal(saved, Snapshot(read(run, 0), 0, Engines()).decode(drive.z[None])[0])


async def test_originals_beside_what_each_preview_makes_of_them(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", 0)
    (tmp_path / "items").mkdir()
    Image.fromarray(np.full((20, 20, 3), 120, np.uint8)).save(tmp_path / "items" / "003.png")
    async with followed(run) as drive:
        drive.screen.originals = _originals(str(tmp_path / "items"), drive.screen.model)
        await drive.press("3", "g")
        await drive.type("D")
        await drive.until(lambda: drive.heading.startswith("PSNR"))
        before = drive.heading
        add_preview(run, 50)
        await drive.until(lambda: drive.heading.startswith("PSNR") and drive.heading != before)


async def test_a_problem_is_told_and_the_face_stays(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", 0)
    async with followed(run) as drive:
        (run / "preview" / "step-00000009.safetensors").write_bytes(b"nothing")
        await drive.until(lambda: "not a readable checkpoint" in drive.status.replace("\n", ""))
        drive.assert_face(drive.screen.model)


async def test_without_a_run_the_keys_say_so() -> None:
    async with driving(Cartoon(), (100, 24)) as drive:
        for key in "<>A":
            await drive.type("f")  # another status line
            drive.screen.say("")
            await drive.type(key)
            assert "no run is followed: tui-vae --follow RUN" in drive.status


def read(run: Path, step: int) -> following.Checkpoint:
    """What the file holds: its latents are rounded to 8 bits."""
    from tui_vae.model import checkpoint as checkpoints
    from tui_vae.model.previews import path_of

    return checkpoints.read(path_of(run, step))

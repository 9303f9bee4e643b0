from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.color import ColorSystem
from textual.pilot import Pilot

from tests.terminal.pty_session import PtySession
from train.commands.watch import watch
from train.report.log import CONFIG, METRICS, VALIDATION
from train.sheet import Sheet
from train.watch import app as apps
from train.watch.app import PICTURES, WatchApp
from train.watch.header import RunHeader
from train.watch.widgets import CurvePlot
from tui_vae.app.widgets.face import FaceView
from tui_vae.errors import UserError
from tui_vae.terminal.colour import ColourDepth, palette_indices

ROOT = Path(__file__).parents[2]
CALL = "from pathlib import Path\nfrom train.commands.watch import watch\nwatch(Path({!r}))"


def line(step: int, **more: Any) -> str:
    figures = {"step": step, "epoch": step / 10, "stage": "main", "seconds": 2.0 * step, "images_per_second": 245.0}
    figures |= dict.fromkeys(("loss", "reconstruction", "kl", "psnr"), 100.0 / step + 1)
    return json.dumps({**figures, "beta": 1.0, **more}) + "\n"


def picture(run: Path, name: str, value: int, columns: int = 8) -> None:
    Sheet(np.full((2, columns, 16, 16, 3), value, np.uint8), together=2).save(run / "reports" / f"{name}.png")


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run that trains."""
    folder = tmp_path / "faces"
    folder.mkdir()
    (folder / CONFIG).write_text("[architecture]\ninput = [1, 1, 1]\n[run]\nepochs = 10.0\n")
    (folder / METRICS).write_text("".join(line(step) for step in range(1, 31)))
    (folder / VALIDATION).write_text(
        json.dumps({"step": 20, "epoch": 2.0, "objective": 7.0, "kl": 5.0, "best": True}) + "\n"
    )
    picture(folder, "reconstructions", 200)
    picture(folder, "samples", 100)
    return folder


@pytest.fixture(autouse=True)
def _fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apps, "POLL_SECONDS", 0.05)


def steady(folder: Path) -> WatchApp:
    """In true colour, whatever terminal the tests run in and whatever NO_COLOR says there."""
    app = WatchApp(folder)
    app._filters[1:] = []
    app.console._color_system = ColorSystem.TRUECOLOR
    return app


def shown(app: WatchApp) -> list[str]:
    return ["".join(segment.text for segment in strip) for strip in app.screen._compositor.render_strips()]


async def until(app: WatchApp, pilot: Pilot[None], predicate: Callable[[], bool], timeout: float = 20.0) -> None:
    deadline = time.monotonic() + timeout
    while not predicate():
        if time.monotonic() > deadline:
            raise TimeoutError("\n".join(shown(app)))
        await asyncio.sleep(0.01)
        await pilot.pause()


def has(app: WatchApp, *texts: str) -> Callable[[], bool]:
    return lambda: all(text in "\n".join(shown(app)) for text in texts)


def brightest(app: WatchApp) -> Callable[[], int]:
    def value() -> int:
        pixels = app.query_one("#picture", FaceView)._picture
        return 0 if pixels is None else int(pixels[..., 0].max())

    return value


async def test_a_running_run(run: Path) -> None:
    app = steady(run)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(
            app, pilot, has(app, "faces", "training · epoch 3.0 of 10 · 2 min 20 s left", "30 %", "best 7 at step 20")
        )
        assert has(app, "loss", "reconstruction", "KL", "PSNR", "val 5", "epoch 3.0")()
        await until(app, pilot, lambda: brightest(app)() == 200)
        assert any(0x2800 < ord(character) < 0x2900 for character in "".join(shown(app)))
        with (run / METRICS).open("a") as file:  # it goes on
            file.write(line(40) + line(50)[:10])
        await until(app, pilot, has(app, "epoch 4.0 of 10", "40 %"))
        picture(run, "reconstructions", 150)
        await until(app, pilot, lambda: brightest(app)() == 150)
        (run / METRICS).write_text(line(1) + line(2))  # it is resumed
        await until(app, pilot, has(app, "epoch 0.2 of 10"))
        (run / METRICS).write_text("".join(line(step) for step in range(1, 101)))
        await until(app, pilot, has(app, "finished · epoch 10.0 of 10", "100 %"))


async def test_a_run_that_has_not_begun(tmp_path: Path, run: Path) -> None:
    folder = tmp_path / "later"
    app = steady(folder)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(app, pilot, has(app, "waiting for ", "none yet"))
        folder.mkdir()
        await until(app, pilot, has(app, "waiting for the run to begin"))
        for name in (CONFIG, METRICS, VALIDATION):
            (folder / name).write_bytes((run / name).read_bytes())
        await until(app, pilot, has(app, "epoch 3.0 of 10"))


async def test_pictures_are_turned_with_tab_and_chosen_by_number(run: Path) -> None:
    app = steady(run)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(app, pilot, lambda: brightest(app)() == 200)
        await pilot.press("tab")
        await until(app, pilot, lambda: brightest(app)() == 100 and has(app, PICTURES["samples"])())
        await pilot.press("tab")  # the others have not been drawn yet
        await until(app, pilot, lambda: brightest(app)() == 200)
        await pilot.press("shift+tab")
        await until(app, pilot, lambda: brightest(app)() == 100)
        await pilot.press("5")
        await until(app, pilot, has(app, PICTURES["plane"], "for models with 2 latents"))
        assert brightest(app)() < 30
        await pilot.press("1")
        await until(app, pilot, has(app, PICTURES["reconstructions"], "1 of "))
        await pilot.press("right")
        await until(app, pilot, has(app, "2 of "))
        await pilot.press("left", "left")
        await until(app, pilot, has(app, "4 of 4"))
        await pilot.press("plus")
        await until(app, pilot, has(app, "1 of 8"))
        await pilot.press("minus", "minus", "minus")
        await until(app, pilot, has(app, "1 of 2"))


async def test_a_damaged_picture_is_none(run: Path) -> None:
    (run / "reports" / "reconstructions.png").write_bytes(b"no picture")
    app = steady(run)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(app, pilot, has(app, "none yet"))
        picture(run, "reconstructions", 90)
        await until(app, pilot, lambda: brightest(app)() == 90)


async def test_log_scale(run: Path) -> None:
    with (run / METRICS).open("a") as file:
        file.write(line(31, loss=-5.0))
    app = steady(run)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(app, pilot, has(app, "epoch 3.1"))
        await pilot.press("l")
        await until(app, pilot, has(app, "KL, log", "loss, not log: below 0"))
        assert app.query_one("#kl", CurvePlot).plot.log  # type: ignore[union-attr]
        await pilot.press("l")
        await until(app, pilot, lambda: not has(app, "KL, log")())


@pytest.mark.parametrize("size", [(80, 24), (200, 60), (63, 30), (40, 12), (20, 8), (1, 1), (200, 8)])
async def test_any_size_and_any_resize(run: Path, size: tuple[int, int]) -> None:
    app = steady(run)
    async with app.run_test(size=size) as pilot:
        await pilot.pause(0.2)
        for other in ((80, 24), size):
            await pilot.resize_terminal(*other)
            await pilot.pause(0.1)
        assert len(shown(app)) == size[1]
        await pilot.resize_terminal(80, 24)
        await until(app, pilot, has(app, "epoch 3.0 of 10", "Quit"))
        await until(app, pilot, lambda: app.query_one("#picture", FaceView).grid == (38, 39))
        await until(app, pilot, lambda: brightest(app)() == 200)
        assert all(app.query_one(f"#{name}").display for name in apps.CURVES)
        assert {plot.size.height for plot in app.query(CurvePlot)} == {5}


async def test_the_run_goes_on_below_the_palette(run: Path) -> None:
    app = steady(run)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(app, pilot, has(app, "epoch 3.0 of 10"))
        await pilot.press("ctrl+p")
        await until(app, pilot, lambda: len(app.screen_stack) == 2)
        with (run / METRICS).open("a") as file:
            file.write(line(40))
        picture(run, "reconstructions", 150)
        await until(app, pilot, lambda: brightest(app)() == 150)
        await pilot.press("escape")
        await until(app, pilot, has(app, "epoch 4.0 of 10"))


@pytest.mark.parametrize("depth", [ColourDepth.ANSI_256, ColourDepth.ANSI_16])
def test_the_ground_of_the_pictures_is_not_dithered(depth: ColourDepth) -> None:
    for rgb in ((18, 19, 24), (250, 245, 240), (30, 60, 120)):
        ground = apps._on_terminal(rgb, depth)
        assert len(np.unique(palette_indices(np.full((8, 8, 3), ground, np.uint8), depth))) == 1


async def test_a_stalled_run(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apps, "changed_at", lambda _: time.time() - 500)
    app = steady(run)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(app, pilot, has(app, "no new line since", "(8 min 2"))
        warning = app.theme_variables["warning"]
        assert any(warning.lower() in str(span.style).lower() for span in app.query_one(RunHeader).render().spans)


def test_wrong_runs_are_refused_in_one_line(tmp_path: Path, run: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "a.jpg").write_bytes(b"")
    for wrong, why in (
        (tmp_path / "none", "no such run folder"),
        (run / CONFIG, "a file, not a run folder"),
        (tmp_path / "photos", "not a run folder"),
    ):
        with pytest.raises(UserError, match=why) as caught:
            watch(wrong)
        assert "\n" not in str(caught.value)


def test_without_a_terminal_the_newest_figures(run: Path, tmp_path: Path) -> None:
    def printed(folder: Path) -> str:
        done = subprocess.run(
            [
                sys.executable,
                "-c",
                CALL.format(str(folder)) + "\nimport sys\nassert not {'jax', 'textual'} & set(sys.modules)",
            ],
            capture_output=True,
            text=True,
            cwd=ROOT,
            check=True,
            timeout=60,
        )
        return done.stdout

    assert printed(run).startswith("faces  training  epoch 3.0 of 10") and printed(run).count("\n") == 1
    (tmp_path / "begun").mkdir()
    assert printed(tmp_path / "begun") == f"{tmp_path / 'begun'}: no figures yet\n"


def test_on_a_real_terminal(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.delenv("NO_COLOR", raising=False)
    check = "\nimport sys\nassert not {'jax', 'flax', 'matplotlib'} & set(sys.modules)\nprint('left well')"
    with PtySession([sys.executable, "-c", CALL.format(str(run)) + check], rows=24, cols=80) as session:
        session.wait_for(lambda screen: "epoch 3.0 of 10" in screen and "▀" in screen.replace(" ", "▀"), 60)
        session.resize(40, 120)
        session.wait_for(
            lambda screen: "Larger" in screen and len(screen.splitlines()) == 40 and "epoch 3.0 of" in screen
        )
        session.send("q")
        assert session.wait(20) == 0
        assert "left well" in "\n".join(session.text())
        assert session.raw.rindex(b"\x1b[?1049l") > session.raw.rindex(b"\x1b[?1049h")


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="asks Linux whether a process is stopped")
def test_back_from_the_shell_all_of_it_is_drawn_again(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.delenv("NO_COLOR", raising=False)
    with PtySession([sys.executable, "-c", CALL.format(str(run))], rows=24, cols=80) as session:
        session.wait_for(lambda screen: "epoch 3.0 of 10" in screen and "Quit" in screen, 60)
        session.send("\x1a")
        session.wait_for(lambda _: Path(f"/proc/{session.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T")
        before = len(session.raw)
        session.terminate(signal.SIGCONT)
        session.wait_for(lambda _: all(text in session.raw[before:] for text in (b"epoch 3.0 of 10", b"PSNR")))

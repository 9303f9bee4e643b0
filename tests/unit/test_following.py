"""The previews of a run: which are kept, and how an explorer gets at them."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.running import add_preview, make_run, moment
from tui_vae import cli, following
from tui_vae.errors import UserError
from tui_vae.following import Engines, Follower, Snapshot, wait_for_run
from tui_vae.model.engine import Engine
from tui_vae.model.previews import FOLDER, kept, path_of, previews

SECONDS = 20.0


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "INTERVAL", 0.02)


class Watching:
    """A follower, and what it has delivered and told."""

    def __init__(self, run: Path) -> None:
        self.follower = Follower(run)
        self.delivered: queue.Queue[Snapshot] = queue.Queue()
        self.told: queue.Queue[str] = queue.Queue()
        self.follower.start(self.delivered.put, self.told.put)

    def next_step(self) -> int:
        return self.delivered.get(timeout=SECONDS).step


@pytest.fixture
def watch() -> Iterator[Callable[[Path], Watching]]:
    made: list[Watching] = []

    def start(run: Path) -> Watching:
        made.append(Watching(run))
        return made[-1]

    yield start
    for watching in made:
        watching.follower.close()
        thread = watching.follower._thread
        assert thread is not None
        thread.join(SECONDS)
        assert not thread.is_alive()


# Which previews are kept.


@given(st.sets(st.integers(0, 10_000), min_size=1), st.integers(1, 50))
def test_never_more_than_asked_for_and_always_both_ends(steps: set[int], most: int) -> None:
    left = kept(list(steps), most)
    assert len(left) <= max(most, 2) and set(left) <= steps and left == sorted(left)
    assert left[0] == min(steps) and left[-1] == max(steps)
    assert len(left) == min(len(steps), max(most, 2))


def test_what_is_left_of_a_run_is_evenly_spread() -> None:
    left: list[int] = []
    for step in range(0, 30_000, 10):
        left = kept([*left, step], 40)
        if step > 1000:
            gaps = np.diff(left[:-1])
            assert len(left) == 40 and gaps.max() <= 3 * gaps.min()


def test_previews_are_found_by_step(tmp_path: Path) -> None:
    assert previews(tmp_path) == {}
    for name in (
        "step-00000200.safetensors",
        "step-123456789.safetensors",
        "step-00000003.safetensors",
        ".x.part",
        "a",
    ):
        (tmp_path / FOLDER).mkdir(exist_ok=True)
        (tmp_path / FOLDER / name).touch()
    assert list(previews(tmp_path)) == [3, 200, 123456789]
    assert all(path == path_of(tmp_path, step) and path.exists() for step, path in previews(tmp_path).items())


# The engines of a run.


def test_other_weights_are_not_compiled_anew() -> None:
    engine = Engine(moment(1))
    z = np.ones((2, 8), np.float32)
    first = engine.decode(z, (9, 9))
    compiled = engine._decode._cache_size()
    other = engine.renewed(moment(2))
    second = other.decode(z, (9, 9))
    assert engine._decode._cache_size() == compiled
    np.testing.assert_array_equal(second, Engine(moment(2)).decode(z, (9, 9)))
    np.testing.assert_array_equal(engine.decode(z, (9, 9)), first)
    assert (first != second).any()
    arch = replace(moment(1).architecture, output="sigmoid")
    with pytest.raises(ValueError, match="expected the same architecture"):
        engine.renewed(replace(moment(1), architecture=arch))


def test_snapshots_decode_and_encode_with_their_own_weights() -> None:
    engines = Engines()
    snapshots = [Snapshot(moment(step), step, engines) for step in (1, 2)]
    z = np.ones((1, 8), np.float32)
    for each in (*snapshots, snapshots[0]):
        engine = Engine(each.checkpoint)
        np.testing.assert_array_equal(each.decode(z), engine.decode(z))
        np.testing.assert_array_equal(each.encode(each.preview[None]), engine.encode(each.preview[None]))


@pytest.mark.parametrize(
    ("about", "loss"),
    [({}, None), ({"held_out": 3}, None), ({"held_out": {"loss": "x"}}, None), ({"held_out": {"loss": 2}}, 2.0)],
)
def test_a_held_out_loss_may_be_missing(about: dict[str, object], loss: float | None) -> None:
    assert Snapshot(replace(moment(1), about=about), 1, Engines()).held_out == loss


def test_info_tells_the_held_out_loss_of_a_preview(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    about = {
        "training": {"step": 1200, "steps": 5000},
        "held_out": {"loss": -0.41249, "psnr": 21.5, "kl": 80.25, "images": 1425},
    }
    path = add_preview(make_run(tmp_path / "run"), 1200, about=about)
    assert cli.main(["info", str(path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "trained        1,200 steps of 5,000" in lines
    assert "held out       loss -0.412 nats per pixel value, PSNR 21.50 dB, KL 80.2 nats, 1,425 images" in lines


# Following.


def test_newer_weights_are_delivered_as_they_land(tmp_path: Path, watch: Callable[[Path], Watching]) -> None:
    run = make_run(tmp_path / "run", 0, 100)
    watching = watch(run)
    assert watching.follower.first.step == 100 and watching.follower.first.held_out == 1.0
    assert watching.follower.facts == "live"
    for step in (200, 300):
        add_preview(run, step)
        assert watching.next_step() == step
    time.sleep(0.1)
    assert watching.delivered.empty()


def test_earlier_weights_are_delivered_when_chosen(tmp_path: Path, watch: Callable[[Path], Watching]) -> None:
    run = make_run(tmp_path / "run", 0, 100, 200)
    follower = (watching := watch(run)).follower
    assert not follower.choose(1)
    assert follower.choose(-1) and watching.next_step() == 100
    assert follower.facts == "preview 2 of 3"
    add_preview(run, 300)  # who looks back is left alone
    wait_until(lambda: follower.facts == "preview 2 of 4")
    assert watching.delivered.empty()
    assert follower.choose(-9) and watching.next_step() == 0
    assert not follower.choose(-1)
    assert follower.choose(2) and watching.next_step() == 200
    assert follower.choose(5) and watching.next_step() == 300
    assert follower.facts == "live"
    add_preview(run, 400)
    assert watching.next_step() == 400


def test_a_chosen_preview_that_is_removed_gives_way_to_the_nearest(
    tmp_path: Path, watch: Callable[[Path], Watching]
) -> None:
    run = make_run(tmp_path / "run", 0, 100, 150, 400)
    watching = watch(run)
    assert watching.follower.choose(-2) and watching.next_step() == 100
    path_of(run, 100).unlink()
    assert watching.next_step() == 150
    assert watching.follower.facts == "preview 2 of 3"


def test_a_damaged_preview_is_told_once_and_the_next_one_read(
    tmp_path: Path, watch: Callable[[Path], Watching]
) -> None:
    run = make_run(tmp_path / "run", 0)
    watching = watch(run)
    path_of(run, 10).write_bytes(b"nothing")
    assert watching.told.get(timeout=SECONDS).startswith("step-00000010.safetensors: not a readable checkpoint")
    time.sleep(0.1)
    assert watching.told.empty()
    add_preview(run, 20)
    assert watching.next_step() == 20


def test_another_run_in_the_same_folder_is_told(tmp_path: Path, watch: Callable[[Path], Watching]) -> None:
    run = make_run(tmp_path / "run", 0)
    watching = watch(run)
    add_preview(run, 10, names=tuple(f"other {index}" for index in range(40)))
    assert watching.told.get(timeout=SECONDS) == "another run has begun in this folder; open it anew"
    assert watching.delivered.empty()


def test_a_run_that_is_removed_ends_nothing(tmp_path: Path, watch: Callable[[Path], Watching]) -> None:
    run = make_run(tmp_path / "run", 0, 100)
    watching = watch(run)
    run.rename(tmp_path / "gone")  # at once: of a folder that goes file by file the older one would be the newest
    time.sleep(0.1)
    assert watching.follower.facts == "live" and watching.told.empty()
    make_run(run, 500)
    assert watching.next_step() == 500


# Opening.


def test_a_run_without_a_preview_is_waited_for(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run")
    told: list[str] = []
    opened: list[Follower] = []
    thread = threading.Thread(target=lambda: opened.append(wait_for_run(run, told.append)), daemon=True)
    thread.start()
    wait_until(lambda: bool(told))
    assert told == [f"{run}: no preview yet; waiting for the first one (Ctrl+C ends)"] and not opened
    add_preview(run, 0)
    thread.join(SECONDS)
    assert opened[0].first.step == 0 and opened[0].first.held_out is None


@pytest.mark.parametrize("command", [("--follow",), ("explore", "--follow")])
def test_without_a_terminal_the_newest_face_is_drawn(
    tmp_path: Path, command: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([*command, str(make_run(tmp_path / "run", 0, 100)), "--color", "none"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 32


def test_what_is_no_run_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def refused(*arguments: object) -> str:
        assert cli.main(["--follow", *map(str, arguments)]) == 2
        line = capsys.readouterr().err
        assert line.count("\n") == 1
        return line.removeprefix("tui-vae: error: ").rstrip("\n")

    none = tmp_path / "none"
    assert refused(none) == f"{none}: not a run folder of python -m train fit: there is no such folder"
    assert refused(tmp_path) == f"{tmp_path}: not a run folder of python -m train fit: it has no config.toml of a run"
    off = make_run(tmp_path / "off", previews=0)
    assert refused(off) == f"{off}: this run writes no previews (run.previews in its config.toml)"
    (off / "config.toml").write_text("run = 3")
    assert refused(off) == f"{off}: not a run folder of python -m train fit: it has no config.toml of a run"
    bad = make_run(tmp_path / "bad")
    path_of(bad, 7).parent.mkdir()
    path_of(bad, 7).write_bytes(b"")
    assert refused(bad).startswith(f"{path_of(bad, 7)}: not a readable checkpoint")
    assert refused(bad, "--checkpoint", "x") == "--follow and --checkpoint: open one or the other"
    with pytest.raises(UserError, match="no preview yet"):
        Follower(tmp_path)


def wait_until(predicate: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not predicate():
        assert time.monotonic() < deadline
        time.sleep(0.005)

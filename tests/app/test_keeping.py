"""What outlives a session: the undo tree, bookmarks and axes, whatever ends it and whatever became of the files."""

from __future__ import annotations

import json
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.app.cartoon import LATENTS, Cartoon
from tests.app.driving import Drive, steady_app
from tui_vae import paths
from tui_vae.app import collection, journal
from tui_vae.app.keeping import Keeper
from tui_vae.app.session import Session
from tui_vae.latent.explorer import Explorer
from tui_vae.latent.fingerprint import fingerprint

MODEL = Cartoon()
PRINT = fingerprint(MODEL.space, MODEL.preview)

Opened = Callable[[], tuple[Explorer, Keeper, str]]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opened]:
    """Opens one session after another on the same files."""
    with ExitStack() as stack:

        def open_session() -> tuple[Explorer, Keeper, str]:
            keeper = Keeper(MODEL.space, PRINT, tmp_path / "history", tmp_path / "collections")
            stack.callback(keeper.close)
            state = Explorer(MODEL.space)
            return state, keeper, keeper.restore(state)

        yield open_session


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return tmp_path / "history" / f"{PRINT}.jsonl"


@pytest.fixture
def made(tmp_path: Path) -> Path:
    return tmp_path / "collections" / f"{PRINT}.json"


def wander(state: Explorer, keeper: Keeper, seeds: range = range(4)) -> None:
    """Some moves with a branch, a bookmark and an axis, each kept."""
    for seed in seeds:
        state.randomize(seed)
        keeper.keep(state)
    state.undo()
    for _ in range(3):
        state.nudge(0.1)
        keeper.keep(state)
    state.bookmarks.add("here [bold]", state.point)
    for seed in range(4):
        state.jump(type(state.point)(MODEL.space.sample(seed), f"example {seed}"))
        state.mark_example(more=seed < 2)
    state.make_axis("grin")
    assert keeper.keep(state) == ""


def seen(state: Explorer) -> list[tuple[str, bytes, int | None, object]]:
    return [(step.item.origin, step.item.z.tobytes(), step.parent, step.item.recipe) for step in state.steps()]


def test_everything_comes_back_to_the_last_bit(opened: Opened) -> None:
    before, keeper, problem = opened()
    assert problem == ""
    wander(before, keeper)
    keeper.close()
    after, _, problem = opened()
    assert problem == "" and seen(after) == seen(before)
    assert after.point.origin == "average" and not after.undo() and not after.redo()
    assert list(after.bookmarks) == ["here [bold]"]
    assert after.bookmarks["here [bold]"].z.tobytes() == before.bookmarks["here [bold]"].z.tobytes()
    assert [(axis.name, axis.more, axis.less) for axis in after.own] == [("grin", 2, 2)]
    assert after.own[0].vector.tobytes() == before.own[0].vector.tobytes()
    assert sum(step.item.recipe is not None for step in after.steps()) >= 6  # four draws, an edit of one, the start
    assert after.kinds[-1].name == "mine" and after.axes.name == "PCA"


def test_sessions_add_to_one_tree_and_its_newest_steps_are_kept(opened: Opened, tree: Path) -> None:
    for session in range(3):
        state, keeper, _ = opened()
        for seed in range(300):
            state.randomize(1000 * session + seed)
            keeper.keep(state)
        keeper.close()
    state, keeper, problem = opened()
    keeper.close()
    names = [step.item.origin for step in state.steps()]
    assert problem == "" and len(names) == journal.KEPT_STEPS + 1
    assert names[-1] == "random 2299" and names[1] == "random 1100"
    assert len(tree.read_bytes().splitlines()) == journal.KEPT_STEPS + 1


def test_a_process_that_is_killed_loses_nothing(tmp_path: Path) -> None:
    code = f"""
import os, signal
from pathlib import Path
from tests.app.cartoon import Cartoon
from tui_vae.app.keeping import Keeper
from tui_vae.latent.explorer import Explorer
keeper = Keeper(Cartoon().space, {PRINT!r}, Path({str(tmp_path / "history")!r}), Path({str(tmp_path / "made")!r}))
state = Explorer(Cartoon().space)
keeper.restore(state)
for seed in range(40):
    state.randomize(seed)
    keeper.keep(state)
state.bookmarks.add("last", state.point)
keeper.keep(state)
keeper.finish()
os.kill(os.getpid(), signal.SIGKILL)
"""
    ended = subprocess.run([sys.executable, "-c", code], timeout=60, cwd=Path(__file__).parents[2], check=False)
    assert ended.returncode == -signal.SIGKILL
    keeper, state = Keeper(MODEL.space, PRINT, tmp_path / "history", tmp_path / "made"), Explorer(MODEL.space)
    assert keeper.restore(state) == ""
    keeper.close()
    assert [step.item.origin for step in state.steps()][1:] == [f"random {seed}" for seed in range(40)]
    assert list(state.bookmarks) == ["last"]


def test_a_line_that_was_cut_short_costs_that_step_only(opened: Opened, tree: Path) -> None:
    state, keeper, _ = opened()
    wander(state, keeper)
    keeper.close()
    whole = tree.read_bytes()
    tree.write_bytes(whole[:-20])
    after, keeper, problem = opened()
    keeper.close()
    assert problem == "" and seen(after) == seen(state)[:-1]


def test_damaged_lines_are_left_out_and_told_of(opened: Opened, tree: Path) -> None:
    state, keeper, _ = opened()
    wander(state, keeper)
    keeper.close()
    lines = tree.read_bytes().splitlines(keepends=True)
    for number, damage in enumerate([b"{\n", b"[" * 100_000 + b"\n", b'{"id": 1}\n', b"\xff\n"], 2):
        lines.insert(number, damage)
    tree.write_bytes(b"".join(lines))
    after, keeper, problem = opened()
    keeper.close()
    assert problem == f"{tree}: 4 damaged steps of the undo tree were left out"
    assert seen(after) == seen(state)
    assert opened()[2] == ""  # it was written anew


BAD: dict[str, bytes] = {
    "nothing": b"",
    "text": b"hello",
    "another format": b'{"format": 2, "model": "x"}\n',
    "another model": b'{"format": 1, "model": "x"}\n',
    "a list": b"[]\n",
    "deep": b"[" * 100_000,
    "no text at all": b"\xff\xfe\x00",
}


@pytest.mark.parametrize("content", BAD.values(), ids=BAD)
@pytest.mark.parametrize("which", ["tree", "made"])
def test_a_file_that_is_none_is_told_of_put_aside_and_replaced(
    opened: Opened, request: pytest.FixtureRequest, which: str, content: bytes
) -> None:
    file: Path = request.getfixturevalue(which)
    file.parent.mkdir()
    file.write_bytes(content)
    state, keeper, problem = opened()
    assert problem.startswith(f"{file}: not the ") and "\n" not in problem and "\x1b" not in problem
    assert len(state.steps()) == 1 and not state.bookmarks and not state.own
    wander(state, keeper)
    keeper.close()
    assert file.with_name(f"{file.name}.damaged").read_bytes() == content
    after, _, problem = opened()
    assert problem == "" and seen(after) == seen(state) and list(after.bookmarks) == ["here [bold]"]


def _bookmark(key: str, to: object) -> Callable[[dict[str, Any]], None]:
    return lambda data: data["bookmarks"][0].update({key: to})


def _axis(key: str, to: object) -> Callable[[dict[str, Any]], None]:
    return lambda data: data["axes"][0].update({key: to})


DAMAGE: dict[str, Callable[[dict[str, Any]], None]] = {
    "a name that is none": _bookmark("name", 3),
    "a name that speaks to the terminal": _bookmark("name", "\x1b]0;x\x07"),
    "a short vector": _bookmark("z", "AAAA"),
    "no base64": _bookmark("z", "§"),
    "no numbers": _bookmark("z", None),
    "another face's recipe": _bookmark("recipe", "AQAAAAAA"),
    "a recipe that is none": _bookmark("recipe", 3),
    "another face's index": _bookmark("index", 1),
    "one name twice": lambda data: data["bookmarks"].append(data["bookmarks"][0]),
    "bookmarks that are a table": lambda data: data.update(bookmarks={}),
    "an axis of no length": _axis("vector", [0.0] * LATENTS),
    "an axis too long": _axis("vector", [1e30] * LATENTS),
    "a count that is none": _axis("more", -1),
    "axes that are numbers": lambda data: data.update(axes=[1]),
    "no axes": lambda data: data.pop("axes"),
    "too many": lambda data: data.update(axes=data["axes"] * 2000),
}


@pytest.mark.parametrize("change", DAMAGE.values(), ids=DAMAGE)
def test_damage_to_a_collection_is_refused_in_one_line(
    opened: Opened, made: Path, change: Callable[[dict[str, Any]], None]
) -> None:
    state, keeper, _ = opened()
    wander(state, keeper)
    keeper.close()
    data = json.loads(made.read_text())
    change(data)
    made.write_text(json.dumps(data))
    after, _, problem = opened()
    assert problem.startswith(f"{made}: not the bookmarks and axes of this model: ") and "\n" not in problem
    assert not after.bookmarks and not after.own


def test_two_sessions_at_once_lose_no_bookmark_and_one_keeps_the_tree(opened: Opened, tree: Path) -> None:
    pytest.importorskip("fcntl", reason="no file locks on this system")
    (one, first, _), (other, second, _) = opened(), opened()
    other.bookmarks.add("second's", other.point)
    other.randomize(5)
    second.keep(other)
    second.close()
    wander(one, first)
    first.close()
    after, _, problem = opened()
    assert problem == "" and seen(after) == seen(one)
    assert set(after.bookmarks) == {"here [bold]", "second's"}


def test_what_was_removed_stays_removed(opened: Opened) -> None:
    state, keeper, _ = opened()
    wander(state, keeper)
    state.bookmarks.remove("here [bold]")
    state.remove_axis(0)
    keeper.keep(state)
    keeper.close()
    after, _, _ = opened()
    assert not after.bookmarks and not after.own


def test_a_folder_that_cannot_be_written_is_told_of_once_and_stops_nobody(tmp_path: Path) -> None:
    (tmp_path / "in the way").write_text("")
    blocked = tmp_path / "in the way" / "folder"
    keeper, state = Keeper(MODEL.space, PRINT, blocked, blocked), Explorer(MODEL.space)
    assert "cannot" in keeper.restore(state)
    state.bookmarks.add("x", state.point)
    told = [keeper.keep(state)]
    keeper.finish()
    told += [keeper.keep(state), keeper.keep(state)]
    assert ["cannot write" in line for line in told if line] == [True]
    keeper.close()


def test_a_large_journal_is_shortened_as_it_grows(opened: Opened, tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui_vae.app.keeping.COMPACT_BYTES", 50_000)
    state, keeper, _ = opened()
    for seed in range(1500):
        state.randomize(seed)
        keeper.keep(state)
    keeper.close()
    assert tree.stat().st_size < journal.KEPT_STEPS * 400 + 60_000
    after, _, problem = opened()
    assert problem == "" and [step.item.origin for step in after.steps()][-1] == "random 1499"
    assert len(after.steps()) == journal.KEPT_STEPS + 1


def test_the_files_are_the_users_own(opened: Opened, tree: Path, made: Path) -> None:
    state, keeper, _ = opened()
    wander(state, keeper)
    keeper.close()
    for file in (tree, made):
        assert stat.S_IMODE(file.parent.stat().st_mode) & 0o077 == 0
    assert collection.read(made, MODEL.space, PRINT).axes[0].name == "grin"
    assert paths.histories() != paths.collections()


def test_leaving_lets_the_next_session_of_the_same_process_keep_the_tree(tmp_path: Path) -> None:
    for number in range(3):
        keeper = Keeper(MODEL.space, PRINT, tmp_path / "history", tmp_path / "collections")
        session, state = Session(MODEL, tmp_path / "place.json", keeper=keeper), Explorer(MODEL.space)
        assert session.begin(state) == "" and len(state.steps()) == number + 1
        state.randomize(number)
        session.keep(state)
        session.leave()


async def test_the_explorer_keeps_what_is_done_in_it(tmp_path: Path, opened: Opened) -> None:
    async def run(check: Callable[[Drive], Any]) -> None:
        keeper = Keeper(MODEL.space, PRINT, tmp_path / "history", tmp_path / "collections")
        session = Session(MODEL, tmp_path / "place.json", keeper=keeper)
        app = steady_app(MODEL, session)
        async with app.run_test(size=(100, 24)) as pilot:
            drive = Drive(app, pilot)
            await drive.frame()
            await check(drive)
        session.leave()
        keeper.close()

    faces: list[np.ndarray] = []

    async def move(drive: Drive) -> None:
        await drive.press("n", "n")
        faces.append(drive.z)
        drive.state.bookmarks.add("kept", drive.state.point)
        await drive.press("u")

    async def look(drive: Drive) -> None:
        assert len(drive.state.steps()) > 1 and drive.state.bookmarks["kept"].z.tobytes() == faces[0].tobytes()
        await drive.press("u")
        assert "nothing to undo" in drive.status
        drive.state.go_to_step(drive.state.steps()[-1].id)
        assert drive.state.point.z.tobytes() == faces[0].tobytes()

    await run(move)
    await run(look)


async def test_what_is_wrong_with_the_files_is_told_in_the_status_line(tmp_path: Path, tree: Path) -> None:
    tree.parent.mkdir()
    tree.write_text("{}")
    keeper = Keeper(MODEL.space, PRINT, tmp_path / "history", tmp_path / "collections")
    app = steady_app(MODEL, Session(MODEL, tmp_path / "place.json", keeper=keeper))
    async with app.run_test(size=(400, 24)) as pilot:
        drive = Drive(app, pilot)
        await drive.frame()
        assert "not the undo tree of this model: there is no 'format'" in drive.status
    keeper.close()

"""A place outlives the connection: written, checked, offered, gone back to, forgotten."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from textual.events import Key

from tests.app.cartoon import ITEMS, LATENTS, Cartoon
from tests.app.driving import Drive, steady_app
from tui_vae import paths
from tui_vae.app import session as sessions
from tui_vae.app.session import Session
from tui_vae.errors import UserError
from tui_vae.latent.draw_options import DrawOptions
from tui_vae.latent.explorer import Explorer

MODEL = Cartoon()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "state" / "place.json"


def moved() -> Explorer:
    """An explorer that has been about."""
    state = Explorer(MODEL.space)
    state.go_to(7)
    state.mark("a")
    state.randomize(3)
    state.mark("b")
    state.next_axes()
    state.select(5)
    state.nudge(0.7)
    state.set_draw_options(DrawOptions(0.6, "prior", 2.5))
    state.set_way("slerp")
    return state


def assert_same(state: Explorer, other: Explorer) -> None:
    assert state.point.z.tobytes() == other.point.z.tobytes()
    for name in ("origin", "index", "cursor"):
        assert getattr(state.point, name) == getattr(other.point, name)
    assert (state.axes.name, state.selected, state.draw_options) == (
        other.axes.name, other.selected, other.draw_options
    )  # fmt: skip
    assert state.way == other.way
    assert set(state.marks) == set(other.marks)
    for which, point in state.marks.items():
        assert point.z.tobytes() == other.marks[which].z.tobytes()
        assert (point.origin, point.index) == (other.marks[which].origin, other.marks[which].index)


def test_a_place_comes_back_to_the_last_bit_and_can_be_left_by_undo(file: Path) -> None:
    before, after = moved(), Explorer(MODEL.space)
    Session(MODEL, file).save(before)
    session = Session(MODEL, file)
    assert not session.problem and session.offered is not None
    assert session.go_back(after)
    assert_same(after, before)
    assert after.undo() and after.point.origin == "average"
    assert session.go_back(after)  # again, as often as one likes
    assert_same(after, before)


def test_an_untouched_face_of_the_dataset_comes_back_with_its_index(file: Path) -> None:
    state = Explorer(MODEL.space)
    state.go_to(ITEMS - 1)
    Session(MODEL, file).save(state)
    again = Explorer(MODEL.space)
    Session(MODEL, file).go_back(again)
    assert again.point.index == again.point.cursor == ITEMS - 1
    again.step_dataset(-1)
    assert again.point.index == ITEMS - 2


def test_a_place_of_before_there_was_a_choice_comes_back(file: Path) -> None:
    before, after = moved(), Explorer(MODEL.space)
    Session(MODEL, file).save(before)
    data = json.loads(file.read_text())
    for name in ("source", "truncation", "way"):
        del data[name]
    file.write_text(json.dumps(data))
    assert Session(MODEL, file).go_back(after)
    assert after.draw_options == DrawOptions(0.6, "posterior") and after.way == "lerp"  # as they were drawn then
    assert after.point.z.tobytes() == before.point.z.tobytes()


def test_the_start_is_no_place_and_does_not_replace_one(file: Path) -> None:
    Session(MODEL, file).save(Explorer(MODEL.space))
    assert not file.exists()
    Session(MODEL, file).save(moved())
    content = file.read_bytes()
    Session(MODEL, file).save(Explorer(MODEL.space))
    assert file.read_bytes() == content
    only_marked = Explorer(MODEL.space)
    only_marked.mark("a")
    Session(MODEL, file).save(only_marked)
    assert file.read_bytes() != content


def test_it_is_forgotten_by_who_went_back_and_left_as_usual_only(file: Path) -> None:
    Session(MODEL, file).save(moved())
    other = Session(MODEL, file)
    other.leave()
    assert file.exists()
    other.go_back(Explorer(MODEL.space))
    assert file.exists()  # the connection may drop again
    other.leave()
    other.leave()
    assert not file.exists()


def test_the_file_is_the_users_own_small_and_whole(file: Path) -> None:
    Session(MODEL, file).save(moved())
    assert stat.S_IMODE(file.parent.stat().st_mode) & 0o077 == 0
    assert list(file.parent.iterdir()) == [file]
    assert file.stat().st_size < 100 * LATENTS
    assert paths.places().is_relative_to(os.environ["XDG_STATE_HOME"])


def test_a_place_that_cannot_be_written_stops_nobody(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("in the way")
    session = Session(MODEL, tmp_path / "state" / "place.json")
    assert session.problem  # a file where the folder should be: worth saying
    session.save(moved())
    place = sessions.place_of(moved())
    assert place is not None
    with pytest.raises(UserError, match="cannot write"):
        sessions.write(tmp_path / "state" / "place.json", place, "x")


def _set(*keys: str, to: object) -> Callable[[dict[str, Any]], None]:
    def change(data: dict[str, Any]) -> None:
        for key in keys[:-1]:
            data = data[key]
        data[keys[-1]] = to

    return change


DAMAGE: dict[str, Callable[[dict[str, Any]], None]] = {
    "another format": _set("format", to=2),
    "other weights": _set("model", to="0" * 32),
    "no point": lambda data: data.pop("point"),
    "a point that is text": _set("point", to="z"),
    "too few numbers": lambda data: data["point"]["z"].pop(),
    "too many numbers": lambda data: data["point"]["z"].append(0.0),
    "no number": _set("point", "z", to=[float("nan")] * LATENTS),
    "a huge number": _set("point", "z", to=[1e300] * LATENTS),
    "a huge integer": _set("point", "z", to=[10**400] * LATENTS),
    "truth values": _set("point", "z", to=[True] * LATENTS),
    "lists in lists": _set("point", "z", to=[[0.0]] * LATENTS),
    "a control sequence": _set("point", "origin", to="\x1b]0;x\x07"),
    "a lone surrogate": _set("point", "origin", to="\ud800"),
    "an origin that is none": _set("point", "origin", to=None),
    "an index of another face": _set("point", "index", to=1),
    "an index outside": _set("point", "index", to=ITEMS),
    "a negative cursor": _set("point", "cursor", to=-1),
    "a cursor that is true": _set("point", "cursor", to=True),
    "unknown axes": _set("axes", to="ICA"),
    "axes that cannot be looked up": _set("axes", to=[]),
    "no such bar": _set("selected", to=LATENTS),
    "a range of its own": _set("spread", to=1e9),
    "another source": _set("source", to="nowhere"),
    "a source that is a list": _set("source", to=[]),
    "a truncation of nothing": _set("truncation", to=0),
    "a truncation that is text": _set("truncation", to="2"),
    "another way": _set("way", to="around"),
    "a third mark": lambda data: data["marks"].update(c=data["marks"]["a"]),
    "marks that are a list": _set("marks", to=[]),
    "a damaged mark": _set("marks", "b", to={}),
}


@pytest.mark.parametrize("change", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_place_is_refused_in_one_line_and_the_explorer_opens(
    file: Path, change: Callable[[dict[str, Any]], None]
) -> None:
    Session(MODEL, file).save(moved())
    data = json.loads(file.read_text())
    change(data)
    file.write_text(json.dumps(data))
    session, state = Session(MODEL, file), Explorer(MODEL.space)
    assert session.problem.startswith(f"{file}: not a saved place of this model: ")
    assert "\n" not in session.problem and "\x1b" not in session.problem
    assert not session.go_back(state) and state.point.origin == "average" and not session.offer(state, "x")


@pytest.mark.parametrize("content", [b"", b"{", b"[" * 100_000, b"\xff\xfe", b"3", b"null", b" " * 4_000_001])
def test_what_is_no_place_at_all_is_refused(file: Path, content: bytes) -> None:
    file.parent.mkdir()
    file.write_bytes(content)
    assert "not a saved place" in Session(MODEL, file).problem


def test_every_cut_of_a_file_is_refused(file: Path) -> None:
    Session(MODEL, file).save(moved())
    whole = file.read_bytes()
    for length in range(0, len(whole), 97):
        file.write_bytes(whole[:length])
        assert Session(MODEL, file).problem


# In the explorer.


async def opened(drive_session: Session | None, check: Callable[[Drive], Any]) -> None:
    app = steady_app(MODEL, drive_session)
    async with app.run_test(size=(100, 24)) as pilot:
        drive = Drive(app, pilot)
        await drive.frame()
        await check(drive)


async def test_the_offer_is_there_until_the_first_move_and_a_key_takes_it(file: Path) -> None:
    Session(MODEL, file).save(moved())

    async def check(drive: Drive) -> None:
        offer = f"' goes back to {moved().point.origin}"
        assert drive.status.startswith(offer)
        await drive.press("n")
        assert offer not in drive.status
        await drive.press("0")
        assert drive.status.startswith(offer)
        await drive.press("'")
        assert offer not in drive.status
        assert_same(drive.state, moved())
        assert drive.title == moved().point.origin and "marks AB" in drive.status
        drive.assert_face(MODEL)
        await drive.press("u")
        np.testing.assert_array_equal(drive.z, MODEL.space.mean)

    await opened(Session(MODEL, file), check)


async def test_resume_goes_back_at_once(file: Path) -> None:
    Session(MODEL, file).save(moved())

    async def check(drive: Drive) -> None:
        assert_same(drive.state, moved())
        drive.assert_face(MODEL)

    await opened(Session(MODEL, file, resume=True), check)


async def test_nothing_to_go_back_to_is_said(file: Path) -> None:
    async def check(drive: Drive) -> None:
        assert drive.status.startswith("no place was saved")
        drive.app.post_message(Key("n", "n"))
        await drive.frame()

    await opened(Session(MODEL, file, resume=True), check)


async def test_a_damaged_file_is_told_of_and_stops_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("p.json").write_text("{}")

    async def check(drive: Drive) -> None:
        assert drive.status.startswith("p.json: not a saved place of this model")
        await drive.press("n")
        drive.assert_face(MODEL)

    await opened(Session(MODEL, Path("p.json")), check)

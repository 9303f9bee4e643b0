"""Jump mode, the footer, the hint, and the help of what is open."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual import events
from textual.widgets._footer import FooterKey

from tests.app.cartoon import Cartoon
from tests.app.driving import Drive, driving
from tui_vae.app.actions import ACTIONS, of_mode
from tui_vae.app.panels import PANELS
from tui_vae.app.remembered import Remembered
from tui_vae.app.screens.help import lesson
from tui_vae.app.screens.jump import JumpScreen, labels
from tui_vae.app.widgets.footer import LAST, ActionFooter, fitting
from tui_vae.settings import Settings


@given(count=st.integers(0, 676))
def test_labels_are_short_and_none_begins_another(count: int) -> None:
    found = labels(count)
    assert len(set(found)) == len(found) == count
    assert count > 26 or all(len(label) == 1 for label in found)
    assert not [one for one in found for other in found if one != other and other.startswith(one)]


def test_there_is_an_end_to_labels() -> None:
    with pytest.raises(ValueError, match="no labels for 677"):
        labels(677)


def label_at(drive: Drive, line: int, column: int) -> str:
    """The label that is drawn at a place."""
    segments = drive.strips()[line].crop(column, column + 2)
    return "".join(segment.text for segment in segments if segment.style is not None and segment.style.bold).strip()


async def jump_to(drive: Drive, place: int) -> None:
    """Jump to a target by its number, through the label that it has."""
    await drive.type("J")
    screen = drive.app.screen
    assert isinstance(screen, JumpScreen)
    await drive.type(*list(screen._targets)[place])
    await drive.settle()
    assert drive.app.screen is drive.screen


async def test_every_bar_has_a_letter_that_goes_there() -> None:
    async with driving(Cartoon()) as drive:
        for bar in (3, 0, len(drive.bars.visible_bars) - 1):
            await jump_to(drive, bar)
            assert drive.state.selected == bar
        await drive.type("end")
        await jump_to(drive, 2)
        assert drive.state.selected == drive.bars.visible_bars[2] != 2


async def test_the_letters_stand_on_the_controls() -> None:
    async with driving(Cartoon(), size=(120, 30)) as drive:
        await drive.type("J")
        screen = drive.app.screen
        assert isinstance(screen, JumpScreen)
        regions = [label.region for label in screen.query(".jump")]
        assert len(regions) == len(screen._targets) and all(region.area for region in regions)
        for name, target in screen._targets.items():
            assert label_at(drive, target.place.y, target.place.x).startswith(name)
        await drive.type("escape")
        assert drive.app.screen is drive.screen and drive.state.selected == 0


async def test_the_footer_can_be_jumped_to() -> None:
    async with driving(Cartoon()) as drive:
        await drive.until(lambda: "Random" in drive.lines()[-1])
        await jump_to(drive, len(drive.bars.visible_bars) + 1)
        assert drive.state.point.origin.startswith("random")


@pytest.mark.parametrize("panel", ["E", "N", "z"])
async def test_what_a_panel_shows_can_be_jumped_to(panel: str) -> None:
    async with driving(Cartoon()) as drive:
        await drive.type("n", "r", "u", "i", panel)
        await drive.settle()
        await jump_to(drive, 1)
        assert getattr(drive.screen.panel, "_cursor", getattr(drive.screen.panel, "cursor", None)) == 1


async def test_other_keys_and_resizing_leave() -> None:
    async with driving(Cartoon(), size=(100, 40)) as drive:
        await drive.type("J", "1")
        assert drive.app.screen is drive.screen
        await drive.type("J")
        await drive.pilot.resize_terminal(80, 24)
        await drive.settle()
        assert drive.app.screen is drive.screen
        await drive.type("J", "z", "9")  # z begins a pair
        assert drive.app.screen is drive.screen


# The footer.


SHOWN = st.tuples(
    st.sampled_from(["help", "command_palette", "quit", "undo", "mix", "a", "b", "c"]), st.integers(3, 12)
)


@given(keys=st.lists(SHOWN, unique_by=lambda key: key[0]), width=st.integers(0, 120))
def test_what_fits_stays_in_order_and_help_stays(keys: list[tuple[str, int]], width: int) -> None:
    kept, widths = fitting(keys, width), dict(keys)
    assert kept == [action for action, _ in keys if action in kept]
    assert set(LAST) & set(widths) <= set(kept)
    assert sum(widths[action] for action in kept) <= width or set(kept) <= set(LAST)
    if sum(widths.values()) <= width:
        assert kept == list(widths)


@pytest.mark.parametrize("size", [(80, 24), (40, 12), (200, 60)])
@pytest.mark.parametrize("panel", ["", *"eEmzB"])
async def test_the_footer_fits_and_says_what_the_panel_can(size: tuple[int, int], panel: str) -> None:
    async with driving(Cartoon(), size=size) as drive:
        await drive.type(*panel)
        await drive.until(lambda: f" {'Bars' if panel else 'Random'}" in drive.lines()[-1])
        footer = drive.lines()[-1]
        assert all(words in footer for words in ("? Help", "^p More", "q Quit"))
        if panel:
            assert any(word in footer[:14] for word in ("Bars", "Take", "Land", "Other", "Forget"))


async def test_the_footer_waits_under_a_question_and_catches_up() -> None:
    async with driving(Cartoon()) as drive:
        await drive.until(lambda: " Random" in drive.lines()[-1])
        before = list(drive.screen.query(FooterKey))
        await drive.type("F")
        await drive.settle()
        assert list(drive.screen.query(FooterKey)) == before and " Random" in drive.lines()[-1]
        await drive.pilot.resize_terminal(60, 24)
        await drive.until(lambda: drive.screen.query_one(ActionFooter)._room == 60)
        await drive.until(lambda: "q Quit" in drive.lines()[-1])
        await drive.type("enter")
        await drive.until(lambda: " Take" in drive.lines()[-1])
        await drive.type("escape")
        await drive.until(lambda: " Take" not in drive.lines()[-1] and " Random" in drive.lines()[-1])


async def test_a_footer_that_has_gone_takes_no_keys() -> None:
    async with driving(Cartoon()) as drive:
        footer = drive.screen.query_one(ActionFooter)
        await footer.remove()
        await footer.recompose()
        assert not footer.children


# The help and the hint.


def test_the_lesson_takes_a_minute_and_names_keys_that_exist() -> None:
    text = lesson(ACTIONS)
    assert len(text.split()) <= 150 and "{" not in text
    assert "0 goes to the average face" in text


@pytest.mark.parametrize("panel", [name for name in PANELS if PANELS[name].modes])
def test_every_panel_names_modes_of_the_table(panel: str) -> None:
    assert all(of_mode(mode) for mode in PANELS[panel].modes)


async def test_help_begins_with_what_is_open() -> None:
    async with driving(Cartoon()) as drive:
        await drive.type("m", "?")
        assert "On the map" in drive.lines()[1]
        await drive.type("escape", "escape", "?")
        assert "A variational autoencoder" in drive.lines()[1]


async def test_who_is_here_for_the_first_time_is_told_three_keys_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CI", raising=False)
    remembered = Remembered(tmp_path / "remembered.json")
    settings = Settings(keys={"random": ("f2",)})
    async with driving(Cartoon(), remembered=remembered, settings=settings) as drive:
        await drive.until(lambda: "f2 random" in "\n".join(drive.lines()))
        assert drive.bars.visible_bars  # there is still something to see of them
        await drive.type("j")
        assert "f2 random" not in "\n".join(drive.lines()) and drive.state.selected == 1
    async with driving(Cartoon(), remembered=remembered) as drive:
        assert not drive.screen.query_one("#hint").display


async def test_there_is_no_hint_for_machines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    remembered = Remembered(tmp_path / "remembered.json")
    async with driving(Cartoon(), remembered=remembered) as drive:
        assert not drive.screen.query_one("#hint").display
        await drive.type("n")
    assert remembered.is_first_time


# The palette.


@pytest.mark.parametrize(("panel", "inside"), [("", 0), ("E", 2), ("m", 1), ("z", 1)])
async def test_the_palette_has_every_action_of_what_is_open(panel: str, inside: int) -> None:
    async with driving(Cartoon()) as drive:
        await drive.type(*panel)
        modes = drive.screen.panel.modes if drive.screen.panel is not None else ()
        assert len(modes) == inside
        wanted = [action for mode in (*modes, "") for action in of_mode(mode) if action.palette]
        found = [command.title for command in drive.app.get_system_commands(drive.app.screen)]
        assert found == [f"{action.title}  ({action.key_text})" for action in wanted]


async def test_the_palette_runs_an_action_of_a_panel() -> None:
    async with driving(Cartoon()) as drive:
        await drive.type("m")
        walk = next(c for c in drive.app.get_system_commands(drive.app.screen) if c.title.startswith("Far east"))
        await walk.callback()
        await drive.settle()
        assert drive.state.point.origin != "average"


# Leaving what lies over the explorer.


@pytest.mark.parametrize("key", ["?", "g", "ctrl+o", "J"])
async def test_leaving_twice_in_a_hurry_leaves_once(key: str) -> None:
    async with driving(Cartoon()) as drive:
        await drive.type(key)
        assert drive.app.screen is not drive.screen
        for _ in range(3):
            drive.app.post_message(events.Key("escape", None))
        await drive.settle()
        await drive.press("n")
        assert drive.app.screen is drive.screen and drive.state.point.index == 0

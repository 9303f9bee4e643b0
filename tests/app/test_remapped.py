"""Keys of one's own, wherever keys are used or shown."""

from __future__ import annotations

import pytest
from textual.widgets._footer import FooterKey

from tests.app.cartoon import Cartoon
from tests.app.driving import driving
from tui_vae.app.screens.help import HelpScreen
from tui_vae.settings import Settings

KEYS = {"random": ("f2",), "undo": ("r",), "bar.down": ("down", "f7"), "gallery.take": ("ctrl+y",), "help": ("f1",)}


@pytest.fixture
def settings() -> Settings:
    return Settings(keys=KEYS)


async def test_they_do_what_the_settings_say(settings: Settings) -> None:
    async with driving(Cartoon(), settings=settings) as drive:
        await drive.press("f2")
        assert drive.state.point.origin.startswith("random")
        await drive.press("r")
        assert drive.state.point.origin == "average"
        before = drive.state.point
        await drive.press("u", "j")  # the old keys do nothing
        assert drive.state.point is before and drive.state.selected == 0
        await drive.press("2", "f7")
        assert drive.state.selected == 2


async def test_they_hold_in_panels(settings: Settings) -> None:
    async with driving(Cartoon(), settings=settings) as drive:
        await drive.type("E", "l")
        await drive.type("enter")
        assert drive.state.point.origin == "average"
        await drive.type("ctrl+y")
        assert drive.state.point.origin == "average edited"


async def test_help_footer_and_palette_show_them(settings: Settings) -> None:
    async with driving(Cartoon(), settings=settings, size=(120, 200)) as drive:
        footer = {str(key.description): key.key_display for key in drive.screen.query(FooterKey)}
        assert footer["Random"] == "f2" and footer["Undo"] == "r" and footer["Help"] == "f1"
        commands = {command.title for command in drive.app.get_system_commands(drive.app.screen)}
        assert {"Random  (f2)", "Undo  (r)"} <= commands
        await drive.type("f1")
        assert isinstance(drive.app.screen, HelpScreen)
        text = "\n".join(drive.lines())
        assert "f2        A random face" in text and "↓ f7" in text


async def test_the_hints_name_them(settings: Settings) -> None:
    keys = {"mark.a": ("f5",), "keep": ("f6",)}
    async with driving(Cartoon(), settings=Settings(keys=keys)) as drive:
        await drive.type("t")
        assert "mark two faces first: f5, then b" in drive.status
        await drive.type("B")
        assert drive.heading == "no bookmarks yet: f6 keeps a face"

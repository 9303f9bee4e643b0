"""The themes: what is written can be read in each, and the one that was chosen stays."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from rich.color import Color
from rich.segment import Segment

from tests.app.cartoon import Cartoon
from tests.app.driving import Drive, driving, steady_app
from tui_vae.app.remembered import Remembered
from tui_vae.app.themes import OWN
from tui_vae.errors import UserError
from tui_vae.settings import Settings

LEAST = 4.5
SCREENS = {
    "bars": ("3", "g", "4", "l", "x"),
    "collapsed bars": ("2", "g", "tab", "end"),
    "attributes": ("shift+tab", "l", "1", "2"),
    "slider": ("n", "a", "n", "b", "t", "l"),
    "traversal": ("e", "l"),
    "grid": ("E",),
    "map": ("n", "m"),
    "undo tree": ("n", "r", "u", "i", "z"),
    "bookmarks": ("B",),
    "problem": ("9", "9", "g"),
    "question with a problem": ("g", "9", "9", "enter"),
    "help": ("?",),
}


def luminance(colour: Color) -> float:
    """WCAG 2.2, relative luminance, 0 to 1."""
    parts = (part / 255 for part in colour.get_truecolor())
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Color, other: Color) -> float:
    """WCAG 2.2, contrast ratio, 1 to 21."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def texts(drive: Drive) -> list[Segment]:
    """Everything on the screen that has letters or digits."""
    segments = (segment for strip in drive.strips() for segment in strip)
    return [segment for segment in segments if any(character.isalnum() for character in segment.text)]


def test_the_measure_is_right() -> None:
    black, white, grey = Color.from_rgb(0, 0, 0), Color.from_rgb(255, 255, 255), Color.from_rgb(118, 118, 118)
    assert contrast(black, white) == pytest.approx(21)
    assert contrast(grey, white) == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("keys", SCREENS.values(), ids=SCREENS)
@pytest.mark.parametrize("theme", [theme.name for theme in OWN])
async def test_all_text_can_be_read(theme: str, keys: tuple[str, ...]) -> None:
    async with driving(Cartoon(), settings=Settings(theme=theme)) as drive:
        await drive.type(*keys)
        found = texts(drive)
        assert len(found) > 2
        poor = {}
        for segment in found:
            style = segment.style
            assert style is not None and style.color is not None and style.bgcolor is not None, segment
            ratio = contrast(style.color, style.bgcolor)
            if ratio < LEAST or style.dim:
                poor[segment.text] = round(ratio, 2)
        assert not poor


async def test_a_theme_that_is_chosen_is_remembered(tmp_path: Path) -> None:
    remembered = Remembered(tmp_path / "deep" / "remembered.json")
    async with driving(Cartoon(), remembered=remembered) as drive:
        assert drive.app.theme == "dusk"
        assert not remembered._path.exists()  # nothing was chosen yet
        await drive.type("ctrl+t")
        for character in "contrast":
            await drive.type(character)
        await drive.until(lambda: drive.app.screen.query("CommandList > *, OptionList").first().option_count > 0)
        await drive.type("enter")
        await drive.until(lambda: drive.app.theme == "contrast")
        await drive.settle()
    async with driving(Cartoon(), remembered=remembered) as drive:
        assert drive.app.theme == "contrast"
    async with driving(Cartoon(), remembered=remembered, settings=Settings(theme="dawn")) as drive:
        assert drive.app.theme == "dawn"  # said later than the choice


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{", b"\xff", b'{"theme": 3}', b'{"theme": "gone", "theme_setting": "dusk"}']
)
def test_what_is_damaged_is_as_if_it_had_never_been(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "remembered.json"
    path.write_bytes(content)
    remembered = Remembered(path)
    assert steady_app(Cartoon(), remembered=remembered).theme == "dusk"
    assert remembered.is_first_time
    remembered.keep_hint_seen()
    assert not remembered.is_first_time
    remembered.keep_theme("dawn", "dusk")
    assert json.loads(path.read_text(encoding="utf-8")) == {
        "theme": "dawn", "theme_setting": "dusk", "hint_seen": True
    }  # fmt: skip


def test_an_unknown_theme_is_refused() -> None:
    with pytest.raises(UserError, match=r"settings.toml: theme is 'blue': use one of .*contrast, .*dawn"):
        steady_app(Cartoon(), settings=Settings(theme="blue"))


async def test_textuals_own_themes_work_too() -> None:
    async with driving(Cartoon()) as drive:
        for theme in sorted(drive.app.available_themes):
            drive.app.theme = theme
            await drive.press("n")
            assert drive.value is not None
            for problem in (False, True):
                drive.screen.say(f"said in {theme}", problem=problem)
                await drive.settle()
                assert drive.status.startswith(f"said in {theme}")

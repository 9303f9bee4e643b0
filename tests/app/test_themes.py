"""The themes: the one that was chosen stays. That all can be read in each is tested with their pictures."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from rich.color import Color

from tests.app.cartoon import Cartoon
from tests.app.contrast import contrast
from tests.app.driving import driving, steady_app
from tui_vae.app.remembered import Remembered
from tui_vae.errors import UserError
from tui_vae.settings import Settings


def test_the_measure_is_right() -> None:
    black, white, grey = Color.from_rgb(0, 0, 0), Color.from_rgb(255, 255, 255), Color.from_rgb(118, 118, 118)
    assert contrast(black, white) == pytest.approx(21)
    assert contrast(grey, white) == pytest.approx(4.54, abs=0.01)


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

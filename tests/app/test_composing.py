"""A frame from the lines of what has changed shows what a whole frame would."""

from __future__ import annotations

import random

import pyte
import pytest
from rich.console import Console
from textual._compositor import ChopsUpdate, Compositor, LayoutUpdate
from textual.app import App, ComposeResult
from textual.containers import Container, VerticalScroll
from textual.geometry import Region
from textual.screen import Screen
from textual.strip import Strip
from textual.widgets import Static

from tests.app.driving import driving
from tui_vae.api import VAE
from tui_vae.app.composing import PRIVATE_NAMES, LinesCompositor, LinesUpdate

SIZE = (60, 16)


class Overlapping(App[None]):
    """A framed box with a text, a list that is scrolled, and a note that lies over both."""

    CSS = """
    Screen { layers: below above; }
    #box { border: round green; width: 30; height: 12; }
    #list { width: 20; height: 10; dock: right; }
    #note { layer: above; width: 24; height: 3; offset: 22 4; background: blue; }
    """

    def compose(self) -> ComposeResult:
        yield Container(Static("text\n" * 9, id="text"), id="box")
        yield VerticalScroll(*(Static(f"line {number}", classes="line") for number in range(40)), id="list")
        yield Static("a note", id="note")


def shown(*updates: object, console: Console) -> list[str]:
    screen = pyte.Screen(*SIZE)
    stream = pyte.Stream(screen)
    for update in updates:
        # pyte takes the line feed behind Textual's last column literally, as a terminal in raw mode does.
        stream.feed(update.render_segments(console))  # type: ignore[attr-defined]
    return [
        "".join(f"{cell.data}{cell.fg}{cell.bg}" for cell in (line[x] for x in range(SIZE[0])))
        for line in (screen.buffer[y] for y in range(SIZE[1]))
    ]


def test_textual_still_has_the_private_names_that_composing_needs() -> None:
    assert [name for name in PRIVATE_NAMES if not hasattr(Compositor(), name)] == []
    assert hasattr(Screen(), "_compositor")


async def test_any_change_shows_what_a_whole_frame_shows() -> None:
    app, rng = Overlapping(), random.Random(5)
    kinds = set()
    async with app.run_test(size=SIZE) as pilot:
        own = app.screen._compositor
        ours = LinesCompositor()
        ours.__dict__.update(own.__dict__)
        app.screen._compositor = ours
        app.query_one("#list").scroll_to(y=7, animate=False)
        await pilot.pause()
        before = ours.render_full_update()
        for turn in range(60):
            widget = rng.choice([*app.query("Static"), app.query_one("#box")])
            if isinstance(widget, Static):
                widget.update(f"{turn} " * rng.randint(1, 9), layout=False)
            regions = [Region(rng.randint(0, 20), rng.randint(0, 9), rng.randint(1, 30), rng.randint(1, 4))] * 2
            ours._dirty_regions.clear()
            widget._exchange_repaint_regions()
            if rng.random() < 0.5 or not isinstance(widget, Static):
                region, clip = ours.visible_widgets.get(widget, (Region(), Region()))
                inside = [each.translate(region.offset).intersection(region).intersection(clip) for each in regions]
            else:  # all of it
                region, clip = ours.visible_widgets.get(widget, (Region(), Region()))
                inside = [region.intersection(clip)]
            changed = {each for each in inside if each}
            ours._dirty_regions.update(changed)
            update = ours.render_partial_update()
            assert not ours._dirty_regions
            if update is None:
                continue
            kinds.add(type(update))
            ours._dirty_regions.update(changed)
            theirs = Compositor.render_partial_update(ours)
            console = app.console
            assert shown(before, update, console=console) == shown(before, theirs, console=console)
            if isinstance(update, LinesUpdate):
                assert {(y, x) for y, x1, x2 in update.spans for x in range(x1, x2)} == {
                    (y, x) for each in changed for y in each.line_range for x in each.column_range
                }
            before = ours.render_full_update()
    assert kinds == {LinesUpdate, ChopsUpdate}, "both ways have been tried"
    assert isinstance(before, LayoutUpdate)


async def test_a_widget_may_change_what_is_visible_while_it_is_rendered(monkeypatch: pytest.MonkeyPatch) -> None:
    app = Overlapping()
    async with app.run_test(size=SIZE):
        ours = LinesCompositor()
        ours.__dict__.update(app.screen._compositor.__dict__)
        text, note = app.query_one("#text"), app.query_one("#note")
        render = type(text).render_lines

        def forgetful(widget: Static, crop: Region) -> list[Strip]:
            ours._visible_widgets = {}
            return render(widget, crop)

        monkeypatch.setattr(Static, "render_lines", forgetful)
        ours._dirty_regions.update({text.region.intersection(Region(2, 1, 5, 1)), note.region})
        update = ours.render_partial_update()
        assert isinstance(update, LinesUpdate) and len(update.pieces) == 1 + note.region.height


@pytest.mark.parametrize("key", ["l", "n"])
async def test_the_explorer_takes_the_short_way(vae: VAE, monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    seen: list[object] = []
    render = LinesCompositor.render_partial_update

    def kept(self: LinesCompositor) -> object:
        seen.append(render(self))
        return seen[-1]

    async with driving(vae) as drive:
        monkeypatch.setattr(LinesCompositor, "render_partial_update", kept)
        for _ in range(20):  # on a busy machine the footer and the whole screen may still be drawn with the first keys
            seen.clear()
            await drive.press(key)
            await drive.settle()
            if {type(each) for each in seen} - {type(None)} == {LinesUpdate}:
                break
        else:
            pytest.fail(f"drawn in other ways, too: {seen}")

"""Make the pictures of the documentation by driving the program: ``python docs/make_pictures.py``.

Writes SVG screenshots, PNG as well where CairoSVG is installed, and contact sheets of decoded images.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

os.environ["TEXTUAL_COLOR_SYSTEM"] = "truecolor"

from train.sheet import overview
from tui_vae import cli
from tui_vae.api import load
from tui_vae.app.app import ExplorerApp
from tui_vae.app.panels.gallery import Gallery

FOLDER = Path(__file__).parent / "pictures"

# A cell is 12.2 units wide and 24.4 high in Textual's SVG: whole pixels leave no seams between cells.
SCALE = 10 / 12.2

SHOTS = {
    "explorer-140x42": ((140, 42), ["1", "g"]),
    "attributes-80x24": ((80, 24), ["5", "g", "tab", "tab", "j", "j", "2", "0", "l"]),
    "interpolate-80x24": ((80, 24), ["1", "g", "a", "5", "g", "b", "t", "2", "5", "l"]),
    "help-80x24": ((80, 24), ["question_mark"]),
    "grid-120x36": ((120, 36), ["1", "g", "E"]),
    "nearest-120x36": ((120, 36), ["1", "2", "g", "N"]),
    "map-120x36": ((120, 36), ["1", "g", *["n"] * 9, "m"]),
    "search-120x36": ((120, 36), ["F", *"smiling", "enter"]),
}


def traversals(name: str, group: int, most: int, output: Path, *start: str) -> None:
    """A row from -3 to +3 sigma for each of the first ``most`` bars of a group of axes, around ``start``."""
    bars = load(name).space.axes[group].labels[:most]
    size = "64" if len(bars) <= 40 else "32"
    words = ["render", "--checkpoint", name, "--traverse", ",".join(bars), *start, "--size", size, "--force"]
    assert cli.main([*words, "--output", str(output)]) == 0


async def shoot(size: tuple[int, int], keys: list[str]) -> str:
    """Open the explorer, press keys, wait for the face, and return the screen as SVG."""
    app = ExplorerApp(load("faces"))
    async with app.run_test(size=size) as pilot:
        while app.explorer.shown is None:
            await pilot.pause(0.05)
        await pilot.press(*keys)
        while app.explorer.shown.request.z is not app.explorer.state.point.z:
            await pilot.pause(0.05)
        panel = app.explorer.panel
        while isinstance(panel, Gallery) and not panel.is_whole:
            await pilot.pause(0.05)
        await pilot.pause(0.2)
        return app.export_screenshot()


def main() -> None:
    """Make all of them."""
    FOLDER.mkdir(exist_ok=True)
    for name in ("faces", "avatars"):
        overview(load(name), FOLDER / f"{name}.png")
        traversals(name, 0, 16, FOLDER / f"{name}-pca.png")
        traversals(name, 2, 99, FOLDER / f"{name}-attributes.png", "--index", "12")
    for name, (size, keys) in SHOTS.items():
        svg = asyncio.run(shoot(size, keys))
        try:
            import cairosvg
        except ImportError:
            (FOLDER / f"{name}.svg").write_text(svg, encoding="utf-8")
        else:
            cairosvg.svg2png(bytestring=svg.encode(), write_to=str(FOLDER / f"{name}.png"), scale=SCALE)
        print(name)


if __name__ == "__main__":
    main()

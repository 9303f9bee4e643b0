"""Where the modules of Unix terminals are missing, as on Windows: Textual's own driver, and no pacing."""

from __future__ import annotations

import subprocess
import sys

CODE = """
import platformdirs  # which looks at what kind of system this really is
import sys
from importlib.abc import MetaPathFinder

class Missing(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name in {"termios", "tty", "pty", "fcntl", "resource", "pwd", "grp"}:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

for name in ("termios", "tty", "pty", "fcntl", "resource", "pwd", "grp"):
    sys.modules.pop(name, None)
sys.meta_path.insert(0, Missing())

import asyncio, os, select, signal
for place, names in ((os, ("getuid", "geteuid", "fork", "getpgid")), (signal, ("SIGHUP", "SIGTSTP", "SIGCONT"))):
    for name in names:
        delattr(place, name)
delattr(select, "poll")

from textual.app import App
from textual.drivers.headless_driver import HeadlessDriver
App.get_driver_class = lambda self: HeadlessDriver  # the one of Windows cannot be imported here

import tui_vae.app.run, tui_vae.cli
from tests.app.cartoon import Cartoon
from tests.app.driving import Drive, steady_app
from tui_vae.terminal import query
from tui_vae.terminal.colour import ColourDepth

async def explore():
    model = Cartoon()
    app = steady_app(model)
    assert app.driver_class is HeadlessDriver
    assert not query.may_ask({"TERM": "xterm-256color"}, ColourDepth.ANSI_256)
    async with app.run_test() as pilot:
        drive = Drive(app, pilot)
        await drive.press("n", "l")
        drive.assert_face(model)
        app.exit(0)

asyncio.run(explore())
print("explored")
"""


def test_the_explorer_runs_without_termios() -> None:
    run = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, timeout=120)
    assert run.stdout.strip() == "explored", run.stderr[-3000:]

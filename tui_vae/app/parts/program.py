"""The program itself: saving, measuring, help, leaving."""

from __future__ import annotations

from contextlib import suppress
from functools import partial

from textual.timer import Timer
from textual.worker import WorkerError

from tui_vae.app.panels import Panel
from tui_vae.app.panels.strip import AxisGrid
from tui_vae.app.parts.part import Part
from tui_vae.app.saving import Saver
from tui_vae.app.screens.help import HelpScreen
from tui_vae.errors import UserError
from tui_vae.latent.axes import Vector

MEASURING_SECONDS = 0.5


class ProgramActions(Part):
    """What has nothing to do with the point."""

    _saver: Saver
    _measuring: Timer | None
    panel: Panel | None

    def action_save(self) -> None:
        """Write the face that is shown, at the model's own size, and its latent vector."""
        self._take_count()
        if self.shown is None:
            self.say("the decoder is still loading")
            return
        self.run_worker(partial(self._save, self.state.point.z), thread=True, group="save")

    def _save(self, z: Vector) -> None:
        try:
            self.app.call_from_thread(self.say, self._saver.save(z))
        except UserError as error:
            self.app.call_from_thread(self.say, str(error), problem=True)

    def action_export(self) -> None:
        """Ask what to write to a file, and write it."""
        from tui_vae.app.exports import subject_of
        from tui_vae.app.screens.export import ExportScreen

        self._take_count()
        tour = self._hold_still() or "dataset"
        down = self.panel.bars[1] if isinstance(self.panel, AxisGrid) else None

        def tell(written: str | None) -> None:
            if written is not None:
                self.say(written)

        self.app.push_screen(ExportScreen(subject_of(self.state, self.model, down), self._saver.stem, tour), tell)

    def action_measure(self) -> None:
        """Show how fast everything is, or no more."""
        self._take_count()
        if self._measuring is None:
            self._measuring = self.set_interval(MEASURING_SECONDS, self._show_status)
        else:
            self._measuring.stop()
            self._measuring = None
        self._show_status()

    def action_help(self) -> None:
        """Show the help."""
        self._take_count()
        self.app.push_screen(HelpScreen(self.panel.modes if self.panel is not None else ()))

    def action_checkpoints(self) -> None:
        """Choose another model."""
        self._leap()
        choose = getattr(self.app, "choose_checkpoint", None)
        if choose is not None:
            choose()

    def action_command_palette(self) -> None:
        """Find a command by name."""
        self.app.action_command_palette()

    async def action_quit(self) -> None:
        """Leave, once what is being saved is on the disk."""
        saves = [worker for worker in self.workers if worker.group == "save" and not worker.is_finished]
        if saves:
            with suppress(WorkerError):
                await self.workers.wait_for_complete(saves)
        self.app.exit()

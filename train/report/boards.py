"""TensorBoard and Weights & Biases: the same figures and pictures, for those who watch their runs there."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import numpy as np
from PIL import Image

from train.report.figures import number
from tui_vae.errors import UserError, one_line

FOLDER: Final = "tensorboard"


class Boards:
    """Writes a run's figures to ``RUN/tensorboard``, and to Weights & Biases where ``wandb`` asks for it.

    ``start`` is the step that a resumed run goes on from: TensorBoard then forgets what it was shown of later ones.
    Without tensorboardX one line says so and nothing is written there. Weights & Biases goes by its own settings
    (``WANDB_MODE=offline`` needs no account); a run that goes on is the same run there.

    Raises:
        UserError: ``wandb`` is asked for and is not installed, or does not start.
    """

    def __init__(self, run: Path, wandb: bool, start: int = 0) -> None:
        self._wandb = _wandb_run(run) if wandb else None
        self._writer: Any = None
        try:
            from tensorboardX import SummaryWriter
        except ModuleNotFoundError as error:
            print(f"no TensorBoard files: {error.name} is missing (pip install 'tui-vae[train]')", file=sys.stderr)
        else:
            self._writer = SummaryWriter(str(run / FOLDER), purge_step=start + 1 if start else None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end(0 if kind is None else 1)

    def scalars(self, step: int, figures: Mapping[str, Any], group: str = "training") -> None:
        """Add the figures of a line under ``group/NAME``; what is not a finite number is left out."""
        values = {f"{group}/{name}": value for name in figures if (value := number(figures, name)) is not None}
        values.pop(f"{group}/step", None)
        if self._writer is not None:
            for name, value in values.items():
                self._writer.add_scalar(name, value, step)
        if self._wandb is not None:
            self._wandb.log({**values, "step": step})

    def images(self, step: int, pictures: Mapping[str, Path]) -> None:
        """Add pictures by name. An animation is left out: the boards keep every picture that they get."""
        for name, path in pictures.items():
            if path.suffix.lower() == ".gif":
                continue
            with Image.open(path) as file:
                pixels = np.asarray(file.convert("RGB"))
            if self._writer is not None:
                self._writer.add_image(name, pixels, step, dataformats="HWC")
            if self._wandb is not None:
                import wandb

                self._wandb.log({name: wandb.Image(pixels), "step": step})
        if self._writer is not None:
            self._writer.flush()

    def close(self) -> None:
        """Write what is still in memory."""
        self._end(0)

    def _end(self, status: int) -> None:
        writer, board = self._writer, self._wandb
        self._writer = self._wandb = None
        if writer is not None:
            writer.close()
        if board is not None:
            board.finish(exit_code=status)


def _wandb_run(run: Path) -> Any:
    try:
        import wandb
    except ModuleNotFoundError as error:
        raise UserError(f"Weights & Biases needs {error.name}: pip install 'tui-vae[wandb]'") from error
    name = run.resolve().name
    # The same folder is the same run: it goes on there as it does here.
    identity = hashlib.sha256(str(run.resolve()).encode("utf-8", "surrogateescape")).hexdigest()[:16]
    try:
        board = wandb.init(project="tui-vae", name=name, id=identity, resume="allow", dir=str(run))
        board.define_metric("*", step_metric="step")
    except Exception as error:  # a network, an account, a service that does not start: each raises its own
        raise UserError(
            f"Weights & Biases did not start: {one_line(error)} (WANDB_MODE=offline needs no account)"
        ) from error
    return board

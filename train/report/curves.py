"""The training curves as one picture."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from train.report.log import QUANTITIES, Quantity, RunLog
from train.report.series import Series, limits
from tui_vae.errors import UserError
from tui_vae.files import whole_file

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CURVES: Final = "curves.png"
GROUND, PANEL, LINES, TEXT = "#121318", "#181a20", "#2a2e38", "#c9ccd3"
CURVE, MARK = "#7aa2c7", "#f2c572"
POINTS: Final = 400


def draw(run: Path) -> Path:
    """Write ``RUN/reports/curves.png`` from the run's log files and return its path.

    One panel per quantity over epochs: the mean of each line of the log, its least and greatest batch as a band, and
    the validation reports as points.

    Raises:
        UserError: Matplotlib is missing, or the file cannot be written.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ModuleNotFoundError as error:
        raise UserError(f"curves need {error.name}: pip install 'tui-vae[train]'") from error

    log = RunLog(run)
    log.read_all()
    # A figure of its own, without pyplot: that keeps state, and would look for a display.
    figure = Figure(figsize=(13, 7.2), dpi=110, facecolor=GROUND, layout="constrained")
    FigureCanvasAgg(figure)
    for axes, quantity in zip(figure.subplots(2, 3).flat, QUANTITIES, strict=True):
        _panel(axes, quantity, log.curves.get(quantity.key), log.held_out.get(quantity.key))
    figure.suptitle(run.resolve().name, color=TEXT, fontsize=13, parse_math=False)
    path = run / "reports" / CURVES
    with whole_file(path, make_folder=True) as scratch:
        figure.savefig(scratch, format="png", facecolor=GROUND)
    return path


def _panel(axes: Axes, quantity: Quantity, curve: Series | None, held_out: Series | None) -> None:
    axes.set_facecolor(PANEL)
    axes.set_title(quantity.title, color=TEXT, fontsize=11, loc="left")
    axes.set_title(quantity.unit, color=TEXT, alpha=0.6, fontsize=9, loc="right")
    axes.set_xlabel("epoch", color=TEXT, alpha=0.6, fontsize=9)
    axes.tick_params(colors=TEXT, labelsize=9, length=0)
    axes.grid(color=LINES, linewidth=0.7)
    axes.set_axisbelow(True)
    for spine in axes.spines.values():
        spine.set_color(LINES)
    shown = []
    if curve is not None:
        place, mean, low, high = curve.arrays(POINTS)
        axes.fill_between(place, low, high, color=CURVE, alpha=0.22, linewidth=0)
        axes.plot(place, mean, color=CURVE, linewidth=1.6, marker="o" if len(place) == 1 else None, label="training")
        shown.append(mean)
    if held_out is not None:
        place, mean, _, _ = held_out.arrays()
        axes.plot(place, mean, "o", color=MARK, markersize=4, markeredgewidth=0, label="validation")
        shown.append(mean)
    if not shown:
        axes.text(0.5, 0.5, "nothing yet", color=TEXT, alpha=0.5, ha="center", va="center", transform=axes.transAxes)
        return
    values = np.concatenate(shown)
    bottom, top = (float(values.min()), float(values.max())) if quantity.whole else limits(values)
    margin = 0.08 * (top - bottom) or max(0.05 * abs(top), 1e-9)
    axes.set_ylim(bottom - margin, top + margin)
    if curve is not None and held_out is not None:
        axes.legend(loc="best", fontsize=8, facecolor=PANEL, edgecolor=LINES, labelcolor=TEXT, framealpha=0.8)

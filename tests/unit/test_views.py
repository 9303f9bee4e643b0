"""Which bars are shown, and the selection among them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import LATENT, make_checkpoint
from tests.unit.conftest import Clock
from tui_vae.api import space_of
from tui_vae.latent.axes import pca_axes, raw_axes
from tui_vae.latent.explorer import Explorer
from tui_vae.latent.views import ORDERS, AxesView, visible

SPACE = space_of(make_checkpoint())
MANY = pca_axes(np.zeros(12, np.float32), np.eye(12, dtype=np.float32), np.arange(12, 0, -1, dtype=np.float32))
COLLAPSED = raw_axes(np.zeros(4, np.float32), np.ones(4, np.float32), np.array([1, 0.001, 3, 0.002], np.float32))


@pytest.fixture
def explorer(clock: Clock) -> Explorer:
    return Explorer(SPACE, clock)


def test_without_a_wish_all_bars_are_shown_in_their_order() -> None:
    assert visible(MANY, AxesView()) == tuple(range(12))


@pytest.mark.parametrize(
    ("text", "bars"),
    [
        ("pc 12", (11,)),
        ("PC_12", (11,)),
        (" 1   pC ", (0, 9, 10, 11)),
        ("", tuple(range(12))),
        ("%", ()),
        ("pc pc", tuple(range(12))),
        ("smile", ()),
    ],
)
def test_a_filter_wants_every_word_in_the_label(text: str, bars: tuple[int, ...]) -> None:
    assert visible(MANY, AxesView(text)) == bars


def test_names_sort_with_their_numbers_by_value() -> None:
    assert visible(MANY, AxesView(order="name")) == tuple(range(12))
    assert [COLLAPSED.labels[bar] for bar in visible(COLLAPSED, AxesView(order="name"))] == ["z 0", "z 1", "z 2", "z 3"]


def test_effects_sort_by_size_and_keep_the_order_of_equals() -> None:
    effects = np.array([1, 5, 1, 9], np.float32)
    assert visible(COLLAPSED, AxesView(order="effect"), effects) == (3, 1, 0, 2)
    assert visible(COLLAPSED, AxesView(order="effect")) == (0, 1, 2, 3)


def test_collapsed_bars_can_be_left_out() -> None:
    assert COLLAPSED.dimmed.tolist() == [False, False, True, True]
    assert visible(COLLAPSED, AxesView(hides_collapsed=True)) == (0, 1)


@given(text=st.text(max_size=8), order=st.sampled_from(ORDERS), hides=st.booleans())
def test_any_view_shows_bars_once(text: str, order: str, hides: bool) -> None:
    shown = visible(COLLAPSED, AxesView(text, order, hides), np.ones(4, np.float32))  # type: ignore[arg-type]
    assert len(set(shown)) == len(shown) and set(shown) <= set(range(4))


def test_the_selection_moves_along_what_is_shown(explorer: Explorer) -> None:
    effects = np.array([0, 7, 3, 5, 1, 2, 6, 4], np.float32)
    explorer.set_effects("PCA", effects)
    explorer.sort_bars("effect")
    assert explorer.visible == (1, 6, 3, 7, 2, 5, 4, 0) and explorer.selected == 0
    explorer.select_shown(0)
    assert explorer.selected == 1
    explorer.move_selection(2)
    assert explorer.selected == 3
    explorer.move_selection(-99)
    assert explorer.selected == 1
    explorer.select_shown(99)
    assert explorer.selected == 0
    assert np.array_equal(explorer.effects(), effects)


def test_a_filter_takes_the_selection_along_and_is_kept_per_axes(explorer: Explorer) -> None:
    explorer.select(5)
    explorer.filter_bars("pc 3")
    assert explorer.selected in explorer.visible and explorer.axes.labels[explorer.selected] == "PC 3"
    explorer.next_axes()
    assert len(explorer.visible) == LATENT and explorer.view == AxesView()
    explorer.toggle_collapsed()
    assert len(explorer.visible) == LATENT - 1
    explorer.next_axes(-1)
    assert explorer.view.text == "pc 3"
    explorer.filter_bars("")
    assert len(explorer.visible) == LATENT and explorer.selected == 2


def test_where_nothing_is_shown_the_selection_stays(explorer: Explorer) -> None:
    explorer.select(5)
    explorer.filter_bars("no such bar")
    assert explorer.visible == () and explorer.selected == 5
    explorer.move_selection(1)
    explorer.select_shown(0)
    assert explorer.selected == 5


@pytest.mark.parametrize("values", [[1.0], [np.nan] * LATENT, [[1.0] * LATENT]])
def test_effects_that_are_none_are_refused(explorer: Explorer, values: list[float]) -> None:
    with pytest.raises(ValueError, match=f"{LATENT} finite numbers"):
        explorer.set_effects("PCA", np.array(values, np.float32))
    with pytest.raises(ValueError, match="no axes 'ICA'"):
        explorer.set_effects("ICA", np.zeros(LATENT, np.float32))

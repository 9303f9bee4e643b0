"""Travelling along a tour: smooth, exact at the stops, and played by keys and a clock."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.made_space import LATENT, make_space
from tui_vae.latent import tokens
from tui_vae.latent.journey import Way
from tui_vae.latent.motion import SPEEDS, TourPlayer, ease, nearest_stop, place, point_at
from tui_vae.latent.recipe import replay
from tui_vae.latent.tours import Stop, Tour, tour

STOPS = np.random.default_rng(2).standard_normal((5, LATENT)).astype(np.float32)


def made(*, closed: bool) -> Tour:
    return Tour("made", len(STOPS), lambda number: Stop(STOPS[number], str(number), number), closed)


OPEN, CLOSED = made(closed=False), made(closed=True)
DWELLS = st.floats(0, 0.9)


@given(dwell=DWELLS, part=st.floats(0, 1))
def test_easing_rests_at_both_ends_and_is_symmetric(dwell: float, part: float) -> None:
    assert 0 <= ease(part, dwell) <= 1
    assert ease(part, dwell) + ease(1 - part, dwell) == pytest.approx(1)
    assert ease(dwell / 2 * 0.99, dwell) == 0 and ease(1 - dwell / 2 * 0.99, dwell) == 1


@given(dwell=DWELLS, part=st.floats(0, 1))
def test_easing_has_a_continuous_slope(dwell: float, part: float) -> None:
    def slope(at: float) -> float:
        step = 1e-6
        return (ease(at + step, dwell) - ease(at - step, dwell)) / (2 * step)

    near = 1e-4  # the slope changes by at most 6 / (1 - dwell)^2 per unit
    assert abs(slope(part + near) - slope(part)) <= 6 / (1 - dwell) ** 2 * near + 1e-3
    assert slope(0) == pytest.approx(0, abs=1e-3) and slope(1) == pytest.approx(0, abs=1e-3)


@pytest.mark.parametrize("tour", [OPEN, CLOSED])
def test_at_whole_numbers_it_is_the_stop_itself(tour: Tour) -> None:
    for number in range(len(STOPS)):
        assert place(tour, number).tobytes() == STOPS[number].tobytes()
        assert place(tour, number, dwell=0).tobytes() == STOPS[number].tobytes()
        assert nearest_stop(tour, number)[0] == number


def test_halfway_is_the_middle() -> None:
    assert place(OPEN, 1.5) == pytest.approx((STOPS[1] + STOPS[2]) / 2, abs=1e-6)
    assert place(CLOSED, 4.5) == pytest.approx((STOPS[4] + STOPS[0]) / 2, abs=1e-6)
    assert nearest_stop(CLOSED, 4.8)[0] == 0


def test_an_open_tour_ends_and_a_closed_one_goes_around() -> None:
    assert np.array_equal(place(OPEN, 99), STOPS[-1]) and np.array_equal(place(OPEN, -3.5), STOPS[0])
    assert place(CLOSED, 5 + 2.3) == pytest.approx(place(CLOSED, 2.3), abs=1e-5)
    assert place(CLOSED, -0.7) == pytest.approx(place(CLOSED, 4.3), abs=1e-5)


def test_another_way_between_the_stops_is_taken() -> None:
    assert np.array_equal(place(OPEN, 0.5, lambda start, end, part: end + 1), STOPS[1] + 1)


def test_playing_follows_the_clock_and_its_speed() -> None:
    player = TourPlayer(5, speed=0.5).play(10.0)
    assert player.at(12.0).position == pytest.approx(1)
    player = player.with_speed(12.0, 2.0)
    assert player.at(12.5).position == pytest.approx(2)
    paused = player.pause(12.5)
    assert paused.at(99.0).position == pytest.approx(2) and not paused.playing
    assert paused.toggle(99.0).at(99.25).position == pytest.approx(2.5)
    assert paused.play(99.0, backwards=True).at(99.5).position == pytest.approx(1)


def test_at_the_end_it_stops_and_begins_again() -> None:
    player = TourPlayer(5, speed=1).play(0.0).at(50.0)
    assert (player.position, player.playing) == (4, False)
    assert player.play(60.0).at(61.0).position == pytest.approx(1)
    back = TourPlayer(5, speed=1, position=2).play(0.0, backwards=True).at(50.0)
    assert (back.position, back.playing) == (0, False)
    assert back.toggle(60.0).at(61.0).position == pytest.approx(3)
    around = TourPlayer(5, closed=True, speed=1).play(0.0).at(12.0)
    assert around.playing and around.position % 5 == pytest.approx(2)


def test_a_tour_of_one_stop_does_not_play() -> None:
    assert not TourPlayer(1).play(0.0).playing


def test_keys_go_from_stop_to_stop() -> None:
    player = TourPlayer(5, position=1.4)
    assert player.forward(0.0).position == 2 and player.forward(0.0).forward(0.0).position == 3
    assert player.back(0.0).position == 1 and player.back(0.0).back(0.0).position == 0
    assert player.seek(0.0, 99).position == 4 and player.seek(0.0, 99).forward(0.0).position == 4
    assert player.seek(0.0, -1).position == 0
    assert TourPlayer(5, closed=True, position=4).forward(0.0).position == 5


def test_speed_goes_by_notches() -> None:
    player = TourPlayer(5)
    assert player.change_speed(0.0, 1).speed == 1.0
    assert player.change_speed(0.0, 99).speed == SPEEDS[-1] and player.change_speed(0.0, -99).speed == SPEEDS[0]
    for wrong in (0.0, -1.0, math.inf, math.nan):
        with pytest.raises(ValueError, match="speed"):
            player.with_speed(0.0, wrong)


KEYS: dict[str, Callable[[TourPlayer, float, float], TourPlayer]] = {
    "play": lambda player, now, _: player.play(now),
    "play backwards": lambda player, now, _: player.play(now, backwards=True),
    "pause": lambda player, now, _: player.pause(now),
    "toggle": lambda player, now, _: player.toggle(now),
    "forward": lambda player, now, _: player.forward(now),
    "back": lambda player, now, _: player.back(now),
    "seek": lambda player, now, number: player.seek(now, number),
    "faster": lambda player, now, _: player.change_speed(now, 1),
    "wait": lambda player, now, _: player.at(now),
}


@given(
    closed=st.booleans(),
    count=st.integers(1, 6),
    keys=st.lists(st.tuples(st.sampled_from(sorted(KEYS)), st.floats(-1, 9)), max_size=30),
)
def test_any_keys_leave_it_on_the_tour(closed: bool, count: int, keys: list[tuple[str, float]]) -> None:
    player, now = TourPlayer(count, closed), 0.0
    for key, number in keys:
        now += max(number, 0)
        player = KEYS[key](player, now, number)
        assert math.isfinite(player.position) and player.speed > 0 and player.time == now
        assert closed or 0 <= player.position <= count - 1


# Points along a tour.

SPACE = make_space()
ITEMS = tour("dataset", SPACE, SPACE.mean)


@pytest.mark.parametrize("kind", ["lerp", "slerp"])
@given(position=st.floats(0, 11))
def test_a_point_of_a_tour_has_a_recipe_that_makes_its_bits(kind: Way, position: float) -> None:
    point = point_at(ITEMS, position, kind, SPACE.pca)
    assert replay(point.made, SPACE).tobytes() == point.z.tobytes()
    read = tokens.read(tokens.write(point.made, "made:0123abcd", SPACE), "made:0123abcd")
    assert replay(read, SPACE).tobytes() == point.z.tobytes()
    if kind == "lerp":
        assert point.z.tobytes() == place(ITEMS, position).tobytes()


def test_a_point_at_a_stop_is_the_stop_and_between_two_names_both() -> None:
    names = SPACE.atlas.names
    stop = point_at(ITEMS, 3.1, "lerp", SPACE.pca)
    assert (stop.index, stop.origin) == (3, names[3]) and stop.z.tobytes() == SPACE.atlas[3].tobytes()
    between = point_at(ITEMS, 3.5, "lerp", SPACE.pca)
    assert between.index is None and between.origin == f"{names[3]} to {names[4]} 50%"
    around = point_at(replace(ITEMS, closed=True), len(ITEMS) - 0.5, "lerp", SPACE.pca)
    assert around.origin == f"{names[-1]} to {names[0]} 50%"

"""The explorer's state under any keys whatever, in any order and rhythm."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.conftest import ITEMS, LATENT, make_checkpoint
from tests.unit.conftest import Clock
from tui_vae.api import space_of
from tui_vae.latent.explorer import BAR_LIMIT, SPREADS, Explorer

MADE = make_checkpoint()
SPACE = space_of(MADE)
ATLAS = SPACE.atlas.latents.copy()
MEAN = SPACE.mean.copy()
NEAR = 1e-3


class AnyKeys(RuleBasedStateMachine):
    """Whatever keys are pressed, in whatever order and rhythm."""

    @initialize()
    def begin(self) -> None:
        self.clock = Clock()
        self.explorer = Explorer(SPACE, self.clock)
        self.kept: dict[str, tuple[object, bytes]] = {}

    @rule(seconds=st.sampled_from([0.0, 0.1, 1.0]))
    def wait(self, seconds: float) -> None:
        self.clock.now += seconds

    @rule(by=st.integers(-3, 3))
    def next_axes(self, by: int) -> None:
        self.explorer.next_axes(by)

    @rule(bar=st.integers(-3, 12))
    def select(self, bar: int) -> None:
        self.explorer.select(bar)

    @rule(by=st.sampled_from([0.1, -0.1, 0.5, -0.5, 2.0, -99.0]))
    def nudge(self, by: float) -> None:
        bar = self.explorer.selected
        before = float(self.explorer.values()[bar])
        self.explorer.nudge(by)
        after = float(self.explorer.values()[bar])
        assert abs(after) <= max(BAR_LIMIT, abs(before)) + NEAR
        wanted = min(max(before + by, min(-BAR_LIMIT, before)), max(BAR_LIMIT, before))
        assert after == pytest.approx(wanted, abs=NEAR)

    @rule(data=st.data(), value=st.floats(-5, 5))
    def set_bar(self, data: st.DataObject, value: float) -> None:
        bar = data.draw(st.integers(0, len(self.explorer.axes) - 1))
        before = abs(float(self.explorer.values()[bar]))
        self.explorer.set_bar(bar, value)
        after = float(self.explorer.values()[bar])
        assert abs(after) <= max(BAR_LIMIT, before) + NEAR
        if abs(value) <= BAR_LIMIT:
            assert after == pytest.approx(value, abs=NEAR)

    @rule()
    def reset_bar(self) -> None:
        self.explorer.reset_bar()
        assert abs(self.explorer.values()[self.explorer.selected]) < NEAR

    @rule()
    def reset(self) -> None:
        self.explorer.reset()
        assert np.array_equal(self.explorer.point.z, MEAN)

    @rule(seed=st.integers(0, 999))
    def randomize(self, seed: int) -> None:
        self.explorer.randomize(seed)
        assert np.array_equal(self.explorer.point.z, SPACE.sample(seed, self.explorer.spread))

    @rule(seed=st.integers(0, 999), by=st.sampled_from([0.1, -0.1]))
    def nudge_far_out(self, seed: int, by: float) -> None:
        self.explorer.change_spread(99)
        self.explorer.randomize(seed)
        self.explorer.select(int(np.abs(self.explorer.values()).argmax()))
        self.nudge(by)

    @rule(seed=st.integers(0, 999))
    def vary(self, seed: int) -> None:
        start = self.explorer.point
        self.explorer.vary(seed)
        assert np.array_equal(self.explorer.point.z, SPACE.vary(start.z, seed, self.explorer.variation))

    @rule(text=st.sampled_from(["", "1", "pc", "smil", "nothing"]))
    def filter_bars(self, text: str) -> None:
        self.explorer.filter_bars(text)
        assert not self.explorer.visible or self.explorer.selected in self.explorer.visible

    @rule(by=st.integers(-3, 3))
    def move_selection(self, by: int) -> None:
        shown, before = self.explorer.visible, self.explorer.selected
        self.explorer.move_selection(by)
        assert self.explorer.selected in shown if shown else self.explorer.selected == before

    @rule(data=st.data())
    def go_to_step(self, data: st.DataObject) -> None:
        step = data.draw(st.sampled_from(self.explorer.steps()))
        assert self.explorer.go_to_step(step.id) and self.explorer.point is step.item

    @rule(by=st.integers(-3, 3))
    def change_spread(self, by: int) -> None:
        self.explorer.change_spread(by)
        assert self.explorer.spread in SPREADS

    @rule()
    def invert(self) -> None:
        before = self.explorer.values()
        self.explorer.invert()
        assert self.explorer.values() == pytest.approx(-before, abs=NEAR)

    @rule(by=st.integers(-100, 100).filter(bool))
    def step_dataset(self, by: int) -> None:
        self.explorer.step_dataset(by)
        assert self.explorer.point.index is not None

    @rule(index=st.integers(0, ITEMS - 1))
    def go_to(self, index: int) -> None:
        self.explorer.go_to(index)
        assert self.explorer.point.index == index

    @rule(index=st.sampled_from([-1, ITEMS, 10**6]))
    def go_outside(self, index: int) -> None:
        point, mix = self.explorer.point, self.explorer.mix
        with pytest.raises(ValueError, match="not in the dataset"):
            self.explorer.go_to(index)
        assert self.explorer.point is point and self.explorer.mix == mix

    @rule(which=st.sampled_from(["a", "b"]))
    def mark(self, which: str) -> None:
        self.explorer.mark(which)
        self.kept[which] = (self.explorer.point, self.explorer.point.z.tobytes())

    @rule()
    def start_mix(self) -> None:
        point = self.explorer.point
        started = self.explorer.start_mix()
        assert started == (len(self.kept) == 2)
        if started:
            assert self.explorer.point.z.tobytes() == self.kept["a"][1]
        else:
            assert self.explorer.point is point

    @precondition(lambda self: self.explorer.mix is not None)
    @rule(position=st.floats(-0.5, 1.5))
    def set_mix(self, position: float) -> None:
        self.explorer.set_mix(position)
        assert self.explorer.mix == min(max(position, 0), 1)

    @rule()
    def stop_mix(self) -> None:
        point = self.explorer.point
        self.explorer.stop_mix()
        assert self.explorer.mix is None and self.explorer.point is point

    @rule()
    def undo_and_redo(self) -> None:
        point, bits = self.explorer.point, self.explorer.point.z.tobytes()
        if self.explorer.undo():
            assert self.explorer.redo()
        assert self.explorer.point is point
        assert self.explorer.point.z.tobytes() == bits

    @rule()
    def undo(self) -> None:
        self.explorer.undo()

    @rule()
    def redo(self) -> None:
        self.explorer.redo()

    @invariant()
    def the_bars_show_the_point(self) -> None:
        values = self.explorer.values()
        assert np.array_equal(values, self.explorer.axes.values(self.explorer.point.z))
        assert values.shape == (len(self.explorer.axes),)
        assert np.isfinite(values).all()

    @invariant()
    def the_point_is_a_latent(self) -> None:
        z = self.explorer.point.z
        assert z.dtype == np.float32 and z.shape == (LATENT,) and np.isfinite(z).all()

    @invariant()
    def the_selection_is_there(self) -> None:
        assert 0 <= self.explorer.selected < len(self.explorer.axes)

    @invariant()
    def the_slider_is_between(self) -> None:
        assert self.explorer.mix is None or 0.0 <= self.explorer.mix <= 1.0

    @invariant()
    def an_item_is_the_item(self) -> None:
        index = self.explorer.point.index
        if index is not None:
            assert np.array_equal(self.explorer.point.z, ATLAS[index])
            assert self.explorer.point.origin == MADE.names[index]

    @invariant()
    def marks_and_atlas_stay(self) -> None:
        for which, (point, bits) in self.kept.items():
            assert self.explorer.marks[which] is point
            assert point.z.tobytes() == bits
        assert np.array_equal(SPACE.atlas.latents, ATLAS)
        assert np.array_equal(SPACE.mean, MEAN)

    def teardown(self) -> None:
        if hasattr(self, "explorer"):
            for _ in range(1000):
                if not self.explorer.undo():
                    break
            assert self.explorer.point.origin == "average"
            assert np.array_equal(self.explorer.point.z, MEAN)


TestAnyKeys = AnyKeys.TestCase
TestAnyKeys.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)

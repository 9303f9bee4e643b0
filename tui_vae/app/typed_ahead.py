"""Keys that are typed right behind the key that opens a screen, before that screen is there."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from typing import Any
from weakref import WeakKeyDictionary, WeakSet

from textual import events
from textual.app import App
from textual.message_pump import MessagePump
from textual.screen import ModalScreen, Screen

PATIENCE = 0.2
"""Seconds for one step, which takes a millisecond: a widget that is removed meanwhile never answers."""


class TypedAhead:
    """Keeps such keys and gives them to the screen once it can take them: one at a time, in their order.

    A key goes down to the screen that has the keys and comes up again to find its binding. One that was typed right
    behind another comes up when the screen that the other one opens is there, and would be lost.
    """

    def __init__(self, app: App[Any]) -> None:
        self._app = app
        self._aimed: WeakKeyDictionary[events.Key, Screen[object]] = WeakKeyDictionary()
        self._given: WeakSet[events.Key] = WeakSet()
        self._waiting: deque[events.Key] = deque()
        self._giving: asyncio.Task[None] | None = None

    @property
    def is_giving(self) -> bool:
        """Whether a kept key has still to be taken."""
        return self._giving is not None

    def keep(self, event: events.Key) -> bool:
        """To be asked for every key that comes to the app, on its way down and up: whether it is kept for later."""
        if not self._app.screen_stack:  # the program is being left
            return False
        screen = self._app.screen
        is_early = False
        if event.is_forwarded:
            is_early = self._aimed.pop(event, screen) is not screen and isinstance(screen, ModalScreen)
        elif event not in self._given:
            is_early = self._giving is not None or not _is_ready(screen)
        if not is_early:
            if not event.is_forwarded:
                self._aimed[event] = screen
            return False
        self._waiting.append(events.Key(event.key, event.character))
        if self._giving is None:
            self._giving = asyncio.create_task(self._give())
        return True

    async def _give(self) -> None:
        try:
            while self._waiting and self._app.is_running and self._app.screen_stack:
                for _ in range(3):
                    if not _is_ready(self._app.screen):
                        await self._passed(self._app.screen)
                key = self._waiting.popleft()
                self._given.add(key)
                self._app.post_message(key)
                for _ in range(2):  # down and up again, and what its action or its widget tells then
                    await self._passed(self._app)
                    await self._passed(self._app.screen.focused or self._app.screen)
                    await self._passed(self._app.screen)
        finally:
            self._waiting.clear()
            self._giving = None

    async def _passed(self, pump: MessagePump) -> None:
        """Wait until all that is now in its queue has been handled."""
        passed = asyncio.Event()
        is_there = pump.is_running and (pump is self._app or pump.is_attached)
        if is_there and pump.call_later(passed.set):
            with suppress(TimeoutError):
                await asyncio.wait_for(passed.wait(), PATIENCE)


def _is_ready(screen: Screen[object]) -> bool:
    """Whether keys find the widget that they are meant for: the one at the bottom takes them itself."""
    if not isinstance(screen, ModalScreen):
        return True
    return screen.is_mounted and (screen.focused is not None or not screen.focus_chain)

"""Stories of whole calls: each runs once, many at a time, and each test awaits its own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any

from carrier.stories.scene import StoryLine
from tests.calls.street import Play, Street

AT_ONCE = 16
"""Stories told at the same time: a call mostly waits, what costs is the listening."""
STORY_LIMIT_S = 300.0

Run = Callable[[Play], Awaitable[None]]


@dataclass(frozen=True)
class Story:
    """One story: what one or more callers of a company do and hear, and what is stored."""

    name: str
    company: str
    run: Run


class Book:
    """Stories by name, in the order they run."""

    def __init__(self) -> None:
        self.stories: dict[str, Story] = {}

    def story(self, company: str = "skek") -> Callable[[Run], Run]:
        """Register the decorated function as a story under its own name."""

        def add(run: Run) -> Run:
            self._add(getattr(run, "__name__", ""), company, run)
            return run

        return add

    def each(self, company: str, cases: Iterable[tuple[Any, ...]]) -> Callable[..., Any]:
        """One story per case: its first value names it, the rest are passed to the function."""

        def add(run: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
            for name, *values in cases:
                self._add(f"{getattr(run, '__name__', '')}-{name}", company, _given(run, values))
            return run

        return add

    def _add(self, name: str, company: str, run: Run) -> None:
        assert name not in self.stories, f"two stories are called {name}"
        self.stories[name] = Story(name, company, run)


def _given(run: Callable[..., Awaitable[None]], values: list[Any]) -> Run:
    async def told(scene: Play) -> None:
        await run(scene, *values)

    return told


class StoryFailed(Exception):
    """A story failed: its lines so far, then what went wrong."""


class Telling:
    """Runs stories on one street, AT_ONCE at a time."""

    def __init__(self, street: Street, stories: Iterable[Story]) -> None:
        self.street = street
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._tasks = {story.name: asyncio.create_task(self._tell(story)) for story in stories}

    async def result(self, name: str) -> None:
        """Wait for the story. Raises StoryFailed."""
        await self._tasks[name]

    async def end(self) -> None:
        """Wait for every story, failed or not."""
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def _tell(self, story: Story) -> None:
        async with self._slots:
            lines: list[StoryLine] = []
            scene = Play(self.street, story.company, story.name, lines.append)
            try:
                async with asyncio.timeout(STORY_LIMIT_S):
                    await story.run(scene)
            except Exception as error:
                told = "\n".join(_shown(line) for line in lines)
                raise StoryFailed(f"{story.name}\n{told}\n{type(error).__name__}: {error}") from error


class Tellings:
    """The runs on every street, and the checks on all of them together."""

    def __init__(self, asked: set[str], another_street: Callable[[Book], Awaitable[Street]]) -> None:
        self.asked = asked
        self.of: dict[Book, Telling] = {}
        self.again: list[Telling] = []
        """Stories that failed among the others and were told once more."""
        self._another_street = another_street
        self._answered: set[str] = set()

    async def result(self, name: str) -> None:
        """Wait for a story, on whichever street it runs; whoever asks again has it told anew. Raises StoryFailed.

        The second time it is alone, on a street where nobody has called yet: callers are remembered.
        """
        book = next(book for book in self.of if name in book.stories)
        if name not in self._answered:
            self._answered.add(name)
            await self.of[book].result(name)
            return
        await self.end()
        self.again.append(Telling(await self._another_street(book), [book.stories[name]]))
        await self.again[-1].result(name)

    async def end(self) -> None:
        """Wait for every story, failed or not."""
        for telling in self.of.values():
            await telling.end()


def _shown(line: StoryLine) -> str:
    at = "" if line.at_s is None else f"{line.at_s:.1f}"
    return f"  {at:>6} {line.kind:6} {line.text}"

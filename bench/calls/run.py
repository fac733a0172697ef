"""One run of the calls benchmark: every figure from the same Asterisk and the same load, in turn."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import mean, median
from typing import Any

import psutil

from asterisk_conf.secrets import secret
from bench.calls import crowd, rates
from bench.calls.costs import KEY_AFTER_S, Costs
from bench.calls.first_prompt import first_prompt_s
from bench.calls.load import Load, Sipp, caller
from bench.calls.look_up import look_ups
from bench.calls.menu import DIALLED, PLAIN, MeasuredMenu
from bench.calls.peers import COMMANDS
from bench.calls.rig import Rig
from bench.calls.servers import Counted, Server, running
from carrier.ami import CarrierAmi, Message
from gridline.errors import Unavailable

PLAIN_COMMANDS, FORKED = "30000", "30001"
MENU = DIALLED["bench"]
MENU_CALL_S = 3.6
PLAIN_CALL_S = 0.2
PEERS = ("bare", "panoramisk", "pyst2")


@dataclass(frozen=True)
class CallsSize:
    """How much is measured."""

    rounds: int
    menu_calls: int
    menu_rate: float
    plain_calls: int
    plain_rate: float
    fork_calls: int
    prompts: int
    steps: int
    step_s: float
    crowd: int
    crowd_steps: int
    events: int
    look_ups: int


WHOLE = CallsSize(3, 140, 20, 200, 60, 20, 30, 10, 1.8, 300, 6, 20, 2000)
QUICK = CallsSize(1, 20, 20, 40, 40, 3, 3, 1, 0.3, 20, 1, 4, 50)


class Run:
    """Measures on one rig; `tell` hears what is being done."""

    def __init__(self, rig: Rig, menu: MeasuredMenu, size: CallsSize, tell: Callable[[str], None]) -> None:
        self._rig, self._menu, self._size, self._tell = rig, menu, size, tell
        self._sipp = Sipp(rig.packages, rig.settings.sip_port, rig.var / "sipp")
        self._phone = psutil.Process(rig.phone.pid)
        self._costs = Costs(self._sipp, tell)

    async def figures(self) -> dict[str, Any]:
        """Everything. Raises Unavailable where work was not proved: then there is no figure at all."""
        menu_cpu = await self._menu_cpu()
        async with running(self._rig) as servers:
            commands = await self._commands(servers)
            command_rates = await self._command_rates(servers, commands)
        fork = await self._fork()
        before = await self._menu.whole("crowd")
        async with self._rig.controller() as process:
            await self._costs.whole(MENU, 5, 20, key=True)
            first = await self._first_prompt()
            events = await self._events()
            many = await self._crowd(process, DIALLED["crowd"])
            menu_rates = await self._menu_rates(menu_cpu)
            bare = await self._crowd(process, crowd.PLAYBACK)
        await self._menu.prove("crowd", before, many.calls)
        self._tell("справка о звонящем: SQLite и PostgreSQL")
        look_up = await look_ups(self._rig, self._size.look_ups)
        best = max(command_rates[peer] for peer in PEERS)
        return {
            "cpus": os.cpu_count(),
            "load_before": round(os.getloadavg()[0], 2),
            "menu_cpu_ratio_to_dialplan": round(menu_cpu["ratio"], 3),
            "max_rate_ratio_to_best_peer": round(command_rates["ours"] / best, 3) if best else None,
            "command_p99_ratio_to_bare": round(commands["ours"]["p99_us"] / commands["bare"]["p99_us"], 3),
            "first_prompt_delay_ms": round(first["controller_ms"] - first["dialplan_ms"], 2),
            "concurrent_calls_limit": many.calls,
            "concurrent_calls_limit_of_playback": bare.calls,
            "menu": menu_cpu | {"max_rate": menu_rates, "first_prompt": first, "ami_events_a_call": events},
            "commands": commands | {"fork": fork, "max_rate": command_rates},
            "crowd": _told(many),
            "playback": _told(bare),
            "look_up": look_up,
        }

    async def _crowd(self, controller: psutil.Process, exten: str) -> crowd.Limit:
        self._tell(f"сколько звонков сразу: {exten}")
        return await crowd.limit(self._rig, self._sipp, controller, exten, self._size.crowd, self._size.crowd_steps)

    async def _menu_cpu(self) -> dict[str, Any]:
        """CPU of one call of the menu, in milliseconds: in the dialplan alone, and through the controller."""
        size = self._size
        alone, with_ami, asterisk, controller, ratios = [], [], [], [], []
        warm_up = max(5, size.menu_calls // 10)
        for turn in range(size.rounds):
            self._tell(f"меню, круг {turn + 1} из {size.rounds}")
            alone += await self._costs.each_ms([self._phone], PLAIN, size.menu_calls, size.menu_rate, key=True)
            async with self._ami(lambda _message: None):
                with_ami += await self._costs.each_ms([self._phone], PLAIN, size.menu_calls, size.menu_rate, key=True)
            before = await self._menu.whole("bench")
            async with self._rig.controller() as process:
                await self._costs.whole(MENU, warm_up, size.menu_rate, key=True)
                both = [self._phone, process]
                cost = await self._costs.each_ms(both, MENU, size.menu_calls, size.menu_rate, key=True)
                asterisk.append(cost[0])
                controller.append(cost[1])
            await self._menu.prove("bench", before, warm_up + size.menu_calls)
            ratios.append((asterisk[-1] + controller[-1]) / alone[-1])
        return {
            "calls": size.menu_calls * size.rounds,
            "dialplan_ms": round(mean(alone), 2),
            "dialplan_with_ami_ms": round(mean(with_ami), 2),
            "controller_asterisk_ms": round(mean(asterisk), 2),
            "controller_python_ms": round(mean(controller), 2),
            "ratio": (mean(asterisk) + mean(controller)) / mean(alone),
            "ratios": [round(ratio, 3) for ratio in ratios],
        }

    async def _commands(self, servers: list[Server]) -> dict[str, dict[str, Any]]:
        """CPU of a call of 20 commands and the time of one command, server by server in turn."""
        size = self._size
        rows: dict[str, list[dict[str, float]]] = {"dialplan": [], **{server.name: [] for server in servers}}
        for turn in range(size.rounds):
            self._tell(f"{COMMANDS} команд, круг {turn + 1} из {size.rounds}")
            plain = await self._costs.each_ms([self._phone], PLAIN_COMMANDS, size.plain_calls, size.plain_rate)
            rows["dialplan"].append({"asterisk_ms": plain[0], "server_ms": 0.0})
            for server in servers[turn % len(servers) :] + servers[: turn % len(servers)]:
                cost, counted = await self._server_cost(server)
                rows[server.name].append(
                    {
                        "asterisk_ms": cost[0],
                        "server_ms": cost[1],
                        "p50_us": counted.p50_us,
                        "p99_us": counted.p99_us,
                    }
                )
        # Another's burst on the machine spoils a round's times, and never improves them: the best round counts.
        best = {"p50_us": min, "p99_us": min}
        return {
            name: {key: round(best.get(key, median)([row[key] for row in of]), 2) for key in of[0]}
            for name, of in rows.items()
        }

    async def _server_cost(self, server: Server) -> tuple[list[float], Counted]:
        """CPU of Asterisk and of the server, and what the server counted, of calls that were all whole."""
        calls = self._size.plain_calls
        processes = [self._phone, server.process]
        cost = await self._costs.each_ms(processes, server.exten, calls, self._size.plain_rate, before=server.counted)
        return cost, await server.proved(calls)

    async def _command_rates(self, servers: list[Server], costs: dict[str, dict[str, Any]]) -> dict[str, float]:
        """The largest rate of calls with 20 commands each server holds."""
        self._tell("наибольшая частота: серверы FastAGI")

        def placer(server: Server) -> Callable[[int, float], Awaitable[Load]]:
            async def place(calls: int, rate: float) -> Load:
                await server.counted()
                load = await self._sipp.run(server.exten, calls, rate, longest_s=5)
                if load.whole:
                    await server.proved(calls)
                return load

            return place

        subjects = [rates.Subject(server.name, PLAIN_CALL_S, placer(server)) for server in servers]
        dearest = max(costs[server.name]["asterisk_ms"] + costs[server.name]["server_ms"] for server in servers)
        return await rates.climb(subjects, self._first_rate(dearest), self._size.steps, self._size.step_s)

    async def _menu_rates(self, costs: dict[str, Any]) -> dict[str, float]:
        """The largest rate of the menu in the dialplan and through the controller."""
        self._tell("наибольшая частота: меню")

        def placer(exten: str) -> Callable[[int, float], Awaitable[Load]]:
            return lambda calls, rate: self._sipp.run(exten, calls, rate, key_after_s=KEY_AFTER_S, longest_s=8)

        subjects = [
            rates.Subject("dialplan", MENU_CALL_S, placer(PLAIN)),
            rates.Subject("controller", MENU_CALL_S, placer(MENU)),
        ]
        first = self._first_rate(costs["controller_asterisk_ms"] + costs["controller_python_ms"])
        return await rates.climb(subjects, first, self._size.steps, self._size.step_s)

    def _first_rate(self, cost_ms: float) -> float:
        """Where the climb begins: a little below what the processors could do for nobody else."""
        return round(0.85 * (os.cpu_count() or 1) * 1000 / (cost_ms + 1), 1)

    async def _fork(self) -> dict[str, float]:
        """A Python script forked for every call, at a rate it can hold."""
        self._tell("сценарий AGI отдельным процессом")
        before = self._rig.counted.stat().st_size
        cost = await self._costs.each_ms([self._phone], FORKED, self._size.fork_calls, 5)
        done = self._rig.counted.stat().st_size - before
        if done != self._size.fork_calls * COMMANDS:
            raise Unavailable(f"Работа не доказана: сценарии выполнили {done} команд.")
        return {"asterisk_ms": round(cost[0], 2), "server_ms": 0.0}

    async def _first_prompt(self) -> dict[str, float]:
        """Median milliseconds from INVITE to the first packet of the notice, call by call in turn."""
        self._tell("от INVITE до первой подсказки")
        voice = self._rig.voice()
        notice = Path(f"{(await voice.render(['notice'], 'bench')).file}.alaw").read_bytes()
        await voice.close()
        took: dict[str, list[float]] = {PLAIN: [], MENU: []}
        for number in range(self._size.prompts):
            for exten, times in took.items():
                port = self._rig.settings.sip_port
                times.append(1000 * await first_prompt_s(port, exten, caller(number), notice))
        return {
            "dialplan_ms": round(median(took[PLAIN]), 2),
            "controller_ms": round(median(took[MENU]), 2),
            "dialplan_worst_ms": round(max(took[PLAIN]), 2),
            "controller_worst_ms": round(max(took[MENU]), 2),
        }

    async def _events(self) -> float:
        """AMI events one call through the controller makes, as our own AMI user gets them."""
        seen: Counter[str] = Counter()

        def note(message: Message) -> None:
            seen[message["Event"]] += 1

        async def forget() -> None:
            seen.clear()

        async with self._ami(note):
            await self._costs.whole(MENU, self._size.events, 10, key=True, before=forget)
        return round(sum(seen.values()) / self._size.events, 1)

    @asynccontextmanager
    async def _ami(self, note: Callable[[Message], None]) -> AsyncIterator[None]:
        """A session of the manager as the controller has one, open inside the block."""
        config = self._rig.settings
        ami = CarrierAmi(note)
        await ami.connect(config.ami_host, config.ami_port, config.ami_user, secret(config.var / "secrets", "ami"))
        try:
            yield
        finally:
            await ami.close()


def _told(limit: crowd.Limit) -> dict[str, Any]:
    seen = limit.seen
    per_100 = round(seen.memory_mb / max(seen.at_once, 1) * 100, 1)
    return asdict(seen) | {"limit": limit.calls, "memory_mb_per_100_calls": per_100}

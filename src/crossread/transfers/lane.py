"""The lane of one endpoint: as many couriers as its rule allows, and what each carries next."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from crossread.hospitals import store as hospitals
from crossread.hospitals.model import Endpoint
from crossread.platform.database import Connection
from crossread.platform.errors import CrossreadError, Unreachable
from crossread.transfers import carry
from crossread.transfers.alone import alone
from crossread.transfers.announce import announce
from crossread.transfers.carry import Ground, Teller
from crossread.transfers.load import Errand, Load, conclude, next_load
from crossread.transfers.meter import Meter
from crossread.transfers.model import FetchBy, Priority, Rule, TransferEvent, pause_after
from crossread.transfers.shelf import IDLE_AT_MOST, Shelf
from crossread.transfers.store import items, rules, transfers
from crossread.transfers.ways import Outlet, Source

CARRIED_ELSEWHERE = 2.0  # seconds between looks whether that worker still lives
LOOKED_AT = 50  # transfers that a free courier chooses from
FETCH_CHECK = 1.0  # seconds between counts of what a fetch brought in
LAST_WORDS = 5.0  # seconds that couriers have to put down their loads when we stop

log = structlog.get_logger(__name__)


class Lane:
    """Carries what is asked for at one endpoint, until nothing is left or it is cancelled."""

    def __init__(self, on: Ground, endpoint_id: str) -> None:
        self._on, self._endpoint_id = on, endpoint_id
        self.news = asyncio.Event()  # something was asked for, or a person made a move
        self._carried: dict[asyncio.Task[None], Load] = {}
        self._outlets: Shelf[Outlet] = Shelf()
        self._sources: Shelf[Source] = Shelf()
        self._meter, self._teller = Meter(), Teller()
        self._turn = asyncio.Lock()  # of those who lock more than one transfer
        self._known: tuple[Endpoint, FetchBy] | None = None

    async def run(self) -> None:
        """Carry; nothing, and that slowly, when another worker carries for this endpoint."""
        async with alone(self._on.database, self._endpoint_id) as is_alone:
            if not is_alone:
                await asyncio.sleep(CARRIED_ELSEWHERE)
                return
            try:
                await self._work()
            finally:
                await asyncio.shield(self._put_down())

    async def _work(self) -> None:
        while True:
            self.news.clear()
            again_at = await self._look()
            open_ways = self._outlets or self._sources
            if not self._carried and again_at is None and not open_ways:
                return
            await self._wait(again_at)
            await self._close_idle()

    async def _look(self) -> datetime | None:
        """Give every free courier a load; when to look again if nothing happens before."""
        now = self._on.clock()
        async with self._turn, self._on.database.transaction() as db:
            endpoint = await hospitals.endpoint(db, self._endpoint_id)
            rule = await rules.rule_of(db, endpoint)
            going_on = await transfers.open_of(db, endpoint.id)
            priorities = [one for one in Priority if rule.may_run(one, now)]
            loads = await self._choose(db, rule, priorities, now)
            again_at = await transfers.next_try(db, endpoint.id, priorities, now)
        if len(priorities) < len(Priority) and going_on:
            opens = rule.opens_at(now)
            again_at = min(again_at or opens, opens)
        self._meter.limit(rule.megabits)
        if (endpoint, rule.fetch_by) != self._known:
            self._known = endpoint, rule.fetch_by
            await self._close_idle(idle=0)
        for load in self._carried.values():
            if load.transfer.id not in going_on:
                load.stop.set()
        for load in loads:
            task = asyncio.create_task(self._carry(load, endpoint, rule))
            self._carried[task] = load
        return again_at

    async def _choose(
        self, db: Connection, rule: Rule, priorities: list[Priority], now: datetime
    ) -> list[Load]:
        chosen: list[Load] = []
        free = rule.associations - len(self._carried)
        if free <= 0 or not priorities:
            return chosen
        for transfer in await transfers.due(db, self._endpoint_id, priorities, now, LOOKED_AT):
            while len(chosen) < free:
                carried = [*self._carried.values(), *chosen]
                own = [load for load in carried if load.transfer.id == transfer.id]
                load = await next_load(db, transfer, rule, own, now)
                if load is None:
                    break
                chosen.append(load)
                if await transfers.start(db, transfer.id, now):
                    await announce(
                        db, TransferEvent.PROGRESSED, await transfers.one(db, transfer.id)
                    )
        return chosen

    async def _carry(self, load: Load, endpoint: Endpoint, rule: Rule) -> None:
        """Carry a load, and write down how it failed if it did."""
        on = self._on
        try:
            match load.errand:
                case Errand.SEND:
                    await self._by_outlet(load, endpoint)
                case Errand.LIST:
                    await self._by_source(
                        endpoint, rule, lambda way: carry.look_up(on, load, endpoint, way)
                    )
                case Errand.FETCH:
                    await self._by_source(
                        endpoint, rule, lambda way: carry.fetch(on, load, endpoint, way)
                    )
                case Errand.COMMIT:
                    await carry.commit(on, load, endpoint)
        except Unreachable as error:
            await self._hold_back(load, error.sentence)
        except CrossreadError as error:
            async with on.database.transaction() as db:
                now = await transfers.one(db, load.transfer.id)
                await conclude(db, now, on.clock(), error.sentence)
        except Exception as error:  # what fails in a new way must not stop the lane
            log.exception("transfer.failed", endpoint=endpoint.id, error=type(error).__name__)
            await self._hold_back(load, "Carrying failed; the log says how.")

    async def _by_outlet(self, load: Load, endpoint: Endpoint) -> None:
        outlet = self._outlets.take() or self._on.ways.outlet(endpoint)
        try:
            await carry.send(self._on, load, outlet, self._meter, self._teller)
        except BaseException:
            outlet.drop()
            raise
        self._outlets.put(outlet)

    async def _by_source(
        self, endpoint: Endpoint, rule: Rule, errand: Callable[[Source], Awaitable[None]]
    ) -> None:
        source = self._sources.take()
        if source is None:
            source = self._on.ways.source(endpoint, rule.fetch_by, self._meter)
        try:
            await errand(source)
        except BaseException:
            source.drop()
            raise
        self._sources.put(source)

    async def _hold_back(self, load: Load, sentence: str) -> None:
        """The endpoint does not answer: nothing of it is tried before some time has passed."""
        now = self._on.clock()
        async with self._turn, self._on.database.transaction() as db:
            transfer = await transfers.one(db, load.transfer.id, lock=True)
            at = now + pause_after(transfer.attempts + 1)
            if await transfers.hold_back(db, transfer.id, sentence, at, now):
                await transfers.hold_others_back(db, transfer.endpoint_id, at)
                await announce(db, TransferEvent.HELD_BACK, await transfers.one(db, transfer.id))

    async def _wait(self, again_at: datetime | None) -> None:
        """Until a courier is free, something is asked for, or `again_at`."""
        seconds = IDLE_AT_MOST
        if again_at is not None:
            seconds = min(seconds, max(0.0, (again_at - self._on.clock()) / timedelta(seconds=1)))
        fetched = {
            one.transfer.id: one.transfer.hospital_id
            for one in self._carried.values()
            if one.errand is Errand.FETCH
        }
        if fetched:
            seconds = min(seconds, FETCH_CHECK)
        news = asyncio.create_task(self.news.wait())
        done, _ = await asyncio.wait(
            [news, *self._carried], timeout=seconds, return_when=asyncio.FIRST_COMPLETED
        )
        news.cancel()
        for task in done - {news}:
            del self._carried[task]  # type: ignore[arg-type]
            task.result()
        await self._count(fetched)

    async def _count(self, fetched: dict[UUID, str]) -> None:
        """See what came in of what is being fetched: a C-MOVE brings it to another process."""
        for transfer_id, hospital_id in fetched.items():
            async with self._on.database.transaction() as db:
                if await items.settle_arrived(db, transfer_id, hospital_id):
                    await self._teller.tell(db, transfer_id)

    async def _close_idle(self, idle: float = IDLE_AT_MOST) -> None:
        """Release the associations that nobody used for a while."""
        await self._outlets.clear(idle)
        await self._sources.clear(idle)

    async def _put_down(self) -> None:
        """Let couriers finish the image in hand, and release what is open."""
        for load in self._carried.values():
            load.stop.set()
        if self._carried:
            await asyncio.wait(self._carried, timeout=LAST_WORDS)
        for task in self._carried:
            task.cancel()
        await asyncio.gather(*self._carried, return_exceptions=True)
        await self._close_idle(idle=0)

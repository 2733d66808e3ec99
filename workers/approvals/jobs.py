"""Calling outside systems back: tried for a day, each try written down, however they hang or fail."""

import asyncio
import logging
import time
from datetime import timedelta

import httpx

from botbay import jobs
from botbay.db import is_away, now, transaction
from botbay.jobs import Later, Work
from workers.approvals import hooks, repository
from workers.approvals.models import Delivery, DeliveryState, DeliveryTry, OutsideSystem

log = logging.getLogger(__name__)

#: Seconds that a system has for its whole answer, slow or not.
PATIENCE = 10.0
#: Waits between tries; the last again and again.
_WAITS = tuple(timedelta(seconds=seconds) for seconds in (10, 60, 300, 1800, 3600, 7200))
_GIVE_UP = timedelta(hours=24)
#: A delivery that is due for so long has lost its job.
_FORGOTTEN = timedelta(minutes=10)


async def call_back(work: Work) -> None:
    """Tell a system what it is owed; the payload is {"delivery_id": …}.

    It may hear the same twice, with the same X-BotBay-Delivery: when its answer was lost.
    """
    delivery_id = int(work.payload["delivery_id"])
    try:
        async with transaction() as session:
            delivery = await repository.locked_delivery(session, delivery_id)
            if delivery is None or delivery.ended_at is not None:
                return
            if (left := delivery.next_at - now()) > timedelta(0):
                raise Later(left)
            system = await session.get_one(OutsideSystem, delivery.system_id)
            # Nobody else takes it up while this try is under way.
            delivery.next_at = now() + timedelta(seconds=2 * PATIENCE)
            delivery.attempts += 1
        if system.off_at is not None:
            await _end(delivery_id, DeliveryState.FAILED)
            return
        done = await _try(delivery, system)
    except Later:
        raise
    except Exception as error:
        if is_away(error):
            raise Later(work.backoff()) from None
        raise
    if not done:
        raise Later(await _postpone(delivery_id))


async def _try(delivery: Delivery, system: OutsideSystem) -> bool:
    """Whether it was heard: any answer of 2xx."""
    body = delivery.body.encode()
    at = str(int(time.time()))
    headers = {
        "content-type": "application/json",
        "x-botbay-timestamp": at,
        "x-botbay-signature": hooks.signature(hooks.secret_of(system), at, body),
        "x-botbay-delivery": str(delivery.id),
    }
    began, status, problem = time.monotonic(), None, ""
    try:
        async with (
            asyncio.timeout(PATIENCE),
            httpx.AsyncClient(timeout=PATIENCE, trust_env=False) as client,
            # Of the answer only the status counts: a body without end is not read.
            client.stream("POST", system.url, content=body, headers=headers) as answer,
        ):
            status = answer.status_code
    except TimeoutError:
        problem = f"no answer within {PATIENCE:g} s"
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        problem = type(error).__name__
    ok = status is not None and 200 <= status < 300
    if status is not None and not ok:
        problem = f"answered {status}"
    async with transaction() as session:
        spent = int((time.monotonic() - began) * 1000)
        session.add(DeliveryTry(delivery_id=delivery.id, milliseconds=spent, status=status, problem=problem))
        row = await repository.locked_delivery(session, delivery.id)
        if ok and row is not None:
            row.state, row.ended_at = DeliveryState.DELIVERED, now()
    return ok


async def _postpone(delivery_id: int) -> timedelta:
    """How long to wait; nothing is left to wait for where it is given up."""
    async with transaction() as session:
        delivery = await repository.locked_delivery(session, delivery_id)
        if delivery is None or delivery.ended_at is not None:
            return timedelta(0)
        wait = _WAITS[min(delivery.attempts, len(_WAITS)) - 1]
        if now() + wait > delivery.created_at + _GIVE_UP:
            log.warning("the call back %d is given up after %d tries", delivery_id, delivery.attempts)
            delivery.state, delivery.ended_at = DeliveryState.FAILED, now()
            return timedelta(0)
        delivery.next_at = now() + wait
        return wait


async def _end(delivery_id: int, state: DeliveryState) -> None:
    async with transaction() as session:
        delivery = await repository.locked_delivery(session, delivery_id)
        if delivery is not None and delivery.ended_at is None:
            delivery.state, delivery.ended_at = state, now()


async def look_after() -> None:
    """Call backs that lost their job get another."""
    async with transaction() as session:
        lost = await repository.forgotten_deliveries(session, now() - _FORGOTTEN)
        await jobs.enqueue(session, [hooks.job(delivery_id) for delivery_id in lost])


#: The chore, and every how many seconds it is done.
TIDY = (look_after, 300)

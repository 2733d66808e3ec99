"""Passwords: hashed with argon2 off the event loop, and guessed only slowly."""

import asyncio
import functools
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MAX_LENGTH = 256  # characters; more only costs time

_hasher = PasswordHasher()
#: A hash takes 64 MB and tens of milliseconds: no more than two at once, whoever asks.
_threads = ThreadPoolExecutor(2, "password")


async def hash_password(password: str) -> str:
    return await asyncio.get_running_loop().run_in_executor(_threads, _hasher.hash, password)


@functools.cache
def _nobodys_hash() -> str:
    return _hasher.hash(secrets.token_urlsafe(16))


def _matches(password_hash: str | None, password: str) -> bool:
    try:
        return _hasher.verify(password_hash or _nobodys_hash(), password) and password_hash is not None
    except (VerificationError, InvalidHashError):
        return False


async def password_matches(password_hash: str | None, password: str) -> bool:
    """Whether the password fits; with no hash to compare it takes as long and says no."""
    if len(password) > MAX_LENGTH:
        return False
    return await asyncio.get_running_loop().run_in_executor(_threads, _matches, password_hash, password)


class Failures:
    """Counts failures by key, in this process: ``limit`` of them within ``seconds`` shut a key."""

    def __init__(self, *, limit: int, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = limit
        self._seconds = seconds
        self._clock = clock
        self._times: OrderedDict[str, list[float]] = OrderedDict()

    def shut(self, key: str) -> bool:
        since = self._clock() - self._seconds
        recent = [at for at in self._times.get(key, ()) if at > since]
        if recent:
            self._times[key] = recent
        else:
            self._times.pop(key, None)
        return len(recent) >= self._limit

    def add(self, key: str) -> None:
        self._times.setdefault(key, []).append(self._clock())
        self._times.move_to_end(key)
        while len(self._times) > 10_000:  # somebody tries many names: forget the oldest
            self._times.popitem(last=False)

    def forget(self, key: str) -> None:
        self._times.pop(key, None)

    def take_back(self, key: str) -> None:
        """One failure was none."""
        if times := self._times.get(key):
            times.pop()

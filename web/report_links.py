"""Addresses of reports for people without an account: signed, so that there is nothing to guess, and with their end.

What is under such a link, and whether it was taken back, is ``workers.report.shares``'s to say.
"""

import base64
import hashlib
import hmac
import re
from datetime import datetime

from botbay.db import now
from botbay.settings import load_settings

_TOKEN = re.compile(r"(?P<share>[1-9][0-9]{0,17})-(?P<end>[0-9]{1,11})-(?P<sign>[A-Za-z0-9_-]{43})")


def token(share_id: int, expires_at: datetime) -> str:
    """The last part of the address ``/r/…`` of a share that opens until then."""
    told = f"{share_id}-{int(expires_at.timestamp())}"
    return f"{told}-{_sign(told)}"


def share_of(token: str) -> int | None:
    """The share of a token that we signed and that has not expired, else None."""
    match = _TOKEN.fullmatch(token)
    if match is None or not hmac.compare_digest(_sign(f"{match['share']}-{match['end']}"), match["sign"]):
        return None
    return int(match["share"]) if int(match["end"]) > now().timestamp() else None


def _sign(told: str) -> str:
    """By the secret's child, so that no other signature passes for one."""
    key = hmac.new(load_settings().secret().encode(), b"report-link", hashlib.sha256).digest()
    digest = hmac.new(key, told.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

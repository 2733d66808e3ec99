"""Numbers that are nobody else's business: what stays of them where a text leaves its own conversation."""

import re
from datetime import date

from botbay.zh.text import halfwidth

_GAP = r"[ \-]?"
_ID = re.compile(
    rf"(?<![0-9a-z])[1-9]\d{{5}}{_GAP}(?P<hidden>(\d{{4}}){_GAP}(\d{{2}})(\d{{2}})){_GAP}\d{{3}}[\dx](?![0-9a-z])"
)
_PHONE = re.compile(rf"(?<![0-9.])(?:\+?86{_GAP})?1[3-9]\d{_GAP}(?P<hidden>\d{{4}}){_GAP}\d{{4}}(?![0-9])")
_LANDLINE = re.compile(rf"(?<![0-9.])0\d{{2,3}}{_GAP}(?P<hidden>\d{{3,4}})\d{{4}}(?![0-9])")
_BANK = re.compile(rf"(?<![0-9.])\d{{4}}(?P<hidden>(?:{_GAP}\d{{4}}){{2,3}}(?:{_GAP}\d{{1,3}})?)(?![0-9])", re.ASCII)
_DIGIT = re.compile(r"\d")


def masked(text: str) -> str:
    """The text with stars for the middle digits of ID, bank and phone numbers (138****5678); its length stays.

    A number of a bank card has the check digit of one: others of its length (orders, parcels) stay.
    """
    plain = halfwidth(text)
    if len(plain) != len(text):
        plain = text  # positions must stay: the rare text whose signs have no plain form of the same length
    for pattern in (_ID, _BANK, _PHONE, _LANDLINE):
        for match in pattern.finditer(plain):
            if (pattern is _ID and not _born(match)) or (pattern is _BANK and not _luhn(match[0])):
                continue
            start, end = match.span("hidden")
            if pattern is _BANK:
                end = [place for place in range(start, end) if plain[place].isdecimal()][-4]
            stars = _DIGIT.sub("*", plain[start:end])
            text, plain = (each[:start] + stars + each[end:] for each in (text, plain))
    return text


def _born(match: re.Match[str]) -> bool:
    """Whether an ID number holds a day."""
    try:
        date(int(match[2]), int(match[3]), int(match[4]))
    except ValueError:
        return False
    return True


def _luhn(number: str) -> bool:
    """ISO/IEC 7812: every second digit from the right doubled, the sum of all digits a multiple of ten."""
    digits = _DIGIT.findall(number)
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits))]
    return len(digits) >= 15 and sum(each // 10 + each % 10 for each in doubled) % 10 == 0

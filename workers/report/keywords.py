"""The words of a span: those that were said more than these rooms always say them."""

from collections import Counter
from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncSession

from botbay.chat.models import Message
from botbay.zh.keywords import Keywords, told
from workers.report import repository
from workers.report.document import Keyword
from workers.report.scope import Scope

#: Texts that are read for the words, of the span and of the time before: taken evenly, so that a month costs as a day.
_TEXTS, _EARLIER = 1_000, 600
_BEFORE = timedelta(days=30)
_WORDS = 20
_LEAST = 2  # texts in which a word stands, where there are enough


async def of(
    session: AsyncSession,
    scope: Scope,
    wanted: Select[Message],
    total: int,
    since: datetime,
    names: Collection[str],
) -> tuple[Keyword, ...]:
    """The most telling words of the messages that are ``wanted``, the best first: of ``total`` texts; ``names`` are those of people."""
    texts = await repository.texts(session, wanted, total, _TEXTS) if total else ()
    if not texts:
        return ()
    earlier = await repository.earlier_texts(session, scope, since - _BEFORE, since, _EARLIER)
    before = Counter(word for text in earlier for word in set(told(text).words))
    lines = [told(text) for text in texts]
    weigher = Keywords(names, before)
    best = weigher.best(lines, _WORDS, least=_LEAST if len(texts) > 20 else 1)
    counts = Counter(word for line in lines for word in {*line.words, *(a + b for a, b in line.pairs)})
    score = {word: counts[word] ** 0.8 * max(weigher.weight(word), 1.0) for word in best}
    top = max(score.values(), default=1.0)
    return tuple(
        Keyword(word=word, weight=round(score[word] / top, 3), count=counts[word]) for word in best if counts[word]
    )

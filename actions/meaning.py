"""What is meant in a sentence that corrects: 不是产品群，是测试群 means 测试群."""

import re

_BREAK = re.compile(r"[，,。；;!！\s]+")
#: 不是 a@b.com is one clause.
_GAP = re.compile(r"(不?是|改成|换成|到|要)\s+")
_OPENING = re.compile(r"^(?:哎呀?|唉|啊|哦|噢|嗯|不好意思|抱歉|sorry|那个|就是)+", re.IGNORECASE)
#: Says that something was wrong, or thanks, and nothing else.
_EMPTY = re.compile(
    r"^(?:不是?|不对|不不|(?:错了?)+|[说打写发搞弄]错了?|口误|no|不是这个|不是的|不对不对|谢谢你?|多谢|辛苦了?|麻烦你?了?|拜托)[的了啦吧呀]*$",
    re.IGNORECASE,
)
_NOT_THIS_BUT = re.compile(r"^不[是要用].+?(?:而?是|要的是|改成)(?P<meant>.+)$")
_THIS_AND_NOT = re.compile(r"^(?P<meant>.+?)(?:而)?不是.+$")
_NOT = re.compile(r"^(?:不是|不要|不用|别|并非)")
_FRAME = re.compile(
    r"^(?:我?(?:说的?|指的?|要的?|问的?|意思|想要的?|想说的?)?(?:是|要)(?:说|指)?|应该是|应为|改成|换成|改为|改到)(?=.)"
)
#: In answer to a question this begins a correction, whatever the sentence sounds like.
_CORRECTS = re.compile(
    r"^(?:哎呀?|啊|不好意思|[，,\s])*(?:不对|错了|[说打写]错|不是(?:[，,\s]|.{1,20}?[，,\s]?(?:而?是|要)))"
)

#: In the middle of a sentence this takes back what stands before it.
_TAKEN_BACK = re.compile(r"[，,。、\s]+(?:[哦噢啊呃额哎唉]?不(?:不|对|是)?|我?[说打写]?错了?|口误)[，,。、\s]+(?=\S)")


def corrects(text: str) -> bool:
    """Whether a sentence takes something back: 不对，…; 不是产品群，是测试群."""
    return _CORRECTS.match(text) is not None


def meant(text: str) -> str:
    """The sentence without what it denies and without thanks; the whole of it where nothing is left."""
    kept = []
    for clause in _BREAK.split(_GAP.sub(r"\1", text)):
        words = _OPENING.sub("", clause)
        if not words or _EMPTY.match(words):
            continue
        if pair := _NOT_THIS_BUT.match(words) or _THIS_AND_NOT.match(words):
            words = pair["meant"]
        elif _NOT.match(words):
            continue
        kept.append(_FRAME.sub("", words))
    return "，".join(kept) or text


def only_denies(text: str) -> bool:
    """Whether a sentence says that something was wrong, and nothing of what is right: 不对."""
    return all(_EMPTY.match(_OPENING.sub("", clause) or "不") for clause in _BREAK.split(text.strip()) if clause)


def retold(text: str) -> tuple[str, str] | None:
    """What was said first and what takes its place, of 产品群，哦不，测试群; None where nothing is taken back."""
    if (mark := _TAKEN_BACK.search(text)) is None or not text[: mark.start()].strip():
        return None
    return text[: mark.start()], text[mark.end() :]

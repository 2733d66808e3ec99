"""What a text is about, by the pairs of characters and the numbers in it: enough to see that two speak of the same."""

import re

#: Words that are in every chat and tell nothing of its matter.
_COMMON = re.compile(
    r"今天|明天|昨天|后天|上午|下午|晚上|一下|大家|我们|你们|可以|已经|这个|那个|什么|没有|还是|就是|好了|老师|一个|时候|现在|自己|知道|收到|好的|谢谢|怎么|觉得|要不|那就|不是|这样|因为|所以|如果|但是|不用|不要|就行|的话|好吧|定了|周[一二三四五六日]|[之以]前|群里"
)
_CHUNK = re.compile(r"[\u4e00-\u9fff]+|[a-zA-Z]{2,}")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")


def pairs(text: str) -> set[str]:
    """The pairs of characters of its words, without those of common ones."""
    return {chunk[at : at + 2] for chunk in _CHUNK.findall(_COMMON.sub(" ", text)) for at in range(len(chunk) - 1)}


def numbers(text: str) -> set[str]:
    return set(_NUMBER.findall(text))

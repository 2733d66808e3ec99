"""What a mail server's answer means: try again, give up and why, or nobody knows. In words for people."""

import enum
import re


class Stage(enum.Enum):
    CONNECT = "connect"
    HELLO = "hello"
    LOGIN = "login"
    SENDER = "sender"
    RECIPIENT = "recipient"
    CONTENT = "content"


class SmtpProblem(Exception):
    """It did not work. ``words`` are for who waits for the mail; ``mend`` for who looks after BotBay.

    Neither holds an address, a password or the server's own words. ``code`` is the server's answer, 0 where it gave
    none.
    """

    def __init__(self, words: str, *, mend: str = "", code: int = 0) -> None:
        super().__init__(words)
        self.words = words
        self.mend = mend or words
        self.code = code


class Temporary(SmtpProblem):
    """Not now: the same may work later."""


class Refused(SmtpProblem):
    """Never, as it is. The words say why and what to do."""


class Setup(Refused):
    """Never, for anybody, until whoever looks after BotBay mends its settings."""

    def __init__(self, mend: str, *, code: int = 0) -> None:
        super().__init__("发信的邮箱没设置好，请管理员运行 botbay doctor 看看", mend=mend, code=code)


class Unknown(Exception):
    """The whole mail went out and no answer came back: nobody can know whether it will arrive."""


_ENHANCED = re.compile(r"[245]\.(\d{1,3}\.\d{1,3})\b")
_SIZE = re.compile(r"\bsize|too (?:large|big)|(?:large|bigg)er than", re.IGNORECASE)
_FULL = re.compile(r"quota|\bfull\b|storage|mailbox.{0,20}(?:limit|exceed)|over ?limit", re.IGNORECASE)
_POLICY = re.compile(
    r"spam|policy|block|relay|reject|denied|prohibit|blacklist|DT:SP|reputation|SPF|DKIM", re.IGNORECASE
)
_LOGIN = re.compile(r"authenticat|\bauth\b|log ?in|STARTTLS", re.IGNORECASE)

_FULL_WORDS = "对方的邮箱满了，请对方清一清，再跟我说一次"
_NOBODY_WORDS = "没有这个邮箱，检查一下地址有没有写错"
_SPAM_WORDS = "对方的服务器拒收，多半当成了垃圾邮件：请对方把发件人加进白名单，或者换一个邮箱"


def too_big(limit: int | None = None) -> Refused:
    """``limit`` in bytes, where the server told it."""
    most = f"（最多 {limit / 1024**2:.0f} MB）" if limit else ""
    return Refused(f"服务器不让发这么大的信{most}，要短一点的时间再试", code=552)


def judged(stage: Stage, code: int, text: str) -> SmtpProblem:
    """The answer ``code text`` to what was said at a stage."""
    found = _ENHANCED.search(text)
    detail = found[1] if found else ""
    if not 500 <= code < 600:
        return Temporary("邮件服务器说现在不行，让过一会儿再来", code=code)
    problem = _refused(stage, code, detail, text)
    problem.code = code
    return problem


def _refused(stage: Stage, code: int, detail: str, text: str) -> Refused:
    if stage is Stage.LOGIN:
        return Setup("服务器不认这个用户和密码：QQ、163 这类邮箱要用「授权码」，不是登录密码，并且先在网页里开通 SMTP")
    if stage in (Stage.CONNECT, Stage.HELLO):
        return Setup("服务器不接待这台机器：检查主机和端口，云主机的 25 端口常被封，用 465 或 587")
    if detail in ("3.4", "2.3") or (code == 552 and _SIZE.search(text)):
        return too_big()
    if code == 530 or (stage is Stage.SENDER and _LOGIN.search(text)):
        return Setup("服务器要先登录、加密才肯收信：在 BOTBAY_SMTP_URL 里写上用户和密码，用 smtps:// 或 587 端口")
    if stage is Stage.SENDER:
        return Setup("服务器不让用这个发件人：BOTBAY_MAIL_FROM 的地址要和登录的邮箱一样")
    if detail == "2.2" or code == 552 or (detail not in ("1.1", "7.1") and _FULL.search(text)):
        return Refused(_FULL_WORDS)
    if detail == "2.1":
        return Refused("对方的邮箱停用了，换一个邮箱吧")
    if detail.startswith("7.") or _POLICY.search(text):
        return Refused(_SPAM_WORDS)
    if stage is Stage.RECIPIENT:
        return Refused(_NOBODY_WORDS)
    return Refused(_SPAM_WORDS)

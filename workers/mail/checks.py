"""What ``botbay doctor`` looks at in mail: whether the server lets us in."""

from collections.abc import AsyncIterator

from botbay.doctor import Finding
from botbay.settings import Settings
from workers.mail import smtp
from workers.mail.answers import SmtpProblem

_PART = "发邮件"


async def check(settings: Settings) -> AsyncIterator[Finding]:
    server = settings.smtp_server
    if server is None:
        yield Finding(part=_PART, ok=True, words="没有设置，不发邮件。要发的话设 BOTBAY_SMTP_URL。")
        return
    where = f"{server.host}:{server.port}"
    try:
        await smtp.examine(server, settings.mail_sender[1])
    except SmtpProblem as problem:
        answer = f"（答复 {problem.code}）" if problem.code else ""
        yield Finding(part=_PART, ok=False, words=f"{where} {problem.mend}{answer}。检查 BOTBAY_SMTP_URL。")
    else:
        yield Finding(part=_PART, ok=True, words=f"{where} 连得上" + ("，登录成功" if server.user else ""))

"""What the stack says at the end of its start: where the pages are, and a way in for the maintainer."""

from botbay.db import transaction
from botbay.settings import Settings
from workers.accounts import service


async def lines(settings: Settings) -> list[str]:
    async with transaction() as session:
        admin = await service.ensure_admin(session)
        link = service.login_url(await service.issue_login_link(session, admin))
    site = link.rpartition("/login/")[0]
    return [f"打开网页：{site}", f"管理员登录（30 分钟内有效，只能用一次）：\n{link}"]

"""Which account of the system a sentence names: 我的账号是porbello, 绑成lihong的."""

import re

from rasa_project.components.spans import Span

_WORD = r"(?:账号名?|帐号名?|账户名?|帐户名?|用户名|登录名|工号|员工号|account|username|user(?: ?name)?)"
_NAMED = re.compile(
    rf"(?<![a-z]){_WORD}(?:(?:就是|是|叫做|叫|为|用)[:\s]*(?P<value>[^\s,.!?:;]{{1,40}}?)|[:=\s]+(?P<id>[a-z0-9][a-z0-9._-]{{1,39}}))"
    r"(?:吧|啦|了|哦|哈|呀|啊)?[\s.!~]*$"
)
_NO_NAME = re.compile(r"什么|啥|哪|谁|多少|吗|怎么|没有|为何|一样|错|对|我|你|绑|它|这|那")
#: What an account looks like; an address is none.
_ID = re.compile(r"(?<![a-z0-9@._-])(?P<value>[a-z0-9][a-z0-9._-]{1,39}(?<![._-]))(?![a-z0-9@_-]|\.[a-z0-9])")
_BEHIND_WORD = re.compile(rf"(?:{_WORD}|编号|login|id)(?:是|叫做|叫|为|就是|换成|改成|成|到|:|=|\s|[“\"「'])*$")
_NO_BEHIND = re.compile(r"(?:码|口令|手机号?|电话)(?:是|为|:|\s)*$")
#: English that is typed among Chinese, and names of systems.
_COMMON = re.compile(
    r"(?:a|acc|account|accounts|am|an|and|another|app|as|at|auth|be|bind|binding|bot|botbay|by|can|change|close"
    r"|code|connect|connection|could|crm|current|delete|different|disconnect|do|email|erp|for|from|get|hello"
    r"|help|hey|hi|how|hr|i|id|in|is|it|ldap|link|linked|linking|log|login|logout|mail|me|mobile|my|name|need"
    r"|new|no|not|now|oa|of|off|ok|okay|old|on|one|open|out|pair|pc|phone|please|pls|qq|register|remove|revoke"
    r"|saas|sign|sso|start|stop|sync|system|test|thanks|the|this|to|token|unbind|unlink|up|use|user|username|vx"
    r"|want|we|web|wechat|weixin|what|whatsapp|wifi|with|wx|yes|you|your)"
)


def find_accounts(text: str, intent: str | None) -> list[Span]:
    """The account that a clean text names; none or one. Where it binds or unbinds, any word that looks like one."""
    found = _NAMED.search(text)
    if found:
        name = "value" if found["value"] else "id"
        if not _NO_NAME.search(found[name]) and not _COMMON.fullmatch(found[name]):
            return [Span("account", *found.span(name))]
    if intent not in ("bind_account", "unbind_account"):
        return []
    likely = [each for each in _ID.finditer(text) if _may_be(text, each)]
    if not likely:
        return []
    # 不是li02，是li03: the last is meant, but what is called an account goes before what only looks like one.
    best = max(likely, key=lambda each: (bool(_BEHIND_WORD.search(text, 0, each.start())), each.start()))
    return [Span("account", *best.span("value"))]


def _may_be(text: str, found: "re.Match[str]") -> bool:
    word = found["value"]
    if _COMMON.fullmatch(word) or _NO_BEHIND.search(text, 0, found.start()):
        return False
    if word.isdigit():
        return len(word) > 3
    # OA, ERP and the like are systems; a single letter with a digit is a number of something.
    return len(word) > 2

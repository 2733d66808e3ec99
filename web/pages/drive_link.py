"""``/s/…``: what somebody shared, for people without an account, on any phone: plain HTML without a script."""

import hashlib
from html import escape

from fastapi.responses import HTMLResponse

from botbay.chat.files import SAFE_INLINE
from botbay.chat.models import FileKind
from botbay.zh.sizes import size_words
from web.layout import HEAD, STATIC, local_time
from web.pages.drive_words import facts, kind_name, picture, shown_name
from workers.archive.repository import Entry
from workers.archive.shares import Opened

_VERSION = hashlib.sha256((STATIC / "drive.css").read_bytes()).hexdigest()[:12]
_POLICY = (
    "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
_PAGE = """<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex, nofollow"><meta name="referrer" content="no-referrer">
<title>{title} · BotBay</title>{head}<link rel="stylesheet" href="/static/drive.css?v={version}">
<link rel="icon" href="/static/mark.svg"></head>
<body class="dl-body"><main class="dl-page">
<div class="bb-brand"><img src="/static/mark.svg" alt=""><span>BotBay</span></div>
{content}</main></body></html>"""


def _page(status: int, title: str, content: str) -> HTMLResponse:
    """``content`` is HTML."""
    body = _PAGE.format(title=escape(title), head=HEAD, version=_VERSION, content=content)
    return HTMLResponse(body, status, headers={"Content-Security-Policy": _POLICY, "Referrer-Policy": "no-referrer"})


def ended_page() -> HTMLResponse:
    return _page(
        404,
        "链接已失效",
        '<section class="bb-card"><h1 class="bb-title">链接已失效</h1>'
        "<div>它到期了，或分享的人收回了它。需要的话，请对方再发一个。</div></section>",
    )


def link_page(token: str, opened: Opened) -> HTMLResponse:
    base = f"/s/{token}"  # of a token's letters only: nothing in it to escape
    entries = opened.entries
    size = size_words(sum(entry.size or 0 for entry in entries))
    count = f"{len(entries)} 个文件，共 {size}" if len(entries) > 1 else "1 个文件"
    together = (
        f'<a class="dl-button dl-main" href="{base}/zip" data-testid="link-zip">全部下载（{size}）</a>'
        if len(entries) > 1
        else ""
    )
    head = (
        f'<section><h1 class="bb-title">{escape(opened.maker)} 分享给你</h1>'
        f'<p class="bb-sub">{count}，{escape(local_time(opened.expires_at))} 前有效</p></section>'
    )
    return _page(200, "分享的文件", head + together + "".join(_file(entry, base) for entry in entries))


def _file(entry: Entry, base: str) -> str:
    address, name = f"{base}/{entry.id}", escape(shown_name(entry))
    opens = entry.mime in SAFE_INLINE
    shown = _preview(entry, base, name, opens)
    look = f'<a class="dl-button" href="{address}" target="_blank" rel="noopener">打开</a>' if opens else ""
    about = escape(" · ".join(filter(None, (kind_name(entry.kind), facts(entry)))))
    return (
        f'<section class="bb-card dl-file" data-testid="link-file">{shown}'
        f'<div class="bb-grow"><div class="bb-strong">{name}</div><div class="bb-soft bb-small">{about}</div></div>'
        f'<div class="dl-actions">{look}'
        f'<a class="dl-button" href="{address}?download=1" data-testid="link-download">下载</a></div></section>'
    )


def _preview(entry: Entry, base: str, name: str, opens: bool) -> str:
    small = picture(entry, base)
    if entry.kind == FileKind.AUDIO and (entry.play_key is not None or opens):
        return f'<audio controls preload="none" src="{base}/{entry.id}/play"></audio>'
    if entry.kind == FileKind.VIDEO and opens:
        poster = f' poster="{small}"' if small else ""
        return f'<video controls playsinline preload="none"{poster} src="{base}/{entry.id}"></video>'
    if small is None:
        return ""
    image = f'<img src="{small}" alt="{name}" loading="lazy">'
    return f'<a href="{base}/{entry.id}" target="_blank" rel="noopener">{image}</a>' if opens else image

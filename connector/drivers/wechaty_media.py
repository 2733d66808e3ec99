"""The bytes behind a message, however the gateway offers them: in the answer, in its store, by address."""

import base64
import re
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing

import httpx

from connector.drivers.base import DriverError, DriverUnavailable, Media, MediaGone
from connector.drivers.wechaty_puppet import GatewayPuppet, Refused

_BASE64, _URL, _UUID = 1, 2, 7
_CHUNK = 64 * 1024
#: How puppets word it when WeChat no longer has the media.
_GONE = re.compile(r"expired|not found|no filebox|no such|gone|404|过期|失效|清理|不存在", re.IGNORECASE)


async def fetch_media(puppet: GatewayPuppet, source_id: str) -> Media:
    """The media of a message; its chunks raise DriverUnavailable when they break off."""
    try:
        box = await puppet.file_box(source_id)
    except Refused as refusal:
        if _GONE.search(str(refusal)):
            raise MediaGone("这个文件在微信里已经取不到了") from refusal
        raise
    except ValueError as error:
        raise DriverError("网关给的文件读不懂") from error
    form = box.get("type") or box.get("boxType")
    size = box.get("size")
    size = size if isinstance(size, int) and size > 0 else None
    chunks: AsyncIterator[bytes]
    if form == _BASE64:
        content = base64.b64decode(box["base64"])
        size, chunks = len(content), _whole(content)
    elif form == _UUID:
        chunks = _complete(puppet.download(box["uuid"]), size)
    elif form == _URL:
        headers = {key: str(value) for key, value in (box.get("headers") or {}).items()}
        chunks = _web(box["url"], headers)
    else:
        raise DriverError(f"网关给的文件形式（{form}）认不得")
    return Media(name=box.get("name") or "", size=size, chunks=chunks)


async def _whole(content: bytes) -> AsyncIterator[bytes]:
    yield content


async def _complete(chunks: AsyncGenerator[bytes, None], size: int | None) -> AsyncIterator[bytes]:
    """Gateways may serve a file before they have written all of it: then it is short, and worth a retry."""
    received = 0
    async with aclosing(chunks):
        async for chunk in chunks:
            received += len(chunk)
            yield chunk
    if size is not None and received < size:
        raise DriverUnavailable(f"文件没有收全（{received}/{size} 字节）")


async def _web(url: str, headers: Mapping[str, str]) -> AsyncIterator[bytes]:
    async with httpx.AsyncClient(follow_redirects=True, timeout=60) as client:
        try:
            async with client.stream("GET", url, headers=headers) as answer:
                if answer.status_code in (401, 403, 404, 410):
                    raise MediaGone("这个文件的下载地址已经失效了")
                if answer.status_code != 200:
                    raise DriverUnavailable(f"文件的下载地址答复 {answer.status_code}")
                async for chunk in answer.aiter_bytes(_CHUNK):
                    yield chunk
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise DriverUnavailable(f"文件没有下载成：{type(error).__name__}") from error

"""Giving the running dialogue server another model, without losing a turn."""

import hashlib
import hmac
import json
import time

import httpx

from botbay.rasa.project import RasaError, project
from botbay.rasa.versions import Version
from botbay.settings import Settings

_HERE = ("127.0.0.1", "localhost", "::1")
#: Loading takes a second or two, more on a machine that is busy.
_TIMEOUT = 120.0


async def swap_in(settings: Settings, version: Version) -> bool:
    """Let this stack's dialogue server answer by ``version`` from now on; turns under way end with the old one.

    False where none runs on this machine, or only another stack's. Raises RasaError where it could not be done.
    """
    if _elsewhere(settings):
        return False
    content = json.dumps({"path": str(version.path.resolve()), "code": components_digest()}).encode()
    async with httpx.AsyncClient(base_url=settings.rasa_url, timeout=_TIMEOUT, trust_env=False) as http:
        try:
            await http.get("/webhooks/botbay/health")
        except httpx.HTTPError:
            return False
        at = str(int(time.time()))
        signed = hmac.new(settings.secret().encode(), f"{at}.".encode() + content, hashlib.sha256).hexdigest()
        headers = {"x-botbay-timestamp": at, "x-botbay-signature": f"sha256={signed}"}
        try:
            answer = await http.post("/webhooks/botbay/model", content=content, headers=headers)
        except httpx.HTTPError as error:
            raise RasaError(f"新模型没能换上（{type(error).__name__}）：看 rasa.log，或重启 BotBay。") from None
    if answer.status_code in (401, 404):
        return False
    if answer.status_code == 409:
        raise RasaError("识别部件的代码也变了，正在运行的对话引擎换不上：重启 BotBay 就用新模型。")
    if answer.status_code != 200:
        raise RasaError(f"新模型没能换上（{answer.status_code}）：看 rasa.log，或重启 BotBay。")
    return True


def why_not_swapped(settings: Settings) -> str:
    """In words, why ``swap_in`` gave False, and what makes the version count all the same."""
    if _elsewhere(settings):
        return "对话引擎在另一台机器上（BOTBAY_RASA_HOST），这里换不了：把模型带过去，再重启它"
    return "对话引擎没在运行，下次启动用它"


def _elsewhere(settings: Settings) -> bool:
    return settings.rasa_host not in _HERE


def components_digest() -> str:
    """The code that a model was trained with: it must be what the server has loaded."""
    digest = hashlib.sha256()
    for file in sorted((project() / "components").glob("*.py")):
        digest.update(f"{file.name}\0".encode() + file.read_bytes())
    return digest.hexdigest()

"""What the words of a sentence may be marked as, in people's words."""

import yaml

from botbay import rasa

#: Entity -> what a maintainer reads. The order is the page's.
_LABELS = {
    "time": "时间",
    "room": "群",
    "person": "人",
    "email": "邮箱",
    "ordinal": "第几个",
    "file_kind": "文件类型",
    "amount": "数额",
    "query": "要找的词",
    "nickname": "名字",
    "account": "账号",
}


def kinds() -> dict[str, str]:
    """Entity -> label, of those that the dialogue's domain knows. Reads files: not for an event loop."""
    known: set[str] = set()
    for path in (rasa.project() / "domain").glob("*.yml"):
        for entry in (yaml.safe_load(path.read_text("utf-8")) or {}).get("entities", []):
            known.update([entry] if isinstance(entry, str) else entry)
    return {kind: label for kind, label in _LABELS.items() if kind in known}

"""Who is being spoken to, as entities: rules then ask for it without calling an action."""

from typing import Any

CONTEXT_ENTITIES = ("audience", "bound", "named")


def context_entities(metadata: dict[str, Any]) -> list[dict[str, Any]]:
    """The entities for what the metadata of the channel tells; what it does not tell gives none."""
    return [{"entity": name, "value": metadata[name]} for name in CONTEXT_ENTITIES if metadata.get(name) is not None]

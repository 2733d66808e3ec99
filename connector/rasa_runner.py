"""Runs a model's graph node by node.

Runs inside Rasa's own environment, like `rasa_channel`. Rasa hands each sentence to dask, whose scheduler orders the
same few nodes anew and takes a third of a parse; here they are ordered once. Everything else stays Rasa's.
"""

from typing import Any

from rasa.core.processor import MessageProcessor
from rasa.engine.graph import ExecutionContext, GraphNode, GraphNodeHook, GraphSchema
from rasa.engine.runner.dask import DaskGraphRunner
from rasa.engine.runner.interface import GraphRunner
from rasa.engine.storage.storage import ModelStorage


class OrderedGraphRunner(GraphRunner):
    """Runs the nodes that another runner has loaded, in an order worked out at the first run for a target."""

    def __init__(self, loaded: DaskGraphRunner) -> None:
        self._schema = loaded._graph_schema
        self._nodes = loaded._instantiated_nodes
        self._orders: dict[tuple[str, ...], list[tuple[str, GraphNode, list[str]]]] = {}

    @classmethod
    def create(
        cls,
        graph_schema: GraphSchema,
        model_storage: ModelStorage,
        execution_context: ExecutionContext,
        hooks: "list[GraphNodeHook] | None" = None,
    ) -> "OrderedGraphRunner":
        return cls(DaskGraphRunner.create(graph_schema, model_storage, execution_context, hooks))

    def run(self, inputs: "dict[str, Any] | None" = None, targets: "list[str] | None" = None) -> "dict[str, Any]":
        """The output of each target by its name."""
        wanted = tuple(targets or self._schema.target_names)
        if wanted not in self._orders:
            self._orders[wanted] = self._order(wanted)
        # A node takes outputs, and gives its own, with their names.
        outputs: dict[str, Any] = {name: (name, value) for name, value in (inputs or {}).items()}
        for name, node, needs in self._orders[wanted]:
            outputs[name] = node(*[outputs[need] for need in needs])
        return dict(outputs[name] for name in wanted)

    def _order(self, wanted: "tuple[str, ...]") -> "list[tuple[str, GraphNode, list[str]]]":
        ordered: dict[str, tuple[str, GraphNode, list[str]]] = {}

        def add(name: str) -> None:
            # What is no node is an input.
            if name in self._schema.nodes and name not in ordered:
                needs = list(self._schema.nodes[name].needs.values())
                for need in needs:
                    add(need)
                ordered[name] = (name, self._nodes[name], needs)

        for name in wanted:
            add(name)
        return list(ordered.values())


def order_nodes(processor: MessageProcessor) -> None:
    """Lets the processor's model run in order from now on; a second call changes nothing."""
    if isinstance(processor.graph_runner, DaskGraphRunner):
        processor.graph_runner = OrderedGraphRunner(processor.graph_runner)

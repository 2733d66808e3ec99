"""What happens when somebody says something else while a form waits for an answer: one rule for all forms."""

from typing import Any

from rasa.core.policies.policy import Policy, PolicyPrediction, confidence_scores_for
from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.core.constants import ACTION_DEACTIVATE_LOOP_NAME, ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, ActionExecutionRejected, UserUttered
from rasa.shared.core.generator import TrackerWithCachedStates
from rasa.shared.core.trackers import DialogueStateTracker


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.POLICY_WITHOUT_END_TO_END_SUPPORT, is_trainable=True)
class InterruptionPolicy(Policy):
    """Takes over once a form has rejected a sentence as no answer to its question.

    `leave` and `leave_form` name the intents that end the form and what follows; `aside` those that are answered
    while the form waits, after which it asks again; `apart` those that are none of its business. To all else it
    says `otherwise` and asks again. Without it, RulePolicy needs a rule for each intent in each form.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        # One above RulePolicy, which would answer as if no form was there.
        return {
            "priority": 7,
            "max_history": 1,
            "leave": {},
            "leave_form": {},
            "aside": {},
            "apart": [],
            "before_leaving": None,
            "otherwise": None,
        }

    def train(self, training_trackers: list[TrackerWithCachedStates], domain: Domain, **kwargs: Any) -> Resource:
        """There is nothing to learn."""
        return self._resource

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> "InterruptionPolicy":
        return cls(config, model_storage, resource, execution_context)

    def predict_action_probabilities(
        self,
        tracker: DialogueStateTracker,
        domain: Domain,
        rule_only_data: "dict[str, Any] | None" = None,
        **kwargs: Any,
    ) -> PolicyPrediction:
        action = self.next_action(tracker)
        if action is None:
            return self._prediction(self._default_predictions(domain))
        return self._prediction(confidence_scores_for(action, 1.0, domain))

    def next_action(self, tracker: DialogueStateTracker) -> "str | None":
        """The next action of an interrupted form; None where this policy has no say."""
        form, done = _interrupted(tracker)
        if form is None:
            return None
        steps = self._steps(str(tracker.latest_message.intent.get("name")), form)
        return steps[len(done)] if len(done) < len(steps) and done == steps[: len(done)] else None

    def _steps(self, intent: str, form: str) -> list[str]:
        """All actions between a sentence that was no answer and listening again, or none."""
        if intent in self.config["apart"]:
            return []
        leaving = {**self.config["leave"], **self.config["leave_form"].get(form, {})}
        if intent in leaving:
            return [ACTION_DEACTIVATE_LOOP_NAME, self.config["before_leaving"], leaving[intent], ACTION_LISTEN_NAME]
        return [self.config["aside"].get(intent, self.config["otherwise"]), form]


def _interrupted(tracker: DialogueStateTracker) -> "tuple[str | None, list[str]]":
    """The form that rejected the latest sentence, and the actions run since; (None, []) when none did."""
    form, done = None, []
    for event in reversed(tracker.applied_events()):
        if isinstance(event, UserUttered):
            break
        if isinstance(event, ActionExecuted):
            done.append(event.action_name)
        elif isinstance(event, ActionExecutionRejected):
            form = event.action_name
    else:
        return None, []
    return (form, done[::-1]) if form is not None else (None, [])

"""A Rasa project with two intents that trains in seconds, for tests of training, versions and swapping."""

import io
import json
import os
import shutil
import tarfile
from pathlib import Path

from botbay.rasa import ROOT

_CONFIG = """\
recipe: default.v1
assistant_id: tiny
language: zh
pipeline:
  - name: rasa_project.components.tokenizer.NormalisingJiebaTokenizer
  - name: rasa_project.components.classifier.GramClassifier
    surplus: 0.0
  - name: FallbackClassifier
    threshold: 0.6
policies:
  - name: RulePolicy
    enable_fallback_prediction: false
"""
_DOMAIN = """\
version: "3.1"
intents: [greet, thanks]
actions: [action_wait]
responses:
  utter_greet: [{text: WORD}]
  utter_thanks: [{text: WORD}]
"""
_RULES = """\
version: "3.1"
rules:
  - rule: Hello
    steps: [{intent: greet}, {action: utter_greet}]
  - rule: Thanks
    steps: [{intent: thanks}, {action: action_wait}, {action: utter_thanks}]
"""
_ENDPOINTS = """\
action_endpoint:
  url: ${BOTBAY_ACTIONS_URL}
tracker_store:
  type: SQL
  dialect: sqlite
  db: DATABASE
"""
GREETINGS = ["你好", "你好呀", "您好", "早上好", "嗨你好", "大家好", "晚上好", "下午好", "好久不见你好", "哈喽你好"]
THANKS = ["谢谢", "谢谢你", "多谢", "谢谢啦", "太感谢了", "感谢", "非常感谢", "谢谢老师", "谢了", "感谢感谢"]


class TinyProject:
    """The project in a folder of its own, and the environment in which commands work on it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "rasa_project"
        self.environment = {
            "BOTBAY_RASA_PROJECT": str(self.path),
            "BOTBAY_DATA_DIR": str(folder / "data"),
            "XDG_CACHE_HOME": str(folder / "cache"),
        }
        for name in ("data", "tests"):
            (self.path / name).mkdir(parents=True)
        shutil.copytree(ROOT / "rasa_project" / "components", self.path / "components")
        shutil.copy(ROOT / "rasa_project" / "credentials.yml", self.path)
        (self.path / "config.yml").write_text(_CONFIG)
        (self.path / "endpoints.yml").write_text(_ENDPOINTS.replace("DATABASE", str(folder / "tracker.db")))
        (self.path / "data" / "rules.yml").write_text(_RULES)
        self.write("旧的")
        held_out = {
            "greet": ["各位好", "哎呀你好啊", "哟嗬"],
            "thanks": ["谢谢您", "感谢你"],
            "out_of_scope": ["晚饭吃什么"],
        }
        (self.path / "tests" / "test_nlu.yml").write_text(_nlu(held_out))

    def write(self, word: str) -> None:
        """What it answers to whatever it understands."""
        (self.path / "domain").mkdir(exist_ok=True)
        (self.path / "domain" / "all.yml").write_text(_DOMAIN.replace("WORD", word))
        (self.path / "data" / "nlu.yml").write_text(_nlu({"greet": GREETINGS, "thanks": THANKS}))

    def model_elsewhere(self, model: Path, name: str, word: str) -> None:
        """As if the project as it is now had been trained in another checkout: its model is in the user's cache.

        It is made of this model: the same weights, other answers, and other mistakes.
        """
        cache = Path(self.environment["XDG_CACHE_HOME"]) / "botbay" / "models"
        with tarfile.open(model) as old, tarfile.open(cache / f"{name}.tar.gz", "w:gz") as new:
            for member in old.getmembers():
                content = old.extractfile(member)
                data = b"" if content is None else content.read()
                if member.name.endswith("metadata.json"):
                    metadata = json.loads(data)
                    for responses in metadata["domain"]["responses"].values():
                        responses[0]["text"] = word
                    data = json.dumps(metadata).encode()
                member.size = len(data)
                new.addfile(member, io.BytesIO(data) if content is not None else None)
        report = json.loads(model.with_name(model.name.replace(".tar.gz", ".json")).read_text())
        mistakes = {"text": "谢谢您", "wanted": "thanks", "got": "greet", "confidence": 0.7}
        (cache / f"{name}.json").write_text(json.dumps({**report, "mistakes": [mistakes]}))

    def env(self, **settings: object) -> dict[str, str]:
        outside = {name: value for name, value in os.environ.items() if not name.startswith("BOTBAY_")}
        return {**outside, **self.environment, **{f"BOTBAY_{k.upper()}": str(v) for k, v in settings.items()}}


def _nlu(examples: dict[str, list[str]]) -> str:
    blocks = [
        f"  - intent: {intent}\n    examples: |\n" + "".join(f"      - {text}\n" for text in texts)
        for intent, texts in examples.items()
    ]
    return 'version: "3.1"\nnlu:\n' + "".join(blocks)

# make run · make test · make bench; each sets up what it needs. `make help` says more.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

UV_VERSION := 0.13.9
UV := $(or $(shell command -v uv 2>/dev/null),.cache/tools/bin/uv)

# pyenv's shims answer for versions that are not active and then fail: its real interpreters come first.
PYENVS := $(sort $(wildcard $(PYENV_ROOT)/versions/3.1[012].*/bin $(HOME)/.pyenv/versions/3.1[012].*/bin))
empty :=
export UV_PYTHON_SEARCH_PATH := $(subst $(empty) $(empty),:,$(strip $(PYENVS) $(PATH)))
# Lower-case names and a home that cannot be written to must not matter.
HOME_IS_WRITABLE := $(shell test -w "$(HOME)" && echo yes)
ifneq ($(HOME_IS_WRITABLE),yes)
export XDG_CACHE_HOME := $(CURDIR)/.cache
endif
export RASA_TELEMETRY_ENABLED := false
export TF_CPP_MIN_LOG_LEVEL := 3
export SQLALCHEMY_SILENCE_UBER_WARNING := 1

RASA := PYTHONWARNINGS=ignore PYTHONPATH=$(CURDIR) .venv/bin/python -m rasa
PADDLE_PYTHON := $(CURDIR)/.cache/paddle/.venv/bin/python
SAY := @printf '%s\n'

.PHONY: help setup run test bench check rasa-check lock migration

help:
	$(SAY) 'make run    装好一切并启动 BotBay，最后打印网址' 'make test   装好一切并跑完全部测试' \
	  'make bench  测速度，和别的做法比' 'make setup  只装环境、训练对话模型' 'make lock   重新生成依赖锁'

run: setup
	@exec .venv/bin/botbay up

# --- environments: built from hashed locks; a stamp with the lock's hash says that it is in place ---------------

.cache/tools/bin/uv:
	$(SAY) '  … uv'
	@python3 -c 'import sys; sys.exit(sys.version_info < (3, 8))' || { echo '没有 Python 3.8 以上的 python3：请先安装 Python 3.11。' >&2; exit 1; }
	@python3 -m venv .cache/tools 2>/dev/null || { echo 'python3 缺 venv：Debian 上运行 apt-get install python3-venv。' >&2; exit 1; }
	@.cache/tools/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

# $(call environment,TITLE,FOLDER,PYTHON,LOCK,STAMP): sync FOLDER/.venv to LOCK unless the stamp says it is done
define environment
	@if [ "$$(cat $(2)/.venv/$(5) 2>/dev/null)" != "$$(cat $(4) pyproject.toml | sha256sum)" ]; then \
	  printf '  … %s\n' '$(1)'; started=$$SECONDS; \
	  [ -x $(2)/.venv/bin/python ] || $(UV) venv --quiet --python '$(3)' $(2)/.venv \
	    || { echo '没有 Python $(3)：装一个（例如 pyenv install），或把它放进 PATH。' >&2; exit 1; }; \
	  rm -f $(2)/.venv/.synced-*; \
	  VIRTUAL_ENV=$(CURDIR)/$(2)/.venv $(UV) pip sync --quiet --require-hashes $(4); \
	  [ $(2) != . ] || VIRTUAL_ENV=$(CURDIR)/.venv $(UV) pip install --quiet --no-deps -e .; \
	  cat $(4) pyproject.toml | sha256sum > $(2)/.venv/$(5); \
	  printf '  ✓ %s（%s 秒）\n' '$(1)' $$((SECONDS - started)); \
	fi
endef

setup: $(filter .cache/%,$(UV))
	@[ -e .venv/.synced-test ] && [ "$$(cat .venv/.synced-test)" = "$$(cat requirements-test.lock pyproject.toml | sha256sum)" ] \
	  || $(MAKE) .application
	$(call environment,对话引擎的环境,rasa_project,3.10,rasa_project/requirements.lock,.synced-rasa)
	@.venv/bin/botbay train

.PHONY: .application .tested
.application:
	$(call environment,应用环境,.,>=3.11$(comma)<3.13,requirements.lock,.synced-run)

.tested: $(filter .cache/%,$(UV))
	$(call environment,测试环境,.,>=3.11$(comma)<3.13,requirements-test.lock,.synced-test)

comma := ,

# --- tests -------------------------------------------------------------------------------------------------

# PaddleOCR's other engine, which the default is tested and measured beside: 700 MB that nobody else needs.
.PHONY: .paddle
.paddle: $(filter .cache/%,$(UV))
	$(call environment,PaddlePaddle（测试与比较用）,.cache/paddle,>=3.11$(comma)<3.13,requirements-paddle.lock,.synced-paddle)
	@[ -e .cache/paddle/.venv/bin/botbay ] || VIRTUAL_ENV=$(CURDIR)/.cache/paddle/.venv $(UV) pip install --quiet --no-deps -e .

test: .tested .paddle setup
	@.venv/bin/python -m tests.needs
	@$(MAKE) check
	@$(MAKE) rasa-check
	PADDLE_PYTHON=$(PADDLE_PYTHON) .venv/bin/python -m pytest

check:
	.venv/bin/ruff format --check --quiet .
	.venv/bin/ruff check --quiet .
	.venv/bin/mypy
	.venv/bin/lint-imports

# What may mean several things stands under each of them, which the validation takes for a slip.
VALIDATED := data/rules data/stories $(patsubst rasa_project/%,%,$(filter-out %/ambiguous.yml,$(wildcard rasa_project/data/nlu/*.yml)))

rasa-check:
	cd rasa_project && $(RASA) data validate --fail-on-warnings --domain domain --data $(VALIDATED) --config config.yml
	cd rasa_project && $(RASA) test core --fail-on-prediction-errors --no-plot --out ../.cache/rasa-results \
	  --stories tests --model "$$(cd .. && .venv/bin/python -c 'from botbay.rasa import model_path; print(model_path())')"

bench: .tested .paddle setup
	$(call environment,JioNLP（只为比较）,.cache/jionlp,>=3.11$(comma)<3.13,tests/bench/jionlp.lock,.synced-jionlp)
	JIONLP_PYTHON=$(CURDIR)/.cache/jionlp/.venv/bin/python PADDLE_PYTHON=$(PADDLE_PYTHON) .venv/bin/python -m tests.bench

lock: $(filter .cache/%,$(UV))
	$(UV) pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 pyproject.toml -o requirements.lock
	$(UV) pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 --extra test -c requirements.lock pyproject.toml -o requirements-test.lock
	$(UV) pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 --extra paddle -c requirements.lock pyproject.toml -o requirements-paddle.lock
	$(UV) pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 tests/bench/jionlp.in -o tests/bench/jionlp.lock
	cd rasa_project && $(abspath $(UV)) pip compile --quiet --universal --generate-hashes --no-header --python-version 3.10 pyproject.toml -o requirements.lock

migration: setup
	@.venv/bin/python -m botbay.migrations.make "$(M)"

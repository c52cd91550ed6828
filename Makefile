# Every verb works from a fresh clone with Python 3.11 or newer and make; nothing else.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
.DELETE_ON_ERROR:

BIN := .venv/bin
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
# uv is fast; pip reads every index setting a machine may have. Both check every hash.
LOCKED := --require-hashes --no-build-isolation -r
install = $(BIN)/uv pip install -q --python $(BIN)/python $(LOCKED) $(1) || $(BIN)/pip install -q $(LOCKED) $(1)
WEB := $(if $(wildcard web/package.json),$(shell find web -name node_modules -prune -o -print))
SYNC := $(if $(filter output-sync,$(.FEATURES)),--output-sync=target)
TIERS := laws store channels live acceptance security faults golden
FULL := laws channels security faults acceptance/test_sla_clocks.py
tier = $(wildcard $(addprefix tests/,$(1)))

##@ Use
run: .venv/ready server/static/.built ## Serve everything in one process, on http://127.0.0.1:8000
	@exec $(BIN)/parley run

demo: .venv/ready server/static/.built ## The same, filled with a living desk and a customer site
	@exec $(BIN)/parley demo

##@ Work
setup: .venv/dev server/static/.built ## Make the environment and build the web apps, and stop there

test: server/static/.built check system ## Everything: check, then every tier of tests
	@$(BIN)/pytest -n 2 --dist loadfile --max-worker-restart 0 $(call tier,$(TIERS))

test-kafka: .venv/dev system ## The stream tests on a real Kafka 4 (its jars through Maven; Java 17)
	@jars="$$(tests/kafka/fetch.sh)"; PARLEY_KAFKA_JARS="$$jars" $(BIN)/pytest -k 'kafka]' \
		$(wildcard tests/live/test_*kafka*.py) tests/live/test_streams_contract.py tests/acceptance/test_sla_clocks.py

check: .venv/dev ## Format, lint, types, layers, unit tests, web: under a minute
	@echo "check: format, lint, types, layers, unit tests, web"
	@$(MAKE) -j2 $(SYNC) check-types check-unit check-web check-format check-layers

check-format: .venv/dev
	@$(BIN)/ruff format -q --check --diff . && $(BIN)/ruff check -q .

check-types: .venv/dev
	@$(BIN)/mypy --strict --no-error-summary

check-layers: .venv/dev
	@$(BIN)/lint-imports --no-logo > .venv/layers.log || { cat .venv/layers.log; exit 1; }

check-unit: .venv/dev
	@$(BIN)/pytest -q tests/unit

check-web: .venv/dev
ifneq ($(WEB),)
	@$(BIN)/python hatch_build.py run check && $(BIN)/python hatch_build.py test
endif

format: .venv/dev ## Format and mend what can be mended mechanically
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .
ifneq ($(WEB),)
	@$(BIN)/python hatch_build.py run format
endif

##@ Measure
bench: .venv/dev server/static/.built ## Throughput, latency, memory and time to ready, each with a reference
	@$(BIN)/python -m load.bench $(ARGS)

load: .venv/dev ## People at a running desk (URL=http://127.0.0.1:8000 ARGS=--help)
	@$(BIN)/python -m load.stories $(URL) $(ARGS)

capacity: .venv/dev server/static/.built ## How much this machine, or the desk at URL=…, takes
	@$(BIN)/python -m load.capacity $(URL) $(ARGS)

soak: .venv/dev server/static/.built system ## Faults, fuzzing and large corpora in full (hours)
	@PARLEY_SOAK=1 $(BIN)/pytest -n 2 --dist loadfile --timeout 3600 $(call tier,$(FULL))

##@ Keep
lock: .venv/ready ## Resolve the dependencies of pyproject.toml anew into requirements*.lock
	@lock="$(BIN)/uv pip compile -q --universal --generate-hashes --python-version 3.11 --upgrade \
		--no-header --no-emit-index-url --no-emit-find-links"; \
	$$lock pyproject.toml -o requirements.lock; \
	$$lock --group build -c requirements.lock -o requirements-build.lock; \
	$$lock --group dev -c requirements.lock -c requirements-build.lock -o requirements-dev.lock

clean: ## Remove the environment and everything built; never the data
	@rm -rf .venv server/static web/node_modules web/*/node_modules .mypy_cache .ruff_cache .hypothesis

help:
	@awk -F ':.*## ' '/^##@/ { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

system: .venv/dev
	@tests/setup/system.sh

# The environment, in three steps that each run again only when their lock changes.
.venv/build: requirements-build.lock
	@test -n "$(PYTHON)" || { echo "Parley needs Python 3.11 or newer, and none is on the PATH." >&2; exit 1; }
	@echo "environment: making .venv with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv .venv || { echo "This Python cannot make environments (on Debian: apt install python3-venv)." >&2; exit 1; }
	@$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements-build.lock
	@touch $@

.venv/ready: .venv/build requirements.lock pyproject.toml
	@echo "environment: installing what Parley runs on"
	@$(call install,requirements.lock)
	@PARLEY_SKIP_WEB_BUILD=1 $(BIN)/pip install -q --disable-pip-version-check --no-deps --no-build-isolation --no-index -e .
	@touch $@

.venv/dev: .venv/ready requirements-dev.lock
	@echo "environment: installing tests and tools"
	@$(call install,requirements-dev.lock)
	@touch $@

server/static/.built: .venv/build hatch_build.py $(WEB)
	@$(BIN)/python hatch_build.py

.PHONY: run demo setup test test-kafka check check-format check-types check-layers check-unit check-web format \
	bench load capacity soak lock clean help system

# Two commands need nothing but python3 (with venv), git and make:
#   make demo    runs the loop on a real project
#   make test    passes the tests
# The rest is for people who work on autoresearch-ci; see CONTRIBUTING.md.

PYTHON ?= python3
VENV := .venv
BIN := $(abspath $(VENV))/bin
STAMP := $(VENV)/.installed

.PHONY: demo test lint units wholes seams actions e2e attacks tools lock schema clean

demo: $(STAMP)
	@$(BIN)/autoresearch-ci demo

# The Action's jobs wait a lot, and hand files to users of their own: they run beside the others.
test: lint
	@$(BIN)/coverage erase
	@$(MAKE) --no-print-directory -j3 --output-sync=target actions wholes units seams
	$(BIN)/coverage combine -q && $(BIN)/coverage report --skip-covered --skip-empty

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

PYTEST := PATH="$(BIN):$$PATH" $(BIN)/coverage run -m pytest
APART := --basetemp="$$(mktemp -d)/tmp"

# The packages one by one; what they are together; every implementation of a seam; the Action.
units: $(STAMP)
	$(PYTEST) $(APART) tests/unit --ignore=tests/unit/action --ignore-glob="tests/unit/test_*.py"

wholes: $(STAMP)
	$(PYTEST) $(APART) $(wildcard tests/unit/test_*.py)

seams: $(STAMP)
	$(PYTEST) $(APART) tests/conformance tests/contract

actions: $(STAMP)
	$(PYTEST) $(APART) tests/unit/action

# Each of these waits for programs of others: engine, compilers, killed jobs.
e2e: $(STAMP)
	@PATH="$(BIN):$$PATH" $(MAKE) --no-print-directory -j2 --output-sync=target attacks tools

# They end whatever runs as the experiments' users, whom containers beside them have as well. So
# they get processes of their own, of which the shell collects the orphans, where root may make them.
ALONE = $(if $(shell unshare --pid --fork --mount-proc echo can 2>/dev/null),\
  unshare --pid --fork --mount-proc --kill-child sh -c '"$$@"; exit $$?' sh)
ATTACKS := $(foreach name,action_killed containment doctor kills race,tests/e2e/test_$(name).py)
attacks: $(STAMP)
	$(ALONE) $(BIN)/pytest -rs $(APART) $(ATTACKS)

tools: $(STAMP)
	$(BIN)/pytest -rs $(APART) $(filter-out $(ATTACKS),$(wildcard tests/e2e/test_*.py))

$(STAMP): requirements/dev.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

# The JSON schema and the settings tables, from the settings themselves.
schema: $(STAMP)
	$(BIN)/python -m autoresearch_ci.config

# Exact versions and hashes for every supported Python; run it after changing pyproject.toml.
UV_COMPILE = $(BIN)/uv pip compile pyproject.toml --universal --generate-hashes --quiet \
  --no-emit-index-url --no-emit-find-links --no-header
lock: $(STAMP)
	$(UV_COMPILE) --upgrade -o requirements/run.txt
	$(UV_COMPILE) --upgrade --extra chart -o requirements/action.txt
	$(UV_COMPILE) --upgrade --extra demo --extra chart --group dev -o requirements/dev.txt
	$(UV_COMPILE) --upgrade --extra demo --group bench -o requirements/bench.txt

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage* dist

# Two commands need nothing but python3 (with venv), git and make:
#   make demo    runs the loop on a real project
#   make test    passes the tests
# The rest is for people who work on autoresearch-ci; see CONTRIBUTING.md.

PYTHON ?= python3
VENV := .venv
BIN := $(abspath $(VENV))/bin
STAMP := $(VENV)/.installed

.PHONY: demo test lint units wholes seams actions comments e2e attacks kills tools lock pictures schema clean

demo: $(STAMP)
	@$(BIN)/autoresearch-ci demo

# The Action's jobs wait a lot: they run beside the others.
test: lint
	@$(BIN)/coverage erase
	@$(MAKE) --no-print-directory -j4 --output-sync=target actions comments wholes units seams
	$(BIN)/coverage combine -q && $(BIN)/coverage report --skip-covered --skip-empty

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python .ci/lint.py

PYTEST := PATH="$(BIN):$$PATH" $(BIN)/coverage run -m pytest
APART := --basetemp="$$(mktemp -d)/tmp"
# What kills all of the experiments' users sees nobody else's where root may give it processes of
# its own. The shell collects orphans there. Where root may not, such tests come one by one.
ALONE := $(if $(shell unshare --pid --fork --mount-proc echo can 2>/dev/null),\
  unshare --pid --fork --mount-proc --kill-child sh -c '"$$@"; exit $$?' sh)
CROWDED := $(if $(ALONE),,$(filter 0,$(shell id -u)))

# The packages one by one; what they are together; every implementation of a seam; the Action.
units: $(STAMP)
	$(PYTEST) $(APART) tests/unit --ignore=tests/unit/action --ignore-glob="tests/unit/test_*.py"

wholes: $(STAMP)
	$(PYTEST) $(APART) $(wildcard tests/unit/test_*.py)

seams: $(STAMP)
	$(PYTEST) $(APART) tests/conformance tests/contract

COMMENTS := $(foreach name,errands handing_on on_a_pull who_commands,tests/unit/action/test_$(name).py)
actions: $(STAMP)
	$(ALONE) env $(PYTEST) $(APART) \
	  $(filter-out $(COMMENTS),$(wildcard tests/unit/action/test_*.py))

comments: $(STAMP) $(if $(CROWDED),actions)
	$(ALONE) env $(PYTEST) $(APART) $(COMMENTS)

# Each of these waits for programs of others: engine, compilers, killed jobs.
e2e: $(STAMP)
	@PATH="$(BIN):$$PATH" $(MAKE) --no-print-directory -j3 --output-sync=target attacks kills tools

E2E := $(wildcard tests/e2e/test_*.py)
ATTACKS := $(foreach name,containment doctor,tests/e2e/test_$(name).py)
attacks: $(STAMP)
	$(ALONE) $(BIN)/pytest $(APART) $(ATTACKS)

KILLS := $(foreach name,action_killed kills race,tests/e2e/test_$(name).py)
kills: $(STAMP) $(if $(CROWDED),attacks)
	$(ALONE) $(BIN)/pytest $(APART) $(KILLS)

tools: $(STAMP) $(if $(CROWDED),kills)
	$(BIN)/pytest $(APART) $(filter-out $(ATTACKS) $(KILLS),$(E2E))

$(STAMP): requirements/dev.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

# The README's chart and terminal output, from a real campaign.
pictures: $(STAMP)
	$(BIN)/python docs/pictures/make.py

# What other files repeat of the code: the JSON schema, tables, the Action's inputs.
schema: $(STAMP)
	$(BIN)/python .ci/generate.py

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

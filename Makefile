# Two commands need nothing but python3 (with venv), git and make:
#   make demo    runs the loop on a real project
#   make test    passes the tests
# The rest is for people who work on autoresearch-ci; see CONTRIBUTING.md.

PYTHON ?= python3
VENV := .venv
BIN := $(abspath $(VENV))/bin
STAMP := $(VENV)/.installed

.PHONY: demo check test coverage e2e attacks lint types others lock pictures schema clean

demo: $(STAMP)
	@$(BIN)/autoresearch-ci demo

# Tests run side by side, in processes of their own where root may give them: tests/conftest.py.
unexport PYTHONDONTWRITEBYTECODE
PYTEST := pytest --dist loadgroup --durations 25 --basetemp="$$(mktemp -d)/tmp"

check: lint
	PATH="$(BIN):$$PATH" $(PYTEST) -n logical -m fast

test: lint
	PATH="$(BIN):$$PATH" $(PYTEST) -n auto

# Much the quickest with Python 3.14.
coverage: $(STAMP)
	$(BIN)/coverage erase
	$(BIN)/coverage run -m $(PYTEST) -n auto
	$(BIN)/coverage combine -q && $(BIN)/coverage report --skip-covered --skip-empty

lint: $(STAMP)
	@$(MAKE) --no-print-directory -j2 types others

types:
	$(BIN)/mypy

others:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/python .ci/lint.py

# Programs of others: engine, compilers, killed jobs, a terminal.
e2e: $(STAMP)
	PATH="$(BIN):$$PATH" $(PYTEST) -n 3 tests/e2e

# What runs can reach at every level that this machine has; docs/security.md with --write.
attacks: $(STAMP)
	$(BIN)/python benchmarks/isolation/measure.py

$(STAMP): requirements/dev.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

# The README's chart and terminal output, from a real campaign; and all pictures on one sheet.
pictures: $(STAMP)
	$(BIN)/python docs/pictures/make.py
	$(BIN)/python docs/pictures/sheet.py

# What other files repeat of the code: the JSON schema, tables, the Action's inputs.
schema: $(STAMP)
	$(BIN)/python .ci/generate.py

# Exact versions and hashes for every supported Python; run it after changing pyproject.toml.
UV_COMPILE = $(BIN)/uv pip compile pyproject.toml --universal --generate-hashes --quiet \
  --no-emit-index-url --no-emit-find-links --no-header
lock: $(STAMP)
	$(UV_COMPILE) --upgrade -o requirements/run.txt
	$(UV_COMPILE) --upgrade --extra chart -o requirements/action.txt
	$(UV_COMPILE) --upgrade --extra chart --group dev -o requirements/dev.txt
	$(UV_COMPILE) --upgrade --group bench -o requirements/bench.txt

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage* dist

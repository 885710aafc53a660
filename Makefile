# Two commands need nothing but python3 (with venv), git and make:
#   make demo    runs the loop on a real project
#   make test    passes the tests
# The rest is for people who work on autoresearch-ci; see CONTRIBUTING.md.

PYTHON ?= python3
VENV := .venv
BIN := $(abspath $(VENV))/bin
STAMP := $(VENV)/.installed

.PHONY: demo test lint e2e lock schema clean

demo: $(STAMP)
	@PATH="$(BIN):$$PATH" $(BIN)/autoresearch-ci demo

test: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	PATH="$(BIN):$$PATH" $(BIN)/coverage run -m pytest
	$(BIN)/coverage combine -q && $(BIN)/coverage report --skip-covered --skip-empty

e2e: $(STAMP)
	PATH="$(BIN):$$PATH" $(BIN)/pytest tests/e2e -rs

$(STAMP): requirements/dev.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

# Exact versions and hashes for every supported Python; run it after changing pyproject.toml.
lock: $(STAMP)
	$(BIN)/uv pip compile pyproject.toml --universal --generate-hashes --quiet --upgrade \
	  --no-emit-index-url --no-emit-find-links --no-header -o requirements/run.txt
	$(BIN)/uv pip compile pyproject.toml --extra demo --group dev --universal --generate-hashes --quiet --upgrade \
	  --no-emit-index-url --no-emit-find-links --no-header --no-emit-package autoresearch-ci -o requirements/dev.txt

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage* dist

# Two commands matter to a newcomer: `make demo` and `make test`. Each makes .venv and installs what it needs.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -q
JOBS ?= 2
FAST := not docker and not browser and not slow

.PHONY: help install install-dev demo test test-all check fix generate engine clean

help: ## List the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(VENV)/python.stamp:
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/install.stamp: $(VENV)/python.stamp pyproject.toml constraints.txt
	$(PIP) install -c constraints.txt -e '.[deploy]'
	@touch $@

$(VENV)/dev.stamp: $(VENV)/install.stamp
	$(PIP) install -c constraints.txt -e '.[deploy,dev]'
	@touch $@

install: $(VENV)/install.stamp ## Make .venv with edgewright in it

install-dev: $(VENV)/dev.stamp ## The same with the tools for changing edgewright

demo: install ## Motion recordings to a report, a C++ and a WASM library
	$(BIN)/edgewright demo

check: install-dev ## Format, lint, types, import rules, generated files
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m edgewright_specs.generate --check

test: check ## Checks and the quick tests; no engine and no browser needed
	$(BIN)/python -m pytest -n $(JOBS) -m '$(FAST)'

test-all: install-dev ## Every test: container engine, browser and slow ones too
	$(BIN)/python -m pytest -m 'docker or browser or slow'

fix: install-dev ## Format, apply safe lint fixes, write generated files
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/python -m edgewright_specs.generate

engine: ## Start a container engine for the tests (Debian, root)
	.ci/engine start

clean: ## Remove what make made
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis dist runs

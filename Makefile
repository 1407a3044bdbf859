# Two commands matter to a newcomer: `make demo` and `make test`. Each makes .venv and installs what it needs.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -q
PINS := constraints.txt constraints-venv.txt
PYTHONS ?= $(shell for minor in 10 11 12 13; do python3.$$minor -c 'import sys; print(sys.executable)' 2>/dev/null; done)
# An editable install leaves its sources uncompiled, and tasks write no bytecode: each would compile the SDK anew.
COMPILE = $(BIN)/python -m compileall -q core specs sdk blocks
JOBS ?= 2
# worksteal: each worker has a run of neighbours, so that what they share is made once.
PYTEST = $(BIN)/python -m pytest -n $(JOBS) --dist worksteal
QUICK = $(PYTEST) -m 'not docker and not browser and not bwrap and not slow'

.PHONY: help install install-dev demo test test-all test-slow test-containers test-pythons quick check fix generate engine clean

help: ## List the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(VENV)/python.stamp:
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/install.stamp: $(VENV)/python.stamp pyproject.toml $(PINS)
	$(PIP) install $(PINS:%=-c %) -e '.[deploy]'
	$(COMPILE)
	@touch $@

$(VENV)/dev.stamp: $(VENV)/python.stamp pyproject.toml $(PINS)
	@# torch alone from its project's index: its builds for CPUs lack gigabytes of CUDA. Where that is out of reach, PyPI's will do.
	$(PIP) install --retries 0 --no-deps -c constraints.txt --extra-index-url https://download.pytorch.org/whl/cpu torch
	$(PIP) install $(PINS:%=-c %) -e '.[deploy,dev]'
	$(COMPILE)
	@touch $(VENV)/install.stamp $@

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
	$(QUICK)

test-all: ## Checks and every test
	@status=0; \
	for part in test test-slow test-containers; do $(MAKE) --no-print-directory $$part || status=1; done; \
	exit $$status

test-slow: install-dev ## The other tests that need no engine: slow ones, browsers, bubblewrap
	$(PYTEST) -m '(slow or browser or bwrap) and not docker'

test-containers: install-dev ## The tests that need an engine, each file's in turn
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile -m docker

test-pythons: ## The quick tests under each python3.10 to 3.13 on PATH (or PYTHONS='/a/python3.12 …'); 1.1 GB each in .venvs
	@test -n '$(PYTHONS)' || { echo "no python3.10 to python3.13 runs here; name some: make test-pythons PYTHONS='/a/python3.12 …'" >&2; exit 2; }
	@set -e; for python in $(PYTHONS); do \
	  version=$$($$python -c 'import sys; print("%d.%d" % sys.version_info[:2])'); echo "Python $$version: $$python"; \
	  $(MAKE) --no-print-directory PYTHON=$$python VENV=.venvs/$$version quick; \
	done

quick: install-dev
	$(QUICK)

fix: install-dev ## Format, apply safe lint fixes, write generated files
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/python -m edgewright_specs.generate
	$(BIN)/python -m edgewright_blocks.parameter_tables

engine: ## Start a container engine for the tests (Debian, root)
	.ci/engine start

clean: ## Remove what make made
	rm -rf $(VENV) .venvs .mypy_cache .ruff_cache .pytest_cache .hypothesis dist runs

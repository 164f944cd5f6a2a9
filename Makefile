# What a developer can do here. Each step runs only when what it stands on has changed.

PYTHON ?= python3
BIN := .venv/bin
ROOM := reading-room
BUILT := src/crossread/web/reading_room/index.html

PYTHON_READY := .venv/.ready
NODE_READY := $(ROOM)/node_modules/.ready
ROOM_READY := $(ROOM)/node_modules/.built

ROOM_SOURCES := $(shell find $(ROOM) \( -name node_modules -o -name coverage -o -name .git \) -prune -o -type f -print 2>/dev/null)

export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help setup demo test bench kill check build constraints clean

help: ## Show this
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: $(PYTHON_READY) $(NODE_READY) $(ROOM_READY) ## Make all that is needed to run it
	@:

demo: setup ## Show the whole journey; ARGS are handed on, as in ARGS=--check
	@$(BIN)/crossread demo $(ARGS)

test: setup ## Run all tests; ARGS are handed on to pytest
	@scripts/install_peers
	@$(BIN)/python -m pytest $(ARGS)
	@echo "· tests of the reading room"
	@cd $(ROOM) && npm run --silent test

bench: setup ## Measure the claims of docs/performance.md; ARGS are handed on, as in ARGS=--quick
	@scripts/install_peers
	@$(BIN)/python -m bench $(ARGS)

kill: setup ## Kill the listener and the database a hundred times in mid-ingest; ARGS as in ARGS='--kills 5'
	@$(BIN)/python scripts/kill_ingest.py $(ARGS)

fuzz: setup ## Send the listener and the reader a lot of nonsense; EXAMPLES=20000 is how much
	@CROSSREAD_FUZZ_EXAMPLES=$(or $(EXAMPLES),20000) $(BIN)/python -m pytest -q -s \
		tests/gateways/dicom/test_fuzz.py

check: setup ## Run all static checks
	@echo "· ruff"; $(BIN)/ruff check . && $(BIN)/ruff format --check --quiet .
	@echo "· mypy"; $(BIN)/mypy
	@echo "· import-linter"; $(BIN)/lint-imports
	@echo "· licences"; $(BIN)/python scripts/check_licences.py
	@echo "· eslint"; cd $(ROOM) && npm run --silent lint
	@echo "· tsc"; cd $(ROOM) && npm run --silent typecheck

build: setup ## Make a wheel with the reading room inside, in dist/
	@$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .
	@ls -1 dist/*.whl

constraints: $(PYTHON_READY) ## Write constraints.txt anew from what is installed
	@$(BIN)/python scripts/write_constraints.py

clean: ## Remove all that was made here, but no data
	rm -rf .venv $(ROOM)/node_modules src/crossread/web/reading_room dist build

$(PYTHON_READY): pyproject.toml constraints.txt hatch_build.py
	@scripts/check_python $(PYTHON)
	@test -x $(BIN)/python || { echo "· virtual environment"; $(PYTHON) -m venv .venv; }
	@echo "· Python packages (about a minute the first time)"
	@$(BIN)/python -m pip install -qq --upgrade 'pip>=25.1'
	@$(BIN)/python -m pip install -qq --constraint constraints.txt --editable . --group dev
	@touch $@

$(NODE_READY): $(ROOM)/package.json $(ROOM)/package-lock.json
	@scripts/check_node
	@echo "· npm packages"
	@cd $(ROOM) && npm ci --silent --no-audit --no-fund
	@touch $@

# a clone may have lost what was built while its stamp is still there
ifeq ($(wildcard $(BUILT)),)
.PHONY: $(ROOM_READY)
endif
$(ROOM_READY): $(NODE_READY) $(ROOM_SOURCES)
	@echo "· reading room"
	@cd $(ROOM) && npm run --silent build
	@touch $@

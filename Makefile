# Byline's commands. Each sets up .venv from the lock file first, once; after that they start at once.
#
#   make ask Q="who declared the caliphate over?"     answer a question from the starter articles
#   make repl                                         go on asking in the terminal
#   make test                                         every check and test, as CI runs them
#   make check                                        the quick part of it: format, lint, types, tests without models
#   make bench                                        the measurements that need nothing but the repository
#   make lock                                         resolve the dependencies anew (needs uv)

PYTHON ?= python3
Q ?= who declared the caliphate over?
PIP_VERSION := 26.3
TORCH := torch==2.13.0

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
# Where PyTorch's CPU builds are found, if not on the usual index: the address that PyTorch's install page names.
TORCH_INDEX ?=
TORCH_FROM := $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX))

.PHONY: ask repl test check format bench lock clean

# The question goes through the environment: whatever it holds, no shell reads it.
ask: export QUESTION = $(value Q)
ask: $(READY)
	@$(BIN)/byline ask --build -- "$$QUESTION"

repl: $(READY)
	@$(BIN)/byline repl --build

test: $(READY)
	@$(BIN)/ruff format --check . && $(BIN)/ruff check . && $(BIN)/mypy
	@$(BIN)/python -m pytest

check: $(READY)
	@$(BIN)/ruff format --check . && $(BIN)/ruff check . && $(BIN)/mypy
	@$(BIN)/python -m pytest -m "not model"

format: $(READY)
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

bench: $(READY)
	@$(BIN)/python -m benchmarks

# PyTorch comes first and by itself: left to the other packages, pip takes the build with several GB of CUDA
# libraries. A machine with an NVIDIA driver gets that one; any other the CPU build, where one can be had.
$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Byline needs Python 3.11 or newer; try: make PYTHON=python3.12" if sys.version_info < (3, 11) else 0)'
	@echo "Setting up $(VENV) (once; a few minutes, mostly downloads) ..." >&2
	@$(PYTHON) -m venv --clear $(VENV)
	@$(PIP) install pip==$(PIP_VERSION)
	@if command -v nvidia-smi >/dev/null 2>&1 || ! $(PIP) install $(TORCH_FROM) "$(TORCH)+cpu" 2>/dev/null; then \
	    if [ "$$(uname -sm)" = "Linux x86_64" ] && ! command -v nvidia-smi >/dev/null 2>&1; then \
	        echo "No CPU build of PyTorch found: the usual one brings several GB of CUDA libraries. To avoid that, stop" >&2; \
	        echo "now and run: make TORCH_INDEX=<the address of the CPU builds on PyTorch's install page>" >&2; \
	    fi; \
	    $(PIP) install $(TORCH_FROM) "$(TORCH)"; \
	fi
	@$(PIP) install --no-deps --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $(READY)

lock:
	@uv pip compile pyproject.toml --extra dev --extra benchmarks --python-version 3.11 --universal --generate-hashes \
	    --no-annotate --no-header --quiet --no-emit-package torch --no-emit-package triton \
	    $(shell uv pip compile pyproject.toml --python-version 3.11 --universal --quiet --no-annotate --no-header | sed -nE 's/^((nvidia|cuda)[a-z0-9-]*)==.*/--no-emit-package \1/p') \
	    -o requirements.lock >/dev/null
	@sed -i '1i # Every package but PyTorch, which the Makefile installs for the machine at hand. Made by: make lock' requirements.lock

clean:
	@rm -rf $(VENV) .index .mypy_cache .pytest_cache .ruff_cache

# Inkling. Two commands matter: `make run` and `make test`. `make help` lists the others.
#
# Platforms: Linux x86-64 and arm64 (glibc 2.28 or newer, WSL 2 as well) and macOS on Apple silicon, with CPython 3.11 to
# 3.14. OpenVINO GenAI has wheels for Linux x86-64 and macOS; elsewhere torch takes over. Windows itself is not
# supported (the models' process is reached over a Unix socket): use WSL 2.
#
#   PYTHON=…        the Python to make .venv with (found by itself)
#   TORCH_INDEX=…   where torch comes from. On Linux the CPU builds of download.pytorch.org where they can be reached (the
#                   package index has the CUDA build, 3 GB); for a GPU e.g. https://download.pytorch.org/whl/cu128
#   LARGE=no        keep to the small story model: nothing more than the bundled 100 MB is fetched (run and sandbox)
#   ARGS=…          passed on by run and sandbox, e.g. make sandbox ARGS="--port 8000"
#   TESTS=…         passed on to pytest, e.g. make test TESTS="tests/settings -x", or with test-long

SHELL := /bin/sh
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

VENV := .venv
BIN := $(VENV)/bin
TORCH := torch==2.13.0
TORCH_INDEX ?=
CANDIDATES := python3 python3.14 python3.13 python3.12 python3.11
SUITABLE := import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))
PYTHON ?= $(shell for python in $(CANDIDATES); do \
	if $$python -c '$(SUITABLE)' >/dev/null 2>&1; then echo $$python; break; fi; done)

# What a finished set-up depends on. While it is unchanged, nothing is installed and no network is needed.
state = $(CURDIR) $(TORCH_INDEX) $(shell cat $(1) pyproject.toml Makefile | cksum)
RUN_STATE = $(call state,requirements.lock)
DEV_STATE = $(call state,requirements-dev.lock)

.PHONY: help
help: ## this list
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 20

# ---- set-up

.PHONY: setup
setup: ## make .venv, install what is locked, fetch and check the bundled models
	@$(BIN)/python -c '' 2>/dev/null && [ "$$(cat $(VENV)/.state-run 2>/dev/null)" = "$(RUN_STATE)" ] \
		|| $(MAKE) install LOCK=requirements.lock STATE=run

.PHONY: setup-dev
setup-dev: ## the same with what the tests need
	@$(BIN)/python -c '' 2>/dev/null && [ "$$(cat $(VENV)/.state-dev 2>/dev/null)" = "$(DEV_STATE)" ] \
		|| { $(MAKE) install LOCK=requirements-dev.lock STATE=dev && $(MAKE) chromium; }

# A line for each step, with its progress; what pip says goes into setup.log, which is kept where a step fails.
.PHONY: install
install:
	@rm -f $(VENV)/.state-$(STATE)
	@if [ -z "$(PYTHON)" ] && ! $(BIN)/python -c '$(SUITABLE)' 2>/dev/null; then \
		echo "Inkling needs Python 3.11 to 3.14 with venv: install it, or name it with PYTHON=…" >&2; exit 1; fi
	@"$(or $(PYTHON),$(BIN)/python)" -m bot.cli.set_up \
		--venv $(VENV) --lock $(LOCK) --torch $(TORCH) --torch-index "$(TORCH_INDEX)"
	@if [ $(STATE) = dev ]; then printf '%s' "$(DEV_STATE)" >$(VENV)/.state-dev; fi
	@printf '%s' "$(RUN_STATE)" >$(VENV)/.state-run

# The sandbox is tested in a browser; without one those tests are skipped and say so.
.PHONY: chromium
chromium:
	@for browser in chromium chromium-browser google-chrome google-chrome-stable; do \
		if command -v $$browser >/dev/null 2>&1; then exit 0; fi; done; \
	if [ "$$(uname -s)" = Linux ] && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then \
		echo "== Installing Chromium for the tests of the sandbox"; \
		{ apt-get install -y -qq --no-install-recommends chromium \
			|| { apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium; }; } >/dev/null 2>&1 \
			|| echo "Chromium could not be installed: the browser tests will be skipped."; fi

# ---- running

SMALL := $(if $(filter no NO off 0 false,$(LARGE)),--small)
# One command without a shell around it: make hands SIGTERM on to the bot itself, which then ends in order.
STOPPED := --stop-is-success

.PHONY: run
run: setup ## the bot: on Discord with a token, in a local browser page without
	@$(BIN)/python -m bot run $(STOPPED) $(SMALL) $(ARGS)

.PHONY: sandbox
sandbox: setup ## the bot in a local browser page, whether there is a token or not
	@$(BIN)/python -m bot sandbox $(STOPPED) $(SMALL) $(ARGS)

.PHONY: models
models: setup ## check the weights
	@$(BIN)/python -m bot models verify $(SMALL)

# ---- checking

# One more than there are cores: tests in a browser or over sockets wait half of their time.
WORKERS ?= $(shell echo $$(($$(getconf _NPROCESSORS_ONLN) + 1)))

# Nothing that checks fetches the large story model, or is slowed by it; test-large asks for it by itself.
setup-dev test test-long test-large lint types picture: export CAUSAL_MODEL := bundled

PYTEST := $(BIN)/python -m pytest -n $(WORKERS) --maxprocesses 8 --dist loadfile --no-loadscope-reorder

.PHONY: test
test: setup-dev lint types ## set up, then lint, types and every test that is not marked long (ten minutes on two cores)
	@$(PYTEST) $(TESTS)

.PHONY: test-long
test-long: setup-dev ## the tests marked long: the same kinds with more of everything (no limit of time)
	@$(PYTEST) -m 'long and not large' $(TESTS)

.PHONY: test-large
test-large: setup-dev ## the tests marked large: with the real large story model (fetches 1.1 GB, needs 6 GB of memory)
	@$(BIN)/python -m pytest -m large $(TESTS)

.PHONY: lint
lint: setup-dev ## ruff: rules and format
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

.PHONY: types
types: setup-dev ## mypy, strict
	@$(BIN)/mypy

.PHONY: picture
picture: setup-dev ## take the pictures of docs/images anew, the moving one too
	@$(BIN)/python -m tests.sandbox.picture
	@$(BIN)/python -m tests.sandbox.game_pictures
	@$(BIN)/python -m tests.sandbox.moving_picture

# ---- upkeep

UV ?= uv
LOCKING := $(UV) pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-package torch --custom-compile-command 'make lock' --extra sandbox
# What the CUDA build of torch brings itself, at its own versions.
WITH_TORCH := cuda-bindings cuda-pathfinder cuda-toolkit nvidia-cublas nvidia-cuda-cupti nvidia-cuda-nvrtc \
	nvidia-cuda-runtime nvidia-cudnn-cu13 nvidia-cufft nvidia-cufile nvidia-curand nvidia-cusolver nvidia-cusparse \
	nvidia-cusparselt-cu13 nvidia-nccl-cu13 nvidia-nvjitlink nvidia-nvshmem-cu13 nvidia-nvtx triton

# It reports each import of OpenVINO to its maker; OpenVINO runs without.
UNWANTED := openvino-telemetry

.PHONY: lock
lock: ## resolve the locks anew (needs uv, for all platforms at once); newer versions: rm *.lock first
	@printf '%s\n' $(WITH_TORCH) $(UNWANTED) >.without.tmp
	@$(LOCKING) --excludes .without.tmp -o requirements.lock
	@$(LOCKING) --excludes .without.tmp -c requirements.lock --extra dev -o requirements-dev.lock
	@rm -f .without.tmp

.PHONY: clean
clean: ## remove .venv and caches; what is in data/ stays
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist ./*.egg-info
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

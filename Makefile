# Belongs here: how a checkout becomes an environment, and the commands that people and CI type.
# Does not belong here: what a run does; that is `qutong`, the package's own command.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SUFFIXES:

VENV ?= .venv
BIN := $(VENV)/bin
PYTHON ?=
ARGS ?=
LOCK_ARGS ?=

# Nothing leaves the machine: every library's telemetry is off.
export DAGSTER_DISABLE_TELEMETRY := yes
export DBT_SEND_ANONYMOUS_USAGE_STATS := false
export DO_NOT_TRACK := 1
export GX_ANALYTICS_ENABLED := false

PIP := $(BIN)/python -m pip --disable-pip-version-check
PIP_INSTALL := $(PIP) install --quiet --progress-bar off --no-deps

# A stamp carries a checksum of what it stands for, so a changed lock is installed and a merely
# touched one is not. Prerequisites of stamps are order-only: times of files mean nothing after
# a checkout. A moved checkout gets a new environment, because scripts in it hold its path.
checksum = $(shell $(1) | cksum | cut -d ' ' -f 1)
WEB := orchestration/publish/web
STAMPS := $(VENV)/.stamps-$(call checksum,pwd)
VENV_STAMP := $(STAMPS)/venv
RUN_STAMP := $(STAMPS)/run-$(call checksum,cat requirements.lock)
DEV_STAMP := $(STAMPS)/dev-$(call checksum,cat requirements.lock requirements-dev.lock)
PROJECT_STAMP := $(STAMPS)/project-$(call checksum,cat pyproject.toml requirements.lock)
# Whoever needs a manifest that is missing parses the project; doing it here saves a run the time.
DBT_STAMP := $(STAMPS)/dbt-$(call checksum,{ cat requirements.lock; find dbt_project -type f \
	! -path 'dbt_project/target/*' ! -path 'dbt_project/logs/*' | LC_ALL=C sort | xargs cat; })
WEB_STAMP := $(STAMPS)/web-$(call checksum,cat $(WEB)/*.json $(WEB)/engine.cjs orchestration/publish/engine.py)
READY := $(RUN_STAMP) $(PROJECT_STAMP) $(DBT_STAMP)

.PHONY: help run ui web test check lock clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' Makefile

run: $(READY) ## Collect, process, judge and publish (ARGS="…" goes to qutong run)
	$(BIN)/qutong run $(ARGS)

ui: $(READY) ## Open the user interface (ARGS="…" goes to qutong ui)
	$(BIN)/qutong ui $(ARGS)

web: $(WEB_STAMP) ## Fetch the engine of the page "Ask in SQL", once; releases have that page from then on

test: $(DEV_STAMP) $(READY) ## Run the tests (ARGS="…" goes to pytest)
	$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder $(ARGS)

check: $(DEV_STAMP) $(PROJECT_STAMP) ## Check format, style, types, SQL and layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy --strict orchestration tests
	$(BIN)/sqlfluff lint --disable-progress-bar dbt_project
	$(BIN)/lint-imports --no-logo

lock: $(DEV_STAMP) ## Resolve both lock files (LOCK_ARGS=--upgrade moves what pyproject.toml lets move)
	echo "$(LOCK_CONSTRAINT)" >$(VENV)/lock-constraint.txt
	echo "$(LOCK_OVERRIDE)" >$(VENV)/lock-override.txt
	$(COMPILE) --extra build --constraint $(VENV)/lock-constraint.txt --output-file requirements.lock
	$(COMPILE) --extra build --extra dev --constraint requirements.lock --output-file requirements-dev.lock

# Plain pip reads the result: no extras, no index, every platform in one file.
COMPILE = $(BIN)/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 \
	--generate-hashes --strip-extras --no-annotate --no-header --no-emit-index-url \
	--override $(VENV)/lock-override.txt $(LOCK_ARGS)
# From version 49 on cryptography has no wheels for Macs with Intel processors.
LOCK_CONSTRAINT := cryptography<49 ; sys_platform == 'darwin' and platform_machine == 'x86_64'
# A second parser that dbt starts only when told to (--use-v2-parser): its package downloads while
# it is built. No Python is older than 3, so it is never needed and stays out of the lock.
LOCK_OVERRIDE := dbt-core-experimental-parser ; python_version < '3'

clean: ## Remove environments and caches; var/ (archive, releases) stays
	rm -rf $(VENV) .venv-duckdb2 .mypy_cache .pytest_cache .ruff_cache .import_linter_cache \
		.hypothesis .benchmarks dbt_project/target dbt_project/logs
	find orchestration tests -type d -name __pycache__ -exec rm -rf {} + 2>/dev/null || true

# --- environment -------------------------------------------------------------------------------

$(VENV_STAMP):
	@found=; incomplete=; \
	for candidate in $(or $(PYTHON),python3.13 python3.12 python3.11 python3 python); do \
		"$$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
			>/dev/null 2>&1 || continue; \
		if "$$candidate" -c 'import ensurepip, venv' >/dev/null 2>&1; \
			then found="$$candidate"; break; \
			else incomplete="$$incomplete $$candidate"; fi; \
	done; \
	if [ -z "$$found" ] && [ -n "$$incomplete" ]; then \
		echo "qutong:$$incomplete cannot make environments: the modules venv and ensurepip are missing." >&2; \
		echo "  本机 Python 缺少 venv 或 ensurepip 模块。" >&2; \
		echo "  Remedy 处理办法: on Debian or Ubuntu 'apt-get install python3-venv'; then type the command again." >&2; \
		exit 1; \
	elif [ -z "$$found" ]; then \
		echo "qutong: no Python 3.11, 3.12 or 3.13 found (looked for:$(or $(PYTHON), python3.13 python3.12 python3.11 python3 python))." >&2; \
		echo "  未找到 Python 3.11–3.13。" >&2; \
		echo "  Remedy 处理办法: install one (Debian 12: 'apt-get install python3 python3-venv')," >&2; \
		echo "  or name one: make PYTHON=/path/to/python3.12 run" >&2; \
		exit 1; \
	fi; \
	echo "Making $(VENV) with $$("$$found" --version)"; \
	"$$found" -m venv --clear $(VENV) || { \
		echo "qutong: $$found could not make $(VENV): see the message above." >&2; exit 1; }; \
	"$(BIN)/python" -m pip --version >/dev/null 2>&1 || { \
		echo "qutong: $(VENV) has no pip. Remedy: on Debian or Ubuntu 'apt-get install python3-venv python3-pip'." >&2; \
		exit 1; }
	@mkdir -p $(STAMPS) && touch $@

$(RUN_STAMP): | $(VENV_STAMP)
	@echo "Installing requirements.lock (once, about 1 GB)"
	@$(PIP_INSTALL) --require-hashes -r requirements.lock || { \
		echo "qutong: requirements.lock could not be installed: see the message above." >&2; \
		echo "  Remedy 处理办法: check that pip reaches a package index ('$(PIP) config list'), then type the command again." >&2; \
		exit 1; }
	@rm -f $(STAMPS)/run-* && touch $@

# A superset of the runtime lock, installed after it: pip adds what is missing and moves nothing.
# After the project too, so that two pips never write to one environment under `make -j`.
$(DEV_STAMP): | $(RUN_STAMP) $(PROJECT_STAMP)
	@echo "Installing requirements-dev.lock (once)"
	@$(PIP_INSTALL) --require-hashes -r requirements-dev.lock
	@rm -f $(STAMPS)/dev-* && touch $@

$(WEB_STAMP): | $(RUN_STAMP) $(PROJECT_STAMP)
	@command -v npm >/dev/null && command -v node >/dev/null || { \
		echo "qutong: the engine of the page is fetched by npm, which is missing / 缺少 npm。" >&2; \
		echo "  Remedy 处理办法: on Debian or Ubuntu 'apt-get install npm'; everything else works without." >&2; \
		exit 1; }
	@echo "Fetching the engine of the page (once)"
	@rm -rf $(VENV)/web && mkdir -p $(VENV)/web && cp $(WEB)/*.json $(VENV)/web
	@npm ci --prefix $(VENV)/web --ignore-scripts --no-audit --no-fund --loglevel=error --no-update-notifier
	@$(BIN)/python -m orchestration.publish.engine $(VENV)/web/node_modules $(VENV)/share/qutong/web
	@rm -rf $(VENV)/web $(STAMPS)/web-* && touch $@

$(PROJECT_STAMP): | $(RUN_STAMP)
	@$(PIP_INSTALL) --no-build-isolation --editable .
	@rm -f $(STAMPS)/project-* && touch $@

$(DBT_STAMP): | $(RUN_STAMP) $(PROJECT_STAMP)
	@echo "Compiling dbt_project"
	@$(BIN)/python -c 'from orchestration.process.dbt import prepare; prepare()'
	@rm -f $(STAMPS)/dbt-* && touch $@

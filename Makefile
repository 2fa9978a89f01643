# Everything a newcomer or a maintainer starts; `make` alone lists it. The set-up happens by itself, once, in .venv.

MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

BIN := .venv/bin
PY := $(BIN)/python
READY := .venv/.ready
PIP_INSTALL := $(PY) -m pip install -qq --disable-pip-version-check --no-input
UV ?= uv
LOCK := $(UV) pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header

# Tests and benchmarks start many processes: they must find our code compiled, whatever the surroundings say.
export PYTHONDONTWRITEBYTECODE =

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo
demo: $(READY) ## show the main job working against simulated vendors (KEEP=1 leaves it running)
	@$(BIN)/trunkline demo $(if $(KEEP),--keep)

.PHONY: test
test: $(READY) ## run the tests (ARGS="-k journal" passes arguments to pytest)
	@$(PY) -m pytest -n 3 --dist worksteal -q $(ARGS)

# `make test` runs these too and ends with the same account.
.PHONY: conformance
conformance: $(READY) ## hold every connector against the official descriptions and the suite, and give account of it
	@$(PY) -m pytest -n 3 -q tests/contract/test_official_documents.py tests/contract/test_connectors.py \
		tests/contract/test_ghl_operations.py tests/property/test_operation_laws.py src/trunkline/connectors $(ARGS)

.PHONY: check
check: $(READY) ## format, lint, types, layers, generated files, documentation
	@echo "format";    $(BIN)/ruff format --check --quiet .
	@echo "lint";      $(BIN)/ruff check --quiet .
	@echo "types";     $(BIN)/basedpyright --level error
	@echo "layers";    said=$$($(BIN)/lint-imports --no-cache --no-logo 2>&1) || { echo "$$said"; exit 1; }
	@echo "generated"; $(PY) -m scripts.generated --check
	@echo "docs";      NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet --site-dir build/site
	@echo "all checks passed"

.PHONY: torture
torture: $(READY) ## run the long tests: kills and faults under load
	@$(PY) -m pytest tests/torture -m torture --timeout 3600 -q -s $(ARGS)

.PHONY: bench
bench: $(READY) .venv-bench/.ready ## measure, beside the peers that can be installed here (ARGS="--help" tells more)
	@$(PY) -m bench.run $(ARGS)

.PHONY: docs
docs: $(READY) ## write the generated pages and build the documentation into build/site
	@$(PY) -m scripts.generated
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet --site-dir build/site
	@echo "open build/site/index.html"

.PHONY: format
format: $(READY) ## format the code and mend what ruff can mend
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format --quiet .

.PHONY: lock
lock: ## renew requirements/ from pyproject.toml (needs uv; UPGRADE=1 takes the newest versions)
	@command -v $(UV) > /dev/null || { echo "make lock needs uv: put it on the PATH or pass UV=/path/to/uv"; exit 1; }
	@$(LOCK) $(if $(UPGRADE),--upgrade) --output-file requirements/run.txt
	@$(LOCK) $(if $(UPGRADE),--upgrade) --group dev --output-file requirements/dev.txt
	@$(subst pyproject.toml,requirements/bench.in,$(LOCK)) $(if $(UPGRADE),--upgrade) --output-file requirements/bench.txt

.PHONY: clean
clean: ## remove what was built and every cache; .venv stays
	@rm -rf build dist site .hypothesis .import_linter_cache .pytest_cache .ruff_cache
	@find src tests scripts bench -name __pycache__ -type d -prune -exec rm -rf {} + 2> /dev/null || true

# The virtual environment, made once and brought up to date when the lock or the project's metadata changes.
$(READY): requirements/dev.txt pyproject.toml
	@set -e; \
	python=$(PYTHON); \
	for candidate in python3.13 python3.12 python3.11 python3; do \
		[ -n "$$python" ] && break; \
		$$candidate -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2> /dev/null && python=$$candidate; \
	done; \
	[ -n "$$python" ] || { echo "Trunkline needs Python 3.11 or newer. Install it, or name it: make PYTHON=/path/to/python"; exit 1; }; \
	echo "Setting up .venv with $$($$python --version) (once; one or two minutes) ..."; \
	$(PY) -m pip --version > /dev/null 2>&1 || $$python -m venv --clear .venv; \
	$(PIP_INSTALL) --require-hashes --requirement requirements/dev.txt; \
	$(PIP_INSTALL) --no-deps --no-build-isolation --editable .; \
	touch $@

# What `make bench` measures beside: apart from ours, so that no peer's dependency decides what we run with. Without it the rest is measured.
.venv-bench/.ready: requirements/bench.txt | $(READY)
	@echo "Setting up .venv-bench (once) ..."
	@$(PY) -m venv --clear .venv-bench
	@.venv-bench/bin/python -m pip install -qq --disable-pip-version-check --no-input --require-hashes --requirement requirements/bench.txt \
		&& touch $@ || { rm -rf .venv-bench; echo "The peers cannot be installed here; they are left out."; }

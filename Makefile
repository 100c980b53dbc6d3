# Two commands carry the product: `make demo` and `make test`. Everything else is detail.
PY := .venv/bin/python
UV := .venv/bin/uv
RUN := .venv/bin/wattlane
UV_VERSION := 0.13.8
TESTS := $(PY) -m pytest --numprocesses logical --maxprocesses 4 --dist loadfile

.PHONY: demo demo-check install test test-all test-slow faults lint bench screenshots lock clean

demo: install ## install, start everything on embedded parts, show where to click
	@$(RUN) demo

demo-check: install ## the same unattended, with evidence, then stop
	@$(RUN) demo --check

install: .venv/.installed build/.web ## make .venv with the `wattlane` command in it

.venv/bin/uv:
	@echo "==> making .venv"
	@python3 -m venv --without-pip .venv
	@python3 -m pip --python .venv/bin/python install --quiet --disable-pip-version-check uv==$(UV_VERSION)

.venv/.installed: requirements.txt pyproject.toml | .venv/bin/uv
	@echo "==> installing Python packages"
	@$(UV) pip install --python $(PY) --require-hashes -r requirements.txt
	@$(UV) pip install --python $(PY) --quiet --no-deps -e .
	@touch $@

build/.web: $(shell find saas/web/static/web saas/web/locale saas/web/package-lock.json -type f) | .venv/.installed
	@echo "==> building the web front end"
	@$(PY) -m saas.web.build
	@mkdir -p build && touch $@

.venv/.dev: requirements-dev.txt .venv/.installed build/.web
	@echo "==> installing the tools for tests"
	@$(UV) pip install --python $(PY) --require-hashes -r requirements-dev.txt
	@sh infra/chromium.sh
	@touch $@

test: .venv/.dev ## under ten minutes on two cores
	@$(TESTS) -m "not slow"

test-all: .venv/.dev ## with the slow tier: all journeys, languages, faults, fuzzing
	@$(TESTS)

test-slow: .venv/.dev ## the slow tier alone
	@$(TESTS) -m slow

faults: .venv/.dev ## the fault matrix in full, with its invariant check
	@WATTLANE_FAULTS=full $(PY) -m pytest -m faults -rA --no-header tests/faults

lint: .venv/.dev ## style, types, architecture, licences, known-vulnerable versions
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@WATTLANE_HOME=build/lint DATABASE_URL=postgresql://lint@localhost/none $(PY) -m mypy
	@.venv/bin/lint-imports
	@$(PY) -m infra.dependencies

bench: .venv/.dev ## speed as ratios against a reference measured in the same run
	@$(PY) -m infra.bench

screenshots: .venv/.dev ## pictures of the main pages, phone and desktop, both directions
	@$(PY) -m infra.screenshots

lock: ## after a change of dependencies in pyproject.toml
	@$(UV) pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q -o requirements.txt
	@$(UV) pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -c requirements.txt -q -o requirements-dev.txt

clean: ## forget what was installed and built, keep the data
	rm -rf .venv build *.egg-info saas/web/node_modules saas/web/static/vendor firmware/node_modules

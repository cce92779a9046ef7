# Two commands set everything up on a machine with Python 3.11 and make: `make run` and `make test`.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test check lint types test-sqlite test-postgres lock clean

# The first interpreter that is 3.11 or newer; `make PYTHON=/path/to/python run` chooses another.
ifndef PYTHON
PYTHON := $(shell for p in python3.11 python3 python3.12 python3.13; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
endif

VENV := .venv
AUDIT := .venv-audit
PY := $(VENV)/bin/python
PIP := -m pip -qq --disable-pip-version-check --no-input install --require-hashes -r
PYTEST := $(PY) -m pytest -p tests.no_skips -q -n 2
# Tests never touch the data of a shop that runs from this folder.
TEST_ENV := FLUENTCART_VAR="$(CURDIR)/var/test"

HOST ?= 127.0.0.1
PORT ?= 8000

help: ## list what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# --- Virtual environments: a stamp beside each says which requirements file it was filled from -------------

define MAKE_VENV
@[ -n "$(PYTHON)" ] || { echo "Python 3.11 or newer is needed; name it with PYTHON=/path/to/python3.11." >&2; exit 1; }
@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	|| { echo "$(PYTHON) is not Python 3.11 or newer; name another with PYTHON=/path/to/python3.11." >&2; exit 1; }
@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null \
	|| { echo "$(PYTHON) comes without venv: run 'apt install python3-venv' first." >&2; exit 1; }
@"$(PYTHON)" -m venv --clear $(1) || { rm -rf $(1); exit 1; }
endef

$(VENV)/bin/python:
	$(call MAKE_VENV,$(VENV))

.venv-localstripe/bin/python:
	$(call MAKE_VENV,.venv-localstripe)

$(VENV)/%.stamp: requirements/%.txt | $(VENV)/bin/python
	@echo "Installing requirements/$*.txt into $(VENV) (a minute or two the first time)"
	@$(PY) $(PIP) $<
	@touch $@

.venv-localstripe/stamp: requirements/localstripe.txt | .venv-localstripe/bin/python
	@echo "Installing $< into .venv-localstripe"
	@.venv-localstripe/bin/python $(PIP) $<
	@touch $@

$(AUDIT)/bin/python:
	$(call MAKE_VENV,$(AUDIT))

$(AUDIT)/stamp: requirements/audit.txt | $(AUDIT)/bin/python
	@echo "Installing $< into $(AUDIT)"
	@$(AUDIT)/bin/python $(PIP) $<
	@touch $@

# The clients of tests/wordpress, from npm. Without npm nothing is installed, and those tests say why they skip.
CLIENTS := tests/wordpress/clients

$(CLIENTS)/node_modules/stamp: $(CLIENTS)/package-lock.json
	@if command -v npm >/dev/null; then \
		echo "Installing $< into $(@D)" && (cd $(CLIENTS) && npm ci --silent) && touch $@; \
	else echo "npm is not installed: the tests of the WordPress clients will be skipped."; fi

# --- Run ---------------------------------------------------------------------------------------------------

run: $(VENV)/run.stamp $(if $(STRIPE),$(VENV)/stripe.stamp) ## serve the shop on HOST:PORT (127.0.0.1:8000); STRIPE=1 adds the stripe gateway
	@HOST="$(HOST)" PORT="$(PORT)" WORKERS="$(WORKERS)" exec $(PY) tools/serve.py

# --- Test --------------------------------------------------------------------------------------------------

test: lint types test-sqlite test-postgres ## everything: lint, types, the whole suite on SQLite and on PostgreSQL

check: lint types ## the quick look before a commit: lint, types, fast tests on SQLite
	@env -u DATABASE_URL $(TEST_ENV) $(PYTEST) -m "not slow and not postgres"

lint: $(VENV)/dev.stamp ## ruff, rules and format
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .

types: $(VENV)/dev.stamp ## mypy
	@$(PY) -m mypy .

test-sqlite: $(VENV)/dev.stamp .venv-localstripe/stamp $(CLIENTS)/node_modules/stamp ## the suite on SQLite
	@echo "== pytest on SQLite"
	@env -u DATABASE_URL $(TEST_ENV) $(PYTEST) -m "not postgres"

# With DATABASE_URL the server it names; else one from a wheel, started for these tests and ended after them.
test-postgres: $(VENV)/dev.stamp .venv-localstripe/stamp ## the suite on PostgreSQL: DATABASE_URL, or one of its own
	@echo "== pytest on PostgreSQL"
	@$(TEST_ENV) SECRET_KEY_FROM_FILE=on $(if $(DATABASE_URL),,$(PY) tools/with_postgres.py --) $(PYTEST) --create-db

.PHONY: soak
soak: $(VENV)/dev.stamp ## races, kills and outages at length, on SQLite and PostgreSQL: ROUNDS=200 KILLS=50 ONLY=races
	@env -u DATABASE_URL $(TEST_ENV) ROUNDS="$(or $(ROUNDS),200)" KILLS="$(or $(KILLS),50)" SECONDS="$(or $(SECONDS),10)" \
		$(PY) -m pytest -p tests.no_skips -n 0 -v -s $(if $(ONLY),-k "$(ONLY)") tests/soak

# --- Upkeep ------------------------------------------------------------------------------------------------

UV := var/lock/bin/python -m uv pip compile --quiet --generate-hashes --no-header --no-emit-index-url \
	--no-emit-find-links --python-version 3.11

lock: ## compile requirements/*.in anew, with hashes, to the newest versions that they allow
	$(call MAKE_VENV,var/lock)
	@var/lock/bin/python -m pip -qq --disable-pip-version-check --no-input install uv
	$(UV) --upgrade requirements/run.in -o requirements/run.txt
	$(UV) --upgrade requirements/stripe.in -o requirements/stripe.txt
	$(UV) --upgrade -c requirements/run.txt -c requirements/stripe.txt requirements/dev.in -o requirements/dev.txt
	$(UV) --upgrade requirements/localstripe.in -o requirements/localstripe.txt
	$(UV) --upgrade requirements/audit.in -o requirements/audit.txt
	@rm -rf var/lock

# No part of `make test`: the answer comes from a database on the internet, and changes without a change here.
.PHONY: audit-dependencies
audit-dependencies: $(AUDIT)/stamp ## ask PyPI's database (or SERVICE=osv) for known vulnerabilities of all pinned packages
	@failed=; for file in requirements/*.txt; do \
		echo "== $$file"; \
		$(AUDIT)/bin/pip-audit --strict --require-hashes --disable-pip --progress-spinner off \
			--vulnerability-service $(or $(SERVICE),pypi) $(if $(OSV_URL),--osv-url "$(OSV_URL)") -r $$file || failed=1; \
	done; [ -z "$$failed" ]

clean: ## remove virtual environments and caches; the shop's data under var/ stays
	rm -rf .venv .venv-localstripe $(AUDIT) $(CLIENTS)/node_modules .pytest_cache .mypy_cache .ruff_cache .hypothesis staticfiles var/test var/lock
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# --- Clients -----------------------------------------------------------------------------------------------

.PHONY: client
client: $(VENV)/dev.stamp ## a typed Python client from the OpenAPI document, in var/client; DIALECT=v1|v2|b2b
	@$(PY) tools/make_client.py $(if $(DIALECT),--dialect $(DIALECT))

# --- Measure -----------------------------------------------------------------------------------------------

.PHONY: bench screenshots
screenshots: $(VENV)/dev.stamp ## the README's pictures of the admin, made anew in a browser (Debian: apt install chromium)
	@$(TEST_ENV) SCREENSHOTS="$(CURDIR)/docs/images" $(PY) -m pytest -q -n 0 tests/test_admin_browser.py

# With DATABASE_URL in that empty database; else in a PostgreSQL of its own: the wheel's, or that of PG_BIN.
bench: $(VENV)/dev.stamp ## speed beside a framework-free floor: QUICK=1, SIZE=10k|100k|1m, ENDPOINTS=words, DB=sqlite, PG_BIN=dir
	@$(PY) -m bench $(if $(QUICK),--quick) $(if $(SIZE),--size $(SIZE)) $(if $(ENDPOINTS),--endpoints "$(ENDPOINTS)") \
		$(if $(DB),--db $(DB)) $(if $(PG_BIN),--bin-dir "$(PG_BIN)")

.PHONY: bench-shapes
bench-shapes: $(VENV)/dev.stamp ## the service with one to four workers of two to eight threads, side by side: PG_BIN=dir
	@$(PY) -m bench.shapes $(if $(PG_BIN),--bin-dir "$(PG_BIN)")

.PHONY: bench-staff
bench-staff: $(VENV)/dev.stamp ## every page of the admin in a shop of a million orders: SIZE=10k|100k, PAGES=words, PG_BIN=dir
	@$(PY) -m bench.staff $(if $(SIZE),--size $(SIZE)) $(if $(PAGES),--pages "$(PAGES)") \
		$(if $(PG_BIN),--bin-dir "$(PG_BIN)")

# --- Attack ------------------------------------------------------------------------------------------------

.PHONY: fuzz
EXAMPLES ?= 1000
SEED ?= $(shell $(PYTHON) -c 'import secrets; print(secrets.randbelow(2**32))')
FUZZ_ENV := $(TEST_ENV) FUZZ_EXAMPLES="$(EXAMPLES)" FUZZ_ENDPOINTS="$(ENDPOINTS)"
# Links are followed by every run, but for one about some endpoints.
FUZZ := $(PYTEST) --hypothesis-seed=$(SEED) $(if $(ENDPOINTS),tests/fuzz/test_operations.py,tests/fuzz)

fuzz: SEED := $(SEED)
fuzz: $(VENV)/dev.stamp ## schemathesis over all schemas, on both databases: EXAMPLES=1000 an operation, SEED=n, ENDPOINTS=words
	@echo "== SEED=$(SEED) EXAMPLES=$(EXAMPLES) on SQLite"
	@env -u DATABASE_URL $(FUZZ_ENV) $(FUZZ)
	@echo "== SEED=$(SEED) EXAMPLES=$(EXAMPLES) on PostgreSQL"
	@$(FUZZ_ENV) SECRET_KEY_FROM_FILE=on $(if $(DATABASE_URL),,$(PY) tools/with_postgres.py --) $(FUZZ) --create-db

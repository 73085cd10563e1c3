# Each target first sets up all it needs in .venv/; what follows ## is its line in make help.
SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -c
PYTHON ?= python3
BIN := .venv/bin
MANIFESTS := pyproject.toml constraints.txt tap-clevertap/pyproject.toml target-clevertap/pyproject.toml clevertap-emulator/pyproject.toml
export UV_COMPILE_BYTECODE = 1
export UV_PYTHON_DOWNLOADS = never
# Images for containers set it; each of thousands of processes would then compile its modules anew.
export PYTHONDONTWRITEBYTECODE =
export MELTANO_SEND_ANONYMOUS_USAGE_STATS = false
export MELTANO_CLI_DISABLE_VERSION_CHECK = 1

.PHONY: help setup demo test-unit test test-long test-sdk-next vendor lint partners compatibility reference bench chaos fuzz fuzz-processes audit constraints hub owner release-check docs screenshots
help: ## list the targets
	@sed -nE 's/^([a-z-]+):[^#]*## (.*)/make \1|\2/p' $(firstword $(MAKEFILE_LIST)) | \
	  while IFS='|' read -r name does; do printf '%-20s %s\n' "$$name" "$$does"; done

setup: .venv/.complete ## fill .venv/ with both plugins, the emulator, Meltano and the tools

# uv is installed by pip into the environment it then fills; constraints.txt pins all that is in it.
.venv/.complete: $(MANIFESTS) Makefile
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { echo "Python 3.10 or newer is needed: make PYTHON=/path/to/python3"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt uv
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --constraint constraints.txt --group dev \
	  --editable './tap-clevertap[isal,parquet,receive,s3]' --editable './target-clevertap[sftp]' --editable './clevertap-emulator[pytest,parquet]'
	@touch $@

demo: setup ## run both directions through Meltano against the emulator
	$(BIN)/python demo/run.py

# These start no process and no server: run them while you edit.
test-unit: setup ## run the tests that start no process, in seconds
	$(BIN)/pytest --numprocesses 0 --quiet $(or $(TESTS),tests/unit)

# What takes longest: Meltano's projects, the documents' commands, outages and short chaos.
LONG := tests/documents tests/end_to_end tests/fuzz tests/hub tests/integration/both tests/integration/faults \
  $(shell find tests/integration/tap tests/integration/target -name 'test_*chaos*.py' -o -name 'test_*kills*.py')
# Four processes on two cores: with three, the cores were idle for a quarter of the time.
PYTEST := $(BIN)/pytest --numprocesses 4 --dist loadfile --no-loadscope-reorder

test: setup ## run the tests of the packages; TESTS="tests/unit/tap" runs only these
	$(PYTEST) $(or $(TESTS),tests $(addprefix --ignore ,tests/partners tests/site $(LONG)))

test-long: setup ## run the tests that take longest: Meltano, documents, outages
	$(PYTEST) $(or $(TESTS),$(LONG))

# The next singer-sdk, betas included, in an environment of its own. The plugins' requirement
# excludes it, so it is overridden. All other packages are as in constraints.txt.
# docs/singer-sdk-next.md lists what breaks. SDK_NEXT="singer-sdk==0.55.0b7" tests one version.
SDK_NEXT ?= singer-sdk>=0.55.0a1
SDK_NEXT_TESTS := tests/unit tests/integration/tap tests/integration/target \
  tests/integration/faults/tap/test_tap_pages.py tests/integration/faults/target/test_target_limits.py
NEXT := .venv/sdk-next
test-sdk-next: setup ## run the tests of both plugins with the next singer-sdk
	@test -x $(NEXT)/bin/python || $(BIN)/uv venv --quiet --python $(BIN)/python $(NEXT)
	@grep -v '^singer-sdk==' constraints.txt > $(NEXT)/constraints.txt
	@echo '$(SDK_NEXT)' > $(NEXT)/override.txt
	@$(BIN)/uv pip install --quiet --python $(NEXT)/bin/python --upgrade-package singer-sdk \
	  --constraint $(NEXT)/constraints.txt --override $(NEXT)/override.txt --group dev \
	  --editable './tap-clevertap[isal,parquet,receive,s3]' --editable './target-clevertap[sftp]' --editable './clevertap-emulator[pytest,parquet]'
	@$(BIN)/uv pip freeze --quiet --python $(NEXT)/bin/python | grep '^singer-sdk=='
	$(NEXT)/bin/pytest --numprocesses 3 --dist loadfile $(or $(TESTS),$(SDK_NEXT_TESTS))

# Databases, warehouses and installers, in the same environment as the tools of make test.
.venv/.partners: .venv/.complete
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --constraint constraints.txt --group partners \
	  --editable './tap-clevertap[azure,gcs,isal,parquet,receive,s3,spark]'
	@touch $@

# Azurite, an emulator of Azure's storage, is a program of Node.js.
AZURITE := azurite@3.35.0
.venv/azurite/.complete: Makefile
	@if command -v npm > /dev/null; then \
	  npm install --silent --no-fund --no-audit --prefix .venv/azurite $(AZURITE) && touch $@; \
	else echo "npm is not installed: the tests of Azure are skipped"; fi

# Each published tap and target has its own environment, installed once.
partners: .venv/.partners .venv/release/.complete .venv/azurite/.complete ## run the tests with real databases, warehouses and connectors
	@$(BIN)/python -m tests.partners.environments
	$(BIN)/pytest --numprocesses 2 --dist loadfile $(or $(TESTS),tests/partners)

# Run it after a change of compatibility.yml. It keeps the last measurements.
compatibility: setup ## rewrite docs/compatibility.md from its data
	$(BIN)/python -m tests.partners.compatibility

# Its generator needs Python 3.11. Broken links and anchors, and pages that no list of docs/index.md
# names, are errors. So are commands that no test runs. The tests walk the site that was built.
.venv/.docs: .venv/.complete
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --constraint constraints.txt --group docs
	@touch $@

docs: .venv/.docs ## build the site of the documents in build/docs/html
	@if $(BIN)/python -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then \
	  $(BIN)/python -m scripts.pages && \
	    $(BIN)/pytest --numprocesses 0 --quiet tests/site tests/documents/test_every_block.py; \
	else echo "make docs needs Python 3.11: it built nothing"; fi

screenshots: .venv/.partners ## take the pictures of the pages anew; needs an installed Chromium
	$(BIN)/python -m scripts.pictures.receipt
	$(BIN)/python -m scripts.pictures.emulator_page

reference: setup ## rewrite the pages and pictures that follow from code and tables
	$(BIN)/python -m scripts.reference
	$(BIN)/python -m scripts.preset_tables
	$(BIN)/python -m scripts.setting_pages
	$(BIN)/python -m scripts.pictures

# Takes up to an hour and rewrites docs/benchmarks.md. Figures are medians of TIMES runs, at most 5.
# CASES="start_up target_skew" runs only these cases, and does not change the page. Long cases are
# run by their names only, and rewrite their own part of the page: CASES=files (a quarter of an hour),
# CASES=ledger_growth, and CASES=growth with RECORDS and MILLION_ROWS, in millions, 50 and 20 by default.
# SHARE=0.01 tries a case with a hundredth of its rows.
TIMES ?= 3
SHARE ?= 1
.venv/.bench: .venv/.complete
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --constraint constraints.txt --group bench
	@$(BIN)/uv venv --quiet --clear --python $(BIN)/python .venv/target-duckdb
	@$(BIN)/uv pip install --quiet --python .venv/target-duckdb/bin/python target-duckdb==0.8.0 duckdb==1.1.3
	@$(BIN)/uv venv --quiet --clear --python $(BIN)/python .venv/target-postgres
	@$(BIN)/uv pip install --quiet --python .venv/target-postgres/bin/python meltanolabs-target-postgres==0.8.1
	@$(BIN)/python -m verification.bench.former
	@touch $@

bench: .venv/.bench ## measure speed and memory next to other builds and plugins; TIMES, CASES
	$(BIN)/python -m verification.bench.run --times $(TIMES) --share $(SHARE) \
	  $(if $(RECORDS),--records $(RECORDS)) $(if $(MILLION_ROWS),--rows $(MILLION_ROWS)) $(CASES)

# All cells of the fault matrices first; make test-long runs only representative ones. Then N faults
# in each case, and a load of ROWS rows. With N from 200 on it rewrites the table in
# docs/guarantees.md.
# CASES="tap target_resend" runs only these cases, and does not change the page.
N ?= 200
ROWS ?= $(shell expr $(N) '*' 50000)
chaos: setup ## interrupt both plugins N times in each case; CASES="tap", ROWS
	$(if $(CASES),,CLEVERTAP_TEST_WHOLE=1 $(BIN)/pytest --numprocesses 2 --dist loadfile tests/integration/faults)
	$(BIN)/python -m verification.chaos.run --count $(N) --rows $(ROWS) $(CASES)

# SECONDS for each of READERS, by default for all of them.
.venv/.fuzz: .venv/.complete
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --constraint constraints.txt --group fuzz
	@touch $@

fuzz: .venv/.fuzz ## fuzz every parser of external input; SECONDS, READERS
	$(BIN)/python -m verification.fuzz.run --seconds $(or $(SECONDS),60) $(READERS)

# As processes, against the emulator.
fuzz-processes: setup ## run the plugins on fuzzed input; SECONDS, READERS
	$(BIN)/python -m verification.fuzz.processes --seconds $(or $(SECONDS),60) $(READERS)

# Each package is installed alone, so each has its own copy. CHECK=--check only compares.
vendor: ## copy the shared modules from the tap to the other packages
	$(PYTHON) scripts/vendor.py $(CHECK)

lint: setup ## check formatting, lint, types and workflows
	$(BIN)/python scripts/vendor.py --check
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/pytest --quiet -n 0 tests/end_to_end/test_prose.py  # the words of the documents
	@test ! -x $(BIN)/zizmor || $(BIN)/zizmor --offline --quiet --persona auditor .github  # needs Python 3.11

# Vulnerabilities that PyPI's advisories know of, in all that the packages need, extras included. It
# also fails for a package without an answer.
.venv/.audit: .venv/.complete
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --constraint constraints.txt --group audit
	@touch $@

audit: .venv/.audit ## check all dependencies and extras for known vulnerabilities
	$(BIN)/uv pip compile --quiet --no-header --no-annotate --no-emit-index-url --constraint constraints.txt \
	  --python $(BIN)/python --all-extras --output-file .venv/needed.txt $(filter %-clevertap/pyproject.toml %-emulator/pyproject.toml,$(MANIFESTS))
	$(BIN)/pip-audit --strict --no-deps --disable-pip --requirement .venv/needed.txt

# Run it after a change of dependencies. It writes names and versions only, for every Python.
constraints: setup ## pin all dependencies in constraints.txt
	echo '# Names and versions only, for every Python; made by make constraints.' > constraints.new
	$(BIN)/uv pip compile --quiet --universal --python-version 3.10 --all-extras --group dev --group partners --group bench --group audit --group fuzz --group docs --group release $(filter %/pyproject.toml,$(MANIFESTS)) \
	  --no-annotate --no-header --no-emit-index-url | grep -vE '^(tap|target)-clevertap|^clevertap-emulator' >> constraints.new
	mv constraints.new constraints.txt

# All of a release but the upload, into dist/. PACKAGES="tap-clevertap" checks only these. It tries
# each Python that is installed; PYTHONS="3.10 3.14" tries these, and fails without one. The tools
# have an environment of their own: they bring jsonschema's formats, and with these every start of a
# plugin takes three times as long (findings/jsonschema-formats-slow-each-start.sh).
.venv/release/.complete: .venv/.complete
	@$(BIN)/uv venv --quiet --clear --python $(BIN)/python .venv/release
	@$(BIN)/uv pip install --quiet --python .venv/release/bin/python --constraint constraints.txt --group release
	@touch $@

release-check: .venv/release/.complete ## build, install and try the packages as for a release; PACKAGES, PYTHONS
	$(BIN)/python release/check.py $(addprefix --python=,$(PYTHONS)) $(PACKAGES)

hub: setup ## rewrite hub/_data from the settings of both plugins and hub/written
	$(BIN)/python -m hub.definitions $(CHECK)

owner: export OWNER_NAME = $(NAME)
owner: ## set the owner in all addresses of the repository; NAME=acme
	@$(PYTHON) hub/put_owner.py "$$OWNER_NAME"

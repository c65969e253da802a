# How the house is set up, shown, tested and measured. Needs GNU make, bash and Python 3.11 to 3.13; a Kafka broker also needs
# Java and Maven, others hledger and poppler-utils: the tests bring them by apt where they are root.
# Works with an empty environment, as root or not; what the machine says about package sources is left alone.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.DEFAULT_GOAL := help
.PHONY: help setup demo broker test lint pytest bench bench-long soak repro lock clean

# A cleared environment may lack /usr/sbin, which apt-get needs, and a locale, which Chinese output needs.
export PATH := $(if $(PATH),$(PATH):)/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PYTHONUTF8 := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1

BIN := .venv/bin
STAMP := .venv/installed

help:  ## Print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(STAMP)  ## Install the locked dependencies and the command `suanquan` into .venv

demo: setup  ## Play a small centre through: usage, charges, refunds, statements, proofs
	@$(BIN)/suanquan demo

broker: setup  ## Run an Apache Kafka broker until Ctrl-C, and print its address
	@exec $(BIN)/python -m tests.servers

test: lint pytest  ## Lint, then run all tests but the soak tests

lint: setup  ## Check style, format and types
	@echo "==> ruff check, ruff format, mypy"
	$(BIN)/ruff check --quiet .
	$(BIN)/ruff format --quiet --check .
	$(BIN)/mypy --no-error-summary

pytest: setup
	@echo "==> pytest"
	$(BIN)/python -m pytest -q --durations=10 --numprocesses=auto --maxprocesses=4 --dist=loadfile

bench: setup  ## Measure against bare loops and peers: some ten minutes
	@$(BIN)/python -m bench

bench-long: setup  ## Measure growing ledgers, memory, replay: an hour
	@$(BIN)/python -m bench curve memory auditor simulate claims portal statements

soak: setup  ## Run the long tests: faults, restarts, many hours of events in minutes
	@$(BIN)/python -m pytest -q --durations=10 -m soak

# The first interpreter that is in range; PYTHON=… names another.
define FIND_PYTHON
for python in $(PYTHON) python3 python3.11 python3.12 python3.13 ""; do
	if [ -n "$$python" ] && "$$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then break; fi
done
if [ -z "$$python" ]; then
	echo "No Python 3.11, 3.12 or 3.13 found. Install one, or name it: make $@ PYTHON=/path/to/python" >&2
	exit 1
fi
version=$$("$$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
# Debian packs ensurepip apart from the interpreter.
if ! "$$python" -c 'import ensurepip, venv' 2>/dev/null; then
	if [ "$$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
		echo "$$python cannot make virtual environments. As root: apt-get install python$$version-venv" >&2
		exit 1
	fi
	echo "==> apt-get install python$$version-venv"
	export DEBIAN_FRONTEND=noninteractive
	apt-get update -qq
	apt-get install -qq --yes --no-install-recommends -o Dpkg::Use-Pty=0 "python$$version-venv" >/dev/null
fi
endef

# Wheels only: a source build would fetch tools that no hash covers.
$(STAMP): pyproject.toml requirements.txt
	@if ! $(BIN)/python -m pip --version >/dev/null 2>&1; then
		$(FIND_PYTHON)
		echo "==> .venv with Python $$version"
		"$$python" -m venv --clear .venv
	fi
	echo "==> installing $$(grep -c '==' requirements.txt) locked packages; a minute or two the first time"
	$(BIN)/python -m pip install --quiet --no-input --only-binary :all: --require-hashes -r requirements.txt
	$(BIN)/python -m pip install --quiet --no-input --no-deps --no-build-isolation --editable .
	echo "==> making the Chinese typeface; half a minute the first time"
	$(BIN)/python -m reports.fonts
	touch $@
	echo "==> ready: $(BIN)/suanquan"

repro:  ## Show that another Python makes the same bytes: make repro PYTHON=python3.13
	@$(FIND_PYTHON)
	other=var/python-$$version
	"$$python" -m venv "$$other"
	echo "==> installing the locked packages for Python $$version into $$other"
	"$$other/bin/python" -m pip install --quiet --no-input --only-binary :all: --require-hashes -r requirements.txt
	"$$other/bin/python" -m pip install --quiet --no-input --no-deps --no-build-isolation --editable .
	"$$other/bin/python" -m reports.fonts
	"$$other/bin/python" -m pytest -q -p no:cacheprovider tests/reports/test_reproducible.py
	SUANQUAN_HOME=$${SUANQUAN_HOME:-var/demo} ; export SUANQUAN_HOME
	if [ -e "$$SUANQUAN_HOME/suanquan.db" ]; then
		echo "==> replaying $$SUANQUAN_HOME by Python $$version"
		"$$other/bin/suanquan" replay --statements
	fi

lock:  ## Write requirements.txt anew; versions stay unless they are deleted from it first
	@$(FIND_PYTHON)
	tools=$$(mktemp -d)
	trap 'rm -rf "$$tools"' EXIT
	"$$python" -m venv "$$tools"
	"$$tools/bin/python" -m pip install --quiet --no-input uv
	"$$tools/bin/uv" pip compile --quiet pyproject.toml --extra dev --universal --generate-hashes \
		--no-emit-index-url --no-header --python-version 3.11 -o requirements.txt
	echo "==> requirements.txt: $$(grep -c '==' requirements.txt) packages"

clean:  ## Remove .venv and caches; the ledger under var/ stays
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis build ./*.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# healer's two commands: `make demo` and `make test`. Both set up everything that they need on a fresh Debian or Ubuntu machine.
SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help demo test lint unit system faults setup clean

help:
	@echo "make demo    boot 4 real hosts on this machine, patch them rolling, show what happened"
	@echo "make test    run every check and every test"
	@echo "make lint    formatting, types, import rules, shell scripts"
	@echo "make unit    the tests that need no lab"
	@echo "make system  the tests on real lab hosts (root)"
	@echo "make faults  long fault campaigns: kills and cuts by the thousand"

setup:
	@sh tools/setup.sh $(VENV)

demo: setup
	@sh tools/demo.sh $(BIN)

test: setup
	@sh tools/test.sh $(BIN)

lint: setup
	@sh tools/lint.sh $(BIN)

unit: setup
	@$(BIN)/pytest -q -m "not system"

system: setup
	@$(BIN)/pytest -q -m system

faults: setup
	@sh tools/faults.sh $(BIN)

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage .import_linter_cache

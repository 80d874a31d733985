# SPDX-License-Identifier: MIT
# zwg from the command line. `make demo` and `make test` set up what they need: a virtual
# environment in .venv and builds in build/. Nothing is installed outside this directory.

PYTHON ?= python3
BUILD  ?= build
VENV   ?= .venv
JOBS   ?= $(shell nproc 2>/dev/null || echo 2)
# The board of the demo: sim (no hardware, no Zephyr) or mps2_an385 (the firmware in QEMU).
BOARD  ?= sim

PY     := $(VENV)/bin/python

.PHONY: help demo test bench soak fuzz docs coverage lint format clean
help:
	@echo 'make demo    a proved tunnel to a simulated board (BOARD=mps2_an385: to the firmware in QEMU)'
	@echo 'make test    every test that this machine can run; says what was skipped and why'
	@echo 'make test-peers  what takes minutes too: real peers, two rekeys, 48 combinations (root)'
	@echo 'make test-long   X25519 a million times over itself, as RFC 7748 has it (minutes)'
	@echo 'make conformance  docs/conformance.rst, from a run of all tests that it names (root)'
	@echo 'make fuzz    every fuzz target for SECONDS=60 (needs clang)'
	@echo 'make docs    the documentation, in $(BUILD)/docs'
	@echo 'make bench   cycles on an emulated Cortex-M3 (gcc-arm-none-eabi); on Linux and of the firmware (root)'
	@echo 'make soak    the simulator for SECONDS=60, seed after seed'
	@echo 'make coverage  lines and branches of core/ that the tests reach'
	@echo 'make lint    formatting and types'
	@echo 'make format  formats C and Python'
	@echo 'make clean   removes $(BUILD) and $(VENV)'

# Python

$(VENV)/bin/python:
	@$(PYTHON) -m venv $(VENV) || { \
		rm -rf $(VENV); \
		echo 'zwg: no virtual environment; on Debian and Ubuntu: apt install python3-venv' >&2; \
		exit 1; }

$(VENV)/host.stamp: host/pyproject.toml | $(VENV)/bin/python
	$(PY) -m pip install --quiet --disable-pip-version-check --editable host
	@touch $@

$(VENV)/test.stamp: host/pyproject.toml tests/requirements.txt | $(VENV)/bin/python
	$(PY) -m pip install --quiet --disable-pip-version-check --editable 'host[dev]' \
		--requirement tests/requirements.txt
	@touch $@ $(VENV)/host.stamp

$(VENV)/docs.stamp: docs/requirements.txt $(VENV)/host.stamp
	$(PY) -m pip install --quiet --disable-pip-version-check --requirement docs/requirements.txt
	@touch $@

# The Linux port: the daemon and the simulated board

.PHONY: linux
linux:
	@cmake -S linux-app -B $(BUILD)/linux -DCMAKE_BUILD_TYPE=RelWithDebInfo >$(BUILD)/linux.log \
		|| { cat $(BUILD)/linux.log; exit 1; }
	@cmake --build $(BUILD)/linux --parallel $(JOBS) >>$(BUILD)/linux.log \
		|| { cat $(BUILD)/linux.log; exit 1; }

linux: | $(BUILD)
$(BUILD):
	@mkdir -p $@

# The two commands

demo: linux $(VENV)/host.stamp
	@$(PY) tools/demo.py --board $(BOARD) --build $(BUILD)

test: $(VENV)/test.stamp $(VENV)/docs.stamp | $(BUILD)
	@$(PY) tests/run.py --build $(BUILD) --jobs $(JOBS)

# Real peers: wireguard-go and the Linux kernel's WireGuard, with all that takes minutes

SANITIZE = -DZWG_SANITIZE=ON -DCMAKE_BUILD_TYPE=RelWithDebInfo
PYTEST = ZWG_BUILD=$(abspath $(BUILD))/linux-asan $(PY) -m pytest -q -p no:cacheprovider

.PHONY: linux-asan test-peers test-long conformance
linux-asan: | $(BUILD)
	@cmake -S linux-app -B $(BUILD)/linux-asan $(SANITIZE) >$(BUILD)/linux-asan.log \
		|| { cat $(BUILD)/linux-asan.log; exit 1; }
	@cmake --build $(BUILD)/linux-asan --parallel $(JOBS) >>$(BUILD)/linux-asan.log \
		|| { cat $(BUILD)/linux-asan.log; exit 1; }

test-peers: linux-asan $(VENV)/test.stamp
	@$(PYTEST) tests/peers --long

test-long: | $(BUILD)
	@cmake -S tests/core -B $(BUILD)/tests-plain -DCMAKE_BUILD_TYPE=RelWithDebInfo \
		>$(BUILD)/tests-plain.log
	@cmake --build $(BUILD)/tests-plain --parallel $(JOBS) >>$(BUILD)/tests-plain.log
	@ZWG_LONG=1 ctest --test-dir $(BUILD)/tests-plain --parallel $(JOBS) --output-on-failure \
		-R '^vectors\.x25519'

# The table is written whatever the tests give; it fails if they do
conformance: linux-asan $(VENV)/test.stamp
	@cmake -S tests/core -B $(BUILD)/tests $(SANITIZE) >$(BUILD)/tests.log
	@cmake --build $(BUILD)/tests --parallel $(JOBS) >>$(BUILD)/tests.log
	-@ctest --test-dir $(BUILD)/tests --parallel $(JOBS) >>$(BUILD)/tests.log
	-@for suite in host system; do \
		$(PYTEST) tests/$$suite --junit-xml $(BUILD)/$$suite.xml; done
	-@$(PYTEST) tests/peers --long --ignore tests/peers/test_rows.py \
		--junit-xml $(BUILD)/peers.xml
	@$(PY) tests/conformance_table.py --ctest $(BUILD)/tests/Testing/Temporary/LastTest.log \
		--junit $(BUILD)/host.xml --junit $(BUILD)/system.xml --junit $(BUILD)/peers.xml

# What the core costs on a Cortex-M3, and the daemon on Linux beside wireguard-go; --update of either
# writes its figures into the documentation

bench: linux $(VENV)/test.stamp
	@$(PY) bench/run.py
	@$(PY) bench/linux.py --if-possible --program $(BUILD)/linux/zwg-linux
	@$(PY) bench/qemu.py --if-possible

# The simulator under the sanitizers, from a first seed of the clock's

soak: | $(BUILD)
	@cmake -S tests/core -B $(BUILD)/tests -DZWG_SANITIZE=ON >/dev/null
	@cmake --build $(BUILD)/tests --parallel $(JOBS) --target sim >/dev/null
	$(BUILD)/tests/sim/sim --soak $(SECONDS) --first $$(date +%s)

# Fuzzing: libFuzzer, each target for SECONDS

SECONDS ?= 60

fuzz: | $(BUILD)
	@$(PYTHON) tests/fuzz/run.py --build $(BUILD)/fuzz --seconds $(SECONDS) --jobs $(JOBS)

# Documentation: a warning is an error, but all of them are shown

docs: $(VENV)/docs.stamp | $(BUILD)
	@$(VENV)/bin/sphinx-build -W --keep-going -q -d $(BUILD)/docs-cache docs $(BUILD)/docs
	@echo '$(BUILD)/docs/index.html'

# Which lines and branches of core/ the tests reach; docs/coverage.rst says why not the rest

coverage: | $(BUILD)
	@$(PYTHON) tests/coverage.py --build $(BUILD)/coverage --jobs $(JOBS)

# Keeping the house

lint: $(VENV)/test.stamp
	@$(VENV)/bin/python tests/run.py --build $(BUILD) --only lint --only layout

format: $(VENV)/test.stamp
	$(VENV)/bin/ruff format docs host tests tools bench
	clang-format -i $$(git ls-files '*.c' '*.h')

clean:
	rm -rf $(BUILD) $(VENV)

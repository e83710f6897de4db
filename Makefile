# SPDX-License-Identifier: Apache-2.0
# A thin front for meson: every target installs what it needs first (tools/install-deps).
BUILD ?= build
MESON_OPTIONS ?=
SUDO = $(if $(filter 0,$(shell id -u)),,sudo)

.PHONY: build run demo test test-long test-cluster test-page bench bench-vm prove lint fuzz install deb test-package clean help

build: ## the program, build/merlon
	@tools/install-deps build
	@test -f $(BUILD)/build.ninja || meson setup $(BUILD) $(MESON_OPTIONS) >/dev/null
	@ninja -C $(BUILD) --quiet

run: build ## guard a real container while it is attacked, say what is seen
	@tools/install-deps test
	@$(SUDO) python3 tools/demo.py --build $(BUILD) run

demo: build ## a tour: record, guard, attack, see, stop, report
	@tools/install-deps test
	@$(SUDO) python3 tools/demo.py --build $(BUILD) tour

test: ## every test, on this host and in kernel VMs
	@tools/install-deps test
	@$(MAKE) --no-print-directory build
	@$(SUDO) python3 tests/run.py --build $(BUILD)

test-long: ## those and what every day's run leaves out: nearly the same on other kernels
	@tools/install-deps test
	@$(MAKE) --no-print-directory build
	@$(SUDO) python3 tests/run.py --build $(BUILD) --long

test-cluster: ## merlon inspect --cluster against a real API server, which is built first; charts with a real helm
	@tools/install-deps test cluster
	@$(MAKE) --no-print-directory build
	@MERLON_RIG_DIR=$(BUILD)/rig python3 tests/rig/kube.py >/dev/null
	@MERLON_RIG_DIR=$(BUILD)/rig python3 tests/rig/helm.py >/dev/null
	@MERLON_RIG_DIR=$(BUILD)/rig tests/inspect/test_inputs.py $(BUILD)/merlon
	@MERLON_RIG_DIR=$(BUILD)/rig MERLON_BINARY=$(BUILD)/merlon python3 tests/containers/test_cluster.py

test-page: ## reports of merlon inspect against published schemas, and in a headless browser
	@tools/install-deps test page
	@$(MAKE) --no-print-directory build
	@MERLON_RIG_DIR=$(BUILD)/rig tests/inspect/test_reports.py $(BUILD)/merlon
	@MERLON_RIG_DIR=$(BUILD)/rig tests/inspect/test_page.py $(BUILD)/merlon

bench: build ## what recording costs, against strace and an empty probe; what rules cost
	@tools/install-deps bench
	@$(SUDO) python3 bench/run.py --build $(BUILD)

bench-vm: build ## what the guard costs on older kernels, counted in instructions
	@tools/install-deps test
	@MERLON_RIG_DIR=$(BUILD)/rig python3 tests/rig/kernels.py >/dev/null
	@MERLON_RIG_DIR=$(abspath $(BUILD)/rig) python3 bench/vm.py --build $(BUILD)

PAIRS ?= 10000000
prove: build ## ten million random rules on records each: nothing dropped that a rule wants, denied that none fits
	@MERLON_DIFF_PAIRS=$(PAIRS) $(BUILD)/tests/unit/filter/test_filter_diff
	@MERLON_DIFF_PAIRS=$(PAIRS) $(BUILD)/tests/unit/filter/test_filter_deny
	@MERLON_DIFF_PAIRS=$(PAIRS) $(BUILD)/tests/unit/filter/test_filter_early

lint: build ## format, static analysis, layers, sizes of what differs from main; LINT=--all for everything
	@tools/install-deps lint
	@tools/lint --build $(BUILD) $(LINT)

fuzz: ## a minute of coverage-guided fuzzing per parser
	@tools/install-deps fuzz
	@tools/fuzz

install: build ## into DESTDIR and the prefix
	@meson install -C $(BUILD)

deb: ## a Debian package, in build-deb/
	@tools/install-deps build package
	@test -f build-deb/build.ninja || meson setup build-deb --prefix=/usr --sysconfdir=/etc >/dev/null
	@ninja -C build-deb --quiet merlon
	@packaging/deb/build-deb build-deb build-deb
	@lintian --allow-root --tag-display-limit 0 --fail-on error build-deb/merlon_*.deb

test-package: deb ## install, run and purge that package in a tree of its own
	@tools/install-deps test
	@$(SUDO) python3 tests/package/test_package.py build-deb/merlon_*.deb

clean:
	@rm -rf $(BUILD) build-*

help:
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' Makefile

# Everything starts here. `make` alone lists the targets.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:

CARGO ?= cargo
# The port that `make up` listens on.
PORT ?= 8545
# How often `make crash` kills a chain under load.
KILLS ?= 1000
# How many inputs `make fuzz` tries per target.
RUNS ?= 100000

# As in .cargo/config.toml, for the binary that `make up` starts.
export MIMALLOC_ALLOW_LARGE_OS_PAGES := 1

NEXTEST_VERSION := 0.9.151
DENY_VERSION := 0.20.2
FUZZ_VERSION := 0.13.2

TARGET_DIR := $(abspath $(or $(CARGO_TARGET_DIR),target))
VECTOR_LOG := $(TARGET_DIR)/vectors-opened.log
CONFORM_LOG := $(TARGET_DIR)/conform.log
CLIENT := tests/e2e/node_modules/.package-lock.json
CONTRACTS := $(TARGET_DIR)/contracts.json
KARAK_CLIENT := tests/e2e/karak-client
BENCH := $(CARGO) run --release --manifest-path bench/Cargo.toml -- \
	--bondstone $(TARGET_DIR)/release/bondstone --contracts $(CONTRACTS) --data $(TARGET_DIR)

# $(call debian,COMMAND,PACKAGES): install Debian's packages unless the command is there.
define debian
@command -v $(1) >/dev/null || { echo "$(1) is missing; installing $(2)"; \
	sudo=$$([ "$$(id -u)" = 0 ] || echo sudo); \
	$$sudo apt-get update --quiet && \
	$$sudo apt-get install --yes --quiet --no-install-recommends $(2); }
endef

# $(call cargo_tool,NAME,VERSION): install a cargo subcommand unless it is there. A debug build is
# ready in half the time, and these tools have little to compute.
define cargo_tool
@$(CARGO) $(1) --version >/dev/null 2>&1 || { echo "cargo $(1) is missing; installing it"; \
	$(CARGO) install --locked --debug cargo-$(1) --version $(2) || { \
	echo "error: cargo $(1) cannot be installed; check the network," \
		"or run: cargo install --locked cargo-$(1)" >&2; exit 1; }; }
endef

.PHONY: help up test bench bench-quick crash fuzz fmt lint
.PHONY: toolchain tools rivals tests karak-client doc-tests vectors deny conform

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

up: toolchain ## run a local chain with the protocols on it (PORT=8545)
	$(CARGO) build --release --package bondstone
	@exec $(TARGET_DIR)/release/bondstone up --port $(PORT)

test: toolchain tools lint tests karak-client doc-tests vectors deny conform ## install what the tests need, run everything

bench: rivals ## measure the speed, beside the rivals
	$(BENCH) all
	$(CARGO) bench --workspace --benches

bench-quick: rivals ## see that the measurements work, in a few seconds once all is built
	$(CARGO) test --manifest-path bench/Cargo.toml --release
	$(BENCH) all --quick

# What the bench runs besides itself: the node, the real contracts, anvil.
rivals: toolchain $(CLIENT)
	$(CARGO) build --release --package bondstone
	node tests/e2e/contracts.mjs compile $(CONTRACTS)

crash: toolchain ## kill a chain under load and look for what is lost (KILLS=1000)
	BONDSTONE_KILLS=$(KILLS) $(CARGO) test --package bondstone --test kill -- --nocapture

fuzz: toolchain ## try random input on every fuzz target (RUNS=100000)
	$(call debian,c++,g++)
	@rustup toolchain list | grep --quiet '^nightly' || \
		rustup toolchain install nightly --profile minimal
	$(call cargo_tool,fuzz,$(FUZZ_VERSION))
	@for target in $$($(CARGO) fuzz list); do \
		$(CARGO) +nightly fuzz run "$$target" -- -runs=$(RUNS); done

fmt: ## format the code
	$(CARGO) fmt --all
	$(CARGO) fmt --manifest-path bench/Cargo.toml
	$(CARGO) fmt --manifest-path $(KARAK_CLIENT)/Cargo.toml

lint: ## format check, clippy and the house rules
	$(CARGO) fmt --all --check
	$(CARGO) fmt --manifest-path bench/Cargo.toml --check
	$(CARGO) fmt --manifest-path $(KARAK_CLIENT)/Cargo.toml --check
	$(CARGO) clippy --workspace --all-targets -- -D warnings
	$(CARGO) xtask tidy
	$(CARGO) xtask edges

toolchain:
	@command -v $(CARGO) >/dev/null || { \
		echo "error: cargo is missing; install rustup, see https://rustup.rs" >&2; exit 1; }
	$(call debian,cc,gcc libc6-dev)
	$(call debian,perl,perl)

tools: $(CLIENT)
	$(call cargo_tool,nextest,$(NEXTEST_VERSION))
	$(call cargo_tool,deny,$(DENY_VERSION))

$(CLIENT): tests/e2e/package.json tests/e2e/package-lock.json
	@command -v npm >/dev/null || { \
		echo "error: npm is missing; install Node 20 or later" >&2; exit 1; }
	cd tests/e2e && npm ci --no-audit --no-fund
	@touch $@

# The conformance tests name every vector file that they open in the log.
tests:
	@mkdir -p $(TARGET_DIR) && rm -f $(VECTOR_LOG)
	BONDSTONE_REQUIRE_CAST=1 BONDSTONE_VECTOR_LOG=$(VECTOR_LOG) $(CARGO) nextest run --workspace --no-fail-fast

# Karak's published crates against the node. They are of 2024 and bring an OpenSSL of the machine.
karak-client:
	@pkg-config --exists openssl 2>/dev/null || { echo "OpenSSL's headers are missing; installing them"; \
		sudo=$$([ "$$(id -u)" = 0 ] || echo sudo); \
		$$sudo apt-get update --quiet && \
		$$sudo apt-get install --yes --quiet --no-install-recommends g++ libssl-dev pkg-config; }
	$(CARGO) build --package bondstone
	BONDSTONE=$(TARGET_DIR)/debug/bondstone \
		$(CARGO) test --locked --manifest-path $(KARAK_CLIENT)/Cargo.toml

doc-tests:
	$(CARGO) test --workspace --doc

vectors: tests
	$(CARGO) xtask vectors --log $(VECTOR_LOG)

deny:
	$(CARGO) deny check --hide-inclusion-graph bans licenses sources
	$(CARGO) deny --config deny.toml --manifest-path bench/Cargo.toml check --hide-inclusion-graph \
		bans licenses sources
	$(CARGO) deny --config $(KARAK_CLIENT)/deny.toml --manifest-path $(KARAK_CLIENT)/Cargo.toml \
		check --hide-inclusion-graph bans licenses sources

# The command that anyone can run on their own traces, here on ours, by the rules and from the logs
# alone; one folder is one family. The last line adds up all runs.
conform:
	$(CARGO) build --package bondstone
	@failed=0; : > $(CONFORM_LOG); \
	for folder in vectors/*/; do for how in "" --mirror; do \
		$(TARGET_DIR)/debug/bondstone conform "$$(basename "$$folder")" $$how "$$folder" \
			| tee --append $(CONFORM_LOG) || failed=1; \
	done; done; \
	awk '/^[0-9]+ passed, [0-9]+ failed$$/ { passed += $$1; failed += $$3 } \
		END { printf "%d passed, %d failed\n", passed, failed }' $(CONFORM_LOG); \
	exit $$failed

# Thin: each line calls cargo, npm or the test bed. `make help` lists the targets.
.DEFAULT_GOAL := help
.PHONY: help demo test test-fast bench bench-repair simulate storm bed-all bed-hadoop checkpoint-reuse ui fmt fmt-check lint tools ui-deps unit sim ui-unit browser chromium bed deny

CARGO ?= cargo
NODE := tests/scripts/node

help: ## This list
	@grep -E '^[a-z-]+:.*## ' Makefile | sed 's/:.*## /|/' | awk -F'|' '{ printf "  make %-16s %s\n", $$1, $$2 }'

demo: tools ui ## A real estate, the page on it, a fault after 45 s (FAULT=name, DEMO_SECONDS=n, DEMO_PORT=n)
	$(CARGO) build --workspace --bins
	exec target/debug/demo

test: tools ## All of it: style, unit, recordings, browser, real cases in a bed
	@tests/scripts/steps ui fmt-check lint unit sim ui-unit browser bed

test-fast: ## Without browser and bed
	@tests/scripts/steps fmt-check lint unit ui-unit

bench: ## Figures of BENCHMARKS.md
	$(CARGO) bench --workspace

SEEDS ?= 500
FROM ?= 1
simulate: ## Two simulated hours of faults per seed (SEEDS=n, FROM=k, LEDGER=1 writes the ledger)
	$(CARGO) build --profile simulate -p simulate
	target/simulate/simulate --seeds $(SEEDS) --from $(FROM) $(if $(LEDGER),--ledger tests/simulate/ledger.tsv $$(git rev-parse --short HEAD) $$(date -u +%F))

storm: ## 200 jobs, a Kafka that dies under them: nothing is done meanwhile, waves after it (half an hour)
	$(CARGO) build --release --bin streamwarden
	STORM_PRODUCT=$(CURDIR)/target/release/streamwarden STORM_JOBS=200 STORM_FULL=1 $(CARGO) test -p streamwarden --test it storm -- --nocapture

bed-all: tools ui ## Every fault and control live: delays against the truth, then root and place (two hours)
	STREAMWARDEN_BED=1 BED_ALL=1 $(CARGO) test -p streamwarden --test it -- --test-threads=1 --nocapture
	$(CARGO) build --workspace --bins
	tests/scripts/judge-all

# each with a bed of its own: fifteen JVMs beside Flink and Kafka
HADOOP_CASES := hdfs-safe-mode,hdfs-no-active,hdfs-datanodes-lost,hdfs-missing-blocks,zookeeper-quorum-lost,$\
	zookeeper-server-frozen,component-down,zookeeper-leader-killed,zookeeper-follower-frozen,datanode-killed,journalnode-killed,nodemanager-lost,queue-full,yarn-node-unhealthy,yarn-queue-full,worn-out
bed-hadoop: tools ui ## Faults of a real HDFS, YARN and ZooKeeper under real jobs, live (three minutes each; ONLY=hdfs-safe-mode)
	$(CARGO) build --workspace --bins
	ONLY=$${ONLY:-$(HADOOP_CASES)} tests/scripts/judge-all

bench-repair: tools ui ## Each curable fault with auto, nobody, a plain restart; Flink 1.20 and 2.2 (hours; ARGS="--faults slow-function")
	$(CARGO) build --workspace --bins
	target/debug/repairs $(ARGS)

checkpoint-reuse: tools ## Versions of a job against a checkpoint: what is said, what Flink does
	$(CARGO) build --workspace --bins
	target/debug/bed reuse

ui: ui-deps ## Build the page into ui/dist
	$(NODE) npm run build

lint: ## Warnings are errors
	$(CARGO) clippy --workspace --all-targets -- -D warnings
	@$(MAKE) --no-print-directory deny

fmt: ## Format
	$(CARGO) fmt --all

fmt-check:
	$(CARGO) fmt --all --check

# advisories and licences, where cargo-deny is installed (cargo install cargo-deny)
deny:
	@if command -v cargo-deny >/dev/null; then cargo deny --all-features check; \
	else echo "cargo-deny is not installed: advisories and licences not checked"; fi

tools:
	@tests/scripts/need cc=build-essential

# anew only when the lock file changed
ui-deps: ui/node_modules/.package-lock.json
ui/node_modules/.package-lock.json: ui/package-lock.json
	$(NODE) npm ci --no-audit --no-fund
	@touch $@

unit:
	$(CARGO) test --workspace

# as `unit` has built it: optimizing what it needs takes longer than it saves
sim:
	$(CARGO) build --workspace --bins
	target/debug/simulate --seeds 500

ui-unit: ui-deps
	$(NODE) npm run check
	$(NODE) npm test

chromium:
	@CHROMIUM=$${CHROMIUM:-/usr/bin/chromium}; [ -x "$$CHROMIUM" ] || tests/scripts/need chromium=chromium

browser: ui chromium
	$(NODE) npm run test:ui

bed: ui chromium
	$(CARGO) run -p testbed --bin bed -- prepare
	@tests/scripts/need prometheus=prometheus
	# one draw of names, parallelism and severity, so that a failure is the change's; bed-all draws anew
	BED_SEED=$${BED_SEED:-5} STREAMWARDEN_BED=1 STREAMWARDEN_PAGE=1 $(CARGO) test -p streamwarden --test it -- --test-threads=1
	STREAMWARDEN_BED=1 $(CARGO) test -p testbed -- --test-threads=1

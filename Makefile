# All tools are installed into this checkout (.venv, .tools), and installed again only when their
# pins change. rust-toolchain.toml has the version of Rust.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

CARGO ?= cargo
PYTHON ?= python3

PINS := tests/tools/requirements.txt
# Named after the contents of the pins, not their time: a checkout changes the time of every file.
VENV := .venv/pins-$(shell cksum < $(PINS) | tr ' ' '-')

SAM_PINS := tests/tools/sam/requirements.txt
SAM := .tools/sam-$(shell cksum < $(SAM_PINS) | tr ' ' '-')

BENCH_PINS := tests/bench/python/requirements.txt
BENCH := .tools/bench-$(shell cksum < $(BENCH_PINS) | tr ' ' '-')

DENY_VERSION := 0.20.2
DENY_ROOT := .tools/cargo-deny-$(DENY_VERSION)

MDBOOK_VERSION := 0.5.4
MDBOOK_ROOT := .tools/mdbook-$(MDBOOK_VERSION)
BOOK := target/book

MUTANTS_VERSION := 27.1.0
MUTANTS_ROOT := .tools/cargo-mutants-$(MUTANTS_VERSION)
MUTANTS = $(MUTANTS_ROOT)/bin/cargo-mutants mutants --no-default-features --no-shuffle --timeout 120 --baseline skip

# The functions' architecture; arm64 on another machine takes `rustup target add aarch64-unknown-linux-gnu`.
ARCHITECTURE ?= arm64
# The folder of the built functions, from which sam deploy takes them.
BUILT ?= .aws-sam/build
# The architecture of this machine.
HOST := $(if $(filter aarch64 arm64,$(shell uname -m)),arm64,x86_64)
# Test builds have their own folder, so that they are not deployed by mistake.
BUILT_HERE := .aws-sam/here

# The packages that build without any AWS SDK.
FAST := -p crossover-model -p crossover-engine -p crossover-sandbox -p crossover-posture -p crossover-kinds -p crossover-snapshot \
	$(patsubst %,-p crossover-%,arc cloudwatch dynamodb ec2 events iam invoke rds route53 s3 sns) -p crossover-nat -p crossover-dns \
	-p crossover-database -p crossover-probe -p crossover-check -p crossover -p crossover-tests -p crossover-protocol -p crossover-bench

.PHONY: help
help: ## List the targets
	@awk -F ': .*## ' '/^[a-z-]+: .*## /{printf "  %-12s %s\n", $$1, $$2}' Makefile

.PHONY: demo
demo: ## Watch a NAT gateway fail and its traffic move, on an account in memory
	@test -x target/debug/crossover || echo "Building the command first; that takes a minute or so."
	@$(CARGO) run --locked -q -p crossover --no-default-features -- demo

.PHONY: test
test: lint sam $(VENV) ## Check and test everything (.ci/run calls this)
	$(CARGO) test --locked --workspace --lib --bins --tests

.PHONY: fast
fast: ## Run the tests that need no AWS SDK and no Python, with fewer seeds of the simulation
	SEEDS=100 $(CARGO) test --locked $(FAST) --no-default-features

.PHONY: simulate
simulate: ## Run other seeds of the simulation: make simulate SEEDS=3000 FIRST_SEED=7
	SEEDS=$(SEEDS) FIRST_SEED=$(FIRST_SEED) $(CARGO) test --locked -q --profile simulation -p crossover-tests --no-default-features --test simulation

.PHONY: model
model: ## Check the model of the protocol deeper than make test does (a few minutes and gigabytes)
	$(CARGO) test --locked --profile simulation -p crossover-protocol --no-default-features --test protocol -- --include-ignored --nocapture

# The parts of the benchmark to run: everything, or the given SECTIONS.
asked_for = $(if $(SECTIONS),$(filter $(1),$(SECTIONS)),all)

# Other work on the machine distorts its times, but not its counts.
.PHONY: bench
bench: $(if $(call asked_for,cold),$(BENCH)) ## Measure the figures of docs/performance.md on the functions as deployed (an hour and a half from nothing)
	$(if $(call asked_for,wire cold size),@$(MAKE) build ARCHITECTURE=$(HOST) BUILT=$(BUILT_HERE))
	$(if $(call asked_for,growth),CRITERION_HOME=$(CURDIR)/target/criterion $(CARGO) bench --locked -q --manifest-path tests/criterion/Cargo.toml --target-dir target/criterion-build --bench pure -- --quiet)
	BENCH_PYTHON=$(CURDIR)/$(BENCH)/bin/python BENCH_FUNCTIONS=$(CURDIR)/$(BUILT_HERE) $(CARGO) run --locked -q --release -p crossover-bench -- $(SECTIONS)

# As cargo-fuzz builds, but on stable Rust. With a target, build scripts and macros are not instrumented.
FUZZ := target/fuzz
FUZZ_TARGET := $(shell rustc --version --verbose 2>/dev/null | sed -n 's/^host: //p')
FUZZ_FLAGS := -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
	-Cllvm-args=-sanitizer-coverage-pc-table -Clink-dead-code --cfg fuzzing

# What it found and kept stays in target/fuzz/corpus, and the next run begins with it.
.PHONY: fuzz
fuzz: SECONDS ?= 60
fuzz: ## Search for inputs that break a property, led by coverage: make fuzz SECONDS=60 SORT=payload (needs a C++ compiler)
	RUSTFLAGS="$(FUZZ_FLAGS)" $(CARGO) build --locked -q --release --target $(FUZZ_TARGET) --manifest-path tests/fuzz/Cargo.toml --target-dir $(FUZZ)
	@$(PYTHON) tests/tools/fuzz.py $(FUZZ)/$(FUZZ_TARGET)/release/crossover-fuzz $(FUZZ) $(SECONDS) $(SORT)

.PHONY: lint
lint: lint-fast ## Check the format, the template, the book, the dependencies and the code
	$(CARGO) clippy --locked --workspace --all-targets -- -D warnings

.PHONY: lint-fast
lint-fast: $(VENV) ## Run the checks of lint that compile no code
	$(CARGO) fmt --all --check
	$(CARGO) fmt --manifest-path tests/criterion/Cargo.toml --check
	$(CARGO) update --quiet --workspace --locked --manifest-path tests/criterion/Cargo.toml
	$(CARGO) fmt --manifest-path tests/fuzz/Cargo.toml --check
	$(CARGO) update --quiet --workspace --locked --manifest-path tests/fuzz/Cargo.toml
	@$(MAKE) template
	@$(MAKE) docs
	@$(MAKE) deny

.PHONY: template
template: $(VENV) ## Check the template's resources, rights, buttons and metrics, and that docs/ is complete
	.venv/bin/cfn-lint template.yaml
	.venv/bin/python tests/tools/test_expand.py --quiet
	.venv/bin/python tests/tools/template.py

# Built as cargo-deny is, and without the server that mdBook brings; a minute and a half the first time, a second afterwards.
.PHONY: docs
docs: $(MDBOOK_ROOT)/bin/mdbook ## Build the book of docs/ into target/book, and check its links and the output in the README
	$(MDBOOK_ROOT)/bin/mdbook build docs
	$(PYTHON) tests/tools/docs.py $(BOOK)

# Not a part of lint: it takes half a minute, and from nothing a minute and a half more.
.PHONY: sam
sam: $(SAM) ## Check the template as the SAM CLI sees it
	SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION=us-east-1 $(SAM)/bin/sam validate --lint --template template.yaml


# Not a part of test: a release build of the EC2 SDK takes a quarter of an hour.
.PHONY: build
build: $(SAM) ## Build the functions for `sam deploy`, and print their sizes: make build ARCHITECTURE=x86_64
	PATH="$(CURDIR)/$(SAM)/bin:$$PATH" SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION=us-east-1 \
		$(SAM)/bin/sam build --template template.yaml --build-dir $(BUILT) --parameter-overrides Architecture=$(ARCHITECTURE)
	$(PYTHON) tests/tools/sizes.py $(BUILT)

# Not a part of test either, for the same reason.
.PHONY: deployed
deployed: $(VENV) ## Build the functions, deploy them into the local emulators, and let alarms fire there
	@$(MAKE) build ARCHITECTURE=$(HOST) BUILT=$(BUILT_HERE)
	SAM_BUILD=$(CURDIR)/$(BUILT_HERE) $(CARGO) test --locked --workspace --test wire -- deployed

# cargo-deny is built without optimisation: in half the time, and its check takes a second anyway.
# It looks at every platform, of which a build fetches only its own.
.PHONY: deny
deny: $(DENY_ROOT)/bin/cargo-deny ## Check the licences and the origin of the dependencies
	$(CARGO) fetch --locked
	$(DENY_ROOT)/bin/cargo-deny --offline check licenses bans sources

# Not a part of test: its result changes by the day, and the same commit must pass or fail the same way every time.
.PHONY: advisories
advisories: $(DENY_ROOT)/bin/cargo-deny ## Check the dependencies against the RustSec advisories of today
	$(DENY_ROOT)/bin/cargo-deny check advisories

# Each has its own run, so that survivors in one do not prevent the others: `make -k mutants` continues with them.
.PHONY: mutants
mutants: mutants-nat mutants-dns mutants-database mutants-health mutants-guards mutants-journal mutants-retry ## Break the decisions on purpose: each time a test must fail (hours)

# The scenarios also test what is decided.
STORIES := --test-package crossover-tests -- --test stories --test records

.PHONY: mutants-nat mutants-dns mutants-database
mutants-nat mutants-dns mutants-database: mutants-%: $(MUTANTS_ROOT)/bin/cargo-mutants
	$(MUTANTS) -f 'functions/$*/src/decide.rs' -f 'functions/$*/src/decide/**' -o target/mutants/$* \
		--test-package crossover-$* $(STORIES) --test decide

.PHONY: mutants-health
mutants-health: $(MUTANTS_ROOT)/bin/cargo-mutants
	$(MUTANTS) -f 'shared/model/src/{health,triage,correlation}.rs' -o target/mutants/health \
		--test-package crossover-model $(STORIES) --test health --test pure --test triage

.PHONY: mutants-guards
mutants-guards: $(MUTANTS_ROOT)/bin/cargo-mutants
	$(MUTANTS) -f 'shared/model/src/{decision,duty,episode,guard,pause,serving,stop,suppression}.rs' -o target/mutants/guards \
		--test-package crossover-model $(STORIES) --test accept --test episode --test force --test guards --test journal --test pure --test triage

.PHONY: mutants-journal
mutants-journal: $(MUTANTS_ROOT)/bin/cargo-mutants
	$(MUTANTS) -f 'shared/model/src/{crossover,journal,leftover,undeclared}.rs' -o target/mutants/journal \
		--test-package crossover-model $(STORIES) --test crossover --test journal --test story --test triage --test undeclared --test verify

.PHONY: mutants-retry
mutants-retry: $(MUTANTS_ROOT)/bin/cargo-mutants
	$(MUTANTS) -f 'shared/engine/src/{gate,retry}.rs' -f shared/model/src/pace.rs -o target/mutants/retry \
		--test-package crossover-engine --test-package crossover-model $(STORIES) --test pure --test retry

.PHONY: clean-tools
clean-tools: ## Remove the tools in this checkout
	rm -rf .venv .tools

$(MUTANTS_ROOT)/bin/cargo-mutants:
	$(CARGO) install --locked --root $(MUTANTS_ROOT) cargo-mutants@$(MUTANTS_VERSION)

$(DENY_ROOT)/bin/cargo-deny:
	CARGO_PROFILE_DEV_DEBUG=0 $(CARGO) install --debug --locked --root $(DENY_ROOT) cargo-deny@$(DENY_VERSION)

$(MDBOOK_ROOT)/bin/mdbook:
	CARGO_PROFILE_DEV_DEBUG=0 $(CARGO) install --debug --locked --root $(MDBOOK_ROOT) --no-default-features --features search mdbook@$(MDBOOK_VERSION)

$(SAM):
	rm -rf .tools/sam-*
	$(PYTHON) -m venv $@
	$@/bin/pip install -q --no-compile --disable-pip-version-check -r $(SAM_PINS) || { rm -rf $@; exit 1; }

$(BENCH):
	rm -rf .tools/bench-*
	$(PYTHON) -m venv $@
	$@/bin/pip install -q --disable-pip-version-check -r $(BENCH_PINS) || { rm -rf $@; exit 1; }

$(VENV):
	rm -rf .venv
	$(PYTHON) -m venv .venv
	.venv/bin/pip install -q --no-compile --disable-pip-version-check -r $(PINS)
	touch $@

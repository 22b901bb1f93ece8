# Everything a person does with this repository. `make` alone lists it.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

# The project's own Node and tools come first, whatever the machine has.
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)

# As root in CI, or when asked with SETUP=1, system packages that tests and benches want are
# installed. Otherwise what needs them is skipped, and says so.
SYSTEM := $(if $(filter 1 true,$(SETUP) $(CI)),system,)

# Passed on to the program behind a verb: make test ARGS=base
ARGS ?=

.PHONY: help setup system check test sim golden bench bench-control bench-micro demo kube-parts cluster test-cluster build image generate clean ok

help: ## List these verbs
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo '  ARGS="..." is passed on: make test ARGS=base'
	@echo '  SETUP=1 lets test and bench install system packages, as root: make test SETUP=1'

setup: node_modules/.package-lock.json ## Install what the project needs, Node included

node_modules/.package-lock.json: package.json package-lock.json
	@echo "installing packages (a minute at most)"
	@npm ci --no-audit --no-fund --loglevel=error
	@touch $@

system:
	@tools/install-system-packages.sh

check: setup ## Format, types, layers, tidiness, fresh generated files; FIX=1 mends
	@biome check --error-on-warnings --diagnostic-level=warn $(if $(FIX),--write,) .
	@tsc -p .
	@node tools/generate/main.ts --check
	@node tools/check-layers.ts
	@node tools/tidy.ts

test: setup $(SYSTEM) ## Run every test; ends with the line "N passed, N failed, N skipped"
	@node tools/run-tests.ts $(ARGS)

sim: setup ## Simulate meshes under faults: make sim SEED=7 RUNS=100
	@SEED=$(or $(SEED),1) RUNS=$(or $(RUNS),20) vitest run test/simulation --disable-console-intercept

golden: setup ## Write the golden files anew from what the programs print now
	@GOLDEN=1 vitest run golden $(ARGS)

# Flags are those of the peers: with some, nothing else is measured.
bench: setup build $(SYSTEM) ## Measure Heddle beside nginx, HAProxy and Envoy; and the operator
	@node bench/main.ts $(ARGS)
	@$(if $(ARGS),,node bench/control/main.ts && node bench/admission/main.ts)

bench-control: setup build ## Measure the operator on a real API server: changes, memory
	@node bench/control/main.ts $(ARGS)

bench-micro: setup ## Measure the hot functions, one by one
	@node bench/micro/main.ts $(ARGS)

demo: setup ## A small shop on a real mesh; ONCE=1 takes the tour by itself and ends
	@node demo/main.ts $(if $(ONCE),--once,) $(ARGS)

kube-parts: setup ## Build what tests run of Kubernetes, once for all clones; ARGS=etcd for one
	@node tools/parts/main.ts $(ARGS)

test-cluster: setup $(SYSTEM) ## Tour Heddle on a real node, built and started for it; needs root
	@HEDDLE_CLUSTER=1 node tools/run-tests.ts --project cluster --disable-console-intercept $(ARGS)

cluster: setup ## A real node to try things on, until Ctrl-C; needs root
	@node test/cluster/main.ts $(ARGS)

build: setup ## Bundle each program into dist/
	@node tools/build.ts

image: setup ## Make the container image, dist/heddle.tar, without a container engine
	@mkdir -p dist
	@node tools/image.ts --output dist/heddle.tar $(ARGS)

generate: setup ## Write the generated files anew (CRDs, validators, manifests)
	@node tools/generate/main.ts

clean: ## Remove what was built or measured here
	@rm -rf dist coverage bench/results/local

ok: check test ## What must pass before a commit

# The few things that people type. Each target does its own set-up first, and
# that costs nothing when nothing is missing.

binary := .build/release/netmeta
# Folders are in the list as well, so that a deleted file counts as a change.
sources := Package.swift $(shell find Sources)
data := ./data

.PHONY: run demo build test check bench fuzz soak setup clean
.DEFAULT_GOAL := build

# Serves on the embedded store in ./data; stop with Ctrl-C.
run: build
	@exec $(binary) serve --data $(data)

# The same with made-up traffic from a small virtual network.
demo: build
	@Scripts/demo.sh $(binary) $(data)

build: setup $(binary)

$(binary): $(sources) | setup
	swift build -c release --product netmeta
	@touch $@

setup:
	@Scripts/setup.sh run
	@Scripts/web-vendor.sh

# Everything that can be tested here, with the seconds of each part.
test:
	@Scripts/test.sh

# Format, import rule, generated files, console sources.
check:
	@Scripts/setup.sh test
	@Scripts/web-vendor.sh
	@Scripts/check.sh

# Decoders, ingest, queries and space, each beside something else in the same
# run (Docs/performance.md).
bench: build
	@Scripts/setup.sh test
	@Scripts/bench.sh

# SECONDS per fuzzer (Docs/decoders-proof.md).
SECONDS := 600
fuzz:
	@Scripts/fuzz.sh $(SECONDS)

# One fault after the other, in an order of chance, for SOAK_SECONDS (root; Docs/durability.md).
SOAK_SECONDS := 1800
soak: build
	@Scripts/setup.sh test
	@Scripts/soak.sh $(SOAK_SECONDS)

# What was built and fetched; ./data and the download cache stay.
clean:
	rm -rf .build .build-* Benchmarks/.build* Fuzz/.build* Web/vendor

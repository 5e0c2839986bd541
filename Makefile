# The two commands a newcomer needs are `make demo` and `make test`.
# Every target sets the machine up first (Scripts/setup: packages only, nothing is upgraded, no service is started).

SWIFT ?= swift
FLAGS := --explicit-target-dependency-import-check error
# Swift's libraries within the program: 3 MB less in memory, and nothing of Swift's to install.
RELEASE := -c release --static-swift-stdlib

PREFIX ?= /usr

.PHONY: demo test check bench install fuzz faults format clean setup

setup:
	@Scripts/setup

# Two relays on this machine, linked, to be joined with any IRC client. ARGS=--once plays a conversation and counts what arrived.
demo: setup
	$(SWIFT) build --product fairlead
	@.build/debug/fairlead demo $(ARGS)

# Builds and passes every test; prints the ten slowest and the runner's own summary.
test: setup
	@Scripts/servers
	@Scripts/test $(ARGS)

# Format, layers, imports, calls that only IO may make, and a build in which an undeclared import is an error.
check: setup
	@Scripts/check
	$(SWIFT) build $(FLAGS) --build-tests

# The project's own measurements (docs/benchmarks.md), built for speed as a release is: ARGS=--json for a program, --quick for a look.
bench: setup
	$(SWIFT) build $(RELEASE) --product fairlead
	.build/release/fairlead bench all $(ARGS)

# The program as it is run for years, with its unit and its user, below DESTDIR; starts nothing (docs/operations.md, "Installing").
install: setup
	$(SWIFT) build $(RELEASE) --product fairlead
	install -D -m 755 .build/release/fairlead $(DESTDIR)$(PREFIX)/bin/fairlead
	install -D -m 644 Config/fairlead.service $(DESTDIR)$(PREFIX)/lib/systemd/system/fairlead.service
	install -D -m 644 Config/fairlead.sysusers $(DESTDIR)$(PREFIX)/lib/sysusers.d/fairlead.conf

# Fuzzes every decoder for SECONDS each (default 60).
fuzz: setup
	@Scripts/fuzz $(or $(SECONDS),60)

# The kill and fault tests alone, ROUNDS times (default 20).
faults: setup
	@Scripts/servers
	@FAIRLEAD_TEST_ROUNDS=$(or $(ROUNDS),20) $(SWIFT) test $(FLAGS) --filter 'Kill|Fault|Walk'

format:
	$(SWIFT) format --in-place --recursive Sources Tests Package.swift

clean:
	rm -rf .build .build-fuzz

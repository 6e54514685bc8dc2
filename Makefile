# tandem: build, test, install. `make help` lists the targets.
#
#   make                     build/tandemd, build/tandemctl and build/tandem-exporter
#   make MODE=sanitize       the same with ASan and UBSan, in build/sanitize
#   make MODE=fuzz           with libFuzzer too, in build/fuzz (clang only; see `make fuzz`)
#   make V=1                 show the commands
#   make CXX=clang++-19      with the other compiler (give it a BUILD= of its own)

MODE ?= release
CXX  ?= g++
ifeq ($(origin CXX),default)
CXX := g++
endif

BUILD_release  := build
BUILD_sanitize := build/sanitize
BUILD_fuzz     := build/fuzz
BUILD ?= $(BUILD_$(MODE))

PREFIX     ?= /usr
SYSCONFDIR ?= /etc
UNITDIR    ?= /lib/systemd/system
CATALOGDIR ?= $(PREFIX)/lib/systemd/catalog
MANDIR     ?= $(PREFIX)/share/man
# Where Debian's shells look for what packages bring along.
BASHDIR    ?= $(PREFIX)/share/bash-completion/completions
ZSHDIR     ?= $(PREFIX)/share/zsh/vendor-completions
FISHDIR    ?= $(PREFIX)/share/fish/vendor_completions.d
DESTDIR    ?=

PKG_CONFIG ?= pkg-config
DAEMON_LIBRARIES := libconfig libnl-3.0 libnl-route-3.0 libmnl libnftnl libsystemd libcap-ng libcurl fmt
CTL_LIBRARIES    := fmt
EXPORTER_LIBRARIES := cpp-httplib fmt
TEST_LIBRARIES   := cpputest

# ---- flags -----------------------------------------------------------------------------------
WARNINGS := -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror
FLAGS_release  := -O2 -g -D_FORTIFY_SOURCE=3 -D_GLIBCXX_ASSERTIONS -fstack-protector-strong \
                  -fstack-clash-protection -fcf-protection
LINK_release   := -pie -Wl,-z,relro,-z,now,-z,noexecstack
FLAGS_sanitize := -O1 -g1 -fno-omit-frame-pointer -fsanitize=address,undefined \
                  -fno-sanitize-recover=undefined -DCPPUTEST_MEM_LEAK_DETECTION_DISABLED
LINK_sanitize  := -fsanitize=address,undefined
FLAGS_fuzz     := $(FLAGS_sanitize) -O1 -fsanitize=fuzzer-no-link
LINK_fuzz      := $(LINK_sanitize)

# pkg-config is asked when something is compiled, so that `make deps` works on a bare machine, and once.
package_includes = $(eval package_includes := $(shell $(PKG_CONFIG) --cflags-only-I $(DAEMON_LIBRARIES) \
                                                | sed 's/-I/-isystem /g'))$(package_includes)
ALL_CXXFLAGS = -std=c++23 $(WARNINGS) -fPIE -Isrc -MMD -MP $(FLAGS_$(MODE)) \
               $(package_includes) $(LIBRARY_FLAGS) $(TEST_FLAGS) $(CXXFLAGS) $(USE_PRELUDE)
ALL_LDFLAGS  = $(LINK_$(MODE)) $(LDFLAGS)
libraries    = $(shell $(PKG_CONFIG) --libs $(1))

# ---- sources ---------------------------------------------------------------------------------
objects = $(patsubst %.cpp,$(BUILD)/obj/%.o,$(sort $(1)))
base_objects   := $(call objects,$(wildcard src/base/*.cpp))
daemon_objects := $(call objects,$(wildcard src/vrrp/*.cpp src/config/*.cpp src/kernel/*.cpp \
                                            src/health/*.cpp src/app/*.cpp))
exporter_only  := $(BUILD)/obj/src/ctl/exporter_main.o $(BUILD)/obj/src/ctl/exporter_server.o
ctl_objects    := $(filter-out $(exporter_only),$(call objects,$(wildcard src/ctl/*.cpp)))
daemon_main    := $(BUILD)/obj/src/app/main.o
ctl_main       := $(BUILD)/obj/src/ctl/main.o
unit_objects   := $(call objects,$(wildcard tests/unit/*.cpp))
sim_objects    := $(call objects,$(wildcard tests/sim/*.cpp))
replay_objects := $(call objects,$(wildcard tests/replay/*.cpp))
probe_objects  := $(call objects,$(wildcard tests/probes/*.cpp))
runner_objects := $(call objects,$(wildcard tests/runner/*.cpp))
bench_objects  := $(call objects,$(wildcard tests/bench/*.cpp))
explore_objects := $(call objects,$(wildcard tests/explore/*.cpp)) \
                   $(call objects,$(wildcard src/base/*.cpp src/vrrp/*.cpp) \
                                  src/app/readiness.cpp src/kernel/view.cpp src/kernel/own_routes.cpp \
                                  src/kernel/route.cpp)
fuzz_mains     := $(BUILD)/obj/tests/fuzz/fuzzer.o $(BUILD)/obj/tests/fuzz/replay.o
fuzz_objects   := $(filter-out $(fuzz_mains),$(call objects,$(wildcard tests/fuzz/*.cpp)))
# What the fuzz targets reach: everything that reads what others wrote.
fuzzed         := $(base_objects) $(call objects,$(wildcard src/vrrp/*.cpp src/config/*.cpp \
                                                            src/kernel/*.cpp) src/app/control.cpp \
                                       $(wildcard src/health/message*.cpp))
testable       := $(base_objects) $(filter-out $(daemon_main),$(daemon_objects)) \
                  $(filter-out $(ctl_main),$(ctl_objects))

# Says what is being made; the whole command with V=1.
run = $(if $(V),,@echo '  $(notdir $(word 1,$(CXX)))  $@' &&) $(1)

# ---- targets ---------------------------------------------------------------------------------
.PHONY: all tests check sim fuzz explore rfc mutate demo report bench install uninstall deps \
        build-deps format format-check tidy clean help
.DELETE_ON_ERROR:

all: $(BUILD)/tandemd $(BUILD)/tandemctl $(BUILD)/tandem-exporter

$(BUILD)/tandemd: $(base_objects) $(daemon_objects)
	$(call run,$(CXX) $(ALL_LDFLAGS) -o $@ $^ $(call libraries,$(DAEMON_LIBRARIES)))

$(BUILD)/tandemctl: $(base_objects) $(ctl_objects)
	$(call run,$(CXX) $(ALL_LDFLAGS) -o $@ $^ $(call libraries,$(CTL_LIBRARIES)))

$(BUILD)/tandem-exporter: $(base_objects) $(filter-out $(ctl_main),$(ctl_objects)) $(exporter_only)
	$(call run,$(CXX) $(ALL_LDFLAGS) -o $@ $^ $(call libraries,$(EXPORTER_LIBRARIES)))

# Debian's cpp-httplib is a compiled one: its header has to be read as the library has read it.
$(BUILD)/obj/src/ctl/exporter_server.o: LIBRARY_FLAGS = $(shell $(PKG_CONFIG) --cflags cpp-httplib)

$(BUILD)/unit-tests: $(unit_objects) $(testable)
	$(call run,$(CXX) $(ALL_LDFLAGS) -o $@ $^ $(call libraries,$(DAEMON_LIBRARIES) $(TEST_LIBRARIES)))

$(BUILD)/sim-tests: $(sim_objects) $(testable)
	$(call run,$(CXX) $(ALL_LDFLAGS) -o $@ $^ $(call libraries,$(DAEMON_LIBRARIES) $(TEST_LIBRARIES)))

$(BUILD)/replay: $(replay_objects) $(testable)
	$(call run,$(CXX) $(ALL_LDFLAGS) -o $@ $^ $(call libraries,$(DAEMON_LIBRARIES)))

$(BUILD)/probe: $(probe_objects) $(base_objects) $(call objects,$(wildcard src/health/*.cpp))
	$(call run,$(CXX) $(ALL_LDFLAGS) -o $@ $^ $(call libraries,$(DAEMON_LIBRARIES)))

$(BUILD)/runner: $(runner_objects) $(base_objects) $(call objects,$(wildcard src/health/*.cpp))
	$(call run,$(CXX) $(ALL_LDFLAGS) -o $@ $^ $(call libraries,$(DAEMON_LIBRARIES)))

$(BUILD)/runner-cost: $(bench_objects) $(base_objects) $(call objects,$(wildcard src/health/*.cpp))
	$(call run,$(CXX) $(ALL_LDFLAGS) -o $@ $^ $(call libraries,$(DAEMON_LIBRARIES)))

$(BUILD)/explore: $(explore_objects)
	$(call run,$(CXX) $(ALL_LDFLAGS) -o $@ $^ $(call libraries,fmt))

$(BUILD)/fuzz-replay: $(fuzz_objects) $(BUILD)/obj/tests/fuzz/replay.o $(fuzzed)
	$(call run,$(CXX) $(ALL_LDFLAGS) -o $@ $^ $(call libraries,$(DAEMON_LIBRARIES)))

# MODE=fuzz only: libFuzzer brings the main().
$(BUILD)/fuzzer: $(fuzz_objects) $(BUILD)/obj/tests/fuzz/fuzzer.o $(fuzzed)
	$(call run,$(CXX) $(ALL_LDFLAGS) -fsanitize=fuzzer -o $@ $^ $(call libraries,$(DAEMON_LIBRARIES)))

tests: $(BUILD)/unit-tests $(BUILD)/sim-tests $(BUILD)/explore $(BUILD)/fuzz-replay $(BUILD)/replay \
       $(BUILD)/probe $(BUILD)/runner $(BUILD)/runner-cost

# Tests run once: what the compiler spends on them is most of the time of `make check`.
ifeq ($(MODE),release)
$(BUILD)/obj/tests/%.o: TEST_FLAGS := -g1
$(BUILD)/obj/tests/unit/%.o $(BUILD)/obj/tests/sim/%.o: TEST_FLAGS := -O1 -g1
endif

# Clang reads the headers that most tests share once for the sanitized build. The usual build does
# without: there a file that lacks an #include does not compile, and g++ 12 warns of what is not so.
ifeq ($(MODE)-$(findstring clang,$(CXX)),sanitize-clang)
prelude      := $(BUILD)/prelude.hpp
with_prelude := $(unit_objects) $(sim_objects)
# Not optimised: each runs once, and that takes the compiler half the time.
$(BUILD)/obj/tests/%.o: TEST_FLAGS := -O0
$(with_prelude): USE_PRELUDE = -include $(prelude)
$(with_prelude): | $(prelude).pch

$(prelude).pch: USE_PRELUDE =
$(prelude).pch: TEST_FLAGS := -O0
$(prelude).pch: tests/prelude.hpp
	@mkdir -p $(@D)
	$(call run,$(CXX) $(ALL_CXXFLAGS) -x c++-header -o $@ $<)

-include $(prelude).d
endif

$(BUILD)/obj/%.o: %.cpp
	@mkdir -p $(@D)
	$(call run,$(CXX) $(ALL_CXXFLAGS) -c -o $@ $<)

-include $(patsubst %.o,%.d,$(base_objects) $(daemon_objects) $(ctl_objects) $(exporter_only) \
                              $(unit_objects) $(sim_objects) \
                              $(explore_objects) $(fuzz_objects) $(fuzz_mains) \
                              $(replay_objects) $(probe_objects) $(runner_objects) $(bench_objects))

# ---- on a machine that may have nothing installed: these install what they need ---------------
deps:
	packaging/deps.sh

build-deps:
	packaging/deps.sh build lab

check:
	tests/check

# More walks than `make check` runs: make sim SEEDS=100000 FIRST=1001
SEEDS ?= 10000
FIRST ?= 1
sim: $(BUILD)/sim-tests
	$< walk --first $(FIRST) --seeds $(SEEDS)

# Every target for SECONDS, one after the other; what crashes one goes into its corpus.
SECONDS ?= 60
fuzz:
	$(MAKE) MODE=fuzz CXX="$(FUZZ_CXX)" build/fuzz/fuzzer
	tests/fuzz/run $(SECONDS) $(TARGETS)
FUZZ_CXX ?= clang++-19

# DEPTH: disturbances on a path; without it each scenario has the depth that `make check` can afford.
explore: $(BUILD)/explore
	$(BUILD)/explore $(DEPTH)

demo: build-deps
	$(MAKE) -j$$(nproc) all
	tests/net/demo

# Each event ROUNDS times; writes README.md and docs/report.svg.
ROUNDS ?= 3
report:
	packaging/deps.sh build lab report
	$(MAKE) -j$$(nproc) all
	tests/report/run --rounds $(ROUNDS) --write

bench: deps
	$(MAKE) -j$$(nproc) all build/runner-cost
	tests/bench/failover
	tests/bench/addresses
	tests/bench/checks
	tests/bench/control

# ---- how far the tests reach -----------------------------------------------------------------
rfc:
	@tests/rfc

mutate:
	@tests/mutate $(MUTANTS)

# ---- where it goes -----------------------------------------------------------------------------
SERVICES    := tandemd.service tandem-exporter.service tandem-metrics.service
OTHER_UNITS := tandem-active@.target tandem-metrics.timer
# SHELL:FILE; each shell finds a script by the name of the file.
COMPLETIONS := bash:$(BASHDIR)/tandemctl zsh:$(ZSHDIR)/_tandemctl fish:$(FISHDIR)/tandemctl.fish

install: all
	install -D -m 0755 $(BUILD)/tandemd $(DESTDIR)$(PREFIX)/sbin/tandemd
	install -D -m 0755 $(BUILD)/tandemctl $(DESTDIR)$(PREFIX)/sbin/tandemctl
	install -D -m 0755 $(BUILD)/tandem-exporter $(DESTDIR)$(PREFIX)/sbin/tandem-exporter
	install -d -m 0755 $(DESTDIR)$(UNITDIR)
	for unit in $(SERVICES); do \
	    sed 's|/usr/sbin/|$(PREFIX)/sbin/|' systemd/$$unit >$(DESTDIR)$(UNITDIR)/$$unit && \
	    chmod 0644 $(DESTDIR)$(UNITDIR)/$$unit || exit 1; \
	done
	install -m 0644 -t $(DESTDIR)$(UNITDIR) $(addprefix systemd/,$(OTHER_UNITS))
	install -D -m 0644 -t $(DESTDIR)$(MANDIR)/man8 man/tandemd.8 man/tandemctl.8 man/tandem-exporter.8
	install -D -m 0644 -t $(DESTDIR)$(CATALOGDIR) systemd/tandem.catalog
	install -D -m 0644 -t $(DESTDIR)$(MANDIR)/man7 man/tandem-hooks.7
	install -D -m 0644 -t $(DESTDIR)$(MANDIR)/man5 man/tandem.conf.5
	install -D -m 0644 -t $(DESTDIR)$(PREFIX)/share/doc/tandemd/examples etc/*.conf
	install -D -m 0644 -t $(DESTDIR)$(PREFIX)/share/doc/tandemd/monitoring etc/monitoring/tandem*
	for script in $(COMPLETIONS); do \
	    file=$(DESTDIR)$${script#*:} && install -D -m 0644 /dev/null $$file && \
	    $(BUILD)/tandemctl completion $${script%%:*} >$$file || exit 1; \
	done
	install -d -m 0755 $(DESTDIR)$(SYSCONFDIR)/tandem/conf.d
	@if [ -z "$(DESTDIR)" ] && [ -d /run/systemd/system ]; then \
	    systemctl daemon-reload; journalctl --update-catalog; fi

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/sbin/tandemd $(DESTDIR)$(PREFIX)/sbin/tandemctl
	rm -f $(DESTDIR)$(PREFIX)/sbin/tandem-exporter
	rm -f $(addprefix $(DESTDIR)$(UNITDIR)/,$(SERVICES) $(OTHER_UNITS))
	rm -f $(DESTDIR)$(MANDIR)/man8/tandemd.8 $(DESTDIR)$(MANDIR)/man8/tandemctl.8
	rm -f $(DESTDIR)$(MANDIR)/man8/tandem-exporter.8
	rm -f $(DESTDIR)$(MANDIR)/man7/tandem-hooks.7 $(DESTDIR)$(MANDIR)/man5/tandem.conf.5
	rm -f $(DESTDIR)$(CATALOGDIR)/tandem.catalog
	rm -f $(foreach script,$(COMPLETIONS),$(DESTDIR)$(lastword $(subst :, ,$(script))))
	rm -rf $(DESTDIR)$(PREFIX)/share/doc/tandemd

CXX_FILES = $(wildcard src/*/*.[ch]pp tests/*.hpp tests/*/*.[ch]pp)
format:
	clang-format-19 -i $(CXX_FILES)

format-check:
	clang-format-19 --dry-run --Werror $(CXX_FILES)

tidy:
	clang-tidy-19 --quiet $(wildcard src/*/*.cpp) -- -std=c++23 -Isrc

clean:
	rm -rf build

help:
	@sed -n 's/^#   //p' Makefile
	@echo 'deps    install everything that building, testing and developing need (Debian 12)'
	@echo 'check   install what is missing, build, run all tests'
	@echo 'sim     random walks on the simulated LAN: SEEDS=10000 FIRST=1'
	@echo 'fuzz    fuzz every reader of foreign octets for SECONDS=60 each'
	@echo 'explore every reachable state of a few routers and of a group, DEPTH disturbances deep'
	@echo 'demo    install what is missing, build, show a failover'
	@echo 'report  what stops, reloads, crashes cost clients, next to keepalived, into the README: ROUNDS=3'
	@echo 'bench   failover time, and many addresses, next to keepalived'
	@echo 'rfc     which tests prove which sentence of the RFCs'
	@echo 'mutate  break the code in many small ways and see the tests notice (MUTANTS=NAMES for some)'
	@echo 'install, uninstall, format, format-check, tidy, clean'

# Enforgate. `make help` lists the targets; BUILD, CC, CFLAGS, STATIC, PREFIX, STATEDIR, DESTDIR, STATE and PORT are
# yours to set.
BUILD  ?= build
# The same directory by a whole path is not another set of flags: nothing is built anew for it.
override BUILD := $(patsubst $(CURDIR)/%,%,$(BUILD))
CC     ?= cc
PREFIX ?= /usr/local
# Where the state directory will be: installed examples name it, and the programs look for their configuration there.
STATEDIR ?= /var/lib/enforgate
STATE  ?= ./run
PORT   ?= 8080
VERSION := 0.1.0

PKG_CFLAGS := $(shell pkg-config --cflags json-c sqlite3 libcrypto libpcre2-8 inih libcurl 2>/dev/null)
LIBS       := -lfcgi $(shell pkg-config --libs json-c sqlite3 libcrypto libpcre2-8 inih 2>/dev/null) -lscrypt -lpthread -ldl

# STATIC=1: the libraries that a host with Apache and nothing more may lack come into the programs. libcrypto and the
# C library stay the host's, which updates them.
STATIC   ?=
ifneq ($(STATIC),)
LIBS := $(foreach l,$(LIBS),$(if $(filter -lfcgi -ljson-c -lsqlite3 -lpcre2-8 -linih -lscrypt,$(l)),-l:$(l:-l%=lib%).a,$(l))) -lm
endif

OPT      ?= -O2 -g
WARN     := -Wall -Wextra -Werror -Wshadow -Wpointer-arith -Wcast-qual -Wwrite-strings -Wstrict-prototypes \
            -Wmissing-prototypes -Wundef -Wformat=2 -Wvla -Wswitch-enum -Wno-error=deprecated-declarations
HARDEN   ?= -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fstack-clash-protection -fPIE -fcf-protection
HARDENLD ?= -pie -Wl,-z,relro,-z,now,-z,noexecstack
SANITIZE ?=
ALL_CFLAGS := -std=gnu11 -D_GNU_SOURCE -DENFORGATE_VERSION='"$(VERSION)"' \
            -DENFORGATE_DEFAULT_CONF='"$(STATEDIR)/enforgate.conf"' \
            -I. -Ishared -I$(BUILD) $(OPT) $(WARN) $(HARDEN) $(SANITIZE) $(PKG_CFLAGS) $(CFLAGS) -MMD -MP
# As needed: check.fcgi, which is started often and in numbers, does without some of the libraries.
ALL_LDFLAGS := $(HARDENLD) -Wl,--as-needed $(SANITIZE) $(LDFLAGS)

core_src := $(wildcard shared/*.c shared/mcp/*.c)
doors    := $(wildcard fcgi/check.c fcgi/mcp.c fcgi/approve.c)
# fcgi/NAME_*.c are parts of the door fcgi/NAME.c alone; the other files of fcgi/ are parts of every door.
parts_of  = $(wildcard $(1:%.c=%_*.c))
fcgi_src := $(filter-out $(doors) $(call parts_of,$(doors)),$(wildcard fcgi/*.c))
ctl_src  := $(wildcard ctl/*.c)
# stdio/NAME.c and stdio/NAME_*.c are a program enforgate-NAME, which speaks MCP over its standard input and output.
stdio    := $(foreach n,stdio bridge demo,$(wildcard stdio/$(n).c))
unit_src := $(wildcard tests/unit/test_*.c)
unit_aid := $(filter-out $(unit_src),$(wildcard tests/unit/*.c))

core_obj := $(core_src:%.c=$(BUILD)/obj/%.o) $(BUILD)/obj/migrations.o $(BUILD)/obj/templates.o
fcgi_obj := $(fcgi_src:%.c=$(BUILD)/obj/%.o)
ctl_obj  := $(ctl_src:%.c=$(BUILD)/obj/%.o)
programs := $(doors:fcgi/%.c=$(BUILD)/%.fcgi) $(BUILD)/enforgatectl $(stdio:stdio/%.c=$(BUILD)/enforgate-%)
aid_obj  := $(unit_aid:%.c=$(BUILD)/obj/%.o)
units    := $(unit_src:tests/unit/%.c=$(BUILD)/tests/%)

Q := $(if $(V),,@)

ifeq ($(filter-out all units install,$(MAKECMDGOALS)),)
ifneq ($(shell pkg-config --exists json-c sqlite3 libcrypto libpcre2-8 inih libcurl 2>/dev/null && echo yes),yes)
$(warning libraries or pkg-config are missing: `sh tools/packages.sh run` installs what it takes to build)
endif
endif

.PHONY: all units clean always
.SECONDARY: # objects stay: a second `make`, or `make install` as root, compiles nothing
all: $(programs)
units: $(units)

# Everything is built anew when the flags change, PREFIX among them.
$(BUILD)/flags: export FLAGS = $(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) $(LIBS)
$(BUILD)/flags: always
	@mkdir -p $(@D)
	@printf '%s\n' "$$FLAGS" | cmp -s - $@ || printf '%s\n' "$$FLAGS" > $@

$(BUILD)/obj/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -c -o $@ $<

$(BUILD)/migrations.c: $(sort $(wildcard sql/*.sql)) tools/embed-sql.sh
	@mkdir -p $(@D)
	$(Q)sh tools/embed-sql.sh $(sort $(wildcard sql/*.sql)) > $@.new && mv $@.new $@
$(BUILD)/obj/migrations.o: $(BUILD)/migrations.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -c -o $@ $<

$(BUILD)/templates.c: $(sort $(wildcard templates/*)) tools/embed-templates.sh
	@mkdir -p $(@D)
	$(Q)sh tools/embed-templates.sh $(sort $(wildcard templates/*)) > $@.new && mv $@.new $@
$(BUILD)/obj/templates.o: $(BUILD)/templates.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -c -o $@ $<

$(BUILD)/core.a: $(core_obj)
	$(Q)rm -f $@ && ar rcs $@ $(core_obj)

$(foreach d,$(doors),$(eval $(d:fcgi/%.c=$(BUILD)/%.fcgi): $(patsubst %.c,$(BUILD)/obj/%.o,$(call parts_of,$(d)))))
$(BUILD)/%.fcgi: $(BUILD)/obj/fcgi/%.o $(fcgi_obj) $(BUILD)/core.a
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $(filter-out %.a,$^) $(BUILD)/core.a $(LIBS)
	@echo "built $@"

$(BUILD)/mcp.fcgi: LIBS += -lcurl

$(foreach p,$(stdio),$(eval $(p:stdio/%.c=$(BUILD)/enforgate-%): $(patsubst %.c,$(BUILD)/obj/%.o,$(call parts_of,$(p)))))
$(BUILD)/enforgate-%: $(BUILD)/obj/stdio/%.o $(BUILD)/core.a
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $(filter-out %.a,$^) $(BUILD)/core.a $(LIBS) -lcurl
	@echo "built $@"

$(BUILD)/enforgatectl: $(ctl_obj) $(BUILD)/core.a
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $(ctl_obj) $(BUILD)/core.a $(LIBS) -lcurl
	@echo "built $@"

# What several test programs share; each takes from the archive what it uses.
$(BUILD)/tests/aid.a: $(aid_obj)
	@mkdir -p $(@D)
	$(Q)rm -f $@ && ar rcs $@ $(aid_obj)

$(BUILD)/tests/%: tests/unit/%.c $(BUILD)/tests/aid.a $(BUILD)/core.a $(BUILD)/flags
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -Itests/unit $(ALL_LDFLAGS) -o $@ $< $(BUILD)/tests/aid.a $(BUILD)/core.a $(LIBS) -lcurl -lcmocka

clean:
	rm -rf $(BUILD)

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)

# ---- What is done with the programs: running, testing, checking, installing. -----------------------------------
export BUILD STATE PORT CC PREFIX STATEDIR DESTDIR
TESTS ?=
DISTDIR ?= .

.PHONY: help run test test-long asan tsan lint format install uninstall dist dist-bin
help:
	@sed -n 's/^#: //p' Makefile tests/*/*.mk

#: make                         build the programs; BUILD=build, CC=, CFLAGS=
#: make run                     try it out on 127.0.0.1; PORT=8080, STATE=./run
run:
	@sh tools/run.sh
#: make test [TESTS=NAMES]      unit, cases, laws, flow, httpd, browser and mcp tests; TESTS picks some
test:
	@sh tests/build-and-run.sh test
#: make test-long               what takes longer: 200 kills, laws broken on purpose, a full disk
test-long:
	@sh tests/build-and-run.sh test-long
#: make asan | make tsan        the tests under AddressSanitizer and UBSan, or ThreadSanitizer
asan tsan:
	@sh tests/build-and-run.sh $@
#: make lint                    formatting, static analysis, the rules of the house
lint:
	@sh tests/lint/lint.sh
#: make format                  lay out the C files as .clang-format says
format:
	clang-format -i $(wildcard fcgi/*.[ch] shared/*.[ch] ctl/*.[ch] tests/*/*.[ch])
#: make install                 PREFIX=/usr/local, STATEDIR=/var/lib/enforgate, DESTDIR=; STATIC=1: see INSTALL
install: all
	@sh tools/install.sh install
#: make uninstall               with the same PREFIX= and DESTDIR=; the state directory stays
uninstall:
	@sh tools/install.sh uninstall
#: make dist                    the sources of the last commit as enforgate-VERSION.tar.gz, in DISTDIR=.
dist:
	@sh tools/dist.sh $(VERSION) "$(DISTDIR)"
#: make dist-bin ACCOUNT=/home/you    a build for an account without a compiler, to be unpacked there
dist-bin:
	@sh tools/dist-bin.sh $(VERSION) "$(DISTDIR)" "$(ACCOUNT)"

-include $(wildcard tests/*/*.mk)

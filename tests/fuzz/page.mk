# The fuzzer of the template engine, which needs clang with libFuzzer. Seeds are the templates and the cases of
# tests/cases/page; what it finds stays in $(BUILD)/fuzz/page.
FUZZ_SECONDS ?= 60
fuzz_page_src := tests/fuzz/fuzz_page.c tests/unit/page_oracle.c $(wildcard shared/page*.c) shared/buf.c shared/secret.c \
                 shared/status.c shared/utf8.c
fuzz_cc := clang -std=gnu11 -D_GNU_SOURCE -I. -Ishared -Itests/unit -O1 -g -fno-omit-frame-pointer \
           -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all

$(BUILD)/fuzz/fuzz_page: $(fuzz_page_src) $(BUILD)/templates.c $(wildcard shared/page*.h) tests/unit/page_oracle.h
	@command -v clang >/dev/null || { echo 'fuzz: it takes clang with libFuzzer; as root: apt-get install clang' >&2; exit 1; }
	@mkdir -p $(@D)
	$(Q)$(fuzz_cc) -o $@ $(fuzz_page_src) $(BUILD)/templates.c -lcrypto

.PHONY: fuzz fuzz-page
#: make fuzz [FUZZ_SECONDS=60]  templates and the proxy's protocol under libFuzzer, each for so long; make fuzz-page: one
fuzz: fuzz-page
fuzz-page: $(BUILD)/fuzz/fuzz_page
	@sh tests/fuzz/run.sh page $(FUZZ_SECONDS)

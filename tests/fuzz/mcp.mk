# The fuzzers of the proxy's protocol: messages with their headers, event streams, requestState, values of headers.
fuzz_mcp_names := mcp_message mcp_sse mcp_state mcp_header
fuzz_mcp_src := $(wildcard shared/json*.c) shared/buf.c shared/decimal.c shared/secret.c shared/secret_seal.c shared/status.c \
                shared/utf8.c $(addprefix shared/mcp/,convert.c convert_ask.c era.c era_header.c names.c param_header.c \
                param_header_valid.c rpc.c sse.c state.c)
fuzz_mcp_obj := $(fuzz_mcp_src:%.c=$(BUILD)/fuzz/obj/%.o)

$(BUILD)/fuzz/obj/%.o: %.c $(wildcard shared/*.h shared/mcp/*.h tests/fuzz/*.h)
	@mkdir -p $(@D)
	$(Q)$(fuzz_cc) -DENFORGATE_VERSION='"0"' $(PKG_CFLAGS) -c -o $@ $<

.SECONDARY: $(fuzz_mcp_obj)
$(BUILD)/fuzz/fuzz_mcp_%: $(BUILD)/fuzz/obj/tests/fuzz/fuzz_mcp_%.o $(fuzz_mcp_obj)
	$(Q)$(fuzz_cc) -o $@ $^ $(shell pkg-config --libs json-c libcrypto 2>/dev/null)

.PHONY: $(fuzz_mcp_names:%=fuzz-%)
fuzz: $(fuzz_mcp_names:%=fuzz-%)
$(fuzz_mcp_names:%=fuzz-%): fuzz-mcp_%: $(BUILD)/fuzz/fuzz_mcp_%
	@sh tests/fuzz/run.sh mcp_$* $(FUZZ_SECONDS)

# Benchmarks. `make bench`: one table, about three minutes; the last part needs Apache with mod_fcgid. `make bench-large`: throughput with five
# million audit entries against none, after filling them. BENCH_ARGS=--json prints for programs.
bench_obj := $(BUILD)/obj/tests/bench
bench_tools := $(addprefix $(BUILD)/tests/,hello load disk)

$(BUILD)/tests/hello: $(bench_obj)/hello.o
$(BUILD)/tests/load: $(addprefix $(bench_obj)/,load.o load_options.o load_run.o response.o histogram.o)
$(BUILD)/tests/disk: $(bench_obj)/disk.o $(bench_obj)/histogram.o
$(BUILD)/tests/fill: $(bench_obj)/fill.o $(BUILD)/core.a
$(BUILD)/tests/bench_policy: $(bench_obj)/bench_policy.o $(BUILD)/core.a
$(bench_tools) $(BUILD)/tests/fill $(BUILD)/tests/bench_policy:
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

.PHONY: bench bench-large bench-approvals
#: make bench                   check beside a bare responder, one table (BENCH_ARGS=--json)
bench: $(bench_tools) $(BUILD)/tests/bench_policy $(BUILD)/check.fcgi $(BUILD)/enforgatectl
	$(Q)BUILD=$(BUILD) sh tests/bench/run.sh $(BENCH_ARGS)
#: make bench-large             throughput with five million audit entries against none
bench-large: $(bench_tools) $(BUILD)/tests/fill $(BUILD)/check.fcgi $(BUILD)/enforgatectl
	$(Q)BUILD=$(BUILD) sh tests/bench/large.sh $(BENCH_ARGS)
#: make bench-approvals         from the click to the waiting check; what a flood of approve requests costs others
bench-approvals: $(BUILD)/tests/load $(programs)
	$(Q)BUILD=$(BUILD) bash tests/bench/approvals.sh

# Benchmarks: `make bench` (one table, about four minutes), `make bench-large` (five million rows first).
bench_dir := $(BUILD)/tests
bench_obj := $(BUILD)/obj/tests/bench

$(bench_dir)/hello: $(bench_obj)/hello.o
$(bench_dir)/load: $(bench_obj)/load.o $(bench_obj)/load_options.o $(bench_obj)/load_run.o \
                   $(bench_obj)/response.o $(bench_obj)/histogram.o
$(bench_dir)/disk: $(bench_obj)/disk.o $(bench_obj)/histogram.o
$(bench_dir)/hello $(bench_dir)/load $(bench_dir)/disk:
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

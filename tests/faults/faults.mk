# What is preloaded into programs to make them fail.
$(BUILD)/tests/kill_at.so: tests/faults/kill_at.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(Q)$(CC) -std=gnu11 -D_GNU_SOURCE $(WARN) -O2 -fPIC -shared -o $@ $<

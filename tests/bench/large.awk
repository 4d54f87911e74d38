# large.awk - the result of large.sh. Lines: empty|full PAIR RATE P50 P99

{
	add($1 " rate", $3)
	add($1 " p50", $4)
	add($1 " p99", $5)
	rate[$1, $2] = $3
	if ($2 > pairs)
		pairs = $2
}

END {
	for (i = 1; i <= pairs; i++)
		add("ratio", rate["full", i] / rate["empty", i])
	ratio = median("ratio")
	met = ratio >= 0.95
	if (format == "json") {
		printf "{\"machine\":\"%s\",\"rows\":%d,\"fill_seconds\":%d,\"state_mb\":%d,", machine, rows,
			filled, size
		printf "\"connections\":%d,\"pairs\":%d,\"ratio\":%.3f,\"ratio_min\":%.3f,", connections, pairs,
			ratio, least
		printf "\"ratio_max\":%.3f,\"full_per_second\":%.1f,", most, median("full rate")
		printf "\"empty_per_second\":%.1f,\"met\":%s}\n", median("empty rate"), (met ? "true" : "false")
		exit
	}
	printf "%s\n", machine
	printf "%d audit entries (%d MB, filled in %d s) against none, c=%d, %d pairs in turn\n", rows, size,
		filled, connections, pairs
	printf "%-8s %10s %10s %10s\n", "log", "check/s", "p50 us", "p99 us"
	split("empty full", sides, " ")
	for (i = 1; i <= 2; i++)
		printf "%-8s %10.0f %10.0f %10.0f\n", sides[i], median(sides[i] " rate"),
			median(sides[i] " p50"), median(sides[i] " p99")
	ratio = median("ratio")
	printf "throughput full against empty: %.3f [%.3f - %.3f]  goal >= 0.95  %s\n", ratio, least, most,
		(met ? "met" : "not met")
}

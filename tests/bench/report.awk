# report.awk - turns the result lines of run.sh into one table, or into JSON with format=json.
#
# Lines: others ROUND CORES | disk ROUND FDATASYNC(p50 p99 per-second) COMMIT(p50 p99 per-second)
#        fair together|apart SLOWEST FASTEST RATE P50 P99 MAX BUSY, fair none WHY (see fair.sh)
#        hello|check ROUND C RATE P50 P99 | memory IDLE AFTER (kB) | threads C N | evaluation RULES NS

# One goal: met when the value is below (or, with least=1, above) the limit.
function goal(text, value, limit, unit, at_least,    met) {
	met = at_least ? value >= limit : value <= limit
	goals++
	goal_text[goals] = text
	goal_line[goals] = sprintf("%-46s %10s  goal %s %-9s %s", text, sprintf(unit, value),
		at_least ? ">=" : "<=", sprintf(unit, limit), met ? "met" : "not met")
	goal_json[goals] = sprintf("{\"goal\":\"%s\",\"measured\":%.3f,\"limit\":%.3f,\"met\":%s}",
		text, value, limit, met ? "true" : "false")
}

$1 == "others" { add("others", $3) }
$1 == "disk" {
	split("fdatasync_p50 fdatasync_p99 fdatasync_rate commit_p50 commit_p99 commit_rate", names, " ")
	for (i = 1; i <= 6; i++)
		add(names[i], $(i + 2))
	commit[$2] = $6
}
$1 == "hello" || $1 == "check" {
	add($1 " rate " $3, $4)
	add($1 " p50 " $3, $5)
	add($1 " p99 " $3, $6)
	if ($1 == "hello") {
		hello_rate[$2, $3] = $4
		hello_p50[$2, $3] = $5
	} else {
		add("ratio " $3, $4 / hello_rate[$2, $3])
		if ($3 == 1)
			add("above", $5 - hello_p50[$2, $3] - commit[$2])
	}
}
$1 == "memory" { idle_mb = $2 / 1024; after_mb = $3 / 1024 }
$1 == "threads" { threads[$2] = $3 }
$1 == "evaluation" { evaluation[$2] = $3; sizes[++nsizes] = $2 }
$1 == "fair" && $2 == "none" { fair_none = substr($0, length("fair none ") + 1) }
$1 == "fair" && $2 != "none" {
	fair[++nfair] = $2
	split("slowest fastest rate p50 p99 max busy", names, " ")
	for (i = 1; i <= 7; i++)
		fair_figure[$2, names[i]] = $(i + 2)
	fair_ratio[$2] = $4 > 0 ? $3 / $4 : 0
}

END {
	split("1 16 64", levels, " ")
	goal("throughput against hello at c=64", median("ratio 64"), 0.70, "%.2f", 1)
	goal("throughput against hello at c=16", median("ratio 16"), 0.60, "%.2f", 1)
	goal("c=1: check p50 - hello p50 - commit p50", median("above"), 60, "%.0f us", 0)
	goal("p99 of check at c=16", median("check p99 16") / 1000, 4, "%.2f ms", 0)
	goal("resident memory of check, idle", idle_mb, 8, "%.1f MB", 0)
	if (3 in evaluation)
		goal("evaluation alone, 3 rules", evaluation[3], 500, "%.0f ns", 0)
	if (1000 in evaluation)
		goal("evaluation alone, 1000 rules", evaluation[1000] / 1000, 30, "%.1f us", 0)
	for (i = 1; i <= nfair; i++) {
		goal("mod_fcgid, " fair[i] ": slowest against fastest", fair_ratio[fair[i]], 0.5, "%.2f", 1)
		if (fair[i] == "together")
			goal("mod_fcgid, together: p99", fair_figure["together", "p99"] / 1000, 50, "%.1f ms", 0)
		goal("mod_fcgid, " fair[i] ": busy errors", fair_figure[fair[i], "busy"], 0, "%d", 0)
	}
	if (format == "json")
		print_json()
	else
		print_text()
}

function print_text(    i, c, r) {
	printf "%s; state on %s; %d rounds of %s s, hello and check in turn, medians\n", machine,
		filesystem, rounds, seconds
	r = median("others")
	printf "other programs kept %.2f cores busy between the runs (most %.2f)\n\n", r, most
	printf "%4s %8s %9s %9s  %-19s %7s %7s %7s %7s\n", "c", "threads", "hello/s", "check/s",
		"ratio [min - max]", "h p50", "h p99", "c p50", "c p99"
	for (i = 1; i <= 3; i++) {
		c = levels[i]
		printf "%4d %8d %9.0f %9.0f  %-19s", c, threads[c], median("hello rate " c),
			median("check rate " c), ratio_text(c)
		printf " %7.0f %7.0f %7.0f %7.0f\n", median("hello p50 " c), median("hello p99 " c),
			median("check p50 " c), median("check p99 " c)
	}
	print "threads: of the fastest hello; latencies in us"
	printf "\nin the same run: append 4 KiB + fdatasync p50 %.0f us, p99 %.0f us, %.0f/s\n",
		median("fdatasync_p50"), median("fdatasync_p99"), median("fdatasync_rate")
	printf "                 commit of one row p50 %.0f us, p99 %.0f us, %.0f/s\n",
		median("commit_p50"), median("commit_p99"), median("commit_rate")
	r = median("above")
	printf "c=1: check p50 - hello p50 - commit p50 = %.0f us [%.0f - %.0f]\n", r, least, most
	printf "resident memory of check: idle %.1f MB, after load %.1f MB\n", idle_mb, after_mb
	for (i = 1; i <= nsizes; i++)
		printf "evaluation alone, %d rules: %.0f ns per call\n", sizes[i], evaluation[sizes[i]]
	print_fair()
	print ""
	for (i = 1; i <= goals; i++)
		print goal_line[i]
}

function print_fair(    i, k) {
	print "\n8 processes of check writing at once behind Apache mod_fcgid, c=8; latencies in us"
	if (fair_none != "")
		print "not measured: " fair_none
	else
		printf "%9s %9s %7s %7s %7s %6s  %s\n", "", "check/s", "p50", "p99", "max", "busy",
			"slowest : fastest process"
	for (i = 1; i <= nfair; i++) {
		k = fair[i]
		printf "%9s %9.0f %7d %7d %7d %6d  %d : %d = %.2f (%s)\n", k, fair_figure[k, "rate"],
			fair_figure[k, "p50"], fair_figure[k, "p99"], fair_figure[k, "max"],
			fair_figure[k, "busy"], fair_figure[k, "slowest"], fair_figure[k, "fastest"],
			fair_ratio[k], k == "apart" ? "entries" : "write calls"
	}
	if (nfair > 0)
		print "together: one set of processes. apart: each with a web server, a connection and a key of its own"
}

function ratio_text(c,    r) {
	r = median("ratio " c)
	return sprintf("%.2f [%.2f - %.2f]", r, least, most)
}

function print_json(    i, c, r, k) {
	printf "{\"machine\":\"%s\",\"filesystem\":\"%s\",\"rounds\":%d,\"seconds\":%s,", machine,
		filesystem, rounds, seconds
	printf "\"cores_of_others\":%.2f,\"levels\":[", median("others")
	for (i = 1; i <= 3; i++) {
		c = levels[i]
		printf "%s{\"c\":%d,\"hello_threads\":%d", (i > 1 ? "," : ""), c, threads[c]
		printf ",\"hello_per_second\":%.1f,\"hello_p50_us\":%.0f,\"hello_p99_us\":%.0f",
			median("hello rate " c), median("hello p50 " c), median("hello p99 " c)
		printf ",\"check_per_second\":%.1f,\"check_p50_us\":%.0f,\"check_p99_us\":%.0f",
			median("check rate " c), median("check p50 " c), median("check p99 " c)
		r = median("ratio " c)
		printf ",\"ratio\":%.3f,\"ratio_min\":%.3f,\"ratio_max\":%.3f}", r, least, most
	}
	printf "],\"fdatasync_p50_us\":%.0f,\"fdatasync_p99_us\":%.0f,\"fdatasync_per_second\":%.0f",
		median("fdatasync_p50"), median("fdatasync_p99"), median("fdatasync_rate")
	printf ",\"commit_p50_us\":%.0f,\"commit_p99_us\":%.0f,\"commit_per_second\":%.0f",
		median("commit_p50"), median("commit_p99"), median("commit_rate")
	printf ",\"above_hello_and_commit_us\":%.0f,\"resident_idle_mb\":%.2f,\"resident_after_mb\":%.2f",
		median("above"), idle_mb, after_mb
	printf ",\"evaluation_ns\":{"
	for (i = 1; i <= nsizes; i++)
		printf "%s\"%d\":%.0f", (i > 1 ? "," : ""), sizes[i], evaluation[sizes[i]]
	printf "},\"fairness\":["
	for (i = 1; i <= nfair; i++) {
		k = fair[i]
		printf "%s{\"processes\":8,\"kind\":\"%s\",\"check_per_second\":%.1f", (i > 1 ? "," : ""), k,
			fair_figure[k, "rate"]
		printf ",\"p50_us\":%d,\"p99_us\":%d,\"max_us\":%d,\"busy\":%d", fair_figure[k, "p50"],
			fair_figure[k, "p99"], fair_figure[k, "max"], fair_figure[k, "busy"]
		printf ",\"counted\":\"%s\",\"slowest\":%d,\"fastest\":%d,\"ratio\":%.3f}",
			k == "apart" ? "entries" : "write calls", fair_figure[k, "slowest"],
			fair_figure[k, "fastest"], fair_ratio[k]
	}
	printf "],\"goals\":["
	for (i = 1; i <= goals; i++)
		printf "%s%s", (i > 1 ? "," : ""), goal_json[i]
	print "]}"
}

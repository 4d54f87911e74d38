# median.awk - values collected under names, and their medians. Used by report.awk and large.awk.

function add(name, value) {
	values[name] = values[name] " " value
}
function sort_numbers(list, n, out,    i, j, v) {
	for (i = 1; i <= n; i++) {
		v = list[i] + 0
		for (j = i - 1; j >= 1 && out[j] > v; j--)
			out[j + 1] = out[j]
		out[j + 1] = v
	}
}
# Returns the median of the values under a name, and sets the globals least and most.
function median(name,    list, n, out) {
	n = split(values[name], list, " ")
	if (n == 0)
		return 0
	sort_numbers(list, n, out)
	least = out[1]
	most = out[n]
	return n % 2 ? out[(n + 1) / 2] : (out[n / 2] + out[n / 2 + 1]) / 2
}

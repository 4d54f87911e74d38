-- At most LIMIT requests in WINDOW seconds from one client address to /v1/approve/; more get 429. For mod_magnet, see
-- lighttpd.conf. A prefix in base_url stands in front of the path below as well. lighttpd is one process, so that one table
-- sees all of them; a reload begins to count anew.
local LIMIT, WINDOW = 10, 60
local ADDRESSES_MAX = 10000 -- of one window; all others share one count, so that the table stays small under a flood

if not string.find(string.lower(lighty.r.req_attr["request.uri"]), "^/v1/approve/") then
	return 0
end

-- Who has one IPv6 address has 2^64 of them: the first four groups count as one.
local function network(address)
	if not string.find(address, ":", 1, true) or string.find(address, ".", 1, true) then
		return address
	end
	local groups = {}
	local before = string.match(address, "^(.-)::") or address
	for group in string.gmatch(before, "%x+") do
		groups[#groups + 1] = group
	end
	if before ~= address then
		local after = {}
		for group in string.gmatch(string.sub(address, #before + 3), "%x+") do
			after[#after + 1] = group
		end
		for _ = 1, 8 - #groups - #after do
			groups[#groups + 1] = "0"
		end
		for _, group in ipairs(after) do
			groups[#groups + 1] = group
		end
	end
	return table.concat(groups, ":", 1, 4)
end

-- mod_magnet runs the script anew for each request; what is kept between them is kept here.
local kept = package.loaded["enforgate ratelimit"]
local now = os.time()
if not kept or now < kept.since or now - kept.since >= WINDOW then
	kept = { since = now, addresses = 0, counts = {} }
	package.loaded["enforgate ratelimit"] = kept
end
local who = network(lighty.r.req_attr["request.remote-addr"])
if not kept.counts[who] then
	if kept.addresses >= ADDRESSES_MAX then
		who = "others"
	else
		kept.addresses = kept.addresses + 1
	end
end
kept.counts[who] = (kept.counts[who] or 0) + 1
if kept.counts[who] > LIMIT then
	lighty.r.resp_header["Retry-After"] = tostring(WINDOW - (now - kept.since))
	return 429
end
return 0

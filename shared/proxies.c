/* proxies.c - trusted proxies and X-Forwarded-For; see proxies.h. */
#include "proxies.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define SEPARATORS ", \t"
#define V4_BITS 96 /* in front of an IPv4 address */

static const unsigned char mapped[V4_BITS / 8] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

/* Text of `len` bytes as an address of 16. False: it is none. */
static bool
read_address(const char *text, size_t len, unsigned char out[16], bool *v4)
{
	char copy[PROXIES_ADDRESS_MAX];

	if (len == 0 || len >= sizeof(copy))
		return false;
	memcpy(copy, text, len);
	copy[len] = '\0';
	*v4 = inet_pton(AF_INET, copy, out + sizeof(mapped)) == 1;
	if (*v4)
		memcpy(out, mapped, sizeof(mapped));
	return *v4 || inet_pton(AF_INET6, copy, out) == 1;
}

/* A number of bits from 1 to `most`; 0: it is none. A network of no bits is everybody, who could then name any address. */
static unsigned
read_bits(const char *text, size_t len, unsigned most)
{
	unsigned bits = 0;

	if (len == 0 || len > 3 || strspn(text, "0123456789") < len || text[0] == '0')
		return 0;
	for (size_t i = 0; i < len; i++)
		bits = bits * 10 + (unsigned)(text[i] - '0');
	return bits <= most ? bits : 0;
}

static bool
read_network(const char *text, size_t len, struct proxies_network *out)
{
	const char *slash = memchr(text, '/', len);
	size_t address = slash != NULL ? (size_t)(slash - text) : len;
	bool v4;

	if (!read_address(text, address, out->address, &v4))
		return false;
	out->bits = 128;
	if (slash == NULL)
		return true;
	out->bits = read_bits(slash + 1, len - address - 1, v4 ? 128 - V4_BITS : 128);
	if (out->bits == 0)
		return false;
	out->bits += v4 ? V4_BITS : 0;
	return true;
}

enum status
proxies_parse(const char *text, struct proxies *out, struct problem *why)
{
	out->count = 0;
	for (;;) {
		size_t len;

		text += strspn(text, SEPARATORS);
		if (text[0] == '\0')
			return STATUS_OK;
		len = strcspn(text, SEPARATORS);
		if (out->count == PROXIES_MAX) {
			problem_set(why, "names more than %d addresses", PROXIES_MAX);
			return STATUS_TOO_LARGE;
		}
		if (!read_network(text, len, &out->networks[out->count])) {
			problem_set(why,
			    "must be addresses or networks like 192.0.2.1, 10.0.0.0/8 or "
			    "2001:db8::/32, not \"%.*s\"",
			    len < 64 ? (int)len : 64, text);
			return STATUS_INVALID;
		}
		out->count++;
		text += len;
	}
}

static bool
is_trusted(const struct proxies *proxies, const unsigned char address[16])
{
	for (size_t i = 0; i < proxies->count; i++) {
		const struct proxies_network *network = &proxies->networks[i];
		size_t bytes = network->bits / 8;
		unsigned rest = network->bits % 8;

		if (memcmp(network->address, address, bytes) == 0 &&
		    (rest == 0 || (network->address[bytes] ^ address[bytes]) >> (8 - rest) == 0))
			return true;
	}
	return false;
}

/* An entry of the header: an address, maybe with a port behind it, "[IPv6]" then. */
static bool
read_entry(const char *text, size_t len, unsigned char out[16])
{
	const char *end;
	bool v4;

	if (len > 0 && text[0] == '[') {
		end = memchr(text, ']', len);
		if (end == NULL || (end + 1 < text + len && end[1] != ':'))
			return false;
		return read_address(text + 1, (size_t)(end - text) - 1, out, &v4) && !v4;
	}
	if (read_address(text, len, out, &v4))
		return true;
	end = memchr(text, ':', len);
	return end != NULL && read_address(text, (size_t)(end - text), out, &v4) && v4;
}

const char *
proxies_client(const struct proxies *proxies, const char *peer, const char *forwarded,
    char out[PROXIES_ADDRESS_MAX])
{
	unsigned char address[16];
	size_t end = forwarded != NULL ? strlen(forwarded) : 0;
	bool v4;

	if (end == 0 || proxies->count == 0 || !read_address(peer, strlen(peer), address, &v4) ||
	    !is_trusted(proxies, address))
		return peer;
	/* From the right; where all are trusted it is the leftmost, a proxy that asks for itself. */
	for (;;) {
		size_t start;

		while (end > 0 && strchr(" \t", forwarded[end - 1]) != NULL)
			end--;
		start = end;
		while (start > 0 && forwarded[start - 1] != ',')
			start--;
		while (start < end && strchr(" \t", forwarded[start]) != NULL)
			start++;
		if (!read_entry(forwarded + start, end - start, address))
			return peer;
		while (start > 0 && forwarded[start - 1] != ',')
			start--;
		if (start == 0 || !is_trusted(proxies, address))
			break;
		end = start - 1;
	}
	v4 = memcmp(address, mapped, sizeof(mapped)) == 0;
	if (inet_ntop(v4 ? AF_INET : AF_INET6, v4 ? address + sizeof(mapped) : address, out,
		PROXIES_ADDRESS_MAX) == NULL)
		return peer;
	return out;
}

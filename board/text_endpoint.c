/* SPDX-License-Identifier: MIT */
/* HOST:PORT as text, and endpoints in force. Zones of IPv6 addresses are numbers (RFC 4007). */
#include <errno.h>
#include <string.h>

#include "text.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* ADDRESS or, for IPv6, ADDRESS%ZONE. */
static bool literal_parse(const char *text, size_t len, struct zwg_addr *addr, uint32_t *scope)
{
	const char *percent = len > 0 ? memchr(text, '%', len) : NULL;
	size_t addr_len = percent != NULL ? (size_t)(percent - text) : len;
	uint64_t zone = 0;

	if (!zwg_addr_parse(text, addr_len, addr)) {
		return false;
	}
	if (percent != NULL &&
	    (addr->family != ZWG_AF_INET6 ||
	     !zwg_number_parse(percent + 1, len - addr_len - 1, 1, UINT32_MAX, &zone))) {
		return false;
	}
	*scope = (uint32_t)zone;
	return true;
}

/* RFC 1123 section 2.1 and underscores; a last label of digits would be a mistaken IPv4 address. */
static bool name_valid(const char *text, size_t len)
{
	size_t start = 0;
	bool number = true;

	for (size_t i = 0; i <= len; i++) {
		if (i == len || text[i] == '.') {
			if (i == start || i - start > 63 || text[start] == '-' ||
			    text[i - 1] == '-') {
				return false;
			}
			if (i < len) {
				start = i + 1;
				number = true;
			}
		} else if (!is_digit(text[i])) {
			if (!is_letter(text[i]) && text[i] != '-' && text[i] != '_') {
				return false;
			}
			number = false;
		}
	}
	return !number;
}

bool zwg_host_valid(const char *host, size_t len)
{
	struct zwg_addr addr;
	uint32_t scope;

	return len <= ZWG_HOST_MAX &&
	       (literal_parse(host, len, &addr, &scope) || name_valid(host, len));
}

int zwg_host_port_parse(const char *text, size_t len, struct zwg_host_port *host_port)
{
	bool brackets = len > 0 && text[0] == '[';
	const char *host = brackets ? text + 1 : text;
	size_t colon = len;
	size_t host_len;
	uint64_t port;

	while (colon > 0 && text[colon - 1] != ':') {
		colon--;
	}
	if (colon < 2) {
		return -EINVAL;
	}
	host_len = colon - 1;
	if (brackets) {
		if (host_len < 2 || text[host_len - 1] != ']') {
			return -EINVAL;
		}
		host_len -= 2;
	}
	if (host_len > ZWG_HOST_MAX) {
		return -ENAMETOOLONG;
	}
	if (!zwg_host_valid(host, host_len) || brackets != (memchr(host, ':', host_len) != NULL)) {
		return -EINVAL;
	}
	if (!zwg_number_parse(text + colon, len - colon, 1, UINT16_MAX, &port)) {
		return -ERANGE;
	}
	memset(host_port, 0, sizeof(*host_port));
	memcpy(host_port->host, host, host_len);
	host_port->port = (uint16_t)port;
	return 0;
}

static size_t port_format(uint16_t port, char *text)
{
	char digits[ZWG_NUMBER_TEXT_SIZE];
	size_t count = zwg_number_format(port, digits);

	text[0] = ':';
	memcpy(text + 1, digits, count + 1);
	return count + 1;
}

size_t zwg_host_port_format(const struct zwg_host_port *host_port,
			    char text[ZWG_ENDPOINT_TEXT_SIZE])
{
	bool brackets = strchr(host_port->host, ':') != NULL;
	size_t host_len = strlen(host_port->host);
	size_t len = 0;

	if (host_len == 0) {
		text[0] = '\0';
		return 0;
	}
	if (brackets) {
		text[len++] = '[';
	}
	memcpy(text + len, host_port->host, host_len);
	len += host_len;
	if (brackets) {
		text[len++] = ']';
	}
	return len + port_format(host_port->port, text + len);
}

bool zwg_host_port_literal(const struct zwg_host_port *host_port, struct zwg_endpoint *endpoint)
{
	struct zwg_endpoint parsed = {.port = host_port->port};

	if (!literal_parse(host_port->host, strlen(host_port->host), &parsed.addr, &parsed.scope)) {
		return false;
	}
	*endpoint = parsed;
	return true;
}

size_t zwg_endpoint_format(const struct zwg_endpoint *endpoint, char text[ZWG_ENDPOINT_TEXT_SIZE])
{
	bool brackets = endpoint->addr.family == ZWG_AF_INET6;
	size_t len = 0;

	if (endpoint->addr.family == ZWG_AF_NONE) {
		text[0] = '\0';
		return 0;
	}
	if (brackets) {
		text[len++] = '[';
	}
	len += zwg_addr_format(&endpoint->addr, text + len);
	if (brackets) {
		if (endpoint->scope != 0) {
			char zone[ZWG_NUMBER_TEXT_SIZE];
			size_t count = zwg_number_format(endpoint->scope, zone);

			text[len++] = '%';
			memcpy(text + len, zone, count);
			len += count;
		}
		text[len++] = ']';
	}
	return len + port_format(endpoint->port, text + len);
}

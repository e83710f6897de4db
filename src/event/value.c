/* SPDX-License-Identifier: Apache-2.0 */
#include "event/value.h"

#include <arpa/inet.h>
#include <assert.h>
#include <inttypes.h>

#include "base/cleanup.h"
#include "base/utf8.h"

const struct value_type_def value_types[] = {
	[VALUE_STRING] = { "string", false, true },
	[VALUE_BYTES] = { "bytes", false, false },
	[VALUE_INT] = { "int", true, true },
	[VALUE_UINT] = { "uint", true, true },
	[VALUE_UINT32] = { "uint32", true, true },
	[VALUE_PORT] = { "port", true, true },
	[VALUE_BOOL] = { "bool", true, false },
	[VALUE_TIME] = { "time", true, true },
	[VALUE_DURATION] = { "duration", true, true },
	[VALUE_ADDRESS] = { "address", false, false },
	[VALUE_NETWORK] = { "network", false, false },
};
static_assert(ARRAY_SIZE(value_types) == VALUE_TYPES, "a definition for each");

bool address_parse(struct text s, struct address *ret)
{
	struct address a = { 0 };
	char text[ADDRESS_TEXT_MAX + 1];

	if (!s.len || s.len >= sizeof(text))
		return false;
	memcpy(text, s.data, s.len);
	text[s.len] = '\0';
	if (strlen(text) != s.len)
		return false;
	a.family = strchr(text, '.') && !strchr(text, ':') ? 4 : 6;
	if (inet_pton(a.family == 4 ? AF_INET : AF_INET6, text, a.bytes) != 1)
		return false;
	*ret = a;
	return true;
}

bool network_parse(struct text s, struct network *ret)
{
	const char *slash = s.len ? memchr(s.data, '/', s.len) : NULL;
	struct text host = slash ? text_from(s.data, (size_t)(slash - s.data)) : s;
	struct network n = { 0 };
	unsigned bits = 0, max;

	if (!address_parse(host, &n.address))
		return false;
	max = n.address.family == 4 ? 32 : 128;
	if (!slash) {
		bits = max;
	} else {
		uint32_t at = host.len + 1;

		if (at >= s.len || s.len - at > 3)
			return false;
		for (; at < s.len; at++) {
			if (s.data[at] < '0' || s.data[at] > '9')
				return false;
			bits = bits * 10 + (unsigned)(s.data[at] - '0');
		}
	}
	if (bits > max)
		return false;
	n.prefix = (uint8_t)bits;
	*ret = n;
	return true;
}

bool network_has(const struct network *n, const struct address *a)
{
	unsigned whole = n->prefix / 8, rest = n->prefix % 8;

	if (n->address.family != a->family)
		return false;
	if (whole && memcmp(n->address.bytes, a->bytes, whole) != 0)
		return false;
	return !rest || (n->address.bytes[whole] ^ a->bytes[whole]) >> (8 - rest) == 0;
}

void address_format(const struct address *a, char out[ADDRESS_TEXT_MAX])
{
	out[0] = '\0';
	if (a->family)
		inet_ntop(a->family == 4 ? AF_INET : AF_INET6, a->bytes, out, ADDRESS_TEXT_MAX);
}

/* Bytes as people read them: what prints in ASCII stays, the rest is a dot. */
static void render_bytes(const struct value *v, struct buf *out)
{
	for (uint32_t i = 0; i < v->len; i++) {
		char c = v->string[i];

		buf_add_char(out, c >= 0x20 && c < 0x7f ? c : '.');
	}
}

static void render_network(const struct network *n, struct buf *out)
{
	char text[ADDRESS_TEXT_MAX];

	address_format(&n->address, text);
	buf_addf(out, "%s/%u", text, n->prefix);
}

static void render_one(const struct value *v, struct buf *out)
{
	char text[ADDRESS_TEXT_MAX];

	switch ((enum value_type)v->type) {
	case VALUE_STRING:
		buf_add(out, v->string, v->len);
		break;
	case VALUE_BYTES:
		render_bytes(v, out);
		break;
	case VALUE_INT:
		buf_addf(out, "%" PRId64, v->i);
		break;
	case VALUE_BOOL:
		buf_add_str(out, v->u ? "true" : "false");
		break;
	case VALUE_ADDRESS:
		address_format(v->address, text);
		buf_add_str(out, text);
		break;
	case VALUE_NETWORK:
		render_network(v->network, out);
		break;
	default:
		buf_addf(out, "%" PRIu64, v->u);
		break;
	}
}

void value_render(const struct value *v, struct buf *out)
{
	if (!v->list) {
		render_one(v, out);
		return;
	}
	buf_add_char(out, '(');
	for (uint32_t i = 0; i < v->len; i++) {
		if (i)
			buf_add_char(out, ',');
		render_one(&v->items[i], out);
	}
	buf_add_char(out, ')');
}

static json_t *json_one(const struct value *v)
{
	struct buf text = BUF_INIT;
	json_t *j;

	switch ((enum value_type)v->type) {
	case VALUE_STRING:
		return utf8_json(value_text(v));
	case VALUE_BOOL:
		return json_boolean(v->u);
	case VALUE_BYTES:
	case VALUE_ADDRESS:
	case VALUE_NETWORK:
		render_one(v, &text);
		j = text.failed ? NULL : json_stringn(text.data ? text.data : "", text.len);
		buf_deinit(&text);
		return j;
	case VALUE_INT:
		return json_integer(v->i);
	default:
		/* JSON numbers of jansson are signed: the upper half would turn negative. */
		return v->u <= INT64_MAX ? json_integer((json_int_t)v->u) :
					   json_sprintf("%" PRIu64, v->u);
	}
}

json_t *value_json(const struct value *v)
{
	json_t *all;

	if (!v->list)
		return json_one(v);
	all = json_array();
	for (uint32_t i = 0; i < v->len; i++)
		json_array_append_new(all, json_one(&v->items[i]));
	return all;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The arguments of a call as strace writes them: names of flags joined by "|", numbers, a number with
 * its meaning in a comment, htons(...), or "name=value" where strace reorders them (clone). Those that
 * decide danger become values; if one of them can't, the call counts with any arguments.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "profile/trace/reader.h"
#include "uapi/symbol.h"

/*
 * Whether a "<" begins what -y tells of a descriptor ("3</dev/null>"), or a ">" ends it: not those of
 * "1<<4", "->" and "=>". strace escapes both in paths.
 */
static bool opens_angle(const char *text, const char *p)
{
	return *p == '<' && p > text && !strchr(" <", p[-1]) && p[1] != '<';
}

static bool closes_angle(const char *text, const char *p)
{
	return *p == '>' && p > text && !strchr("-=", p[-1]);
}

/* Past one argument: at the comma, the closing parenthesis, "<unfinished", or the end. */
static const char *argument_end(const char *text)
{
	int depth = 0, angles = 0;

	for (const char *p = text; *p; p++) {
		if (*p == '"') {
			for (p++; *p && *p != '"'; p++)
				p += *p == '\\' && p[1];
			if (!*p)
				return p;
		} else if (p[0] == '/' && p[1] == '*') {
			const char *end = strstr(p + 2, "*/");

			if (!end)
				return p + strlen(p);
			p = end + 1;
		} else if (opens_angle(text, p)) {
			angles++;
		} else if (angles && closes_angle(text, p)) {
			angles--;
		} else if (angles) {
			continue;
		} else if (strchr("([{", *p)) {
			depth++;
		} else if (strchr(")]}", *p)) {
			if (!depth)
				return p;
			depth--;
		} else if (!depth && (*p == ',' || str_starts(p, " <unfinished"))) {
			return p;
		}
	}
	return text + strlen(text);
}

/* Argument number n, or the one that has a name; false if the text ends before it. */
static bool argument_find(const char *text, unsigned n, const char *name, const char **ret,
			  size_t *ret_len)
{
	size_t name_len = strlen(name);
	bool named = false;

	for (int pass = 0; pass < 2; pass++) {
		unsigned at = 0;

		for (const char *p = text; *p && *p != ')';) {
			const char *end = argument_end(p);

			named = named || (!strncmp(p, name, name_len) && p[name_len] == '=');
			*ret = p + (named ? name_len + 1 : 0);
			*ret_len = (size_t)(end - *ret);
			if (named || (pass && at == n))
				return *ret_len > 0;
			at++;
			p = *end == ',' ? end + 1 : end;
			while (*p == ' ')
				p++;
			if (*end != ',')
				break;
		}
	}
	return false;
}

static bool term_value(const char *text, size_t len, uint64_t *ret)
{
	char copy[64] = "", *end;
	bool negative;

	while (len && *text == ' ') {
		text++;
		len--;
	}
	while (len && text[len - 1] == ' ')
		len--;
	if (!len || len >= sizeof(copy))
		return false;
	memcpy(copy, text, len);
	copy[len] = '\0';
	if (str_starts(copy, "htons(") && copy[len - 1] == ')') {
		uint64_t host;

		if (!term_value(text + 6, len - 7, &host))
			return false;
		*ret = (host & 0xff) << 8 | (host >> 8 & 0xff);
		return true;
	}
	negative = copy[0] == '-';
	if (!isdigit((unsigned char)copy[negative]))
		return sys_symbol_value(text, len, ret);
	errno = 0;
	*ret = strtoull(copy + negative, &end, 0);
	if (errno || *end)
		return false;
	*ret = negative ? 0 - *ret : *ret;
	return true;
}

/* Copies a text without its comments, which say in other words what stands before them. */
static bool without_comments(const char *text, size_t len, char *out, size_t size)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		if (i + 1 < len && text[i] == '/' && text[i + 1] == '*') {
			const char *end = memmem(text + i + 2, len - i - 2, "*/", 2);

			if (!end)
				return false;
			i = (size_t)(end + 1 - text);
			continue;
		}
		if (n + 1 >= size)
			return false;
		out[n++] = text[i];
	}
	out[n] = '\0';
	return true;
}

/* The value of an argument's text: terms joined by "|". */
static bool expression_value(const char *text, size_t len, uint64_t *ret)
{
	char copy[1024] = "";
	bool any = false;

	*ret = 0;
	if (!without_comments(text, len, copy, sizeof(copy)))
		return false;
	for (const char *p = copy; *p;) {
		size_t n = strcspn(p, "|");
		uint64_t term;

		if (!term_value(p, n, &term))
			return false;
		*ret |= term;
		any = true;
		p += n + (p[n] == '|');
	}
	return any;
}

/* All that was seen of a call's arguments is no longer all: any are allowed. */
static void forget_arguments(struct profile_call *c)
{
	vec_deinit(&c->tuples);
	memset(&c->range, 0, sizeof(c->range));
}

/* A call whose arguments are not known once has none from then on. */
static bool has_forgotten(const struct profile_call *c)
{
	uint64_t counted = c->range.count, made = profile_evidence_sum(&c->evidence).count;

	vec_foreach(t, &c->tuples)
		counted += t->count;
	return counted + 1 < made;
}

static int keep(struct trace *t, struct profile_call *c, const struct sys_arg_plan *plan,
		const uint64_t values[ABI_CALL_ARGS_MAX])
{
	struct profile_range one = { .count = 1 };

	vec_foreach(known, &c->tuples) {
		if (memcmp(known->values, values, sizeof(known->values)))
			continue;
		known->count++;
		return 0;
	}
	if (c->tuples.len < ABI_ARG_TUPLES_MAX)
		return profile_call_add_tuple(c, values, 1) ?
			       error_errno(t->err, ENOMEM, "%s", t->file) :
			       0;
	for (unsigned i = 0; i < plan->count; i++)
		one.arg[i].any_bits = one.arg[i].all_bits = one.arg[i].min = one.arg[i].max =
			values[i];
	profile_call_widen(c, &one);
	return 0;
}

int trace_arguments(struct trace *t, struct profile_call *c, const char *text)
{
	const char *name = sys_call_name(c->arch, (int)c->nr);
	const struct sys_arg_plan *plan = name ? sys_arg_plan(name) : NULL;
	uint64_t values[ABI_CALL_ARGS_MAX] = { 0 };

	if (!plan)
		return 0;
	if (!text || has_forgotten(c)) {
		t->wordless = t->wordless || !text;
		forget_arguments(c);
		return 0;
	}
	for (unsigned i = 0; i < plan->count; i++) {
		const char *argument = text;
		size_t len = 0;

		if (argument_find(text, plan->arg[i].index, plan->arg[i].name, &argument, &len) &&
		    expression_value(argument, len, &values[i])) {
			if (!plan->arg[i].wide || sys_archs[c->arch].narrow)
				values[i] &= UINT32_MAX;
			continue;
		}
		trace_note(t, "%s: its %s is not understood (\"%.*s\"): any are taken for used",
			   name, plan->arg[i].name, (int)(len < 80 ? len : 80),
			   argument ? argument : "");
		forget_arguments(c);
		return 0;
	}
	return keep(t, c, plan, values);
}

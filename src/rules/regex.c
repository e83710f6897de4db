/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The patterns of rule files are POSIX extended expressions as RE2 takes them: "^" and "$" match at
 * lines, "." matches a character of UTF-8 but no newline, and the whole text must match. PCRE2 with
 * MULTILINE, UTF and both anchors accepts those with the same meaning, and more.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "rules/regex.h"

#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/utf8.h"

enum { MENDED_MAX = 64 << 10 };

struct regex {
	pcre2_code *code;
};

static struct regex *compile(struct text pattern, uint32_t options, char *ret_error, size_t size,
			     size_t *ret_at)
{
	struct regex *r = calloc(1, sizeof(*r));
	PCRE2_SIZE at = 0;
	int code = 0;

	*ret_at = 0;
	snprintf(ret_error, size, "out of memory");
	if (!r)
		return NULL;
	if (pattern.len > REGEX_PATTERN_MAX) {
		snprintf(ret_error, size, "longer than %d bytes", REGEX_PATTERN_MAX);
		free(r);
		return NULL;
	}
	r->code = pcre2_compile((PCRE2_SPTR)(pattern.data ? pattern.data : ""), pattern.len,
				options, &code, &at, NULL);
	if (!r->code) {
		pcre2_get_error_message(code, (PCRE2_UCHAR *)ret_error, size);
		*ret_at = at;
		free(r);
		return NULL;
	}
	/* Without JIT it works as well, only slower. */
	pcre2_jit_compile(r->code, PCRE2_JIT_COMPLETE);
	return r;
}

struct regex *regex_new(struct text pattern, char *ret_error, size_t size, size_t *ret_at)
{
	return compile(pattern,
		       PCRE2_UTF | PCRE2_MULTILINE | PCRE2_DOTALL | PCRE2_ANCHORED |
			       PCRE2_ENDANCHORED | PCRE2_NO_AUTO_CAPTURE,
		       ret_error, size, ret_at);
}

struct regex *regex_new_search(struct text pattern, char *ret_error, size_t size, size_t *ret_at)
{
	return compile(pattern, PCRE2_UTF | PCRE2_DOLLAR_ENDONLY, ret_error, size, ret_at);
}

void regex_free(struct regex *r)
{
	if (!r)
		return;
	pcre2_code_free(r->code);
	free(r);
}

bool regex_room_init(struct regex_room *room)
{
	pcre2_match_context *context = pcre2_match_context_create(NULL);

	*room = (struct regex_room){ 0 };
	room->context = context;
	room->match_data = pcre2_match_data_create(1, NULL);
	room->mended = malloc(MENDED_MAX);
	if (!context || !room->match_data || !room->mended) {
		regex_room_deinit(room);
		return false;
	}
	pcre2_set_match_limit(context, REGEX_STEPS_MAX);
	pcre2_set_heap_limit(context, REGEX_HEAP_KIB_MAX);
	return true;
}

void regex_room_deinit(struct regex_room *room)
{
	pcre2_match_context_free(room->context);
	pcre2_match_data_free(room->match_data);
	free(room->mended);
	room->context = room->match_data = NULL;
	room->mended = NULL;
}

bool regex_match(const struct regex *r, struct text t, struct regex_room *room)
{
	int n;

	if (!utf8_valid(t)) {
		t = text_from(room->mended, utf8_mend_into(room->mended, MENDED_MAX, t));
	}
	n = pcre2_match(r->code, (PCRE2_SPTR)(t.data ? t.data : ""), t.len, 0, PCRE2_NO_UTF_CHECK,
			room->match_data, room->context);
	if (n < 0 && n != PCRE2_ERROR_NOMATCH)
		room->limited++;
	return n >= 0;
}

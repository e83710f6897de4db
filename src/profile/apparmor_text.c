/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The text is cut into statements: words up to a comma, a brace that opens a block, or one that closes
 * it. Commas and braces within a word (alternations of a path) and within parentheses are part of it.
 */
#include "profile/apparmor_text.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/str.h"
#include "base/string_list.h"
#include "uapi/capability.h"

enum { WORDS_MAX = 64, CAPS = 41 /* of Linux 6.18: CAP_CHECKPOINT_RESTORE is the last */ };

struct statement {
	char *words[WORDS_MAX];
	size_t count;
	char end; /* ',', '{', '}', '\n' of a variable, 0 at the end of the text */
	unsigned line;
};

struct variable {
	char *name;  /* "@{NAME}" */
	char *value; /* a word, or an alternation of words */
};

struct reader {
	const char *file, *at, *text_end, *line_start;
	unsigned line;
	struct buf *notes;
	struct error *err;
	struct profile *profile;
	VEC(struct variable) variables;
	uint32_t exe;
	size_t rules;
};

static int fail(struct reader *r, const char *why)
{
	return error_set(r->err, EINVAL, "%s:%u:%zu: %s", r->file, r->line,
			 (size_t)(r->at - r->line_start) + 1, why);
}

static void note(struct reader *r, unsigned line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void note(struct reader *r, unsigned line, const char *fmt, ...)
{
	char text[512], shown[640];
	va_list ap;

	if (!r->notes)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	str_printable(shown, sizeof(shown), text, strlen(text));
	buf_addf(r->notes, "%s:%u: %s\n", r->file, line, shown);
}

/* --- statements --------------------------------------------------------------------------------- */

static void statement_deinit(struct statement *s)
{
	for (size_t i = 0; i < s->count; i++)
		free(s->words[i]);
	s->count = 0;
}

static void next_line(struct reader *r)
{
	r->line++;
	r->line_start = r->at + 1;
}

/* True if what begins here is "#include", which is no comment. */
static bool is_include(const struct reader *r)
{
	static const char word[] = "#include";

	return (size_t)(r->text_end - r->at) >= strlen(word) && !memcmp(r->at, word, strlen(word));
}

/* Past blanks and comments; of line ends too, unless a statement ends there. */
static void skip_space(struct reader *r, bool lines)
{
	for (; r->at < r->text_end; r->at++) {
		if (*r->at == '\n') {
			if (!lines)
				return;
			next_line(r);
		} else if (*r->at == '#' && !is_include(r)) {
			while (r->at + 1 < r->text_end && r->at[1] != '\n')
				r->at++;
		} else if (!isspace((unsigned char)*r->at)) {
			return;
		}
	}
}

/* A brace that opens a block stands alone; one that begins a path does not. */
static bool is_delimiter(const struct reader *r)
{
	if (*r->at == '{')
		return r->at + 1 == r->text_end || isspace((unsigned char)r->at[1]) ||
		       r->at[1] == '}' || r->at[1] == '#';
	return strchr(",}\n", *r->at) != NULL;
}

/* "=" or "+=", which need no blanks around them. */
static size_t begins_assignment(const struct reader *r)
{
	size_t plus = *r->at == '+';

	return r->at + plus < r->text_end && r->at[plus] == '=' ? plus + 1 : 0;
}

/* One word: quotes hide everything, braces and brackets hide commas. */
static int read_word(struct reader *r, char **ret)
{
	cleanup_buf struct buf word = { .limit = ABI_PATH_MAX };
	int depth = 0;
	bool quoted = false;

	for (; r->at < r->text_end; r->at++) {
		char c = *r->at;

		if (c == '\n' && quoted)
			return fail(r, "a quote that does not end in its line");
		if (!quoted && !depth && (isspace((unsigned char)c) || c == ','))
			break;
		if (!quoted && c == '\n')
			return fail(r, "a brace or parenthesis that does not end in its line");
		if (!quoted && c == '}' && !depth)
			break;
		if (!depth && begins_assignment(r) && word.len > 1 && str_starts(word.data, "@{"))
			break;
		if (c == '"') {
			quoted = !quoted;
			continue;
		}
		depth += !quoted && strchr("{[(", c) && c;
		depth -= !quoted && strchr("}])", c) && c;
		buf_add_char(&word, c);
		if (c == '\\' && r->at + 1 < r->text_end && r->at[1] != '\n')
			buf_add_char(&word, *++r->at);
	}
	if (word.failed || !word.len || depth)
		return fail(r, word.failed ? "too long a word" : "a word that does not end");
	*ret = buf_take(&word);
	return *ret ? 0 : error_errno(r->err, ENOMEM, "%s", r->file);
}

/* Includes, ABIs and variables end with their line. */
static bool ends_with_line(const struct statement *s)
{
	const char *first = s->count ? s->words[0] : "";

	return str_eq(first, "#include") || str_eq(first, "include") ||
	       (str_starts(first, "@{") && s->count > 1 &&
		(str_eq(s->words[1], "=") || str_eq(s->words[1], "+=")));
}

static int read_statement(struct reader *r, struct statement *s)
{
	for (;;) {
		size_t sign;
		int status;

		skip_space(r, !s->count || !ends_with_line(s));
		if (!s->count)
			s->line = r->line;
		if (r->at >= r->text_end) {
			s->end = 0;
			return s->count && !ends_with_line(s) ?
				       fail(r, "the text ends within a rule") :
				       0;
		}
		if (is_delimiter(r)) {
			s->end = *r->at;
			if (*r->at == '\n')
				next_line(r);
			r->at++;
			return 0;
		}
		if (s->count == WORDS_MAX)
			return fail(r, "a rule of too many words");
		sign = s->count == 1 && str_starts(s->words[0], "@{") ? begins_assignment(r) : 0;
		s->words[s->count] = sign ? str_dup_n(r->at, sign) : NULL;
		r->at += sign;
		status = sign ? 0 : read_word(r, &s->words[s->count]);
		if (status)
			return status;
		if (!s->words[s->count])
			return error_errno(r->err, ENOMEM, "%s", r->file);
		s->count++;
	}
}

static void text_of(const struct statement *s, char *out, size_t size)
{
	size_t at = 0;

	out[0] = '\0';
	for (size_t i = 0; i < s->count && at < size; i++)
		at += (size_t)snprintf(out + at, size - at, "%s%s", at ? " " : "", s->words[i]);
}

static void note_statement(struct reader *r, const struct statement *s, const char *why)
{
	char text[256];

	text_of(s, text, sizeof(text));
	note(r, s->line, "%s: \"%s\"", why, text);
}

/* --- paths -------------------------------------------------------------------------------------- */

static const struct {
	const char *name, *value;
} known_variables[] = {
	{ "@{PROC}", "/proc" },		 { "@{sys}", "/sys" },	     { "@{run}", "/run" },
	{ "@{HOME}", "/{root,home/*}" }, { "@{HOMEDIRS}", "/home" },
};

static const char *variable_value(const struct reader *r, const char *name, size_t len)
{
	vec_foreach(v, &r->variables)
		if (strlen(v->name) == len && !memcmp(v->name, name, len))
			return v->value;
	for (size_t i = 0; i < ARRAY_SIZE(known_variables); i++)
		if (strlen(known_variables[i].name) == len &&
		    !memcmp(known_variables[i].name, name, len))
			return known_variables[i].value;
	return NULL;
}

static bool is_number_variable(const char *name, size_t len)
{
	return (len == 6 && (!memcmp(name, "@{pid}", 6) || !memcmp(name, "@{tid}", 6)));
}

/* Replaces the first variable; false if there is none, or none that is known (then *ret_unknown). */
static bool substitute(const struct reader *r, char **path, bool *ret_unknown)
{
	for (char *p = *path; (p = strstr(p, "@{")); p += 2) {
		const char *close = strchr(p, '}');
		size_t len = close ? (size_t)(close + 1 - p) : 0;
		const char *value;
		char *next;

		if (close && is_number_variable(p, len))
			continue;
		value = close ? variable_value(r, p, len) : NULL;
		if (!value) {
			*ret_unknown = true;
			return false;
		}
		next = str_format("%.*s%s%s", (int)(p - *path), *path, value, close + 1);
		if (!next || strlen(next) > ABI_PATH_MAX) {
			free(next);
			*ret_unknown = true;
			return false;
		}
		free(*path);
		*path = next;
		return true;
	}
	return false;
}

/* The first alternation of a path: its braces, which are not those of "@{pid}". */
static char *alternation(char *path, char **ret_close)
{
	int depth = 0;
	char *open = NULL;

	for (char *p = path; *p; p++) {
		if (*p == '\\' && p[1]) {
			p++;
		} else if (p[0] == '@' && p[1] == '{') {
			p = strchr(p, '}') ? strchr(p, '}') : p + strlen(p) - 1;
		} else if (*p == '{') {
			open = depth++ ? open : p;
		} else if (*p == '}' && depth && !--depth) {
			*ret_close = p;
			return open;
		}
	}
	return NULL;
}

/* "a{b,c}d" as "abd" and "acd"; takes path over. */
static int expand(char *path, string_list *ret)
{
	cleanup_free char *whole = path;
	char *close = NULL, *open = path ? alternation(path, &close) : NULL;
	int r = 0, depth = 0;

	if (!path)
		return -ENOMEM;
	if (!open && ret->len >= APPARMOR_EXPANSIONS_MAX)
		return -E2BIG;
	if (!open)
		return string_list_add(ret, path) ? 0 : -ENOMEM;
	for (char *from = open + 1, *p = from; p <= close && !r; p++) {
		depth += *p == '{';
		depth -= *p == '}' && p < close;
		if (p != close && (*p != ',' || depth))
			continue;
		r = expand(str_format("%.*s%.*s%s", (int)(open - path), path, (int)(p - from), from,
				      close + 1),
			   ret);
		from = p + 1;
	}
	return r;
}

/* "?" and "[...]" become "*", which is more; what AppArmor escapes is written as profiles write it. */
static char *pattern_of(const char *path, bool *ret_wider)
{
	cleanup_buf struct buf out = { .limit = PROFILE_TEXT_MAX };
	bool inserted = false; /* what stands last is a "*" of ours */

	for (const char *p = path; *p; p++) {
		const char *close = *p == '[' ? strchr(p, ']') : NULL;
		bool wide = *p == '?' || close;

		if (inserted && *p == '*')
			out.len--; /* else two of them would cross components */
		if (wide) {
			p = close ? close : p;
			*ret_wider = true;
			if (!out.len || out.data[out.len - 1] != '*')
				buf_add_char(&out, '*');
		} else if (*p == '\\' && p[1]) {
			buf_addf(&out, "\\x%02x", (unsigned)(unsigned char)*++p);
		} else if (p[0] == '@' && p[1] == '{') {
			buf_add(&out, p, 6);
			p += 5;
		} else if ((unsigned char)*p < 0x20 || strchr("]{}@\x7f", *p)) {
			buf_addf(&out, "\\x%02x", (unsigned)(unsigned char)*p);
		} else {
			buf_add_char(&out, *p);
		}
		inserted = wide;
	}
	return buf_take(&out);
}

/* --- rules -------------------------------------------------------------------------------------- */

#define WRITES                                                                       \
	(ABI_FILE_WRITE | ABI_FILE_CREATE | ABI_FILE_UNLINK | ABI_FILE_RENAME_FROM | \
	 ABI_FILE_RENAME_TO | ABI_FILE_SYMLINK | ABI_FILE_MKDIR | ABI_FILE_RMDIR |   \
	 ABI_FILE_MKNOD | ABI_FILE_CHMOD | ABI_FILE_CHOWN | ABI_FILE_TRUNCATE |      \
	 ABI_FILE_SETXATTR | ABI_FILE_UTIME)

/* Letters of access and what they allow (apparmor.d(5), "Access Modes"). */
static const struct {
	char letter;
	uint32_t ops;
} letters[] = {
	{ 'r', ABI_FILE_READ },
	{ 'w', WRITES | ABI_FILE_CONNECT | ABI_FILE_BIND },
	{ 'a', ABI_FILE_WRITE },
	{ 'm', ABI_FILE_MAP_EXEC },
	{ 'x', ABI_FILE_EXEC },
	{ 'l', ABI_FILE_LINK | ABI_FILE_LINK_TARGET },
	{ 'k', 0 },
	{ 'i', 0 },
	{ 'p', 0 },
	{ 'P', 0 },
	{ 'c', 0 },
	{ 'C', 0 },
	{ 'u', 0 },
	{ 'U', 0 },
};

static bool permissions_of(const char *word, uint32_t *ret)
{
	*ret = 0;
	for (const char *p = word; *p; p++) {
		size_t i = 0;

		while (i < ARRAY_SIZE(letters) && letters[i].letter != *p)
			i++;
		if (i == ARRAY_SIZE(letters))
			return false;
		*ret |= letters[i].ops;
	}
	return *word;
}

static bool is_path(const char *word)
{
	return *word == '/' || str_starts(word, "@{") || str_starts(word, "{/");
}

static int add_file(struct reader *r, const char *path, uint32_t ops, unsigned line)
{
	const struct profile_evidence e = { r->exe, 1, 0, 0 };
	bool wider = false;
	cleanup_free char *pattern = pattern_of(path, &wider);

	if (!pattern || !profile_add_file(r->profile, pattern, ops, 0, PROFILE_APP, &e))
		return error_errno(r->err, ENOMEM, "%s", r->file);
	if (wider)
		note(r, line, "\"%s\" became \"%s\", which is more", path, pattern);
	return 0;
}

static int read_file_rule(struct reader *r, const struct statement *s, const char *path,
			  uint32_t ops)
{
	cleanup_string_list string_list paths = { 0 };
	char *whole = strdup(path);
	bool unknown = false;
	int status = 0;

	while (whole && substitute(r, &whole, &unknown))
		;
	if (unknown) {
		free(whole);
		note_statement(r, s, "a variable that is not known here");
		return 0;
	}
	status = whole ? expand(whole, &paths) : -ENOMEM;
	if (status == -E2BIG) {
		note_statement(r, s, "stands for too many paths");
		status = 0;
	} else if (status) {
		error_errno(r->err, ENOMEM, "%s", r->file);
	} else {
		vec_foreach(p, &paths)
			status = status ? status : add_file(r, *p, ops, s->line);
	}
	return status;
}

static int add_cap(struct reader *r, unsigned cap)
{
	const struct profile_evidence e = { r->exe, 1, 0, 0 };
	const struct profile_cap key = { .cap = cap,
					 .layer = PROFILE_APP,
					 .outcome = ABI_CAP_USED,
					 .arch = SYS_ARCH_X86_64,
					 .nr = SYS_NR_MAX };

	return profile_add_cap(r->profile, &key, &e) ? 0 :
						       error_errno(r->err, ENOMEM, "%s", r->file);
}

static int read_capabilities(struct reader *r, const struct statement *s, size_t from)
{
	int status = 0;

	for (unsigned cap = 0; from == s->count && cap < CAPS && !status; cap++)
		status = add_cap(r, cap);
	for (size_t i = from; i < s->count && !status; i++) {
		unsigned cap;

		if (!sys_cap_parse(s->words[i], &cap))
			return error_set(r->err, EINVAL, "%s:%u: \"%.64s\" is no capability",
					 r->file, s->line, s->words[i]);
		status = add_cap(r, cap);
	}
	return status;
}

/* A rule within a profile's block. */
static int read_rule(struct reader *r, const struct statement *s)
{
	size_t at = 0;
	uint32_t ops;

	if (++r->rules > APPARMOR_RULES_MAX)
		return fail(r, "too many rules");
	while (at < s->count && (str_eq(s->words[at], "audit") || str_eq(s->words[at], "allow") ||
				 str_eq(s->words[at], "owner") || str_eq(s->words[at], "quiet")))
		at++;
	if (at == s->count)
		return s->count ? fail(r, "a rule that says nothing") : 0;
	if (str_eq(s->words[at], "deny")) {
		note_statement(r, s,
			       "a rule that denies is left out: a profile says what is allowed");
		return 0;
	}
	if (str_eq(s->words[at], "capability"))
		return read_capabilities(r, s, at + 1);
	if (str_eq(s->words[at], "file") && at + 1 == s->count)
		return read_file_rule(r, s, "/{,**}",
				      WRITES | ABI_FILE_READ | ABI_FILE_MAP_EXEC | ABI_FILE_EXEC |
					      ABI_FILE_LINK | ABI_FILE_LINK_TARGET);
	at += str_eq(s->words[at], "file");
	if (at + 1 < s->count && is_path(s->words[at]) && permissions_of(s->words[at + 1], &ops))
		return read_file_rule(r, s, s->words[at], ops);
	if (at + 1 < s->count && is_path(s->words[at + 1]) && permissions_of(s->words[at], &ops))
		return read_file_rule(r, s, s->words[at + 1], ops);
	note_statement(r, s, "not understood, left out");
	return 0;
}

static int read_variable(struct reader *r, const struct statement *s)
{
	struct variable *v = vec_add(&r->variables);
	cleanup_buf struct buf value = { .limit = ABI_PATH_MAX };

	for (size_t i = 2; i < s->count; i++)
		buf_addf(&value, "%s%s", i > 2 ? "," : s->count > 3 ? "{" : "", s->words[i]);
	if (s->count > 3)
		buf_add_char(&value, '}');
	if (!v)
		return error_errno(r->err, ENOMEM, "%s", r->file);
	v->name = strdup(s->words[0]);
	v->value = buf_take(&value);
	if (v->value && s->count == 3 && strlen(v->value) > 1 && str_ends(v->value, "/"))
		v->value[strlen(v->value) - 1] = '\0';
	return v->name && v->value ? 0 : error_errno(r->err, ENOMEM, "%s", r->file);
}

static int name_profile(struct reader *r, const struct statement *s)
{
	const char *name = s->words[str_eq(s->words[0], "profile") && s->count > 1];
	char *copy = strdup(name);

	if (!copy)
		return error_errno(r->err, ENOMEM, "%s", r->file);
	free(r->profile->name);
	r->profile->name = copy;
	return 0;
}

/* depth 0: outside of profiles; 1: in the first; more, or `over`: in what is not read. */
static int read_all(struct reader *r)
{
	unsigned depth = 0;
	bool over = false;

	for (;;) {
		cleanup(statement_deinit) struct statement s = { 0 };
		int status = read_statement(r, &s);

		if (status)
			return status;
		if (ends_with_line(&s) && str_starts(s.words[0], "@{"))
			status = read_variable(r, &s);
		else if (ends_with_line(&s) || (s.count && str_eq(s.words[0], "abi")))
			note_statement(r, &s, "another file, which was not read");
		else if (s.end == '{' && !depth && !over)
			status = s.count ? name_profile(r, &s) : fail(r, "a block without a name");
		else if (s.end == '{')
			note_statement(r, &s,
				       depth && !over ? "a profile within a profile is left out" :
							"only the first profile is read");
		else if (depth == 1 && !over && s.count)
			status = read_rule(r, &s);
		if (status)
			return status;
		depth += s.end == '{';
		if (s.end == '}' && !depth--)
			return fail(r, "a block that was not opened");
		over = over || (s.end == '}' && !depth);
		if (!s.end)
			return depth ? fail(r, "the text ends within a block") :
			       over  ? 0 :
				       fail(r, "there is no profile in it");
	}
}

static bool is_utf8(const char *text, size_t len)
{
	cleanup_json json_t *probe = json_stringn(text, len);

	return probe != NULL;
}

int apparmor_text_read(struct profile **ret, const char *file, const char *text, size_t len,
		       struct buf *notes, struct error *err)
{
	struct error ignored = ERROR_INIT;
	struct reader r = { .file = file,
			    .at = text,
			    .text_end = text + len,
			    .line_start = text,
			    .line = 1,
			    .notes = notes,
			    .err = err ? err : &ignored,
			    .profile = profile_new(file) };
	int status;

	if (!r.profile || (r.exe = profile_executable(r.profile, "imported")) == UINT32_MAX)
		status = error_errno(r.err, ENOMEM, "%s", file);
	else if (len > APPARMOR_BYTES_MAX || memchr(text, 0, len) || !is_utf8(text, len))
		status = error_set(r.err, EINVAL, "%s: this is no text of AppArmor", file);
	else
		status = read_all(&r);
	vec_foreach(v, &r.variables) {
		free(v->name);
		free(v->value);
	}
	vec_deinit(&r.variables);
	if (status || profile_add_note(r.profile, "imported from AppArmor's text: only files and "
						  "capabilities are in it")) {
		if (r.profile)
			profile_free(r.profile);
		return status ? status : error_errno(r.err, ENOMEM, "%s", file);
	}
	profile_sort(r.profile);
	*ret = r.profile;
	return 0;
}

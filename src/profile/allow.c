/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/allow.h"

#include <ctype.h>
#include <stdio.h>

#include "base/str.h"
#include "base/string_list.h"
#include "profile/path_pattern.h"

enum {
	TEXT_MAX = 200,	 /* bytes of a value: filters know texts of 256 */
	VALUES_MAX = 64, /* of one check on how a text begins or ends: filters take 128 */
	PRECISE_MAX =
		64, /* patterns that are told by more than their beginning: each takes terms of its own */
	BEGINNINGS_MAX = 256,
	ADDRESSES_MAX = 32,
};

#define INDENT "        "

/* --- values --------------------------------------------------------------------------------------- */

/* Names of lists are replaced even within quotes where they stand between blanks and the like: there are none. */
static void add_value(struct buf *out, const char *bytes, size_t len)
{
	buf_add_char(out, '"');
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)bytes[i];

		if (isalnum(c) || (c && strchr("/._-+:%@~", c)))
			buf_add_char(out, (char)c);
		else
			buf_addf(out, "\\x%02x", c);
	}
	buf_add_char(out, '"');
}

static void add_first(struct buf *out, const char *text)
{
	add_value(out, text, strnlen(text, TEXT_MAX));
}

static void add_last(struct buf *out, const char *text)
{
	size_t len = strlen(text);

	add_value(out, len > TEXT_MAX ? text + len - TEXT_MAX : text,
		  len > TEXT_MAX ? TEXT_MAX : len);
}

/* Alternatives, with "or" between them. */
struct alternatives {
	struct buf *out;
	size_t count;
};

static void next(struct alternatives *a)
{
	buf_add_str(a->out, a->count++ ? "\n      or " : "");
}

/* FIELD OPERATOR (VALUE, ...), in checks of at most max values. */
struct value_list {
	struct alternatives *a;
	const char *field, *operator;
	size_t max, count;
};

static void list_next(struct value_list *l)
{
	if (l->count % l->max == 0) {
		if (l->count)
			buf_add_char(l->a->out, ')');
		next(l->a);
		buf_addf(l->a->out, "%s %s (\n" INDENT, l->field, l->operator);
	} else {
		buf_add_str(l->a->out, ",\n" INDENT);
	}
	l->count++;
}

static void list_end(struct value_list *l)
{
	if (l->count)
		buf_add_char(l->a->out, ')');
}

/* --- patterns ------------------------------------------------------------------------------------- */

/* A path of a profile, taken apart. Texts are raw bytes; none has a NUL in it. */
struct pattern {
	bool exact;
	bool deep;	      /* a "**": any number of components */
	bool is_directory;    /* the slash at its end was taken away */
	bool is_ambiguous;    /* perhaps it is one */
	bool number;	      /* behind its beginning is a digit */
	char *begins;	      /* all of it if it is exact */
	char *ends;	      /* behind the last wildcard */
	char *directory;      /* if wildcards are in the last component alone; or NULL */
	char *directory_ends; /* else, what stands in front of its last slash; or NULL */
	char *file_begins;    /* and behind it; or NULL */
};
typedef VEC(struct pattern) pattern_list;

static void pattern_deinit(struct pattern *p)
{
	free(p->begins);
	free(p->ends);
	free(p->directory);
	free(p->directory_ends);
	free(p->file_begins);
}

static void pattern_list_deinit(pattern_list *list)
{
	vec_foreach(p, list)
		pattern_deinit(p);
	vec_deinit(list);
}

/* Literal text that ended at a wildcard or at the end of the path. */
static bool take_run(struct pattern *p, struct buf *run)
{
	char *text, *slash;

	buf_add_str(run, "");
	text = buf_take(run);
	if (!text)
		return false;
	if (!p->begins) {
		p->begins = text;
		return true;
	}
	slash = strrchr(text, '/');
	if (slash) {
		free(p->directory_ends);
		free(p->file_begins);
		p->directory_ends = str_dup_n(text, (size_t)(slash - text));
		p->file_begins = strdup(slash + 1);
	}
	free(p->ends);
	p->ends = text;
	return !slash || (p->directory_ends && p->file_begins);
}

/* Where the last component alone has wildcards, its directory is known. */
static bool find_directory(struct pattern *p)
{
	const char *slash = strrchr(p->begins, '/');

	if (p->exact || p->deep || p->directory_ends || !slash)
		return true;
	p->directory = slash == p->begins ? strdup("/") :
					    str_dup_n(p->begins, (size_t)(slash - p->begins));
	return p->directory;
}

static bool pattern_read(struct pattern *p, const char *path)
{
	cleanup_buf struct buf run = BUF_INIT;

	*p = (struct pattern){ .exact = true };
	for (;;) {
		struct path_token t = path_token_next(&path);

		if (t.kind == PATH_TOKEN_BYTE) {
			buf_add_char(&run, (char)t.byte);
			continue;
		}
		if (!take_run(p, &run))
			return false;
		if (t.kind == PATH_TOKEN_END)
			break;
		p->number = p->exact ? t.kind == PATH_TOKEN_NUMBER : p->number;
		p->exact = false;
		p->deep = p->deep || t.kind == PATH_TOKEN_DEEP;
		run = BUF_INIT;
	}
	return find_directory(p);
}

/* Adds what a path stands for; a directory is told without the slash at its end. */
static bool add_pattern(pattern_list *list, const char *path, bool ambiguous)
{
	size_t len = strlen(path);
	bool directory = len > 1 && path[len - 1] == '/';
	cleanup_free char *name = directory ? str_dup_n(path, len - 1) : strdup(path);
	struct pattern p, *slot;

	if (!name || !pattern_read(&p, name))
		return false;
	p.is_directory = directory;
	p.is_ambiguous = ambiguous;
	if (p.exact && strlen(p.begins) > TEXT_MAX) { /* by both of its ends */
		p.exact = false;
		p.ends = strdup(p.begins);
	}
	slot = vec_add(list);
	if (slot)
		*slot = p;
	else
		pattern_deinit(&p);
	return slot;
}

/* --- paths ---------------------------------------------------------------------------------------- */

static void add_number_beginnings(struct alternatives *a, const char *field, const char *begins)
{
	buf_addf(a->out, "%s startswith anyof (", field);
	for (int digit = '1'; digit <= '9'; digit++) {
		cleanup_free char *text = str_format("%.*s%c", TEXT_MAX, begins, digit);

		buf_add_str(a->out, digit == '1' ? "" : ", ");
		add_value(a->out, text ? text : "", text ? strlen(text) : 0);
		a->out->failed = a->out->failed || !text;
	}
	buf_add_char(a->out, ')');
}

static void add_check(struct buf *out, const char *field, const char *operator, const char * text)
{
	buf_addf(out, " and %s %s ", field, operator);
	if (str_eq(operator, "endswith"))
		add_last(out, text);
	else
		add_first(out, text);
}

/* Where a file is. What is longer than filters look at has no directory there: it is told by its ends alone. */
static void add_place(struct buf *out, const struct allow_fields *f, const struct pattern *p)
{
	if (p->directory && strlen(p->directory) <= TEXT_MAX)
		add_check(out, f->directory, "=", p->directory);
	if (!p->deep && p->directory_ends && *p->directory_ends)
		add_check(out, f->directory, "endswith", p->directory_ends);
	if (!p->deep && p->file_begins && *p->file_begins)
		add_check(out, f->filename, "startswith", p->file_begins);
}

/* By its beginning, and whatever else is known of it. */
static void add_precise(struct alternatives *a, const struct allow_fields *f,
			const struct pattern *p)
{
	next(a);
	buf_add_char(a->out, '(');
	if (p->number) {
		add_number_beginnings(a, f->name, p->begins);
	} else {
		buf_addf(a->out, "%s startswith ", f->name);
		add_first(a->out, p->begins);
	}
	if (p->ends && *p->ends)
		add_check(a->out, f->name, "endswith", p->ends);
	if (f->filename && p->is_directory) /* it has no name in a directory: it is one */
		buf_addf(a->out, " and not %s exists", f->filename);
	if (f->directory && !p->is_directory && !p->is_ambiguous)
		add_place(a->out, f, p);
	buf_add_char(a->out, ')');
}

static bool is_only_beginning(const struct pattern *p)
{
	return p->deep && !*p->ends && !p->number;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void sort_beginnings(string_list *list)
{
	size_t kept = 0;

	vec_sort(list, compare);
	for (size_t i = 0; i < list->len; i++) {
		if (kept && str_starts(list->items[i], list->items[kept - 1]))
			free(list->items[i]); /* covered: what begins alike follows */
		else
			list->items[kept++] = list->items[i];
	}
	list->len = kept;
}

/* "/a/b/c" becomes "/a/b/", "/a/b/" becomes "/a/"; "/" stays. */
static void cut_to_directory(char *text)
{
	size_t len = strlen(text);

	while (len > 1 && text[len - 1] == '/')
		len--;
	while (len > 1 && text[len - 1] != '/')
		len--;
	text[len] = '\0';
}

/* Many beginnings become fewer and shorter ones. */
static void add_beginnings(struct alternatives *a, const char *field, string_list *list)
{
	struct value_list l = { a, field, "startswith anyof", VALUES_MAX, 0 };

	sort_beginnings(list);
	while (list->len > BEGINNINGS_MAX) {
		vec_foreach(text, list)
			cut_to_directory(*text);
		sort_beginnings(list);
	}
	vec_foreach(text, list) {
		list_next(&l);
		add_first(a->out, *text);
	}
	list_end(&l);
}

static void add_patterns(struct alternatives *a, const pattern_list *patterns,
			 const struct allow_fields *fields)
{
	struct value_list equal = { a, fields->name, "in", SIZE_MAX, 0 };
	cleanup_string_list string_list beginnings = { 0 };
	size_t precise = 0;

	vec_foreach(p, patterns) {
		if (!p->exact)
			continue;
		list_next(&equal);
		add_value(a->out, p->begins, strlen(p->begins));
	}
	list_end(&equal);
	vec_foreach(p, patterns) {
		if (p->exact)
			continue;
		if (!is_only_beginning(p) && precise++ < PRECISE_MAX)
			add_precise(a, fields, p);
		else if (!string_list_add(&beginnings, p->begins))
			a->out->failed = true;
	}
	add_beginnings(a, fields->name, &beginnings);
}

bool allow_paths(const struct access_list *list, uint32_t ops, const struct allow_fields *fields,
		 const char *const *more, struct buf *out)
{
	struct alternatives a = { out, 0 };
	pattern_list patterns = { 0 };

	for (; more && *more; more++) {
		cleanup_free char *path = str_format("%s%s", *more,
						     str_ends(*more, "/") ? "**" : "");

		if (!path || !add_pattern(&patterns, path, false))
			out->failed = true;
	}
	vec_foreach(access, &list->items)
		if (access->ops & ops && !add_pattern(&patterns, access->path, access->ambiguous))
			out->failed = true;
	add_patterns(&a, &patterns, fields);
	pattern_list_deinit(&patterns);
	return a.count;
}

bool allow_sockets(const struct access_list *list, struct buf *out)
{
	static const struct allow_fields fields = { .name = "fd.name" };
	struct alternatives a = { out, 0 };
	struct value_list l = { &a, fields.name, "endswith anyof", VALUES_MAX, 0 };
	pattern_list patterns = { 0 };

	vec_foreach(access, &list->items)
		if (access->ops & ABI_FILE_CONNECT &&
		    !add_pattern(&patterns, access->path, access->ambiguous))
			out->failed = true;
	vec_foreach(p, &patterns) {
		const char *name = p->exact ? strrchr(p->begins, '/') : NULL;

		if (!name)
			continue;
		list_next(&l);
		add_last(out, name);
	}
	list_end(&l);
	vec_foreach(p, &patterns)
		if (!p->exact)
			add_precise(&a, &fields, p);
	pattern_list_deinit(&patterns);
	return a.count;
}

/* --- connections ---------------------------------------------------------------------------------- */

static void add_address(struct value_list *l, const struct flow *f)
{
	char text[FLOW_TEXT_MAX];

	flow_address(f, text);
	*strchr(text, '/') = '\0';
	list_next(l);
	buf_addf(l->a->out, "\"%s\"", text);
	if (f->v6)
		return;
	/* The form that sockets for both use. */
	list_next(l);
	buf_addf(l->a->out, "\"::ffff:%s\"", text);
}

static bool is_same_port(const struct flow *a, const struct flow *b)
{
	return a->inbound == b->inbound && a->protocol == b->protocol && a->port == b->port;
}

/* Those from item i on that have its protocol and port; the index behind them. */
static size_t add_port(struct alternatives *a, const struct flow_list *flows, size_t i,
		       bool anywhere)
{
	const struct flow *first = &flows->items.items[i];
	struct alternatives inner = { a->out, 0 };
	struct value_list l = { &inner, "fd.rip", "in", ADDRESSES_MAX, 0 };

	anywhere = anywhere || first->any; /* sorted: it stands in front */
	next(a);
	buf_add_char(a->out, '(');
	if (first->protocol == 6 || first->protocol == 17)
		buf_addf(a->out, "fd.l4proto = %s and ", first->protocol == 6 ? "tcp" : "udp");
	buf_addf(a->out, "fd.rport = %u%s", first->port, anywhere ? "" : " and (");
	for (; i < flows->items.len && is_same_port(first, &flows->items.items[i]); i++)
		if (!anywhere)
			add_address(&l, &flows->items.items[i]);
	list_end(&l);
	buf_add_str(a->out, anywhere ? ")" : "))");
	return i;
}

bool allow_flows(const struct flow_list *flows, bool ports_only, struct buf *out)
{
	struct alternatives a = { out, 0 };

	for (size_t i = 0; i < flows->items.len;)
		i = flows->items.items[i].inbound ? i + 1 : add_port(&a, flows, i, ports_only);
	if (flows->other) {
		next(&a);
		buf_add_str(out, "fd.l4proto in (icmp, raw)");
	}
	return a.count;
}

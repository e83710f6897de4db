/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/rules_load.h"

#include <errno.h>

#include "base/str.h"
#include "base/utf8.h"

void rules_loaded_deinit(struct rules_loaded *l)
{
	ruleset_free(l->set);
	diags_deinit(&l->diags);
	l->set = NULL;
}

int rules_load(const struct arguments *args, size_t first, struct rules_loaded *ret,
	       struct error *err)
{
	size_t n;
	char **paths = arg_operands(args, &n);
	int r = 0;

	if (n <= first)
		return error_set(err, EINVAL, "name rule files, or directories of them");
	ret->set = ruleset_new(&ret->diags);
	if (!ret->set)
		return error_errno(err, ENOMEM, "rules");
	for (size_t i = first; i < n && !r; i++)
		r = ruleset_add_path(ret->set, paths[i], err);
	if (!r)
		ruleset_compile(ret->set);
	return r;
}

void rules_show_diags(const struct rules_loaded *l, bool warnings, FILE *out)
{
	size_t shown = 0, all = l->diags.errors + (warnings ? l->diags.warnings : 0);

	vec_foreach(d, &l->diags.items) {
		if (d->severity == DIAG_WARNING && !warnings)
			continue;
		diag_show(d, ruleset_content(l->set, d->place.file), out);
		shown++;
	}
	if (all > shown)
		fprintf(out, "... and %zu more\n", all - shown);
}

bool rules_are_good(const struct rules_loaded *l)
{
	rules_show_diags(l, false, stderr);
	return !l->diags.errors;
}

int rules_load_good(const struct arguments *args, size_t first, struct rules_loaded *ret,
		    struct error *err)
{
	int r = rules_load(args, first, ret, err);

	if (!r && !rules_are_good(ret))
		r = error_set(err, EINVAL, "there are errors in the rules");
	return r;
}

struct rule *rules_find(const struct rules_loaded *l, const char *name, struct error *err)
{
	struct rule *r = ruleset_rule(l->set, text_of(name));
	size_t n = 0;

	if (r)
		return r;
	vec_foreach(it, &l->set->rules) {
		if (!memmem((*it)->name.data, (*it)->name.len, name, strlen(name)))
			continue;
		r = *it;
		n++;
	}
	if (n == 1)
		return r;
	error_set(err, ENOENT,
		  n ? "%zu rules have \"%s\" in their names: give the whole name" :
		      "%.0zuthere is no rule \"%s\"",
		  n, name);
	return NULL;
}

const char *rules_text(struct text t)
{
	static struct buf rooms[4] = { { .limit = 1 << 20 },
				       { .limit = 1 << 20 },
				       { .limit = 1 << 20 },
				       { .limit = 1 << 20 } };
	static unsigned next;
	struct buf *room = &rooms[next++ % 4];

	if (!t.data)
		return "-";
	buf_reset(room);
	/* Folded texts come with line breaks where nobody meant one. */
	while (t.len) {
		const char *nl = memchr(t.data, '\n', t.len);
		size_t n = nl ? (size_t)(nl - t.data) : t.len;

		utf8_show(room, text_from(t.data, n));
		buf_add_str(room, nl ? " " : "");
		t = text_from(t.data + n + (nl != NULL), t.len - n - (nl != NULL));
	}
	return room->data ? room->data : "";
}

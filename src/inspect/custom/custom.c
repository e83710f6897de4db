/* SPDX-License-Identifier: Apache-2.0 */
/* Files of checks: which form a document has, and what every row gets. */
#include "inspect/custom/custom.h"

#include <dirent.h>
#include <errno.h>
#include <strings.h>

#include "base/fs.h"
#include "base/str.h"
#include "inspect/custom/custom_private.h"

enum { FILE_MAX_BYTES = 4 << 20, CHECKS_MAX = 2048, ARENA_MAX = 256 << 20, NAME_MAX_BYTES = 100 };

bool custom_checks_init(struct custom_checks *all)
{
	*all = (struct custom_checks){ .arena = ARENA_INIT(ARENA_MAX),
				       .scratch = ARENA_INIT(16 << 20),
				       .made = ARENA_INIT(16 << 20) };
	return regex_room_init(&all->room);
}

void custom_checks_deinit(struct custom_checks *all)
{
	vec_foreach(b, &all->contents)
		buf_deinit(b);
	vec_deinit(&all->contents);
	vec_deinit(&all->rows);
	schema_patterns_deinit(&all->patterns);
	if (all->room.context)
		regex_room_deinit(&all->room);
	arena_deinit(&all->arena);
	arena_deinit(&all->scratch);
	arena_deinit(&all->made);
}

/* --- rows ---------------------------------------------------------------------------------------- */

void custom_complain(struct custom_reader *r, const struct yaml_node *n, const char *what)
{
	diag_error(r->diags, yaml_place(n), "checks", "%s", what);
}

const char *custom_text(struct custom_reader *r, const struct yaml_node *n, const char *key)
{
	const struct yaml_node *v = NULL;

	/* Who reads it in Go takes any case. */
	for (uint32_t i = 0; i < n->count; i++)
		if (n->entries[i].key.len == strlen(key) &&
		    !strncasecmp(n->entries[i].key.data, key, strlen(key)))
			v = n->entries[i].value;
	if (!v || yaml_is_null(v))
		return NULL;
	if (v->kind == YAML_SCALAR)
		return arena_dup(&r->all->arena, v->text.data, v->text.len);
	diag_error(r->diags, yaml_place(v), "checks", "%s: a text was expected", key);
	return NULL;
}

static bool is_name(struct text name)
{
	for (uint32_t i = 0; i < name.len; i++)
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-",
			    name.data[i]) ||
		    !name.data[i])
			return false;
	return name.len && name.len <= NAME_MAX_BYTES;
}

static bool is_taken(const struct custom_checks *all, struct text name)
{
	vec_foreach(c, &all->rows)
		if (text_eq_str(name, c->id))
			return true;
	check_foreach (c)
		if (text_eq_str(name, c->id) || text_eq_str(name, c->name))
			return true;
	return false;
}

struct check *custom_row(struct custom_reader *r, struct text name, const struct yaml_node *n)
{
	struct custom_check *data;
	struct check *row;

	if (!is_name(name)) {
		custom_complain(r, n,
				"a check needs a name of letters, digits, \"-\", \"_\" and \".\"");
		return NULL;
	}
	if (is_taken(r->all, name)) {
		diag_error(r->diags, yaml_place(n), "checks", "there is a check \"%.*s\" already",
			   (int)name.len, name.data);
		return NULL;
	}
	data = arena_new(&r->all->arena, struct custom_check);
	row = data && r->all->rows.len < CHECKS_MAX ? vec_add(&r->all->rows) : NULL;
	if (!row) {
		custom_complain(r, n, "there are too many checks");
		return NULL;
	}
	data->all = r->all;
	*row = (struct check){ .name = arena_dup(&r->all->arena, name.data, name.len),
			       .title = "",
			       .attack = "",
			       .suggest = "",
			       .aliases = "",
			       .severity = SEVERITY_MEDIUM,
			       .data = data };
	row->id = row->name;
	return row;
}

bool custom_category(struct text name, enum category *ret)
{
	static const struct {
		const char *name;
		enum category category;
	} others[] = {
		{ "security", CATEGORY_PRIVILEGE },
		{ "reliability", CATEGORY_RELIABILITY },
		{ "efficiency", CATEGORY_RELIABILITY },
		{ "resources", CATEGORY_RELIABILITY },
		{ "images", CATEGORY_IMAGE },
		{ "networking", CATEGORY_NETWORK },
		{ "health checks", CATEGORY_RELIABILITY },
	};

	for (int c = 0; c < CATEGORIES; c++) {
		*ret = (enum category)c;
		if (name.len == strlen(category_names[c]) &&
		    !strncasecmp(name.data, category_names[c], name.len))
			return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		*ret = others[i].category;
		if (name.len == strlen(others[i].name) &&
		    !strncasecmp(name.data, others[i].name, name.len))
			return true;
	}
	*ret = CATEGORY_PRIVILEGE;
	return false;
}

/* --- examples ------------------------------------------------------------------------------------ */

static void add_examples(struct custom_reader *r, const struct yaml_node *list, bool fails,
			 struct custom_check *c)
{
	if (list && list->kind != YAML_LIST) {
		custom_complain(r, list, "a list of manifests was expected");
		return;
	}
	for (uint32_t i = 0; list && i < list->count; i++) {
		const struct yaml_node *n = list->items[i];

		if (n->kind != YAML_SCALAR)
			custom_complain(r, n, "a manifest as a text was expected, behind \"- |\"");
		else if (c->example_count == CUSTOM_EXAMPLES_MAX)
			custom_complain(r, n, "there are too many examples");
		else
			c->examples[c->example_count++] = (struct custom_example){ fails, n->text,
										   yaml_place(n) };
	}
}

void custom_examples(struct custom_reader *r, const struct yaml_node *n, struct custom_check *c)
{
	const struct yaml_node *examples = yaml_get(n, "examples");

	if (!examples)
		return;
	if (examples->kind != YAML_MAP) {
		custom_complain(r, examples, "a map of \"fails\" and \"passes\" was expected");
		return;
	}
	c->examples = arena_array(&r->all->arena, struct custom_example, CUSTOM_EXAMPLES_MAX);
	if (!c->examples)
		return;
	for (uint32_t i = 0; i < examples->count; i++) {
		const struct yaml_entry *e = &examples->entries[i];

		if (text_eq_str(e->key, "fails") || text_eq_str(e->key, "passes"))
			add_examples(r, e->value, text_eq_str(e->key, "fails"), c);
		else
			custom_complain(r, e->value, "examples are of \"fails\" and \"passes\"");
	}
}

/* --- files --------------------------------------------------------------------------------------- */

/* "imageRegistry" of "checks/imageRegistry.yaml". */
static struct text name_of(const char *file)
{
	struct text name = text_basename(text_of(file));
	const char *dot = name.len ? memrchr(name.data, '.', name.len) : NULL;

	return dot && dot != name.data ? text_from(name.data, (size_t)(dot - name.data)) : name;
}

static void read_configuration(struct custom_reader *r, const struct yaml_node *n)
{
	const struct yaml_node *checks = yaml_get(n, "customChecks");
	const struct yaml_node *severities = yaml_get(n, "checks");

	if (checks->kind != YAML_MAP) {
		custom_complain(r, checks, "customChecks: a map of checks was expected");
		return;
	}
	if (severities && severities->kind != YAML_MAP) {
		custom_complain(r, severities, "checks: a map of severities was expected");
		return;
	}
	for (uint32_t i = 0; i < checks->count; i++)
		custom_read_polaris(r, checks->entries[i].key, checks->entries[i].value,
				    severities);
	if (yaml_get(n, "exemptions"))
		diag_warning(r->diags, yaml_key_place(n, "exemptions"), "checks",
			     "exemptions are read from --config and annotations, not from here");
}

static void read_document(struct custom_reader *r, const struct yaml_node *n)
{
	if (n->kind == YAML_LIST) {
		for (uint32_t i = 0; i < n->count; i++)
			custom_read_ours(r, n->items[i]);
	} else if (n->kind == YAML_MAP && yaml_get(n, "customChecks")) {
		read_configuration(r, n);
	} else if (n->kind == YAML_MAP && yaml_get(n, "target")) {
		custom_read_polaris(r, name_of(r->file), n, NULL);
	} else if (!yaml_is_null(n)) {
		custom_complain(r, n,
				"checks were expected: a list of ours, or Polaris' customChecks");
	}
}

bool custom_checks_add(struct custom_checks *all, const char *name, struct buf *content,
		       struct diags *d)
{
	struct custom_reader r = { .all = all, .diags = d };
	struct buf *kept = vec_add(&all->contents);
	size_t errors = d->errors;
	struct yaml_file *f;

	r.file = arena_dup(&all->arena, name, strlen(name));
	if (!kept || !r.file)
		return false;
	*kept = *content;
	*content = (struct buf){ 0 };
	if (yaml_read(&all->arena, r.file, text_from(kept->data ? kept->data : "", kept->len), d,
		      &f))
		for (uint32_t i = 0; i < f->document_count; i++)
			read_document(&r, f->documents[i]);
	all->group = (struct check_group){ all->rows.items, all->rows.len };
	return d->errors == errors && !all->arena.failed;
}

static int read_file(struct custom_checks *all, const char *path, struct diags *d,
		     struct error *err)
{
	struct buf content = BUF_INIT;
	int r = fs_read(path, FILE_MAX_BYTES, &content, err);

	if (!r && !custom_checks_add(all, path, &content, d))
		r = error_set(err, EINVAL, "%s: there are errors in the checks", path);
	buf_deinit(&content);
	return r;
}

static int is_file_of_checks(const struct dirent *e)
{
	return e->d_name[0] != '.' && (str_ends(e->d_name, ".yaml") ||
				       str_ends(e->d_name, ".yml") || str_ends(e->d_name, ".json"));
}

int custom_checks_read(struct custom_checks *all, const char *path, struct diags *d,
		       struct error *err)
{
	struct dirent **entries = NULL;
	int n, r = 0;

	if (!fs_is_dir(path))
		return read_file(all, path, d, err);
	n = scandir(path, &entries, is_file_of_checks, alphasort);
	if (n < 0)
		return error_errno(err, errno, "%s", path);
	/* What is wrong is told of all of them. */
	for (int i = 0; i < n; i++) {
		cleanup_free char *full = str_format("%s/%s", path, entries[i]->d_name);
		int one = full ? read_file(all, full, d, err) : -ENOMEM;

		r = r ? r : one;
		free(entries[i]);
	}
	free(entries);
	return r;
}

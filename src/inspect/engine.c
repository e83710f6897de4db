/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/engine_private.h"

#include <errno.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "base/vec.h"
#include "inspect/docker.h"
#include "inspect/finding_edit.h"
#include "inspect/image/image.h"
#include "inspect/oci.h"
#include "inspect/shape.h"

enum { REPORT_BYTES = 512 << 20, EDIT_ROOM = 64 << 20 };

const struct yaml_limits manifest_limits = {
	.bytes = 256 << 20, /* a List of a whole cluster */
	.line = 1 << 20,    /* what fits into an object at all */
	.depth = 96,	    /* schemas in CustomResourceDefinitions are deep */
	.nodes = 1 << 18,
	.keys = 4096,
	.merge = true,
	.strict = true,
};

/* --- selection ----------------------------------------------------------------------------------- */

static bool is_named(const struct check *c, const char *const *names)
{
	for (; names && *names; names++)
		if (check_is_called(c, text_of(*names)))
			return true;
	return false;
}

static bool is_known(const struct inspection *in, const char *name)
{
	check_foreach (c)
		if (check_is_called(c, text_of(name)))
			return true;
	check_group_foreach(c,
			    in->options.custom) if (check_is_called(c, text_of(name))) return true;
	return false;
}

static int check_names(const struct inspection *in, const char *const *names, struct error *err)
{
	for (; names && *names; names++)
		if (!is_known(in, *names))
			return error_set(err, EINVAL,
					 "\"%s\" is no check, here or in a tool that is known",
					 *names);
	return 0;
}

static bool is_of_version(const struct check *c, unsigned version)
{
	return version >= c->since && (!c->until || version <= c->until);
}

/* A baseline check is back for versions that don't have the stricter one yet. */
static bool is_overridden(const struct check *c, unsigned version)
{
	check_foreach (other)
		if (c->overridden && str_eq(other->name, c->overridden))
			return is_of_version(other, version);
	return false;
}

static bool is_of_level(const struct check *c, enum pss_level level, unsigned version)
{
	if (c->category != CATEGORY_POD_SECURITY)
		return level == PSS_NONE;
	if (level == PSS_RESTRICTED && is_overridden(c, version))
		return false;
	return c->level <= level;
}

static bool is_wanted(const struct inspection *in, const struct check *c)
{
	const struct inspect_options *o = &in->options;
	const struct exemptions *e = o->exemptions;

	if (!is_of_version(c, o->version) || is_named(c, o->skip) ||
	    (c->recorded && !o->recordings) || (c->kinds == KINDS_IMAGE && !o->images))
		return false;
	for (size_t i = 0; e && i < e->skip.len; i++)
		if (check_is_called(c, text_of(e->skip.items[i])))
			return false;
	if (o->only)
		return is_named(c, o->only);
	return is_of_level(c, o->level, o->version) && (o->all || !c->optional) &&
	       c->severity >= o->least;
}

static void select_check(struct inspection *in, const struct check *c)
{
	const struct check **slot = is_wanted(in, c) ? vec_add(&in->checks) : NULL;

	if (slot)
		*slot = c;
}

static int select_checks(struct inspection *in, struct error *err)
{
	int r = check_names(in, in->options.only, err);

	if (!r)
		r = check_names(in, in->options.skip, err);
	if (r)
		return r;
	check_foreach (c)
		select_check(in, c);
	check_group_foreach(c, in->options.custom) select_check(in, c);
	in->report.tally_count = in->checks.len;
	in->report.tallies = calloc(in->checks.len + 1, sizeof(*in->report.tallies));
	if (!in->report.tallies)
		return error_errno(err, ENOMEM, "checks");
	for (size_t i = 0; i < in->checks.len; i++)
		in->report.tallies[i].check = in->checks.items[i];
	return 0;
}

int inspection_new(struct inspection **ret, const struct inspect_options *options,
		   struct error *err)
{
	struct inspection *in = calloc(1, sizeof(*in));
	int r;

	if (!in)
		return error_errno(err, ENOMEM, "inspection");
	in->options = *options;
	in->kept = ARENA_INIT(REPORT_BYTES);
	in->scratch = ARENA_INIT(64 << 20);
	in->inventory.arena = &in->kept;
	in->whole.arena = &in->kept;
	in->pointer = BUF_INIT;
	in->edit_room = EDIT_ROOM;
	in->report.version = options->version;
	in->report.level = options->level;
	r = select_checks(in, err);
	if (r) {
		inspection_free(in);
		return r;
	}
	*ret = in;
	return 0;
}

struct inspection *inspection_free(struct inspection *in)
{
	if (!in)
		return NULL;
	vec_deinit(&in->report.objects);
	vec_deinit(&in->report.findings);
	diags_deinit(&in->report.problems);
	free(in->report.tallies);
	inventory_deinit(&in->inventory);
	table_deinit(&in->more);
	kept_deinit(&in->whole);
	vec_deinit(&in->checks);
	buf_deinit(&in->pointer);
	arena_deinit(&in->kept);
	arena_deinit(&in->scratch);
	free(in);
	return NULL;
}

/* --- asking -------------------------------------------------------------------------------------- */

static void ask_containers(struct probe *p, const struct workload *w)
{
	for (uint32_t i = 0; i < w->container_count; i++) {
		const struct container *c = &w->containers[i];

		if (p->check->containers && !(p->check->containers & 1u << c->kind))
			continue;
		p->container = c;
		p->failed = p->skipped = false;
		p->check->container(p, w, c);
		finding_conclude(p);
	}
	p->container = NULL;
}

/* Of a cluster those that we don't know are not listed. */
static uint64_t unknown_kinds(const struct inspection *in)
{
	return in->unread | (in->report.cluster ? KINDS_OTHER : 0);
}

static void ask(struct inspection *in, size_t number, const struct object *o, uint32_t object)
{
	const struct check *c = in->checks.items[number];
	struct probe p = {
		.in = in, .number = number, .check = c, .object_number = object, .object = o
	};

	if (!check_is_about(c, o) || c->resident || (c->keeps != NULL) != in->complete)
		return;
	if (c->needs & unknown_kinds(in)) {
		probe_skip(&p);
		finding_conclude(&p);
		return;
	}
	if (c->container && o->workload) {
		ask_containers(&p, o->workload);
		return;
	}
	if (c->pod && o->workload)
		c->pod(&p, o->workload);
	else if (c->object)
		c->object(&p, o);
	else
		return;
	finding_conclude(&p);
}

/* "shop/Deployment/web", or "Namespace/shop". */
static const char *place_in_cluster(struct inspection *in, const struct object *o)
{
	cleanup_buf struct buf b = BUF_INIT;

	if (o->name_space.len)
		buf_addf(&b, "%.*s/", (int)o->name_space.len, o->name_space.data);
	buf_addf(&b, "%.*s/%.*s", (int)o->kind_name.len, o->kind_name.data, (int)o->name.len,
		 o->name.len ? o->name.data : "");
	return finding_text(in, text_from(b.data ? b.data : "", b.len));
}

/* Keeps what a check will be asked about that looks at others, and the others. */
static bool keep(struct inspection *in, const struct object *o, uint32_t number, bool owned)
{
	bool wanted = false;

	for (size_t i = 0; i < in->checks.len && !wanted; i++) {
		const struct check *c = in->checks.items[i];

		wanted = c->keeps && c->keeps(c, o, !owned);
	}
	if (!wanted)
		return true;
	if (o->root.node->size <= KEPT_NODES_MAX)
		return kept_add(&in->whole, o, number, owned);
	diag_error(&in->report.problems, yaml_place(o->root.node), "object",
		   "this is too large to be held against other objects");
	return true;
}

/* file NULL: it comes from a cluster. */
static bool add_object(struct inspection *in, const char *file, const struct object *o)
{
	uint32_t number = (uint32_t)in->report.objects.len;
	struct inspected *slot = vec_add(&in->report.objects);

	if (!slot)
		return false;
	*slot = (struct inspected){ .file = file,
				    .line = file ? o->root.node->line : 0,
				    .document = in->document,
				    .worst = -1 };
	if (!file)
		slot->file = place_in_cluster(in, o);
	if (in->pointed)
		slot->pointer = inventory_text(&in->inventory,
					       text_from(in->pointer.data ? in->pointer.data : "",
							 in->pointer.len));
	slot->kind = finding_text(in, o->kind_name);
	slot->name = finding_text(in, o->name);
	slot->name_space = finding_text(in, o->name_space);
	if (o->kind < 0)
		in->report.unknown++;
	else if (!inventory_add(&in->inventory, o, number))
		return false;
	if (!keep(in, o, number, false))
		return false;
	for (size_t i = 0; i < in->checks.len; i++)
		ask(in, i, o, number);
	return true;
}

/* Also what is left of a list whose items were given one by one. */
static bool is_empty_list(const struct yaml_node *n)
{
	const struct yaml_node *kind = yaml_get(n, "kind"), *items = yaml_get(n, "items");

	return kind && items && items->kind == YAML_LIST && !items->count &&
	       text_ends(kind->text, TEXT("List"));
}

static bool read_object(struct inspection *in, const struct yaml_node *n, struct text kind,
			struct text api_version, struct object *ret)
{
	struct diags *d = &in->report.problems;

	if (oci_is_config(n))
		return object_read_container(&in->scratch, n, in->live, in->docker, d, ret);
	if (docker_is_container(n))
		return object_read_docker(&in->scratch, n, d, ret);
	if (!object_read(&in->scratch, n, kind, api_version, d, ret))
		return false;
	shape_judge(ret, &in->scratch, d);
	return true;
}

/* What could not be read of the object that was added last. */
static void count_errors(struct inspection *in, size_t before)
{
	size_t more = in->report.problems.errors - before;

	if (!more || !in->report.objects.len)
		return;
	in->report.objects.items[in->report.objects.len - 1].counts[OUTCOME_ERROR] += (uint32_t)more;
	in->report.counts[OUTCOME_ERROR] += more;
}

static bool add_document(struct inspection *in, const char *file, const struct yaml_node *n,
			 struct text kind, struct text api_version);

/* The objects in a list; member is what it is called in its object: "/items", or "" for a document that is one. */
static bool add_all(struct inspection *in, const char *file, const struct yaml_node *list,
		    const char *member, struct text kind, struct text api_version)
{
	size_t len = in->pointer.len;
	bool good = true;

	for (uint32_t i = 0; i < list->count && good; i++) {
		if (list->items[i]->kind != YAML_MAP)
			continue;
		buf_addf(&in->pointer, "%s/%u", member, i);
		good = add_document(in, file, list->items[i], kind, api_version);
		in->pointer.len = len;
	}
	return good;
}

/* The list of objects that is an object itself: a List in a List, or a Template of OpenShift. NULL: none. */
static const struct yaml_node *objects_in(const struct yaml_node *n, struct text kind,
					  const char **ret_member)
{
	bool template = text_eq_str(kind, "Template");
	const struct yaml_node *list = NULL;

	*ret_member = template ? "/objects" : "/items";
	if (template || text_ends(kind, TEXT("List")))
		list = yaml_get(n, *ret_member + 1);
	return list && list->kind == YAML_LIST ? list : NULL;
}

static struct text text_in(const struct yaml_node *map, const char *key)
{
	const struct yaml_node *n = yaml_get(map, key);

	return n && n->kind == YAML_SCALAR ? n->text : TEXT_NONE;
}

/* kind and api_version are those of the list that it is in. */
static bool add_document(struct inspection *in, const char *file, const struct yaml_node *n,
			 struct text kind, struct text api_version)
{
	size_t errors = in->report.problems.errors;
	const struct yaml_node *list;
	const char *member;
	struct object o;
	bool good;

	if (n->kind == YAML_MAP && is_empty_list(n))
		return true;
	in->report.documents++;
	arena_reset(&in->scratch);
	if (n->kind == YAML_LIST)
		return add_all(in, file, n, "", kind, api_version);
	if (n->kind == YAML_MAP) {
		struct text own = text_in(n, "kind");

		list = objects_in(n, own, &member);
		if (list)
			return add_all(in, file, list, member, own, text_in(n, "apiVersion"));
	}
	if (!read_object(in, n, kind, api_version, &o))
		return true;
	good = add_object(in, file, &o);
	count_errors(in, errors);
	return good;
}

static int add_text(struct inspection *in, const char *file, struct text content, bool consume,
		    struct error *err)
{
	const char *name = inventory_text(&in->inventory, text_of(file));
	cleanup_yaml_stream struct yaml_stream *s = NULL;
	enum yaml_given given;
	struct yaml_node *n;
	uint32_t item = 0;
	bool good = true, edits = in->options.may_edit && in->options.may_edit(file, content) &&
				  !yaml_looks_like_json(content);

	if (name)
		s = yaml_stream_new(name, content, &manifest_limits, "items", &in->report.problems);
	if (!s)
		return error_errno(err, ENOMEM, "%s", file);
	if (consume && !(edits && finding_edits_are_for(content)))
		yaml_stream_consume(s);
	in->report.files++;
	in->document = 0;
	while (good && (given = yaml_stream_next(s, &n)) != YAML_END) {
		size_t first = in->report.findings.len;

		if (given == YAML_FAILED)
			continue;
		buf_reset(&in->pointer);
		if (given == YAML_ITEM)
			buf_addf(&in->pointer, "/items/%u", item++);
		in->pointed = in->options.pointers || (edits && given == YAML_DOCUMENT);
		good = add_document(in, name, n,
				    given == YAML_ITEM ? yaml_stream_member(s, "kind") : TEXT_NONE,
				    given == YAML_ITEM ? yaml_stream_member(s, "apiVersion") :
							 TEXT_NONE);
		if (given == YAML_DOCUMENT && edits)
			finding_edits(in, name, content, n, first);
		if (given == YAML_DOCUMENT) {
			in->document++;
			item = 0;
		}
	}
	return good ? 0 : error_set(err, ENOMEM, "%s: too much to remember all of it", file);
}

int inspection_add(struct inspection *in, const char *file, struct text content, struct error *err)
{
	return add_text(in, file, content, false, err);
}

int inspection_take(struct inspection *in, const char *file, struct buf *content, struct error *err)
{
	int r = add_text(in, file, text_from(content->data ? content->data : "", content->len),
			 true, err);

	buf_reset(content);
	return r;
}

int inspection_add_tree(struct inspection *in, const char *file, const struct yaml_node *n,
			struct error *err)
{
	const char *name = inventory_text(&in->inventory, text_of(file));

	in->report.files++;
	in->document = 0;
	buf_reset(&in->pointer);
	return name && add_document(in, name, n, TEXT_NONE, TEXT_NONE) ?
		       0 :
		       error_set(err, ENOMEM, "%s: too much to remember all of it", file);
}

/* Only its labels and names are of interest. */
static bool remember(struct inspection *in, const struct object *o)
{
	if (!keep(in, o, 0, true))
		return false;
	if (o->kind < 0)
		return true;
	if (!inventory_add(&in->inventory, o, 0))
		return false;
	in->inventory.residents.items[in->inventory.residents.len - 1].flags |= RESIDENT_OWNED;
	in->report.owned++;
	return true;
}

int inspection_add_object(struct inspection *in, const struct yaml_node *n, struct text kind,
			  struct text api_version, bool owned, struct error *err)
{
	size_t errors = in->report.problems.errors;
	struct object o;
	bool good;

	arena_reset(&in->scratch);
	buf_reset(&in->pointer);
	if (!object_read(&in->scratch, n, kind, api_version, &in->report.problems, &o))
		return 0;
	good = owned ? remember(in, &o) : add_object(in, NULL, &o);
	if (good && !owned)
		count_errors(in, errors);
	return good ? 0 : error_set(err, ENOMEM, "too much to remember all of the cluster");
}

uint64_t inspection_kinds(const struct inspection *in)
{
	uint64_t all = 0;

	for (size_t i = 0; i < in->checks.len; i++) {
		const struct check *c = in->checks.items[i];

		/* One that looks at others may look at all. */
		all |= c->resident ? KINDS_ANY : c->kinds | c->needs;
	}
	/* Owners must be seen for what they made. */
	return all & KINDS_WORKLOAD ? all | KINDS_WORKLOAD : all;
}

void inspection_unread(struct inspection *in, int kind)
{
	in->unread |= KIND_BIT(kind);
}

void inspection_name_cluster(struct inspection *in, const char *name, const char *version)
{
	in->report.cluster = finding_text(in, text_of(name));
	in->report.cluster_version = finding_text(in, text_of(version));
}

void inspection_note(struct inspection *in, const char *file, const char *why)
{
	const char *name = inventory_text(&in->inventory, text_of(file));

	diag_warning(&in->report.problems, (struct diag_place){ name, 0, 0 }, "note", "%s", why);
}

/* The name of what it lies in. */
static struct text image_name_of(const char *file)
{
	struct text t = text_of(file);

	while (t.len > 1 && t.data[t.len - 1] == '/')
		t.len--;
	return text_basename(t);
}

int inspection_add_image(struct inspection *in, const char *file, const struct image *image,
			 struct error *err)
{
	const char *name = inventory_text(&in->inventory, text_of(file));
	struct text config = image->config.len ? text_from(image->config.data, image->config.len) :
						 TEXT("{}");
	cleanup_yaml_stream struct yaml_stream *s = NULL;
	struct yaml_node *root;
	struct object o;

	if (name)
		s = yaml_stream_new(name, config, &manifest_limits, NULL, &in->report.problems);
	if (!s)
		return error_errno(err, ENOMEM, "%s", file);
	in->report.files++;
	vec_foreach(p, &image->problems)
		inspection_problem(in, file, *p);
	if (image->beyond)
		inspection_problem(in, file, "there are more notable files than are kept");
	if (yaml_stream_next(s, &root) != YAML_DOCUMENT)
		return 0;
	in->report.documents++;
	buf_reset(&in->pointer);
	object_of_image(image, root, image_name_of(file), &o);
	return add_object(in, name, &o) ? 0 : error_errno(err, ENOMEM, "%s", file);
}

void inspection_problem(struct inspection *in, const char *file, const char *why)
{
	const char *name = inventory_text(&in->inventory, text_of(file));
	size_t len = strlen(file);

	if (!strncmp(why, file, len) && str_starts(why + len, ": "))
		why += len + 2; /* it names the file by itself */
	diag_error(&in->report.problems, (struct diag_place){ name, 0, 0 }, "file", "%s", why);
}

/* --- the end ------------------------------------------------------------------------------------- */

/* Its template is elsewhere, and is asked there. */
static bool is_without_pods(const struct resident *r)
{
	return KIND_BIT(r->kind) & KINDS_WORKLOAD && !(r->flags & RESIDENT_HAS_PODS);
}

static void ask_residents(struct inspection *in)
{
	for (size_t i = 0; i < in->checks.len; i++) {
		const struct check *c = in->checks.items[i];

		if (!c->resident)
			continue;
		vec_foreach(r, &in->inventory.residents) {
			struct probe p = { .in = in,
					   .number = i,
					   .check = c,
					   .object_number = r->object,
					   .resident = r };

			if (!(c->kinds & KIND_BIT(r->kind)) || r->flags & RESIDENT_OWNED ||
			    is_without_pods(r))
				continue;
			if (c->needs & in->unread)
				probe_skip(&p);
			else
				c->resident(&p, &in->inventory, r);
			finding_conclude(&p);
		}
	}
}

/* What was wrong with it was said when it was read. */
static void ask_kept(struct inspection *in)
{
	in->complete = true;
	for (size_t i = 0; i < in->whole.items.len; i++) {
		const struct kept *k = &in->whole.items.items[i];
		cleanup_diags struct diags known = { 0 };
		struct object o;

		arena_reset(&in->scratch);
		if (k->owned ||
		    !object_read(&in->scratch, k->root, k->kind, k->api_version, &known, &o))
			continue;
		for (size_t c = 0; c < in->checks.len; c++)
			ask(in, c, &o, k->number);
	}
}

struct rank {
	int worst;
	uint32_t before;
};

static int compare_ranks(const void *x, const void *y)
{
	const struct rank *a = x, *b = y;

	if (a->worst != b->worst)
		return b->worst - a->worst;
	return (a->before > b->before) - (a->before < b->before);
}

static int compare_findings(const void *x, const void *y)
{
	const struct finding *a = x, *b = y;
	int r;

	if (a->object != b->object)
		return a->object < b->object ? -1 : 1;
	if ((a->outcome == OUTCOME_FAIL) + 2 * (a->severity) !=
	    (b->outcome == OUTCOME_FAIL) + 2 * b->severity)
		return a->severity > b->severity  ? -1 :
		       a->severity < b->severity  ? 1 :
		       a->outcome == OUTCOME_FAIL ? -1 :
						    1;
	r = strcmp(a->check->id, b->check->id);
	if (r)
		return r;
	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	return strcmp(a->path, b->path);
}

/* Worst first, then as they came. */
static bool sort_objects(struct report *r)
{
	cleanup_free struct rank *ranks = calloc(r->objects.len + 1, sizeof(*ranks));
	cleanup_free uint32_t *now = calloc(r->objects.len + 1, sizeof(*now));
	struct inspected *all = r->objects.items;

	if (!ranks || !now)
		return false;
	for (size_t i = 0; i < r->objects.len; i++)
		ranks[i] = (struct rank){ all[i].worst, (uint32_t)i };
	qsort(ranks, r->objects.len, sizeof(*ranks), compare_ranks);
	for (size_t i = 0; i < r->objects.len; i++)
		now[ranks[i].before] = (uint32_t)i;
	vec_foreach(f, &r->findings)
		f->object = now[f->object];
	/* Each swap puts one object where it belongs: there is no room for a second list of them. */
	for (size_t i = 0; i < r->objects.len; i++)
		while (now[i] != i) {
			uint32_t to = now[i];
			struct inspected object = all[to];

			all[to] = all[i];
			all[i] = object;
			now[i] = now[to];
			now[to] = to;
		}
	return true;
}

const struct report *inspection_finish(struct inspection *in)
{
	struct report *r = &in->report;

	if (inventory_complete(&in->inventory))
		ask_residents(in);
	else
		inspection_problem(in, "",
				   "out of memory: checks that look at others are not asked");
	ask_kept(in);
	/* Their texts stay, which findings have too; what found them is done. */
	inventory_deinit(&in->inventory);
	kept_deinit(&in->whole);
	if (sort_objects(r) && r->findings.len)
		qsort(r->findings.items, r->findings.len, sizeof(*r->findings.items),
		      compare_findings);
	vec_foreach(f, &r->findings) {
		struct inspected *o = &r->objects.items[f->object];

		if (!o->count++)
			o->first = (uint32_t)(f - r->findings.items);
	}
	return r;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/mend.h"

#include <errno.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "base/str.h"
#include "inspect/edit.h"
#include "inspect/engine_private.h"
#include "inspect/patch.h"

/* Rounds: a text with more to mend one after the other is left half done, and says so. */
enum { ROUNDS_MAX = 128, BATCH_MAX = 512, ITEMS_MAX = 1 << 16, TEXT_MAX = 256 << 20 };

static const char left_aggressive[] = "something may depend on it: --aggressive mends it";
static const char left_chosen[] = "somebody set it on purpose: --aggressive mends it";
static const char left_shared[] =
	"something else would change with it, or what it is in can't be changed by a program";
static const char left_found[] = "it would be found again";
static const char left_other[] = "there is something else in its place";
static const char left_rounds[] = "there is too much to mend in this file: mend the rest again";

struct plan {
	size_t item; /* of the mend */
	struct edit edit;
};

struct job {
	struct mend *m;
	const char *name;
	struct inspect_options options;
	bool aggressive, again;
	unsigned round;
	size_t limit;	   /* of plans in a round */
	uint32_t compared; /* documents */
	struct buf before; /* the text that the last round began with */
	json_t *wanted;	   /* the documents, with the round's operations */
	VEC(struct plan) plans;
	bool too_large; /* more parts than a tree may have */
};

static void mended_deinit(struct mended *i)
{
	free(i->object);
	free(i->target);
	free(i->kind);
	free(i->name_space);
	free(i->name);
	free(i->path);
	free(i->value);
	json_decref(i->operation);
}

void mend_deinit(struct mend *m)
{
	vec_foreach(i, &m->items)
		mended_deinit(i);
	vec_deinit(&m->items);
	buf_deinit(&m->text);
}

size_t mend_count(const struct mend *m)
{
	size_t n = 0;

	vec_foreach(i, &m->items)
		n += !i->left;
	return n;
}

static struct text text_of_buf(const struct buf *b)
{
	return text_from(b->data ? b->data : "", b->len);
}

static void leave(struct mended *i, const char *why)
{
	json_decref(i->operation);
	i->operation = NULL;
	i->left = why;
}

static void plans_reset(struct job *j)
{
	vec_foreach(p, &j->plans)
		free(p->edit.text);
	j->plans.len = 0;
	json_decref(j->wanted);
	j->wanted = NULL;
}

/* --- what there is to mend ----------------------------------------------------------------------- */

static bool takes_item(const struct mended *i)
{
	const char *op = json_string_value(json_object_get(i->operation, "op"));
	const char *path = json_string_value(json_object_get(i->operation, "path"));
	size_t len;
	cleanup_free char *last = path ? pointer_last(path, &len) : NULL;

	return op && last && str_eq(op, "remove") && str_to_u64(last, &(uint64_t){ 0 });
}

/* What is known of a finding already; an item whose number another has now is not the same. */
static struct mended *find_item(struct job *j, const struct finding *f, const struct inspected *o)
{
	const struct finding_fix *fix = finding_fix(f);

	vec_foreach(i, &j->m->items)
		if (i->check == f->check && i->document == o->document &&
		    str_eq(i->object, o->pointer) && str_eq(i->target, fix->target) &&
		    !takes_item(i))
			return i;
	return NULL;
}

static bool add_item(struct job *j, const struct finding *f, const struct inspected *o)
{
	const struct finding_fix *fix = finding_fix(f);
	struct mended *i = j->m->items.len < ITEMS_MAX ? vec_add(&j->m->items) : NULL;

	if (!i)
		return false;
	i->check = f->check;
	i->document = o->document;
	i->line = f->line;
	i->object = strdup(o->pointer);
	i->target = strdup(fix->target);
	i->kind = strdup(o->kind);
	i->name_space = strdup(o->name_space);
	i->name = strdup(o->name);
	i->path = strdup(f->path);
	i->value = fix->value ? strdup(fix->value) : NULL;
	i->op = fix->op;
	i->round = j->round;
	i->careful = f->check->fix.aggressive && !j->aggressive;
	i->left = i->careful ? left_aggressive : NULL;
	return i->object && i->target && i->kind && i->name_space && i->name && i->path;
}

/* The last round is undone; what it did besides what was to blame may be tried again. */
static void undo(struct job *j)
{
	struct mend *m = j->m;
	size_t kept = 0;
	struct buf text = m->text;

	m->text = j->before;
	j->before = text;
	for (size_t i = 0; i < m->items.len; i++) {
		struct mended item = m->items.items[i];

		if (item.round == j->round - 1 && !item.left) {
			mended_deinit(&item);
			continue;
		}
		m->items.items[kept++] = item;
	}
	m->items.len = kept;
}

/* Fills the mend's items; *ret_new: some of this round. */
static int gather(struct job *j, const struct report *r, size_t *ret_new, struct error *err)
{
	bool blamed = false;

	*ret_new = 0;
	vec_foreach(f, &r->findings) {
		const struct inspected *o = &r->objects.items[f->object];
		struct mended *known = finding_fix(f) ? find_item(j, f, o) : NULL;

		if (!finding_fix(f) || (known && known->left))
			continue;
		if (known && known->round + 1 == j->round) {
			leave(known, left_found);
			blamed = true;
		} else if (!known || known->round != j->round) {
			if (!add_item(j, f, o))
				return error_errno(err, ENOMEM, "%s: what is to be mended",
						   j->name);
			*ret_new += !j->m->items.items[j->m->items.len - 1].left;
		}
	}
	if (!blamed)
		return 0;
	undo(j);
	j->again = true;
	return 0;
}

static int inspect(struct job *j, size_t *ret_new, struct error *err)
{
	cleanup_inspection struct inspection *in = NULL;
	const struct report *r;
	int code = inspection_new(&in, &j->options, err);

	if (!code)
		code = inspection_add(in, j->name, text_of_buf(&j->m->text), err);
	if (code)
		return code;
	r = inspection_finish(in);
	return gather(j, r, ret_new, err);
}

/* --- planning ------------------------------------------------------------------------------------ */

static bool is_inside(const char *path, const char *around, size_t len)
{
	return !strncmp(path, around, len) && (path[len] == '/' || !path[len]);
}

static const char *path_of(const struct mended *i)
{
	return json_string_value(json_object_get(i->operation, "path"));
}

static bool moves_others(const struct mended *i)
{
	cleanup_free char *last = NULL;
	size_t len;

	last = pointer_last(path_of(i), &len);
	return str_eq(json_string_value(json_object_get(i->operation, "op")), "remove") ||
	       (last && str_to_u64(last, &(uint64_t){ 0 }));
}

/* Two that touch the same bytes, or of which one moves what the other names, are not for one round. */
static bool conflicts(const struct job *j, const struct plan *p)
{
	const struct mended *a = &j->m->items.items[p->item];

	vec_foreach(q, &j->plans) {
		const struct mended *b = &j->m->items.items[q->item];
		size_t len;

		if (!j->m->json && p->edit.start <= q->edit.end && q->edit.start <= p->edit.end)
			return true;
		if (a->document != b->document || !str_eq(a->object, b->object))
			continue;
		len = (size_t)(strrchr(path_of(b), '/') - path_of(b));
		if (j->m->json ? is_inside(path_of(a), path_of(b), len) :
				 moves_others(b) && is_inside(path_of(a), path_of(b), len))
			return true;
		len = (size_t)(strrchr(path_of(a), '/') - path_of(a));
		if (j->m->json || moves_others(a))
			if (is_inside(path_of(b), path_of(a), len))
				return true;
	}
	return false;
}

/* Plans an item of this document; what has to wait for the next round keeps no operation. */
static void plan_item(struct job *j, size_t number, const struct yaml_node *n, json_t *was)
{
	struct mended *i = &j->m->items.items[number];
	struct plan p = { .item = number }, *slot;
	json_t *object = pointer_find(was, i->object);
	json_t *value = i->value ? json_loads(i->value, JSON_DECODE_ANY, NULL) : NULL;
	const char *why = NULL;

	i->operation = object ? patch_plan(object, i->target, i->op, value) : NULL;
	json_decref(value);
	i->careful = i->operation && !j->aggressive &&
		     patch_is_careful(object, i->target, i->operation);
	if (!i->operation)
		why = left_other;
	else if (i->careful)
		why = left_chosen;
	else if (!j->m->json)
		why = edit_plan(&p.edit, n, i->object, i->operation);
	if (why) {
		leave(i, why);
		return;
	}
	slot = conflicts(j, &p) ? NULL : vec_add(&j->plans);
	if (!slot) {
		free(p.edit.text);
		json_decref(i->operation);
		i->operation = NULL;
		return;
	}
	*slot = p;
}

static bool plan_document(struct job *j, uint32_t number, const struct yaml_node *n)
{
	json_t *was = yaml_json(n), *object;
	size_t first = j->plans.len;
	bool good = was;

	for (size_t i = 0; was && i < j->m->items.len && j->plans.len < j->limit; i++) {
		struct mended *item = &j->m->items.items[i];

		if (item->document == number && item->round == j->round && !item->left)
			plan_item(j, i, n, was);
	}
	for (size_t k = first; good && k < j->plans.len; k++) {
		const struct mended *item = &j->m->items.items[j->plans.items[k].item];

		object = pointer_find(was, item->object);
		good = object && patch_apply(object, item->operation);
	}
	json_array_append_new(j->wanted, was);
	return good;
}

/* Reads all documents of a text; false: they don't read. visit says what is done with each. */
static bool each_document(struct job *j, struct text content,
			  bool (*visit)(struct job *j, uint32_t number, const struct yaml_node *n))
{
	cleanup_diags struct diags d = { 0 };
	cleanup_yaml_stream struct yaml_stream *s = yaml_stream_new(j->name, content,
								    &manifest_limits, NULL, &d);
	enum yaml_given given;
	struct yaml_node *n;
	bool good = s;

	for (uint32_t number = 0; good; number++) {
		given = yaml_stream_next(s, &n);
		if (given == YAML_END)
			break;
		good = given == YAML_DOCUMENT && visit(j, number, n);
	}
	vec_foreach(e, &d.items)
		j->too_large |= str_starts(e->text, "this is too large");
	return good && !d.errors;
}

/* --- doing it ------------------------------------------------------------------------------------ */

static int compare_plans(const void *x, const void *y)
{
	const struct plan *a = x, *b = y;

	return (a->edit.start > b->edit.start) - (a->edit.start < b->edit.start);
}

static void write_yaml(struct job *j, struct buf *out)
{
	struct text was = text_of_buf(&j->m->text);
	size_t at = 0;

	vec_sort(&j->plans, compare_plans);
	vec_foreach(p, &j->plans) {
		buf_add(out, was.data + at, p->edit.start - at);
		buf_add_str(out, p->edit.text);
		at = p->edit.end;
	}
	buf_add(out, was.data + at, was.len - at);
}

static void write_json(struct job *j, struct buf *out)
{
	json_t *document;
	size_t i;

	json_array_foreach (j->wanted, i, document) {
		cleanup_free char *text = json_dumps(document, JSON_ENCODE_ANY);

		buf_add_str(out, text ? text : "");
		buf_add_char(out, '\n');
	}
}

static bool compare_document(struct job *j, uint32_t number, const struct yaml_node *n)
{
	json_t *is = yaml_json(n), *wanted = json_array_get(j->wanted, number);
	bool good = is && wanted && json_equal(is, wanted);

	j->compared++;
	json_decref(is);
	return good;
}

static bool reads_as_wanted(struct job *j, const struct buf *text)
{
	j->compared = 0;
	return !text->failed && each_document(j, text_of_buf(text), compare_document) &&
	       j->compared == json_array_size(j->wanted);
}

/* Those without an operation were not in the round: they are found again in the next. */
static void forget_unplanned(struct job *j)
{
	struct mend *m = j->m;
	size_t kept = 0;

	for (size_t i = 0; i < m->items.len; i++) {
		struct mended item = m->items.items[i];

		if (item.operation || item.left) {
			m->items.items[kept++] = item;
			continue;
		}
		mended_deinit(&item);
	}
	m->items.len = kept;
}

/* What was planned does not come out: with fewer at a time, down to the one that is to blame. */
static void retreat(struct job *j)
{
	struct mended *only = &j->m->items.items[j->plans.items[0].item];
	bool blame = j->plans.len == 1;

	j->limit = blame ? BATCH_MAX : j->plans.len / 2;
	vec_foreach(p, &j->plans) {
		struct mended *i = &j->m->items.items[p->item];

		if (blame) {
			leave(only, left_shared);
			break;
		}
		json_decref(i->operation);
		i->operation = NULL;
	}
	forget_unplanned(j);
}

/* One round with what gather() found. */
static bool round_of(struct job *j)
{
	cleanup_buf struct buf text = { .limit = TEXT_MAX };
	struct buf swap;

	plans_reset(j);
	j->wanted = json_array();
	if (!each_document(j, text_of_buf(&j->m->text), plan_document)) {
		if (!j->plans.len)
			return false;
		retreat(j);
		return true;
	}
	if (!j->plans.len) {
		forget_unplanned(j);
		return true;
	}
	if (j->m->json)
		write_json(j, &text);
	else
		write_yaml(j, &text);
	if (!reads_as_wanted(j, &text)) {
		retreat(j);
		return true;
	}
	forget_unplanned(j);
	swap = j->before;
	j->before = j->m->text;
	j->m->text = text;
	text = swap;
	return true;
}

static int mend_rounds(struct job *j, struct error *err)
{
	size_t found;
	int r;

	for (j->round = 1; j->round <= ROUNDS_MAX; j->round++) {
		j->again = false;
		r = inspect(j, &found, err);
		if (r)
			return r;
		if (j->again)
			continue;
		if (!found)
			return 0;
		if (!round_of(j)) {
			j->m->none = "it can't be read as a whole";
			return 0;
		}
	}
	j->m->none = left_rounds;
	return 0;
}

static bool no_document(struct job *j, uint32_t number, const struct yaml_node *n)
{
	return true;
}

int mend_text(struct mend *m, const char *name, struct text content,
	      const struct inspect_options *options, bool aggressive, struct error *err)
{
	struct job j = { .m = m, .name = name, .options = *options, .aggressive = aggressive };
	int r = 0;

	j.options.fixes = j.options.pointers = true;
	j.options.may_edit = NULL;
	j.options.keep_passed = false;
	j.limit = BATCH_MAX;
	*m = (struct mend){ .text = { .limit = TEXT_MAX } };
	buf_add(&m->text, content.data, content.len);
	m->json = yaml_looks_like_json(content);
	if (m->text.failed)
		return error_errno(err, ENOMEM, "%s", name);
	if (each_document(&j, content, no_document))
		r = mend_rounds(&j, err);
	else
		m->none = j.too_large ?
				  "a document in it is too large to be mended: split the List" :
				  "it has errors";
	plans_reset(&j);
	vec_deinit(&j.plans);
	buf_deinit(&j.before);
	return r;
}

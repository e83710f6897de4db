/* SPDX-License-Identifier: Apache-2.0 */
/* What checks say becomes findings: with texts that are kept, exemptions, and counts. */
#include <stdarg.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "base/vec.h"
#include "inspect/builtin.h"
#include "inspect/engine_private.h"
#include "inspect/recording.h"

enum { FINDINGS_MAX = 1 << 20, VALUE_MAX = 160 };

const char *finding_text(struct inspection *in, struct text t)
{
	char shown[600];
	const char *kept;

	str_printable(shown, sizeof(shown), t.data ? t.data : "", t.len);
	kept = inventory_text(&in->inventory, text_of(shown));
	return kept ? kept : "";
}

static enum severity severity_of(const struct inspection *in, const struct check *c)
{
	const struct exemptions *e = in->options.exemptions;

	for (size_t i = 0; e && i < e->severities.len; i++)
		if (check_is_called(c, text_of(e->severities.items[i].check)))
			return e->severities.items[i].severity;
	return c->severity;
}

static struct subject subject_of(const struct probe *p)
{
	const struct inspected *o = &p->in->report.objects.items[p->object_number];

	return (struct subject){
		.check = p->check,
		.kind = o->kind,
		.name_space = o->name_space,
		.name = o->name,
		.container = p->container ? finding_text(p->in, p->container->name) : NULL,
		.today = p->in->options.today,
	};
}

/* Why nobody minds; NULL: somebody does. */
static const char *exempted(const struct probe *p, const char *path)
{
	const struct inspect_options *o = &p->in->options;
	struct subject s = subject_of(p);
	const struct exemption *e = o->exemptions ? exemptions_find(o->exemptions, &s) : NULL;
	struct text why = TEXT_NONE;

	if (e)
		return e->reason;
	if (p->object && !p->in->report.objects.items[p->object_number].line &&
	    object_is_builtin(p->object))
		return "every cluster has it";
	if (p->object && !o->ignore_annotations) {
		why = annotation_exempts(&p->object->annotations, p->check, o->today);
		if (!why.data && p->object->workload)
			why = annotation_exempts(&p->object->workload->annotations, p->check,
						 o->today);
	}
	if (why.data)
		return finding_text(p->in, why);
	return o->baseline && baseline_has(o->baseline, &s, path) ? "in the baseline" : NULL;
}

static void count(struct probe *p, const struct finding *f)
{
	struct report *r = &p->in->report;
	struct inspected *o = &r->objects.items[p->object_number];

	r->tallies[p->number].counts[f->outcome]++;
	r->counts[f->outcome]++;
	o->counts[f->outcome]++;
	if (f->outcome == OUTCOME_PASS)
		o->good += severity_weight(p->check->severity);
	if (f->outcome != OUTCOME_FAIL && f->outcome != OUTCOME_WARN)
		return;
	o->bad += severity_weight(p->check->severity);
	r->by_severity[f->severity]++;
	if ((int)f->severity > o->worst)
		o->worst = (int)f->severity;
}

/* What is bad still has room when all that is less so has none. */
static size_t room_for(enum severity s)
{
	static const size_t eighths[SEVERITIES] = { 4, 6, 7, 8 };

	return FINDINGS_MAX / 8 * eighths[s];
}

static void add_finding(struct probe *p, struct finding f)
{
	struct report *r = &p->in->report;
	struct finding *slot;

	f.check = p->check;
	f.object = p->object_number;
	f.bundle = p->object && object_is_container(p->object);
	f.container = p->container ? finding_text(p->in, p->container->name) : NULL;
	count(p, &f);
	slot = r->findings.len < room_for(f.severity) ? vec_add(&r->findings) : NULL;
	if (slot)
		*slot = f;
	else
		r->beyond++;
}

/* Whether a recording tells more about the container than the row's fix does. */
static bool is_recorded(const struct probe *p, const struct workload *w)
{
	const struct recordings *all = p->in->options.recordings;
	const struct recording *r = all && w && p->container ?
					    recordings_find(all, p->object, w, p->container) :
					    NULL;

	return r && !r->doubt;
}

/* What the check's fix is about: the place where it fails, unless the fix names another. */
static const char *fix_target(const struct probe *p, const struct at *found, const char *path)
{
	const struct fix *fix = &p->check->fix;
	const struct workload *w = p->object ? p->object->workload : NULL;
	const struct at *base = p->container  ? &p->container->at :
				p->check->pod ? &w->pod :
				p->object     ? &p->object->root :
						NULL;
	cleanup_buf struct buf out = BUF_INIT;

	/* What was an annotation once takes other words. */
	if ((found && found->index == AT_KEY) || (fix->may && !fix->may(w, p->container)) ||
	    (!fix->value && fix->op != FIX_REMOVE) || (fix->unrecorded && is_recorded(p, w)))
		return NULL;
	if (fix->path && base) {
		at_add_pointer(base, &out);
		path_add_pointer(fix->path, &out);
	} else if (found) {
		at_add_pointer(found, &out);
	} else {
		path_add_pointer(path, &out);
	}
	return out.failed || !out.data ?
		       NULL :
		       inventory_text(&p->in->inventory, text_from(out.data, out.len));
}

/* The one copy; its texts are there once too. NULL: out of memory. */
static const struct finding_more *keep_more(struct inspection *in, const struct finding_more *made)
{
	struct finding_more *kept = table_get(&in->more,
					      text_from((const char *)made, sizeof(*made)));

	if (kept)
		return kept;
	kept = arena_new(&in->kept, struct finding_more);
	if (!kept)
		return NULL;
	memcpy(kept, made, sizeof(*kept));
	return table_set(&in->more, text_from((const char *)kept, sizeof(*kept)), kept) ? kept :
											  NULL;
}

static void set_fix(struct probe *p, struct finding_more *made, const struct at *found,
		    const char *path)
{
	const struct fix *fix = &p->check->fix;
	bool bundle = p->object && object_is_container(p->object);
	enum fix_op op = p->fix.target ? p->fix.op : fix->op;

	/* A bundle is written anew by its engine. */
	if (fix->op != FIX_NONE && op != FIX_NONE && !made->reason && p->in->options.fixes &&
	    !bundle) {
		made->fix.op = op;
		made->fix.value = p->fix.target ? p->fix.value : fix->value;
		made->fix.target = p->fix.target ? p->fix.target : fix_target(p, found, path);
	}
	p->fix.target = NULL;
}

/* found is NULL for residents, whose objects are gone. */
static void add_failure(struct probe *p, const struct at *found, const char *path,
			struct diag_place place, const char *value, size_t len)
{
	struct finding f = { .severity = severity_of(p->in, p->check),
			     .line = place.line,
			     .column = place.column };
	struct finding_more more;

	memset(&more, 0, sizeof(more)); /* with what is between its members: it is a key */
	if (!p->in->report.objects.items[p->object_number].line)
		f.line = f.column = 0;
	if (place.file && p->object && p->object->kind >= 0 &&
	    (KINDS_HOST | KINDS_DOCKER) & KIND_BIT(p->object->kind))
		more.file = finding_text(p->in, text_of(place.file));
	f.path = finding_text(p->in, text_of(path));
	f.value = finding_text(p->in, text_from(value, len));
	more.reason = exempted(p, f.path);
	set_fix(p, &more, found, path);
	if (more.file || more.reason || more.fix.target)
		f.more = keep_more(p->in, &more);
	f.outcome = more.reason		       ? OUTCOME_EXEMPT :
		    f.severity == SEVERITY_LOW ? OUTCOME_WARN :
						 OUTCOME_FAIL;
	p->failed = true;
	add_finding(p, f);
}

static void add_items(struct buf *out, const struct yaml_node *n)
{
	buf_add_char(out, '[');
	for (uint32_t i = 0; i < n->count && out->len < VALUE_MAX; i++) {
		const struct yaml_node *item = n->items[i];

		buf_add_str(out, i ? ", " : "");
		if (item->kind == YAML_SCALAR)
			buf_addf(out, "%.*s",
				 (int)(item->text.len < VALUE_MAX ? item->text.len : VALUE_MAX),
				 item->text.data);
		else
			buf_add_str(out, "...");
	}
	buf_add_char(out, ']');
}

void probe_fail(struct probe *p, const struct at *at)
{
	cleanup_buf struct buf path = BUF_INIT, value = BUF_INIT;
	const struct yaml_node *n = at->node;

	at_add_path(at, &path);
	if (!n)
		buf_add_str(&value, "not set");
	else if (n->kind == YAML_LIST)
		add_items(&value, n);
	else if (n->kind == YAML_MAP)
		buf_add_str(&value, "{...}");
	else
		buf_add(&value, n->text.data, n->text.len < VALUE_MAX ? n->text.len : VALUE_MAX);
	add_failure(p, at, path.data ? path.data : "", at_place(at), value.data ? value.data : "",
		    value.len);
}

void probe_fail_value(struct probe *p, const struct at *at, const char *fmt, ...)
{
	cleanup_buf struct buf path = BUF_INIT;
	char value[VALUE_MAX + 1];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(value, sizeof(value), fmt, ap);
	va_end(ap);
	at_add_path(at, &path);
	add_failure(p, at, path.data ? path.data : "", at_place(at), value, strlen(value));
}

void probe_fail_path(struct probe *p, const char *path, const char *fmt, ...)
{
	char value[VALUE_MAX + 1];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(value, sizeof(value), fmt, ap);
	va_end(ap);
	add_failure(p, NULL, path, p->resident->place, value, strlen(value));
}

void probe_fail_file(struct probe *p, const char *path, const char *fmt, ...)
{
	char value[VALUE_MAX + 1];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(value, sizeof(value), fmt, ap);
	va_end(ap);
	add_failure(p, NULL, path, at_place(&p->object->root), value, strlen(value));
}

void probe_fail_pod(struct probe *p, const char *member, const char *fmt, ...)
{
	const struct kind_def *k = &kinds[p->resident->kind];
	char value[VALUE_MAX + 1], path[160];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(value, sizeof(value), fmt, ap);
	va_end(ap);
	if (str_eq(member, "labels"))
		snprintf(path, sizeof(path), "%s.labels", k->pod_meta ? k->pod_meta : "metadata");
	else
		snprintf(path, sizeof(path), "%s.%s", k->pod, member);
	add_failure(p, NULL, path, p->resident->place, value, strlen(value));
}

void probe_skip(struct probe *p)
{
	p->skipped = true;
}

unsigned probe_version(const struct probe *p)
{
	return p->in->options.version;
}

const char *probe_today(const struct probe *p)
{
	return p->in->options.today;
}

const struct object *probe_object(const struct probe *p)
{
	return p->object;
}

const void *probe_data(const struct probe *p)
{
	return p->check->data;
}

const struct kept_objects *probe_kept(const struct probe *p)
{
	return &p->in->whole;
}

const struct exemptions *probe_exemptions(const struct probe *p)
{
	return p->in->options.exemptions;
}

const struct recordings *probe_recordings(const struct probe *p)
{
	return p->in->options.recordings;
}

void probe_set_fix(struct probe *p, enum fix_op op, const struct at *at, const char *value)
{
	cleanup_buf struct buf target = BUF_INIT;

	if (!p->in->options.fixes)
		return;
	at_add_pointer(at, &target);
	p->fix.op = op;
	p->fix.value = value ? inventory_text(&p->in->inventory, text_of(value)) : NULL;
	p->fix.target = target.data && !target.failed && (p->fix.value || !value) ?
				inventory_text(&p->in->inventory,
					       text_from(target.data, target.len)) :
				NULL;
}

void finding_conclude(struct probe *p)
{
	struct finding f = { .severity = p->check->severity, .path = "", .value = "" };

	if (p->failed)
		return;
	f.outcome = p->skipped ? OUTCOME_NA : OUTCOME_PASS;
	f.check = p->check;
	if (p->in->options.keep_passed && !p->skipped) {
		f.line = p->in->report.objects.items[p->object_number].line;
		f.column = f.line > 0;
		add_finding(p, f);
	} else {
		count(p, &f);
	}
}

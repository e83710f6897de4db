/* SPDX-License-Identifier: Apache-2.0 */
/* What objects are called by: policies, budgets and people find them by their labels. */
#include <ctype.h>

#include "base/cleanup.h"
#include "inspect/check.h"

static void common(struct probe *p, const struct object *o)
{
	struct at at = at_key(&o->labels, "app.kubernetes.io/name");

	if (!at_text(&at).len)
		probe_fail(p, &at);
}

static void instance(struct probe *p, const struct object *o)
{
	struct at at = at_key(&o->labels, "app.kubernetes.io/instance");

	if (!at_text(&at).len || !text_eq(at_text(&at), o->name))
		probe_fail(p, &at);
}

static void owner(struct probe *p, const struct object *o)
{
	static const char *const names[] = { "owner", "team", "email",
					     "app.kubernetes.io/managed-by" };
	struct at first = at_key(&o->labels, names[0]);

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct at label = at_key(&o->labels, names[i]),
			  note = at_key(&o->annotations, names[i]);

		if (at_text(&label).len || at_text(&note).len)
			return;
	}
	probe_fail(p, &first);
}

/* As the API has it: 63 bytes, of letters, digits, "-", "_", "."; the first and last a letter or digit. */
static bool is_label_value(struct text t)
{
	if (t.len > 63)
		return false;
	for (uint32_t i = 0; i < t.len; i++)
		if (!isalnum((unsigned char)t.data[i]) &&
		    (!strchr("-_.", t.data[i]) || !t.data[i] || !i || i + 1 == t.len))
			return false;
	return true;
}

static void values_in(struct probe *p, const struct at *labels)
{
	for (uint32_t i = 0;
	     labels->node && labels->node->kind == YAML_MAP && i < labels->node->count; i++) {
		const struct yaml_entry *e = &labels->node->entries[i];
		char key[256];

		if (e->value->kind != YAML_SCALAR || is_label_value(e->value->text))
			continue;
		snprintf(key, sizeof(key), "%.*s", (int)e->key.len, e->key.data);
		probe_fail(p, &(struct at){ labels, key, AT_KEY, e->value });
	}
}

static void values(struct probe *p, const struct object *o)
{
	values_in(p, &o->labels);
	if (o->workload && o->workload->labels.node != o->labels.node)
		values_in(p, &o->workload->labels);
}

#define LABELS .category = CATEGORY_RELIABILITY, .severity = SEVERITY_LOW
#define COMMON "https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/"

static const struct check checks[] = {
	{ .id = "MRL-528",
	  .name = "common-labels",
	  .title = "It lacks the labels that tools look for",
	  .attack = "Is missed by policies and searches that go by them.",
	  .suggest = "Set the label app.kubernetes.io/name, better all of the common ones.",
	  .aliases = "C-0076 C-0077",
	  .links = COMMON,
	  .optional = true,
	  LABELS,
	  .kinds = KINDS_WORKLOAD,
	  .object = common },
	{ .id = "MRL-529",
	  .name = "instance-label",
	  .title = "The label of its instance is not its name",
	  .attack = "What goes by the label finds another one, or none.",
	  .suggest = "Set the label app.kubernetes.io/instance to its name.",
	  .aliases = "metadataAndInstanceMismatched",
	  .links = COMMON,
	  .optional = true,
	  LABELS,
	  .kinds = KINDS_WORKLOAD,
	  .object = instance },
	{ .id = "MRL-530",
	  .name = "owner-label",
	  .title = "Nobody is named who answers for it",
	  .attack = "Whom to ask when it is attacked, or forgotten, has to be found out then.",
	  .suggest = "Set a label owner or team, or an annotation email.",
	  .aliases = "required-label-owner required-annotation-email",
	  .links = NULL,
	  .optional = true,
	  LABELS,
	  .kinds = KINDS_WORKLOAD,
	  .object = owner },
	{ .id = "MRL-536",
	  .name = "label-values",
	  .title = "The value of a label is none",
	  .attack = "The API server refuses it.",
	  .suggest = "Use letters, digits, '-', '_' and '.', 63 at most; annotations hold anything.",
	  .aliases = "",
	  .links = "https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/",
	  LABELS,
	  .kinds = KINDS_ANY & ~(KINDS_BUNDLE | KINDS_IMAGE),
	  .object = values },
};

const struct check_group checks_labels = { checks, ARRAY_SIZE(checks) };

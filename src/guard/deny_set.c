/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/deny_set.h"

#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "base/utf8.h"

void deny_set_deinit(struct deny_set *s)
{
	for (unsigned i = 0; i < ABI_DENY_HOOKS; i++)
		vec_deinit(&s->points[i]);
}

/* --- verdicts ---------------------------------------------------------------------------------------- */

struct deny_verdict deny_verdict(const struct response_policy *policy, const struct rule *r,
				 const struct event_container *c)
{
	struct response_plan plan = c ? response_select(policy, r, c) :
					response_select_unknown(policy, r);
	const struct rule_response *deny = plan_response(&plan, "deny");
	const struct response_arg *error = deny ? response_arg(deny, "errno") : NULL;

	if (!deny)
		return (struct deny_verdict){ .mode = MODE_OBSERVE };
	/* Whoever puts a rule in force without a policy means what it says. */
	return (struct deny_verdict){ policy ? plan.mode : MODE_ENFORCE,
				      error && error->set ? (uint8_t)error->number : EPERM };
}

/* --- classes ----------------------------------------------------------------------------------------- */

static uint64_t hash(const void *data, size_t size)
{
	const unsigned char *bytes = data;
	uint64_t h = 14695981039346656037U; /* FNV-1a */

	for (size_t i = 0; i < size; i++)
		h = (h ^ bytes[i]) * 1099511628211U;
	return h;
}

static void set_bit(uint32_t *words, uint32_t bit)
{
	words[bit / 32] |= 1U << (bit % 32);
}

static void add_verdict(struct abi_deny_class *point, uint32_t rule, struct deny_verdict v)
{
	if (v.mode == MODE_OBSERVE)
		return;
	set_bit(v.mode == MODE_ENFORCE ? point->enforce : point->dry_run, rule);
	point->error[rule] = (uint8_t)(256 - v.error);
}

void deny_class_of(const struct deny_set *s, const struct event_container *c,
		   struct deny_class *ret)
{
	memset(ret, 0, sizeof(*ret));
	for (unsigned hook = 0; hook < ABI_DENY_HOOKS; hook++)
		for (uint32_t i = 0; i < s->points[hook].len; i++) {
			const struct rule *r = s->points[hook].items[i];

			if (r)
				add_verdict(&ret->points[hook], i, deny_verdict(s->policy, r, c));
		}
	/* Never 0. */
	ret->number = c ? hash(ret->points, sizeof(ret->points)) | 1ULL << 63 : 0;
}

int deny_class_put(const struct sensor_deny_members *m, const struct deny_class *c)
{
	static const struct abi_deny_class nothing;
	int r = 0;

	for (unsigned hook = 0; !r && hook < ABI_DENY_HOOKS; hook++)
		if (memcmp(&c->points[hook], &nothing, sizeof(nothing)) != 0)
			r = sensor_deny_class(m, c->number, hook, &c->points[hook]);
	return r;
}

/* --- what is kept ------------------------------------------------------------------------------------ */

json_t *deny_set_json(const struct deny_set *s)
{
	json_t *points = json_array();

	for (unsigned hook = 0; hook < ABI_DENY_HOOKS; hook++) {
		json_t *names = json_array();

		vec_foreach(r, &s->points[hook])
			json_array_append_new(names, utf8_json((*r)->name));
		json_array_append_new(points, names);
	}
	return json_pack("{s:I, s:b, s:o}", "set", (json_int_t)s->number, "policy",
			 s->policy != NULL, "points", points);
}

int deny_set_from_json(const json_t *kept, const struct ruleset *rs, struct deny_set *ret)
{
	const json_t *points = json_object_get(kept, "points");

	ret->number = (uint64_t)json_integer_value(json_object_get(kept, "set"));
	if (!ret->number || !json_is_array(points))
		return -EINVAL;
	for (unsigned hook = 0; hook < ABI_DENY_HOOKS; hook++) {
		const json_t *names = json_array_get(points, hook), *name;
		size_t i;

		if (json_array_size(names) > ABI_DENY_RULES)
			return -EINVAL;
		json_array_foreach (names, i, name) {
			const char *text = json_string_value(name);
			const struct rule **slot = vec_add(&ret->points[hook]);

			if (!slot)
				return -ENOMEM;
			*slot = text ? ruleset_rule(rs, text_of(text)) : NULL;
		}
	}
	return 0;
}

struct text deny_set_name(const json_t *kept, uint32_t point, uint32_t number)
{
	const json_t *points = json_object_get(kept, "points");
	const char *name = json_string_value(json_array_get(json_array_get(points, point), number));

	return name ? text_of(name) : TEXT_NONE;
}

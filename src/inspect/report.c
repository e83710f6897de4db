/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/report.h"

static const unsigned weights[SEVERITIES] = { 1, 2, 4, 8 };

unsigned severity_weight(enum severity s)
{
	return weights[s];
}

const char *finding_file(const struct report *r, const struct finding *f)
{
	return f->more && f->more->file ? f->more->file : r->objects.items[f->object].file;
}

const char *finding_reason(const struct finding *f)
{
	return f->more ? f->more->reason : NULL;
}

const struct finding_fix *finding_fix(const struct finding *f)
{
	return f->more && f->more->fix.target ? &f->more->fix : NULL;
}

const struct finding_edit *finding_edit(const struct finding *f)
{
	return f->more ? f->more->edit : NULL;
}

const char *finding_suggest(const struct finding *f)
{
	return f->bundle && f->check->suggest_bundle ? f->check->suggest_bundle : f->check->suggest;
}

static unsigned share(uint64_t good, uint64_t bad)
{
	return good + bad ? (unsigned)(100 * good / (good + bad)) : 100;
}

unsigned inspected_score(const struct inspected *o)
{
	return share(o->good, o->bad);
}

/* A check that passes weighs what it would weigh if it failed. */
static unsigned score_of(const struct report *r, int category, uint64_t counts[OUTCOMES])
{
	uint64_t good = 0, bad = 0;

	for (size_t i = 0; i < r->tally_count; i++) {
		const struct tally *t = &r->tallies[i];
		unsigned weight = weights[t->check->severity];

		if (category >= 0 && (int)t->check->category != category)
			continue;
		for (int k = 0; counts && k < OUTCOMES; k++)
			counts[k] += t->counts[k];
		good += (uint64_t)weight * t->counts[OUTCOME_PASS];
		bad += (uint64_t)weight * (t->counts[OUTCOME_FAIL] + t->counts[OUTCOME_WARN]);
	}
	return share(good, bad);
}

unsigned report_score(const struct report *r)
{
	return score_of(r, -1, NULL);
}

unsigned report_category_score(const struct report *r, enum category c, uint64_t counts[OUTCOMES])
{
	memset(counts, 0, OUTCOMES * sizeof(*counts));
	return score_of(r, (int)c, counts);
}

bool report_fails(const struct report *r, enum severity least)
{
	for (int s = (int)least; s < SEVERITIES; s++)
		if (r->by_severity[s])
			return true;
	return false;
}

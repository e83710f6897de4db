/* SPDX-License-Identifier: Apache-2.0 */
/* Programs that guard or run a cluster, in versions with a hole that is known to be used. No scanner of vulnerabilities. */
#include <stdlib.h>

#include "base/cleanup.h"
#include "inspect/check.h"

enum { PARTS = 3 };

struct version {
	unsigned long part[PARTS];
};

/* Reads "v1.2.3-alpine": as many numbers as there are, the rest is 0. False: it does not begin with one. */
static bool read_version(struct text t, struct version *ret)
{
	uint32_t i = t.len && t.data[0] == 'v';

	*ret = (struct version){ { 0 } };
	for (int k = 0; k < PARTS; k++) {
		uint32_t from = i;

		while (i < t.len && i - from < 6 && t.data[i] >= '0' && t.data[i] <= '9')
			ret->part[k] = ret->part[k] * 10 + (unsigned long)(t.data[i++] - '0');
		if (i == from)
			return k > 0;
		if (i >= t.len || t.data[i] != '.')
			return true;
		i++;
	}
	return true;
}

static int compare(const struct version *a, const struct version *b)
{
	for (int k = 0; k < PARTS; k++)
		if (a->part[k] != b->part[k])
			return a->part[k] < b->part[k] ? -1 : 1;
	return 0;
}

/* What is in: from the first to before the last, as the advisories have it. */
static const struct hole {
	const char *repository; /* how the image's ends */
	struct version from, before;
	const char *what;
} holes[] = {
	{ "kyverno",
	  { { 1, 8, 3 } },
	  { { 1, 8, 5 } },
	  "CVE-2022-47633: signatures are not verified" },
	{ "grafana",
	  { { 9, 2, 0 } },
	  { { 9, 2, 4 } },
	  "CVE-2022-39328: authentication is bypassed" },
	{ "grafana", { { 8, 0, 0 } }, { { 8, 0, 7 } }, "CVE-2021-43798: files can be read" },
	{ "grafana", { { 8, 1, 0 } }, { { 8, 1, 8 } }, "CVE-2021-43798: files can be read" },
	{ "grafana", { { 8, 2, 0 } }, { { 8, 2, 7 } }, "CVE-2021-43798: files can be read" },
	{ "grafana", { { 8, 3, 0 } }, { { 8, 3, 1 } }, "CVE-2021-43798: files can be read" },
	{ "argocd", { { 0, 0, 0 } }, { { 2, 1, 9 } }, "CVE-2022-24348: files of others are read" },
	{ "argocd", { { 2, 2, 0 } }, { { 2, 2, 4 } }, "CVE-2022-24348: files of others are read" },
};

static bool is_program(struct text repository, const char *name)
{
	struct text base = text_basename(repository);

	return text_eq_str(base, name);
}

static void program(struct probe *p, const struct workload *w, const struct container *c)
{
	struct version v;

	(void)w;
	if (!read_version(c->image_name.tag, &v)) {
		probe_skip(p);
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(holes); i++) {
		const struct hole *h = &holes[i];

		if (is_program(c->image_name.repository, h->repository) &&
		    compare(&v, &h->from) >= 0 && compare(&v, &h->before) < 0) {
			probe_fail_value(p, &c->image.at, "%s:%.*s: %s", h->repository,
					 (int)c->image_name.tag.len, c->image_name.tag.data,
					 h->what);
			return;
		}
	}
}

/* CVE-2022-0185: from 5.1 on, closed in 5.16.2 and in these of the kernels that are kept. */
static const struct version closed[] = { { { 5, 4, 173 } }, { { 5, 10, 93 } }, { { 5, 15, 16 } } };

static void kernel(struct probe *p, const struct object *o)
{
	static const struct version first = { { 5, 1, 0 } }, last = { { 5, 16, 2 } };
	struct at at = at_member(&o->root, "status.nodeInfo.kernelVersion");
	struct version v;

	if (!read_version(at_text(&at), &v)) {
		probe_skip(p);
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(closed); i++)
		if (v.part[0] == closed[i].part[0] && v.part[1] == closed[i].part[1] &&
		    v.part[2] >= closed[i].part[2])
			return;
	if (compare(&v, &first) >= 0 && compare(&v, &last) < 0)
		probe_fail(p, &at);
}

static const struct check checks[] = {
	{ .id = "MRL-823",
	  .name = "known-hole",
	  .title = "The program has a hole that is known",
	  .attack = "There are programs that do it: what it guards is open.",
	  .suggest = "Update it.",
	  .aliases = "C-0081 C-0090 C-0091",
	  .links = "https://nvd.nist.gov/vuln/detail/CVE-2022-24348 "
		   "https://nvd.nist.gov/vuln/detail/CVE-2022-39328 "
		   "https://nvd.nist.gov/vuln/detail/CVE-2022-47633",
	  .severity = SEVERITY_HIGH,
	  .category = CATEGORY_CLUSTER,
	  .kinds = KINDS_WORKLOAD,
	  .container = program },
	{ .id = "MRL-824",
	  .name = "kernel-escape",
	  .title = "The node's kernel may have a known way out",
	  .attack = "Root in a user namespace, then in the kernel, then on the node.",
	  .suggest = "Update it; distributions that mend it and keep the number are to be exempted.",
	  .aliases = "C-0079",
	  .links = "https://nvd.nist.gov/vuln/detail/CVE-2022-0185",
	  .severity = SEVERITY_HIGH,
	  .optional = true,
	  .category = CATEGORY_CLUSTER,
	  .kinds = KIND_BIT(KIND_NODE),
	  .object = kernel },
};

const struct check_group checks_known_holes = { checks, ARRAY_SIZE(checks) };

/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/container_table.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "base/vec.h"
#include "identity/container.h"

enum {
	BUCKETS = 1 << 10,
	GROUPS_MAX = 1 << 16,
	ID_SHOWN = 12, /* of a container's id, as rules expect it */
	DEPTH_MAX = 64,
};

/* What the runtime has not written yet is asked for again: soon, then less often, then no more. */
#define ASK_FIRST_NS 2000000LL
#define ASK_MOST_NS 1000000000LL
#define ASK_UNTIL_NS (60 * ASK_MOST_NS)

struct group {
	struct group *next;
	uint64_t cgroup, parent;
	uint64_t payer; /* as it was told; 0: not yet */
	char *path;
	struct event_container *container; /* NULL: none, or not asked yet */
	struct container who;
	struct mount *mounts; /* of container, as its labels: their texts are who's */
	struct text *labels;
	int64_t asked_first_ns, asked_ns, ask_next_ns, settled_ns;
	bool settled;			  /* nothing more will be known */
	struct container_answers answers; /* of container, which does not change any more */
	uint32_t answered;		  /* in that round; 0: in none */
	uint32_t told;			  /* in that round: of the outermost container's answers */
};

struct container_table {
	struct cgroup_layout layout;
	struct group *buckets[BUCKETS];
	size_t count;
	uint32_t version;
	container_found_fn fn;
	void *arg;
	const struct container_terms *terms;
	container_answered_fn answered;
	void *answered_arg;
	uint32_t round; /* of answers; never 0 once there are terms */
};

int container_table_new(struct container_table **ret, const struct cgroup_layout *layout,
			container_found_fn fn, void *arg)
{
	struct container_table *t = calloc(1, sizeof(*t));

	if (!t)
		return -ENOMEM;
	t->layout = *layout;
	t->fn = fn;
	t->arg = arg;
	*ret = t;
	return 0;
}

static void group_free(struct group *g)
{
	container_deinit(&g->who);
	free(g->mounts);
	free(g->labels);
	free(g->container);
	free(g->path);
	free(g);
}

void container_table_free(struct container_table *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < BUCKETS; i++) {
		while (t->buckets[i]) {
			struct group *g = t->buckets[i];

			t->buckets[i] = g->next;
			group_free(g);
		}
	}
	free(t);
}

static struct group *find(const struct container_table *t, uint64_t cgroup)
{
	struct group *g = t->buckets[cgroup % BUCKETS];

	while (g && g->cgroup != cgroup)
		g = g->next;
	return g;
}

int container_table_add(struct container_table *t, uint64_t cgroup, uint64_t parent,
			struct text path)
{
	struct group *g = find(t, cgroup);

	if (g || !path.data)
		return 0;
	if (t->count >= GROUPS_MAX)
		return -ENOSPC;
	g = calloc(1, sizeof(*g));
	if (!g)
		return -ENOMEM;
	g->cgroup = cgroup;
	g->parent = parent;
	g->path = str_dup_n(path.data, path.len);
	if (!g->path) {
		free(g);
		return -ENOMEM;
	}
	g->next = t->buckets[cgroup % BUCKETS];
	t->buckets[cgroup % BUCKETS] = g;
	t->count++;
	return 0;
}

void container_table_remove(struct container_table *t, uint64_t cgroup)
{
	struct group **at = &t->buckets[cgroup % BUCKETS], *g;

	while (*at && (*at)->cgroup != cgroup)
		at = &(*at)->next;
	g = *at;
	if (!g)
		return;
	*at = g->next;
	t->count--;
	group_free(g);
}

/* The id of the group that the one at path is in; 0: none. */
static uint64_t id_above(const struct cgroup_layout *layout, const char *path)
{
	const char *slash = strrchr(path, '/');
	char above[PATH_MAX];
	uint64_t id;

	if (!slash || !slash[1])
		return 0;
	snprintf(above, sizeof(above), "%.*s", slash == path ? 1 : (int)(slash - path), path);
	return cgroup_id(layout, above, &id) ? 0 : id;
}

static int add_group(const char *path, void *arg)
{
	struct container_table *t = arg;
	uint64_t id;

	if (cgroup_id(&t->layout, path, &id) || find(t, id))
		return 0;
	return container_table_add(t, id, id_above(&t->layout, path), text_of(path));
}

int container_table_scan(struct container_table *t)
{
	return cgroup_each_below(&t->layout, "/", add_group, t);
}

size_t container_table_missing(const struct container_table *t, uint64_t *out, size_t max)
{
	size_t n = 0;

	for (size_t i = 0; i < BUCKETS; i++) {
		for (const struct group *g = t->buckets[i]; g && n < max; g = g->next) {
			uint64_t id;

			if (cgroup_id(&t->layout, g->path, &id) || id != g->cgroup)
				out[n++] = g->cgroup;
		}
	}
	return n;
}

/* --- what rules ask ------------------------------------------------------------------------------------- */

void container_table_answer(struct container_table *t, const struct container_terms *terms,
			    container_answered_fn fn, void *arg)
{
	t->terms = terms;
	t->answered = fn;
	t->answered_arg = arg;
	t->round++;
	for (size_t i = 0; terms && i < BUCKETS; i++)
		for (struct group *g = t->buckets[i]; g; g = g->next)
			if (g->container || g->told)
				(void)container_table_find(g->cgroup, NULL, t);
}

/*
 * A runtime says of whom a group is before it lets a program run there: so one that is no container after a group below was
 * made by one, is none. It is looked after for a while all the same.
 */
static bool is_none_for_sure(struct group *g, const struct group *container)
{
	if (g->settled || g->asked_ns > container->settled_ns)
		return true;
	g->ask_next_ns = 0;
	return false;
}

/* own is in container, above which there is none as far as is known. */
static void tell_answers(struct container_table *t, struct group *own, struct group *container)
{
	bool sure = container->settled;

	if (own->told == t->round || !t->terms)
		return;
	for (struct group *g = find(t, container->parent); g && sure; g = find(t, g->parent))
		sure = is_none_for_sure(g, container);
	if (!sure)
		return;
	if (container->answered != t->round)
		container_terms_answer(t->terms, container->container, &container->answers);
	container->answered = own->told = t->round;
	t->answered(own->cgroup, &container->answers, t->answered_arg);
}

static bool is_below(const struct container_table *t, const struct group *g,
		     const struct group *above)
{
	for (unsigned n = 0; g && g != above && n < DEPTH_MAX; n++)
		g = find(t, g->parent);
	return g == above;
}

/* It has become a container: what was told of those below it was about another. */
static void take_back_answers(struct container_table *t, const struct group *above)
{
	const struct container_answers none = { 0 };

	for (size_t i = 0; i < BUCKETS && t->answered; i++) {
		for (struct group *g = t->buckets[i]; g; g = g->next) {
			if (!g->told || !is_below(t, g, above))
				continue;
			g->told = 0;
			t->answered(g->cgroup, &none, t->answered_arg);
		}
	}
}

/* Some group from here up may turn out to be a container. */
static bool may_change(const struct container_table *t, const struct group *g)
{
	for (unsigned n = 0; g && n < DEPTH_MAX; n++, g = find(t, g->parent))
		if (!g->settled)
			return true;
	return false;
}

void container_table_look_again(struct container_table *t)
{
	for (size_t i = 0; i < BUCKETS; i++)
		for (struct group *g = t->buckets[i]; g; g = g->next)
			if (g->told && may_change(t, g))
				(void)container_table_find(g->cgroup, NULL, t);
}

/* --- who it is ------------------------------------------------------------------------------------------ */

static struct text text_or_none(const char *s)
{
	return s ? text_of(s) : TEXT_NONE;
}

static void describe_lists(struct group *g)
{
	struct event_container *c = g->container;
	const struct container *who = &g->who;

	free(g->mounts);
	free(g->labels);
	g->mounts = calloc(who->mounts.len + 1, sizeof(*g->mounts));
	g->labels = calloc(who->labels.len + 1, sizeof(*g->labels));
	for (size_t i = 0; g->mounts && i < who->mounts.len; i++)
		g->mounts[i] = (struct mount){
			.source = text_or_none(who->mounts.items[i].source),
			.dest = text_or_none(who->mounts.items[i].destination),
			.mode = who->mounts.items[i].writable ? TEXT("rw") : TEXT("ro"),
			.propagation = text_or_none(who->mounts.items[i].propagation),
			.writable = who->mounts.items[i].writable,
		};
	for (size_t i = 0; g->labels && i < who->labels.len; i++)
		g->labels[i] = text_of(who->labels.items[i]);
	if (g->mounts)
		c->mounts = (struct mounts){ g->mounts, (uint32_t)who->mounts.len };
	if (g->labels)
		c->labels = (struct texts){ g->labels, (uint32_t)who->labels.len };
}

void container_event(const struct container *who, struct event_container *c)
{
	*c = EVENT_CONTAINER_NONE;
	c->full_id = text_of(who->id);
	c->id = c->full_id.len > ID_SHOWN ? text_from(who->id, ID_SHOWN) : c->full_id;
	c->name = text_of(who->name);
	c->type = text_of(who->engine);
	c->image = text_of(who->image);
	c->digest = text_of(who->image_digest);
	c->pod.name = text_of(who->pod_name);
	c->pod.namespace = text_of(who->pod_namespace);
	c->pod.uid = text_of(who->pod_uid);
	if (who->image)
		container_image_split(who->image, &c->repository, &c->tag);
	c->has_privileged = who->has_privileged;
	c->privileged = who->privileged;
	c->host_pid = who->host_pid;
	c->host_network = who->host_network;
	c->host_ipc = who->host_ipc;
}

static void describe(struct container_table *t, struct group *g)
{
	container_event(&g->who, g->container);
	describe_lists(g);
	g->container->version = ++t->version;
}

/*
 * A container whose runtime has written nothing yet is asked about again. Its texts are replaced then,
 * at the same place and under a new version: processes that point to it see what is known now.
 */
static void ask(struct container_table *t, struct group *g)
{
	struct container who = { 0 };
	int64_t now = clock_passed_ns(), age;

	if (now < g->ask_next_ns)
		return;
	if (!g->asked_first_ns)
		g->asked_first_ns = now;
	g->asked_ns = now;
	age = now - g->asked_first_ns;
	g->ask_next_ns = now + (age < ASK_FIRST_NS ? ASK_FIRST_NS :
				age < ASK_MOST_NS  ? age :
						     ASK_MOST_NS);
	g->settled = age >= ASK_UNTIL_NS;
	g->settled_ns = now;
	if (container_of_cgroup(&t->layout, g->path, &who)) {
		container_deinit(&who);
		return;
	}
	if (!g->container)
		take_back_answers(t, g);
	if (!g->container)
		g->container = calloc(1, sizeof(*g->container));
	if (!g->container) {
		container_deinit(&who);
		return;
	}
	container_deinit(&g->who);
	g->who = who;
	if (who.bundle || who.image)
		g->settled = true;
	describe(t, g);
}

void container_table_ask_again(struct container_table *t, uint64_t cgroup)
{
	struct group *g = find(t, cgroup);

	if (g)
		g->ask_next_ns = 0;
}

/* Groups that service managers make for programs of the host, whatever namespaces these use. */
static bool is_of_the_host(const char *path)
{
	static const char *const suffixes[] = { ".service", ".scope", ".slice", ".socket",
						".mount" };

	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++)
		if (str_ends(path, suffixes[i]))
			return true;
	return false;
}

void container_table_presume(struct container_table *t, uint64_t cgroup)
{
	struct group *g = find(t, cgroup);
	struct text name;

	if (!g || container_table_find(cgroup, NULL, t) || is_of_the_host(g->path))
		return;
	name = text_basename(text_of(g->path));
	if (!name.len)
		return;
	take_back_answers(t, g);
	g->container = calloc(1, sizeof(*g->container));
	g->who.id = str_dup_n(name.data, name.len);
	g->who.name = str_dup_n(name.data, name.len);
	if (g->container && g->who.id)
		describe(t, g);
}

/* The outermost container on the way up from g. */
static uint64_t payer_of(const struct container_table *t, const struct group *g)
{
	uint64_t payer = 0;

	for (unsigned n = 0; g && n < DEPTH_MAX; n++, g = find(t, g->parent))
		if (g->container)
			payer = g->cgroup;
	return payer;
}

static void announce(struct container_table *t, struct group *g)
{
	uint64_t payer = payer_of(t, g);

	if (payer == g->payer)
		return;
	g->payer = payer;
	if (t->fn)
		t->fn(g->cgroup, payer, t->arg);
}

const struct event_container *container_table_find(uint64_t cgroup,
						   const struct event_container *so_far, void *arg)
{
	struct container_table *t = arg;
	struct group *own = find(t, cgroup), *g = own, *outermost = NULL;
	uint64_t above = cgroup;

	/*
	 * The outermost: groups below were made by the container, whatever they are called. One that could
	 * be called as another container's is would have that one's name, image and exceptions.
	 */
	for (unsigned n = 0; g && n < DEPTH_MAX; n++, g = find(t, above)) {
		if (!g->settled)
			ask(t, g);
		above = g->parent;
		if (g->container)
			outermost = g;
	}
	if (outermost) {
		if (!own->payer)
			announce(t, own);
		if (!above)
			tell_answers(t, own, outermost);
		return outermost->container;
	}
	return above ? so_far : NULL; /* not up to the root: one on the way is not known */
}

const struct event_container *container_table_own(const struct container_table *t, uint64_t cgroup)
{
	const struct group *g = find(t, cgroup);

	return g ? g->container : NULL;
}

struct text container_table_path(const struct container_table *t, uint64_t cgroup)
{
	const struct group *g = find(t, cgroup);

	return g ? text_of(g->path) : TEXT_NONE;
}

bool container_table_is_none(const struct container_table *t, uint64_t cgroup)
{
	const struct group *g = find(t, cgroup);

	for (unsigned n = 0; g && n < DEPTH_MAX; n++, g = find(t, g->parent))
		if (!g->settled || g->container)
			return false;
	return true;
}

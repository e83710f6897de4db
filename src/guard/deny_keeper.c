/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/deny_keeper.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/json.h"
#include "guard/container_table.h"
#include "guard/deny_place.h"
#include "guard/privilege.h"

enum {
	TURN_MS = 1000,
	SOON_MS = 20, /* while somebody is not known */
	SET_FILE_MAX = 16 << 20,
	WAITING_MAX = 16384,
	GONE_MAX = 256,
};
#define SECOND_NS 1000000000LL
#define SURELY_NS (2 * SECOND_NS) /* then what is known of a container is all that will be */
#define NOBODY_NS (5 * SECOND_NS) /* then a group that is nobody's is none */
#define KNOWN_NS (60 * SECOND_NS) /* then nothing more will be known */
#define SWEEP_NS (10 * SECOND_NS)

/* A group whose container is perhaps not known whole yet. */
struct waiting {
	uint64_t cgroup;
	uint64_t class; /* as it was told; 0: it was not */
	int64_t since_ns;
};

struct keeper {
	struct keeper_numbers *numbers;
	struct cgroup_layout layout;
	struct container_table *table;
	struct sensor_deny_members maps;
	struct sensor_deny_pins *pins;
	VEC(struct waiting) waiting;
	int64_t swept_ns, mended_ns;
	uint64_t strayed; /* how often it was told */
	bool hurry;	  /* somebody has begun just now */
	struct stat seen;
	/* What is in force. */
	struct diags diags;
	struct ruleset *rules;
	struct response_policy *policy;
	struct deny_set set;
};

/* --- what is in force ---------------------------------------------------------------------------------- */

static void forget_set(struct keeper *k)
{
	deny_set_deinit(&k->set);
	k->set = (struct deny_set){ 0 };
	response_policy_free(k->policy);
	ruleset_free(k->rules);
	diags_deinit(&k->diags);
	k->policy = NULL;
	k->rules = NULL;
	k->diags = (struct diags){ 0 };
	sensor_deny_members_close(&k->maps);
	sensor_deny_pins_free(k->pins);
	k->pins = NULL;
}

static json_t *read_set(void)
{
	cleanup_buf struct buf text = BUF_INIT;

	return fs_read(DENY_SET_FILE, SET_FILE_MAX, &text, NULL) ?
		       NULL :
		       json_parse(DENY_SET_FILE, text.data, text.len, NULL);
}

static int load_set(struct keeper *k, const json_t *kept, struct error *err)
{
	int r;

	k->rules = ruleset_new(&k->diags);
	r = k->rules ? ruleset_add_path(k->rules, DENY_RULES_DIR, err) : -ENOMEM;
	if (r)
		return r;
	ruleset_compile(k->rules);
	if (json_is_true(json_object_get(kept, "policy"))) {
		k->policy = response_policy_new(&k->diags);
		r = k->policy ? response_policy_add_path(k->policy, DENY_POLICIES_DIR, err) :
				-ENOMEM;
	}
	r = r ? r : deny_set_from_json(kept, k->rules, &k->set);
	if (r)
		return r;
	k->set.policy = k->policy;
	r = sensor_deny_members(&k->maps, err);
	return r ? r : sensor_deny_pins_hold(&k->pins, err);
}

static void await_since(struct keeper *k, uint64_t cgroup, int64_t since_ns)
{
	struct waiting *slot;

	vec_foreach(w, &k->waiting)
		if (w->cgroup == cgroup)
			return;
	slot = k->waiting.len < WAITING_MAX ? vec_add(&k->waiting) : NULL;
	if (slot)
		*slot = (struct waiting){ .cgroup = cgroup, .since_ns = since_ns };
	else
		__atomic_add_fetch(&k->numbers->late, 1, __ATOMIC_RELAXED);
}

/* Somebody who has begun just now. */
static void await(uint64_t cgroup, void *arg)
{
	await_since(arg, cgroup, clock_passed_ns());
}

/* Whom the kernel could not tell of, for nobody listened or too many began; and who was not known when it was last looked. */
static void await_unknown(uint64_t cgroup, void *arg)
{
	struct keeper *k = arg;

	if (!sensor_deny_has_class(&k->maps, cgroup))
		await_since(k, cgroup, clock_passed_ns() - NOBODY_NS);
}

/* Whether what is kept is another file than it was. */
static bool has_changed(struct keeper *k)
{
	struct stat st = { 0 };

	(void)stat(DENY_SET_FILE, &st);
	if (st.st_ino == k->seen.st_ino && st.st_mtim.tv_sec == k->seen.st_mtim.tv_sec &&
	    st.st_mtim.tv_nsec == k->seen.st_mtim.tv_nsec)
		return false;
	k->seen = st;
	return true;
}

/* If rules were put in force since: everybody is looked at anew. */
static void learn_set(struct keeper *k)
{
	cleanup_json json_t *kept = NULL;
	struct error err = ERROR_INIT;

	if (!has_changed(k))
		return;
	forget_set(k);
	k->waiting.len = 0;
	kept = read_set();
	if (!kept || load_set(k, kept, &err)) { /* nothing is in force, or it is being exchanged */
		forget_set(k);
		k->seen = (struct stat){ 0 };
		return;
	}
	sensor_deny_each_place(&k->maps, await, k);
}

/* --- who is who ---------------------------------------------------------------------------------------- */

static void put_class(struct keeper *k, struct waiting *w, const struct event_container *c)
{
	struct text path = container_table_path(k->table, w->cgroup);
	struct deny_class class;

	deny_class_of(&k->set, c, &class);
	if (class.number == w->class || !path.data)
		return;
	if (!deny_class_put(&k->maps, &class) &&
	    !deny_place_below(&k->maps, &k->layout, path.data, class.number))
		w->class = class.number;
}

/* True: there is nothing more to find out. */
static bool look(struct keeper *k, struct waiting *w)
{
	const struct event_container *c = container_table_find(w->cgroup, NULL, k->table);
	struct text path = container_table_path(k->table, w->cgroup);
	int64_t age = clock_passed_ns() - w->since_ns;

	if (c && (c->image.data || c->has_privileged || age > SURELY_NS))
		put_class(k, w, c);
	/* A service with a root of its own looks like a container to the kernel. */
	if (!c && path.data && age > NOBODY_NS && deny_place_is_service(&k->layout, path.data)) {
		sensor_deny_unplace(&k->maps, w->cgroup);
		return true;
	}
	return age > KNOWN_NS || (c && c->image.data && w->class);
}

static void look_at_all(struct keeper *k)
{
	size_t left = 0;
	bool scanned = false;

	k->hurry = false;
	for (size_t i = 0; i < k->waiting.len; i++) {
		struct waiting w = k->waiting.items[i];

		if (!scanned && !container_table_path(k->table, w.cgroup).data) {
			container_table_scan(k->table);
			scanned = true;
		}
		if (look(k, &w))
			continue;
		k->hurry |= clock_passed_ns() - w.since_ns < SURELY_NS;
		k->waiting.items[left++] = w;
	}
	k->waiting.len = left;
}

/* Groups that are gone. */
static void sweep(struct keeper *k)
{
	uint64_t gone[GONE_MAX];
	size_t n;

	if (clock_passed_ns() - k->swept_ns < SWEEP_NS)
		return;
	k->swept_ns = clock_passed_ns();
	if (k->pins)
		sensor_deny_each_place(&k->maps, await_unknown, k);
	n = container_table_missing(k->table, gone, GONE_MAX);
	for (size_t i = 0; i < n; i++) {
		container_table_remove(k->table, gone[i]);
		for (size_t w = 0; w < k->waiting.len; w++)
			if (k->waiting.items[w].cgroup == gone[i])
				k->waiting.items[w] = k->waiting.items[--k->waiting.len];
	}
}

/*
 * Where nobody may be denied the removal of a pin (rungs C and D), it is undone: what was pinned is held here, so it never ended.
 * has_changed() was asked before: merlon deny off takes the set away before the pins.
 */
static void mend(struct keeper *k)
{
	if (!k->pins || clock_passed_ns() - k->mended_ns < SECOND_NS)
		return;
	k->mended_ns = clock_passed_ns();
	__atomic_add_fetch(&k->numbers->pins, sensor_deny_pins_mend(k->pins), __ATOMIC_RELAXED);
}

/* Who is put out of a container's control groups: what it does is denied as ever, and that it tries is told. */
static void count_strays(struct keeper *k)
{
	uint64_t now;

	if (!k->pins)
		return;
	now = sensor_deny_strayed();
	if (now > k->strayed)
		__atomic_add_fetch(&k->numbers->strays, (uint32_t)(now - k->strayed),
				   __ATOMIC_RELAXED);
	k->strayed = now;
}

/* --- the process --------------------------------------------------------------------------------------- */

int deny_keeper_run(int ring, pid_t parent, struct keeper_numbers *numbers, struct error *err)
{
	struct keeper k = { .numbers = numbers, .maps = SENSOR_DENY_MEMBERS_NONE };
	struct sensor_deny_news *news = NULL;
	int r = cgroup_layout_detect(&k.layout, err);

	r = r ? r : container_table_new(&k.table, &k.layout, NULL, NULL);
	r = r ? r : sensor_deny_news_new(&news, ring, await, &k);
	k.strayed = sensor_deny_strayed();
	r = r ? r : privilege_drop(ROLE_KEEPER, NULL, parent, err);
	while (r >= 0) {
		learn_set(&k);
		mend(&k);
		count_strays(&k);
		look_at_all(&k);
		sweep(&k);
		r = sensor_deny_news_wait(news, k.hurry ? SOON_MS : TURN_MS);
	}
	forget_set(&k);
	vec_deinit(&k.waiting);
	sensor_deny_news_free(news);
	container_table_free(k.table);
	return err->code ? r : error_errno(err, -r, "who is denied what");
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"
#include "record/selection.h"
#include "unit.h"

#define ID "3f4e1c2b5a69788796a5"

static const struct container plain = { .id = (char *)ID,
					.name = (char *)"web",
					.image = (char *)"docker.io/library/nginx:1" };
static const struct container in_pod = { .id = (char *)ID,
					 .name = (char *)"app",
					 .image = (char *)"redis:7",
					 .pod_name = (char *)"shop-0",
					 .pod_namespace = (char *)"prod" };
static const struct container homeless = { .id = (char *)ID, .pod_name = (char *)"shop-0" };
static const struct container sandbox = { .id = (char *)ID,
					  .name = (char *)"shop-0",
					  .pod_name = (char *)"shop-0",
					  .pod_namespace = (char *)"prod",
					  .image = (char *)"pause:3",
					  .sandbox = true };

/* At most one word for each way to ask. */
struct asked {
	const char *container, *pod, *image, *cgroup;
	bool all;
};

#define ADD(v, word)                                       \
	do {                                               \
		char **slot_ = (word) ? vec_add(v) : NULL; \
		if (slot_)                                 \
			*slot_ = strdup(word);             \
	} while (0)

static struct selection selection_of(const struct asked *a)
{
	struct selection s = { .all = a->all };

	ADD(&s.containers, a->container);
	ADD(&s.pods, a->pod);
	ADD(&s.images, a->image);
	ADD(&s.cgroups, a->cgroup);
	return s;
}

static void who_is_meant(void **state)
{
	static const struct {
		const char *row;
		struct asked asked;
		const struct container *who;
		bool want;
	} rows[] = {
		{ "nothing asked", { 0 }, &plain, false },
		{ "all", { .all = true }, &plain, true },
		{ "all but sandboxes", { .all = true }, &sandbox, false },
		{ "by name", { .container = "web" }, &plain, true },
		{ "by another name", { .container = "we" }, &plain, false },
		{ "by id", { .container = ID }, &in_pod, true },
		{ "by the beginning of the id", { .container = "3f4e1c2b5a69" }, &in_pod, true },
		{ "names are no patterns", { .container = "w*" }, &plain, false },
		{ "a sandbox, by its id", { .container = ID }, &sandbox, true },
		{ "by pod", { .pod = "prod/shop-0" }, &in_pod, true },
		{ "by pod pattern", { .pod = "prod/shop-*" }, &in_pod, true },
		{ "any namespace", { .pod = "*/shop-0" }, &in_pod, true },
		{ "another namespace", { .pod = "test/shop-0" }, &in_pod, false },
		{ "a pod without its namespace", { .pod = "shop-0" }, &in_pod, false },
		{ "the default namespace", { .pod = "default/shop-0" }, &homeless, true },
		{ "not the pod's sandbox", { .pod = "prod/shop-0" }, &sandbox, false },
		{ "no pod", { .pod = "*" }, &plain, false },
		{ "by image", { .image = "nginx" }, &plain, true },
		{ "by image pattern", { .image = "*/nginx:*" }, &plain, true },
		{ "another image", { .image = "nginx" }, &in_pod, false },
		{ "no image", { .image = "*" }, &homeless, false },
		{ "one of several",
		  { .container = "x", .pod = "x/y", .image = "redis" },
		  &in_pod,
		  true },
		{ "a control group is no container", { .cgroup = "/docker/" ID }, &plain, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct selection s = selection_of(&rows[i].asked);

		check_number(rows[i].row, selection_has(&s, rows[i].who), rows[i].want);
		selection_deinit(&s);
	}
}

static void empty_and_open(void **state)
{
	static const struct {
		const char *row;
		struct asked asked;
		bool empty, open;
	} rows[] = {
		{ "nothing", { 0 }, true, false },
		{ "all", { .all = true }, false, true },
		{ "container", { .container = "web" }, false, false },
		{ "pod", { .pod = "a/b" }, false, true },
		{ "image", { .image = "x" }, false, true },
		{ "cgroup", { .cgroup = "/x" }, false, false },
		{ "container and image", { .container = "web", .image = "x" }, false, true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct selection s = selection_of(&rows[i].asked);

		check_number(rows[i].row, selection_is_empty(&s), rows[i].empty);
		check_number(rows[i].row, selection_is_open(&s), rows[i].open);
		selection_deinit(&s);
		check(rows[i].row, !s.containers.items && !s.cgroups.items);
	}
}

static void endless_names(void **state)
{
	char name[5000];
	struct container c = { .id = (char *)"x", .pod_name = name };
	struct selection s = selection_of(&(struct asked){ .pod = "default/*" });

	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_true(selection_has(&s, &c));
	selection_deinit(&s);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_is_meant),
		cmocka_unit_test(empty_and_open),
		cmocka_unit_test(endless_names),
	};

	return unit_run(tests);
}

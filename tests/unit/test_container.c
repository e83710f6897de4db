/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"
#include "identity/container.h"
#include "unit.h"

/* Ids that no engine gives out, so that no file of this machine is about them. */
#define ID "0000000000000000deadbeef0000000000000000deadbeef0000000000000000"
#define UID "00000000-dead-beef-0000-000000000000"
#define UID_ "00000000_dead_beef_0000_000000000000"

static void called(void **state)
{
	static const struct {
		const char *id, *name, *what;
		bool want;
	} rows[] = {
		{ "3f4e1c2b5a69788796a5", "web", "3f4e1c2b5a69788796a5", true },
		{ "3f4e1c2b5a69788796a5", "web", "web", true },
		{ "3f4e1c2b5a69788796a5", "web", "3f4e1c2b5a69", true },
		{ "3f4e1c2b5a69788796a5", "web", "3f4e1c2b5a6", false }, /* eleven */
		{ "3f4e1c2b5a69788796a5", "web", "3F4E1C2B5A69", false },
		{ "3f4e1c2b5a69788796a5", "web", "3f4e1c2b5a69788796a5b", false },
		{ "3f4e1c2b5a69788796a5", "web", "4e1c2b5a69788796a5", false },
		{ "3f4e1c2b5a69788796a5", "web", "we", false },
		{ "3f4e1c2b5a69788796a5", "web", "webs", false },
		{ "3f4e1c2b5a69788796a5", "web", "", false },
		{ "3f4e1c2b5a69788796a5", NULL, "web", false },
		{ "web", NULL, "web", true },
		{ "a-long-name-of-runc", NULL, "a-long-name-", true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct container c = { .id = (char *)rows[i].id, .name = (char *)rows[i].name };

		check_number(rows[i].what, container_is_called(&c, rows[i].what), rows[i].want);
	}
}

static void images(void **state)
{
	static const struct {
		const char *image, *pattern;
		bool want;
	} rows[] = {
		{ "nginx", "nginx", true },
		{ "nginx", "ngin", false },
		{ "nginx", "ngin*", true },
		{ "nginx", "*", true },
		{ "nginx", "", false },
		{ "nginx:1.25", "nginx", true },
		{ "nginx:1.25", "nginx:1.25", true },
		{ "nginx:1.25", "nginx:1.2", false },
		{ "nginx:1.25", "nginx:*", true },
		{ "nginx:1.25", "1.25", false },
		{ "docker.io/library/nginx:1.25", "nginx", true },
		{ "docker.io/library/nginx:1.25", "nginx:1.25", true },
		{ "docker.io/library/nginx:1.25", "library/nginx", true },
		{ "docker.io/library/nginx:1.25", "docker.io/library/nginx", true },
		{ "docker.io/library/nginx:1.25", "docker.io/library/nginx:1.25", true },
		{ "docker.io/library/nginx:1.25", "docker.io/nginx", false },
		{ "docker.io/library/nginx:1.25", "library", false },
		{ "docker.io/library/nginx:1.25", "docker.io/*", true },
		{ "docker.io/library/nginx:1.25", "redis", false },
		{ "docker.io/library/nginx:1.25", "inx", false },
		{ "registry:5000/nginx", "nginx", true },
		{ "registry:5000/nginx", "registry:5000/nginx", true },
		{ "registry:5000/nginx", "registry", false },
		{ "registry:5000/team/nginx:1", "team/nginx", true },
		{ "registry:5000/team/nginx:1", "registry:5000/team/nginx", true },
		{ "nginx@sha256:abcd", "nginx", true },
		{ "nginx@sha256:abcd", "nginx@sha256:abcd", true },
		{ "nginx@sha256:abcd", "nginx@sha256:*", true },
		{ "r.io/a/nginx:1@sha256:abcd", "nginx", true },
		{ "r.io/a/nginx:1@sha256:abcd", "nginx:1", true },
		{ "r.io/a/nginx:1@sha256:abcd", "a/nginx:1@sha256:abcd", true },
		{ "r.io/a/nginx:1@sha256:abcd", "nginx@sha256:abcd", false },
		{ "nginx", "[mn]ginx", true },
		{ "nginx", "[m", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_free char *row = str_format("%s ~ %s", rows[i].image, rows[i].pattern);
		struct container c = { .image = (char *)rows[i].image };

		check_number(row, container_has_image(&c, rows[i].pattern), rows[i].want);
	}
}

static void no_image_matches_nothing(void **state)
{
	struct container c = { 0 };

	assert_false(container_has_image(&c, "*"));
}

static void endless_image(void **state)
{
	char image[5000];
	struct container c = { .image = image };

	memset(image, 'a', sizeof(image) - 1);
	image[sizeof(image) - 1] = '\0';
	assert_true(container_has_image(&c, "*"));
	assert_false(container_has_image(&c, "b*"));
}

static void from_paths(void **state)
{
	static const struct {
		const char *path, *cgroup, *engine, *name, *pod;
	} rows[] = {
		{ "/docker/" ID "/x", "/docker/" ID, "docker", ID, NULL },
		{ "/lxc.payload.deadbeef/init.scope", "/lxc.payload.deadbeef", "lxc", "deadbeef",
		  NULL },
		{ "/kubepods.slice/kubepods-pod" UID_ ".slice/cri-containerd-" ID ".scope",
		  "/kubepods.slice/kubepods-pod" UID_ ".slice/cri-containerd-" ID ".scope",
		  "containerd", ID, UID },
		{ "/kubepods/pod" UID "/" ID, "/kubepods/pod" UID "/" ID, NULL, ID, UID },
	};
	struct cgroup_layout layout = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_container struct container c;

		check_number(rows[i].path, container_of_cgroup(&layout, rows[i].path, &c), 0);
		check_text(rows[i].path, c.cgroup, rows[i].cgroup);
		check_text(rows[i].path, c.engine, rows[i].engine);
		check_text(rows[i].path, c.name, rows[i].name);
		check_text(rows[i].path, c.pod_uid, rows[i].pod);
		check_number(rows[i].path, c.pid, 0);
	}
}

static void nobody_we_know(void **state)
{
	static const char *const rows[] = {
		"/",  "",	"/system.slice/ssh.service", "/no-such-container-here", "/../..",
		"/.", "/a/../b"
	};
	struct cgroup_layout layout = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_container struct container c = { 0 };

		check_number(rows[i], container_of_cgroup(&layout, rows[i], &c), 1);
	}
}

static void deinit_twice(void **state)
{
	struct container c = { .id = strdup("a"), .image = strdup("b") };
	container_list list = { 0 };
	struct container *slot = vec_add(&list);

	container_deinit(&c);
	container_deinit(&c);
	assert_null(c.id);
	slot->id = strdup("x");
	container_list_deinit(&list);
	assert_int_equal(list.len, 0);
}

static void images_are_split(void **state)
{
	static const struct {
		const char *image, *repository, *tag;
	} rows[] = {
		{ "nginx", "nginx", "" },
		{ "nginx:1.25", "nginx", "1.25" },
		{ "docker.io/library/nginx:1", "docker.io/library/nginx", "1" },
		{ "localhost:5000/web", "localhost:5000/web", "" },
		{ "localhost:5000/web:2@sha256:ab", "localhost:5000/web", "2" },
		{ "web@sha256:ab/c", "web", "" },
		{ "web:", "web", "" },
		{ "", "", "" },
	};
	struct text repository, tag;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		container_image_split(rows[i].image, &repository, &tag);
		check_bytes(rows[i].image, repository.data, repository.len, rows[i].repository,
			    strlen(rows[i].repository));
		check_bytes(rows[i].image, tag.data ? tag.data : "", tag.len, rows[i].tag,
			    strlen(rows[i].tag));
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(called),
		cmocka_unit_test(images),
		cmocka_unit_test(no_image_matches_nothing),
		cmocka_unit_test(endless_image),
		cmocka_unit_test(from_paths),
		cmocka_unit_test(nobody_we_know),
		cmocka_unit_test(images_are_split),
		cmocka_unit_test(deinit_twice),
	};

	return unit_run(tests);
}

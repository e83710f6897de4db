/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/str.h"
#include "identity/bundle.h"
#include "unit.h"

static int parse(const char *text, struct container *c)
{
	return bundle_parse(text, strlen(text), c);
}

static void runtime_spec(void **state)
{
	cleanup_container struct container c = { 0 };

	assert_int_equal(parse("{\"ociVersion\":\"1.0.2\",\"process\":{\"noNewPrivileges\":true,"
			       "\"args\":[\"nginx\",\"-g\",\"daemon off;\"]},"
			       "\"root\":{\"path\":\"rootfs\"},"
			       "\"linux\":{\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ERRNO\"}}}",
			       &c),
			 0);
	assert_true(c.no_new_privileges);
	assert_true(c.has_seccomp);
	assert_string_equal(c.rootfs, "rootfs");
	assert_int_equal(c.command.len, 3);
	assert_string_equal(c.command.items[2], "daemon off;");
	assert_null(c.engine);
	assert_false(c.sandbox);
}

/* An image may have any label: one must not hide what else is known. */
static void a_nul_in_a_label_hides_nothing(void **state)
{
	cleanup_container struct container c = { 0 };

	assert_int_equal(
		parse("{\"root\":{\"path\":\"rootfs\"},\"annotations\":{\"a\":\"b\\u0000c\"}}", &c),
		0);
	assert_string_equal(c.rootfs, "rootfs");
	assert_string_equal(c.labels.items[0], "a=b");
}

static void what_it_may_reach(void **state)
{
	cleanup_container struct container c = { 0 }, own = { 0 };

	assert_int_equal(
		parse("{\"process\":{\"capabilities\":{\"bounding\":[\"CAP_SYS_ADMIN\","
		      "\"CAP_SYS_MODULE\",\"CAP_SYS_RAWIO\"]}},"
		      "\"annotations\":{\"team\":\"shop\",\"n\":7},"
		      "\"mounts\":[{\"destination\":\"/proc\",\"source\":\"proc\"},"
		      "{\"destination\":\"/host\",\"source\":\"/\",\"options\":[\"rbind\",\"rslave\",\"ro\"]}],"
		      "\"linux\":{\"namespaces\":[{\"type\":\"pid\"}],\"resources\":{\"devices\":["
		      "{\"allow\":false,\"access\":\"rwm\"},{\"allow\":true,\"access\":\"rwm\"}]}}}",
		      &c),
		0);
	assert_true(c.has_privileged && c.privileged);
	assert_true(!c.host_pid && c.host_network && c.host_ipc);
	assert_int_equal(c.mounts.len, 1);
	assert_string_equal(c.mounts.items[0].source, "/");
	assert_string_equal(c.mounts.items[0].destination, "/host");
	assert_string_equal(c.mounts.items[0].propagation, "rslave");
	assert_false(c.mounts.items[0].writable);
	assert_int_equal(c.labels.len, 1);
	assert_string_equal(c.labels.items[0], "team=shop");
	assert_int_equal(
		parse("{\"linux\":{\"resources\":{\"devices\":[{\"allow\":true,\"major\":1}]}}}",
		      &own),
		0);
	assert_true(own.has_privileged && !own.privileged);
}

static void empty_object(void **state)
{
	cleanup_container struct container c = { 0 };

	assert_int_equal(parse("{}", &c), 0);
	assert_false(c.no_new_privileges);
	assert_false(c.has_seccomp);
	assert_null(c.rootfs);
	assert_int_equal(c.command.len, 0);
}

static void no_bundle(void **state)
{
	static const char *const rows[] = { "", "[]", "null", "{", "\"x\"", "{}{}", "7" };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_container struct container c = { 0 };
		static const struct container none;

		check_number(rows[i], parse(rows[i], &c), -EINVAL);
		assert_memory_equal(&c, &none, sizeof(c));
	}
}

static void annotations(void **state)
{
	static const struct {
		const char *row, *annotations;
		const char *engine, *name, *image, *digest, *pod, *namespace, *uid;
		bool sandbox;
	} rows[] = {
		{ "containerd",
		  "\"io.kubernetes.cri.container-name\":\"web\","
		  "\"io.kubernetes.cri.container-type\":\"container\","
		  "\"io.kubernetes.cri.image-name\":\"docker.io/library/nginx:1\","
		  "\"io.kubernetes.cri.sandbox-name\":\"web-0\","
		  "\"io.kubernetes.cri.sandbox-namespace\":\"shop\","
		  "\"io.kubernetes.cri.sandbox-uid\":\"u-1\"",
		  "containerd", "web", "docker.io/library/nginx:1", NULL, "web-0", "shop", "u-1",
		  false },
		{ "containerd sandbox",
		  "\"io.kubernetes.cri.container-type\":\"sandbox\","
		  "\"io.kubernetes.cri.sandbox-name\":\"web-0\"",
		  "containerd", NULL, NULL, NULL, "web-0", NULL, NULL, true },
		{ "CRI-O",
		  "\"io.kubernetes.container.name\":\"web\","
		  "\"io.kubernetes.cri-o.ContainerType\":\"container\","
		  "\"io.kubernetes.cri-o.ImageName\":\"quay.io/x/nginx:1\","
		  "\"io.kubernetes.cri-o.ImageRef\":\"sha256:abc\","
		  "\"io.kubernetes.pod.name\":\"web-0\",\"io.kubernetes.pod.namespace\":\"shop\","
		  "\"io.kubernetes.pod.uid\":\"u-2\"",
		  "cri-o", "web", "quay.io/x/nginx:1", "sha256:abc", "web-0", "shop", "u-2",
		  false },
		{ "CRI-O sandbox", "\"io.kubernetes.cri-o.ContainerType\":\"sandbox\"", NULL, NULL,
		  NULL, NULL, NULL, NULL, NULL, true },
		{ "nerdctl", "\"nerdctl/name\":\"web\"", "nerdctl", "web", NULL, NULL, NULL, NULL,
		  NULL, false },
		{ "an image tool", "\"org.opencontainers.image.ref.name\":\"nginx:1\"", NULL, NULL,
		  "nginx:1", NULL, NULL, NULL, NULL, false },
		{ "not strings",
		  "\"io.kubernetes.cri.container-name\":7,\"nerdctl/name\":null,"
		  "\"io.kubernetes.cri.container-type\":[\"sandbox\"]",
		  NULL, NULL, NULL, NULL, NULL, NULL, NULL, false },
		{ "empty strings", "\"io.kubernetes.cri.container-name\":\"\"", "containerd", NULL,
		  NULL, NULL, NULL, NULL, NULL, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_free char *text = str_format("{\"annotations\":{%s}}", rows[i].annotations);
		cleanup_container struct container c = { 0 };

		check_number(rows[i].row, parse(text, &c), 0);
		check_text(rows[i].row, c.engine, rows[i].engine);
		check_text(rows[i].row, c.name, rows[i].name);
		check_text(rows[i].row, c.image, rows[i].image);
		check_text(rows[i].row, c.image_digest, rows[i].digest);
		check_text(rows[i].row, c.pod_name, rows[i].pod);
		check_text(rows[i].row, c.pod_namespace, rows[i].namespace);
		check_text(rows[i].row, c.pod_uid, rows[i].uid);
		check_number(rows[i].row, c.sandbox, rows[i].sandbox);
	}
}

static void known_fields_stay(void **state)
{
	cleanup_container struct container c = { .name = strdup("known"), .rootfs = strdup("/r") };

	assert_int_equal(parse("{\"root\":{\"path\":\"other\"},\"annotations\":"
			       "{\"nerdctl/name\":\"other\"}}",
			       &c),
			 0);
	assert_string_equal(c.name, "known");
	assert_string_equal(c.rootfs, "/r");
}

/* Directories with data, not files, not file systems of the kernel, not what is in memory. */
static void volumes(void **state)
{
	cleanup_container struct container c = { 0 };
	cleanup_free char *text = NULL;
	char *dir = unit_dir();

	unit_file_write(unit_path(dir, "file"), "", 0);
	text = str_format(
		"{\"mounts\":["
		"{\"destination\":\"/proc\",\"type\":\"proc\",\"source\":\"proc\"},"
		"{\"destination\":\"/tmp\",\"type\":\"tmpfs\",\"source\":\"tmpfs\"},"
		"{\"destination\":\"/data\",\"type\":\"bind\",\"source\":\"%s\"},"
		"{\"destination\":\"/none\",\"type\":\"none\",\"source\":\"%s\"},"
		"{\"destination\":\"/untyped\",\"source\":\"%s\"},"
		"{\"destination\":\"/etc/hosts\",\"type\":\"bind\",\"source\":\"%s/file\"},"
		"{\"destination\":\"/gone\",\"type\":\"bind\",\"source\":\"%s/gone\"},"
		"{\"destination\":\"/relative\",\"type\":\"bind\",\"source\":\"tmp\"},"
		"{\"destination\":\"/sys/fs/cgroup\",\"type\":\"bind\",\"source\":\"%s\"},"
		"{\"destination\":\"/dev/x\",\"type\":\"bind\",\"source\":\"%s\"},"
		"{\"source\":\"%s\"},{\"destination\":7,\"source\":\"%s\"},7,null]}",
		dir, dir, dir, dir, dir, dir, dir, dir, dir);
	assert_int_equal(parse(text, &c), 0);
	assert_int_equal(c.volumes.len, 3);
	assert_string_equal(c.volumes.items[0], "/data");
	assert_string_equal(c.volumes.items[1], "/none");
	assert_string_equal(c.volumes.items[2], "/untyped");
	assert_int_equal(c.volume_sources.len, 3);
	vec_foreach(source, &c.volume_sources)
		assert_string_equal(*source, dir);
	unit_dir_remove(dir);
}

/* "/procession" is not "/proc". */
static void volumes_with_names_alike(void **state)
{
	cleanup_container struct container c = { 0 };

	assert_int_equal(parse("{\"mounts\":[{\"destination\":\"/devices\",\"type\":\"bind\","
			       "\"source\":\"/tmp\"},{\"destination\":\"/procession\","
			       "\"type\":\"bind\",\"source\":\"/tmp\"}]}",
			       &c),
			 0);
	assert_int_equal(c.volumes.len, 2);
}

static void limits(void **state)
{
	cleanup_container struct container c = { 0 };
	cleanup_buf struct buf text = BUF_INIT;

	buf_add_str(&text, "{\"root\":{\"path\":\"");
	for (int i = 0; i < 5000; i++)
		buf_add_char(&text, 'x');
	buf_add_str(&text, "\"},\"process\":{\"args\":[");
	for (int i = 0; i < 3000; i++)
		buf_addf(&text, "\"%d\",", i);
	buf_add_str(&text, "7,\"last\"]}}");
	assert_int_equal(bundle_parse(text.data, text.len, &c), 0);
	assert_null(c.rootfs);
	assert_int_equal(c.command.len, 1024);
	assert_string_equal(c.command.items[1023], "1023");
}

static void wrong_types_are_passed_over(void **state)
{
	static const char *const rows[] = {
		"{\"process\":[],\"root\":7,\"linux\":null,\"annotations\":[],\"mounts\":{}}",
		"{\"process\":{\"args\":\"x\",\"noNewPrivileges\":\"true\"},\"linux\":{\"seccomp\":true}}",
		"{\"process\":{\"args\":[[],{},null,1.5]},\"root\":{\"path\":{}}}",
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_container struct container c = { 0 };

		check_number(rows[i], parse(rows[i], &c), 0);
		check(rows[i], !c.rootfs && !c.command.len && !c.volumes.len);
		check(rows[i], !c.no_new_privileges && !c.has_seccomp);
	}
}

static void reads_a_directory(void **state)
{
	static const char relative[] = "{\"root\":{\"path\":\"rootfs\"}}";
	static const char absolute[] = "{\"root\":{\"path\":\"/r\"}}";
	cleanup_container struct container c = { 0 }, other = { 0 };
	cleanup_free char *want = NULL;
	char *dir = unit_dir();

	assert_int_equal(bundle_read(dir, &c), -ENOENT);
	unit_file_write(unit_path(dir, "config.json"), relative, strlen(relative) - 1);
	assert_int_equal(bundle_read(dir, &c), -EINVAL); /* one brace short */
	unit_file_write(unit_path(dir, "config.json"), relative, strlen(relative));
	assert_int_equal(bundle_read(dir, &c), 0);
	want = str_format("%s/rootfs", dir);
	assert_string_equal(c.rootfs, want);
	unit_file_write(unit_path(dir, "config.json"), absolute, strlen(absolute));
	assert_int_equal(bundle_read(dir, &other), 0);
	assert_string_equal(other.rootfs, "/r");
	unit_dir_remove(dir);
}

/* Annotations of orchestrators make it large. */
static void reads_a_large_file(void **state)
{
	cleanup_container struct container c = { 0 };
	cleanup_buf struct buf text = BUF_INIT;
	char *dir = unit_dir();

	buf_add_str(&text, "{\"annotations\":{\"large\":\"");
	for (int i = 0; i < 1 << 20; i++)
		buf_add_char(&text, 'x');
	buf_add_str(&text, "\",\"nerdctl/name\":\"web\"}}");
	unit_file_write(unit_path(dir, "config.json"), text.data, text.len);
	assert_int_equal(bundle_read(dir, &c), 0);
	assert_string_equal(c.name, "web");
	unit_dir_remove(dir);
}

static void bundle_path_too_long(void **state)
{
	cleanup_container struct container c = { 0 };
	char path[4097];

	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(bundle_read(path, &c), -ENAMETOOLONG);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(runtime_spec),
		cmocka_unit_test(a_nul_in_a_label_hides_nothing),
		cmocka_unit_test(what_it_may_reach),
		cmocka_unit_test(empty_object),
		cmocka_unit_test(no_bundle),
		cmocka_unit_test(annotations),
		cmocka_unit_test(known_fields_stay),
		cmocka_unit_test(volumes),
		cmocka_unit_test(volumes_with_names_alike),
		cmocka_unit_test(limits),
		cmocka_unit_test(wrong_types_are_passed_over),
		cmocka_unit_test(reads_a_directory),
		cmocka_unit_test(reads_a_large_file),
		cmocka_unit_test(bundle_path_too_long),
	};

	return unit_run(tests);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* OCI bundles through the same checks as manifests: what a config.json says, and what really runs. */
#include "inspect/engine.h"

#include "base/str.h"
#include "unit.h"

#define CONFIG(process, linux, more)                                                             \
	"{\"ociVersion\":\"1.0.2\",\"process\":{\"args\":[\"a\"]," process "},\"linux\":{" linux \
	"}"                                                                                      \
	"," more "}"
#define MASKED "\"maskedPaths\":[\"/proc/kcore\"]"
#define OWN "{\"type\":\"pid\"},{\"type\":\"network\"},{\"type\":\"ipc\"},{\"type\":\"uts\"}"
#define NAMESPACES "\"namespaces\":[" OWN "]"
#define FILTER "\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[]}"
#define LIMITS \
	"\"resources\":{\"memory\":{\"limit\":1048576},\"cpu\":{\"quota\":1000},\"pids\":{\"limit\":9}}"
#define USER "\"user\":{\"uid\":20000,\"gid\":20000}"
#define NNP "\"noNewPrivileges\":true"
#define CAPS(list) "\"capabilities\":{\"bounding\":[" list "]}"
#define LINUX MASKED "," NAMESPACES "," FILTER "," LIMITS
#define PROCESS USER "," NNP "," CAPS("")
#define ROOT "\"root\":{\"path\":\"rootfs\",\"readonly\":true}"
#define GOOD CONFIG(PROCESS, LINUX, ROOT)
#define MOUNT(source, options)                                                                    \
	CONFIG(PROCESS, LINUX,                                                                    \
	       ROOT ",\"mounts\":[{\"destination\":\"/x\",\"type\":\"bind\",\"source\":\"" source \
		    "\",\"options\":[" options "]}]")
#define DEFAULTS                                                                                        \
	"\"CAP_CHOWN\",\"CAP_DAC_OVERRIDE\",\"CAP_FOWNER\",\"CAP_FSETID\",\"CAP_KILL\",\"CAP_SETGID\"," \
	"\"CAP_SETUID\",\"CAP_SETPCAP\",\"CAP_NET_BIND_SERVICE\",\"CAP_SETFCAP\",\"CAP_SYS_CHROOT\""
#define DOCKERS DEFAULTS ",\"CAP_NET_RAW\",\"CAP_MKNOD\",\"CAP_AUDIT_WRITE\""
#define HOST_CAPS DEFAULTS ",\"CAP_SYS_ADMIN\",\"CAP_SYS_MODULE\",\"CAP_SYS_RAWIO\",\"CAP_NET_RAW\""
#define DEVICES "\"resources\":{\"devices\":[{\"allow\":true,\"access\":\"rwm\"}]}"

static struct inspection *inspect(const char *file, const char *text, const struct live *live,
				  const char *check_name)
{
	const char *only[] = { check_name, NULL };
	struct inspect_options o = { .version = KUBERNETES_MINOR_MAX, .keep_passed = true };
	struct inspection *in = NULL;
	struct error err = ERROR_INIT;

	o.only = check_name ? only : NULL;
	assert_int_equal(inspection_new(&in, &o, &err), 0);
	assert_int_equal(inspection_add_live(in, file, text_of(text), live, NULL, &err), 0);
	return in;
}

static const struct finding *failure(const struct report *r)
{
	vec_foreach(f, &r->findings)
		if (f->outcome == OUTCOME_FAIL || f->outcome == OUTCOME_WARN)
			return f;
	return NULL;
}

/* One that is confined has no finding that is worth a name. */
static void good(void **state)
{
	cleanup_inspection struct inspection *in = inspect("/b/web/config.json", GOOD, NULL, NULL);
	const struct report *r = inspection_finish(in);

	vec_foreach(f, &r->findings)
		check(f->check->id, f->outcome == OUTCOME_PASS || f->outcome == OUTCOME_NA);
	check("asked", r->counts[OUTCOME_PASS] > 25);
	check_number("problems", r->problems.errors, 0);
	check_number("objects", r->objects.len, 1);
	check_text("name", r->objects.items[0].name, "web");
	check_text("kind", r->objects.items[0].kind, "Container");
}

/* Each weakness has the id that a manifest with it gets, and the place in the file. */
static void weak(void **state)
{
	static const struct {
		const char *id, *path, *config;
	} rows[] = {
		{ "MRL-101", "linux.resources.devices[0]",
		  CONFIG(USER "," NNP "," CAPS(HOST_CAPS), NAMESPACES "," DEVICES, ROOT) },
		{ "MRL-102", "linux.namespaces",
		  CONFIG(PROCESS, MASKED ",\"namespaces\":[{\"type\":\"network\"}]", ROOT) },
		{ "MRL-102", "linux.namespaces[0].path",
		  CONFIG(PROCESS, "\"namespaces\":[{\"type\":\"pid\",\"path\":\"/proc/1/ns/pid\"}]",
			 ROOT) },
		{ "MRL-103", "linux.namespaces", CONFIG(PROCESS, MASKED, ROOT) },
		{ "MRL-104", "linux.namespaces", CONFIG(PROCESS, MASKED, ROOT) },
		{ "MRL-105", "linux.namespaces", GOOD },
		{ "MRL-106", "process.noNewPrivileges", CONFIG(USER, LINUX, ROOT) },
		{ "MRL-107", "process.user.uid", CONFIG(NNP, LINUX, ROOT) },
		{ "MRL-108", "process.user.uid", CONFIG("\"user\":{\"uid\":0}", LINUX, ROOT) },
		{ "MRL-109", "process.user.uid", CONFIG("\"user\":{\"uid\":33}", LINUX, ROOT) },
		{ "MRL-110", "process.user.gid", CONFIG("\"user\":{\"uid\":33}", LINUX, ROOT) },
		{ "MRL-111", "process.user.gid", CONFIG("\"user\":{\"uid\":33}", LINUX, ROOT) },
		{ "MRL-112", "root.readonly", CONFIG(PROCESS, LINUX, "\"root\":{}") },
		{ "MRL-113", "linux.seccomp", CONFIG(PROCESS, MASKED, ROOT) },
		{ "MRL-114", "linux.seccomp.defaultAction",
		  CONFIG(PROCESS, "\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ALLOW\"}", ROOT) },
		{ "MRL-115", "process.apparmorProfile", GOOD },
		{ "MRL-116", "process.apparmorProfile",
		  CONFIG(PROCESS ",\"apparmorProfile\":\"unconfined\"", LINUX, ROOT) },
		{ "MRL-117", "process.selinuxLabel",
		  CONFIG(PROCESS ",\"selinuxLabel\":\"system_u:system_r:spc_t:s0\"", LINUX, ROOT) },
		{ "MRL-118", "process",
		  CONFIG(CAPS(DEFAULTS ",\"CAP_NET_RAW\",\"CAP_MKNOD\",\"CAP_AUDIT_WRITE\""),
			 MASKED, ROOT) },
		{ "MRL-119", "linux.maskedPaths", CONFIG(PROCESS, NAMESPACES, ROOT) },
		{ "MRL-120", "linux.sysctl[\"vm.swappiness\"]",
		  CONFIG(PROCESS, LINUX ",\"sysctl\":{\"vm.swappiness\":\"1\"}", ROOT) },
		{ "MRL-131", "process.capabilities.bounding[0]",
		  CONFIG(CAPS("\"CAP_SYS_ADMIN\""), LINUX, ROOT) },
		{ "MRL-131", "process.capabilities.bounding",
		  CONFIG(CAPS(HOST_CAPS), LINUX, ROOT) },
		{ "MRL-132", "process.capabilities.bounding[0]",
		  CONFIG(CAPS("\"CAP_SYS_MODULE\""), LINUX, ROOT) },
		{ "MRL-133", "process.capabilities.bounding[0]",
		  CONFIG(CAPS("\"CAP_SYS_PTRACE\""), LINUX, ROOT) },
		{ "MRL-134", "process.capabilities.effective[0]",
		  CONFIG("\"capabilities\":{\"effective\":[\"CAP_LEASE\"]}", LINUX, ROOT) },
		{ "MRL-135", "process.capabilities.bounding", CONFIG(CAPS(DEFAULTS), LINUX, ROOT) },
		{ "MRL-137", "process.capabilities.bounding[0]",
		  CONFIG(CAPS("\"CAP_CHOWN\""), LINUX, ROOT) },
		{ "MRL-138", "process.capabilities.bounding[0]",
		  CONFIG(CAPS("\"CAP_NET_RAW\""), LINUX, ROOT) },
		{ "MRL-138", "process.capabilities.bounding", CONFIG(CAPS(DOCKERS), LINUX, ROOT) },
		{ "MRL-201", "mounts[0].source", MOUNT("/srv", "\"rbind\",\"ro\"") },
		{ "MRL-201", "mounts[0].source",
		  MOUNT("/var/lib/kubelet/pods/../../../../srv", "\"bind\"") },
		{ "MRL-202", "mounts[0].options", MOUNT("/srv", "\"rbind\"") },
		{ "MRL-203", "mounts[0].source", MOUNT("/etc", "\"rbind\",\"ro\"") },
		{ "MRL-204", "mounts[0].source", MOUNT("/run/docker.sock", "\"rbind\",\"ro\"") },
		{ "MRL-205", "mounts[0].source", MOUNT("/home/a/.aws", "\"rbind\",\"ro\"") },
		{ "MRL-206", "mounts[0].options[1]", MOUNT("/srv", "\"rbind\",\"rshared\"") },
		{ "MRL-207", "linux.devices[1]",
		  CONFIG(PROCESS,
			 "\"devices\":[{\"type\":\"c\"},{\"type\":\"b\",\"path\":\"/dev/sda\"}]",
			 ROOT) },
		{ "MRL-211", "process.args[0]",
		  "{\"ociVersion\":\"1\",\"process\":{\"args\":[\"/usr/sbin/sshd\",\"-D\"]}}" },
		{ "MRL-214", "process.args[0]",
		  "{\"ociVersion\":\"1\",\"process\":{\"args\":[\"sudo\",\"a\"]}}" },
		{ "MRL-321", "process.env[0]",
		  CONFIG(PROCESS ",\"env\":[\"DB_PASSWORD=correct-horse-battery\"]", LINUX, ROOT) },
		{ "MRL-322", "process.env[0]",
		  CONFIG(PROCESS ",\"env\":[\"K=AKIAIOSFODNN7EXAMPLE\"]", LINUX, ROOT) },
		{ "MRL-323", "process.args[1]",
		  "{\"ociVersion\":\"1\",\"process\":{\"args\":[\"a\",\"--password=hunter2hunter2\"]}}" },
		{ "MRL-327", "annotations[\"k\"]",
		  CONFIG(PROCESS, LINUX, "\"annotations\":{\"k\":\"AKIAIOSFODNN7EXAMPLE\"}") },
		{ "MRL-502", "linux.resources.cpu.quota", CONFIG(PROCESS, MASKED, ROOT) },
		{ "MRL-504", "linux.resources.memory.limit",
		  CONFIG(PROCESS, "\"resources\":{\"memory\":{\"limit\":-1}}", ROOT) },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_inspection struct inspection *in = inspect("config.json", rows[i].config,
								   NULL, rows[i].id);
		const struct report *r = inspection_finish(in);
		const struct finding *f = failure(r);
		char row[64];

		snprintf(row, sizeof(row), "%s, row %zu", rows[i].id, i);
		check(row, f != NULL);
		check_text(row, f->path, rows[i].path);
		check_number(row, f->line, 1);
		check(finding_suggest(f), !strstr(finding_suggest(f), "allowPriv") &&
						  !strstr(finding_suggest(f), "Profile.type") &&
						  !strstr(finding_suggest(f), "Secret"));
		check(row, f->column >= 1);
		check(row, !strstr(f->value, "hunter2") && !strstr(f->value, "EXAMPLE") &&
				   !strstr(f->value, "horse"));
	}
}

/* As GOOD declares it. */
static const struct live_process confined = {
	.pid = 7, .uid = 20000, .uid_known = true, .filtered = true, .no_new_privileges = true
};

/* What an engine gives without being asked is not "added". */
static void defaults(void **state)
{
	static const char *const sets[] = { CONFIG(CAPS(DOCKERS), LINUX, ROOT),
					    CONFIG(CAPS(DEFAULTS), LINUX, ROOT) };
	static const char *const checks[] = { "MRL-131", "MRL-134", "MRL-137" };
	struct live_process has_them = confined;
	const struct live live = { .name = "web", .processes = &has_them, .process_count = 1 };

	has_them.capabilities = 1 << 0 | 1 << 5; /* CHOWN, KILL */

	for (size_t i = 0; i < ARRAY_SIZE(sets); i++) {
		for (size_t k = 0; k < ARRAY_SIZE(checks); k++) {
			cleanup_inspection struct inspection *in = inspect("config.json", sets[i],
									   &live, checks[k]);

			check(checks[k], !failure(inspection_finish(in)));
		}
	}
}

/* What engines and the kubelet make for a container is nobody's hole. */
static void made_for_it(void **state)
{
#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define HOSTS(source)                                                                               \
	CONFIG(PROCESS, LINUX,                                                                      \
	       "\"mounts\":[{\"destination\":\"/etc/hosts\",\"type\":\"bind\",\"source\":\"" source \
	       "\",\"options\":[\"rbind\"]}]")
	static const char *const configs[] = {
		MOUNT("/var/lib/docker/volumes/data/_data", "\"rbind\""),
		MOUNT("/home/u/.local/share/containers/storage/volumes/data/_data", "\"rbind\""),
		HOSTS("/data/docker/containers/" ID "/hosts"),
		HOSTS("/home/u/.local/share/containers/storage/overlay-containers/" ID
		      "/userdata/hosts"),
		MOUNT("/var/lib/kubelet/pods/1/volumes/v", "\"rbind\""),
		CONFIG(PROCESS, LINUX,
		       "\"mounts\":[{\"destination\":\"/etc/hosts\",\"type\":\"bind\",\"source\":"
		       "\"/var/lib/docker/containers/1/hosts\",\"options\":[\"rbind\"]}]"),
		CONFIG(PROCESS, LINUX,
		       "\"mounts\":[{\"destination\":\"/proc\",\"type\":\"proc\",\"source\":\"proc\"}]"),
	};

	for (size_t i = 0; i < ARRAY_SIZE(configs); i++) {
		cleanup_inspection struct inspection *in = inspect("config.json", configs[i], NULL,
								   "MRL-201");

		check(configs[i], !failure(inspection_finish(in)));
	}
}

/* What only looks so is. */
static void not_made_for_it(void **state)
{
	static const char *const configs[] = {
		MOUNT("/data/docker/containers/" ID "/hosts", "\"rbind\""),
		MOUNT("/srv/volumes/_data", "\"rbind\""),
		MOUNT("/srv/volumes/a/b/_data", "\"rbind\""),
		MOUNT("/srv/volumes/../_data", "\"rbind\""),
		HOSTS("/etc/hosts"),
		HOSTS("/data/" ID "0/hosts"),
		HOSTS("/data/" ID),
		HOSTS("/data/" ID "/../../etc/hosts"),
	};

	for (size_t i = 0; i < ARRAY_SIZE(configs); i++) {
		cleanup_inspection struct inspection *in = inspect("config.json", configs[i], NULL,
								   "MRL-201");

		check(configs[i], failure(inspection_finish(in)) != NULL);
	}
}

/* --- what really runs ---------------------------------------------------------------------------- */

static void live_is_worse(void **state)
{
	static const struct live_mount mounts[] = {
		{ .source = "/etc", .point = "/later", .read_only = true },
	}, writable[] = { { .source = "/srv", .point = "/x" } };
	static const struct {
		const char *id, *path;
		struct live_process p;
		const struct live_mount *mounts;
		bool root_writable;
	} rows[] = {
#define WITH(...)                    \
	{ .pid = 7,                  \
	  .uid = 20000,              \
	  .uid_known = true,         \
	  .filtered = true,          \
	  .no_new_privileges = true, \
	  __VA_ARGS__ }
		{ "MRL-102", "linux.namespaces[0]", WITH(.host[LIVE_PID] = true), NULL, false },
		{ "MRL-104", "linux.namespaces[1]", WITH(.host[LIVE_NETWORK] = true), NULL, false },
		{ "MRL-125", "linux.namespaces[3]", WITH(.host[LIVE_UTS] = true), NULL, false },
		{ "MRL-103", "linux.namespaces[2]", WITH(.host[LIVE_IPC] = true), NULL, false },
		{ "MRL-106",
		  "process.noNewPrivileges",
		  { .pid = 7, .uid = 20000, .uid_known = true, .filtered = true },
		  NULL,
		  false },
		{ "MRL-113",
		  "linux.seccomp",
		  { .pid = 7, .uid = 20000, .uid_known = true, .no_new_privileges = true },
		  NULL,
		  false },
		{ "MRL-108",
		  "process.user.uid",
		  { .pid = 7, .uid_known = true, .filtered = true, .no_new_privileges = true },
		  NULL,
		  false },
		{ "MRL-131", "process.capabilities.bounding", WITH(.capabilities = 1ULL << 21),
		  NULL, false },
		{ "MRL-138", "process.capabilities.bounding", WITH(.capabilities = 1 << 13), NULL,
		  false },
		{ "MRL-112", "root.readonly", WITH(.capabilities = 0), NULL, true },
		{ "MRL-203", "mounts", WITH(.capabilities = 0), mounts, false },
		{ "MRL-202", "mounts[0].options[1]", WITH(.capabilities = 0), writable, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct live live = { .name = "web",
				     .processes = &rows[i].p,
				     .process_count = 1,
				     .mounts = rows[i].mounts,
				     .mount_count = rows[i].mounts ? 1 : 0,
				     .root_writable = rows[i].root_writable };
		const char *config = MOUNT("/srv", "\"rbind\",\"ro\"");
		cleanup_inspection struct inspection *before = inspect("config.json", config, NULL,
								       rows[i].id);
		cleanup_inspection struct inspection *in = inspect("config.json", config, &live,
								   rows[i].id);
		const struct finding *f = failure(inspection_finish(in));

		check(rows[i].id, !failure(inspection_finish(before)));
		check(rows[i].id, f != NULL);
		check_text(rows[i].id, f->path, rows[i].path);
		check(f->value, strstr(f->value, "declared") != NULL);
		check_number(rows[i].id, f->line, 1);
	}
}

/* As many processes as it likes, none with more than was declared: nothing is found. */
#define UNDER(how, name, in_force)                                         \
	{                                                                  \
		.pid = 7, .filtered = true, .lsm = (how), .label = (name), \
		.label_enforced = (in_force)                               \
	}

/* A profile that is named, and what the process is under. */
static void live_profiles(void **state)
{
	static const struct {
		const char *member; /* of process */
		struct live_process p;
		const char *says; /* NULL: it is in force */
	} rows[] = {
		{ "\"apparmorProfile\": \"web\"", UNDER(LIVE_APPARMOR, "web", true), NULL },
		{ "\"apparmorProfile\": \"web\"", UNDER(LIVE_APPARMOR, "web//sh", true), NULL },
		{ "\"apparmorProfile\": \"web\"", UNDER(LIVE_APPARMOR, "web", false), "complain" },
		{ "\"apparmorProfile\": \"web\"", UNDER(LIVE_APPARMOR, "webs", true),
		  "under webs" },
		{ "\"apparmorProfile\": \"web\"", UNDER(LIVE_APPARMOR, "unconfined", false),
		  "is unconfined" },
		{ "\"apparmorProfile\": \"web\"", UNDER(LIVE_NO_LSM, NULL, false),
		  "is unconfined" },
		{ "\"apparmorProfile\": \"web\"", UNDER(LIVE_SELINUX, "u:r:t:s0", true),
		  "is unconfined" },
		{ "\"apparmorProfile\": \"unconfined\"", UNDER(LIVE_NO_LSM, NULL, false), NULL },
		{ "\"selinuxLabel\": \"u:r:container_t:s0\"",
		  UNDER(LIVE_SELINUX, "u:r:container_t:s0", true), NULL },
		{ "\"selinuxLabel\": \"u:r:container_t:s0\"",
		  UNDER(LIVE_SELINUX, "u:r:container_t:s0", false), "permissive" },
		{ "\"selinuxLabel\": \"u:r:container_t:s0\"", UNDER(LIVE_NO_LSM, NULL, false),
		  "SELinux is off" },
		{ "\"cwd\": \"/\"", { .pid = 7 }, "has no filter" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct live live = { .name = "web",
					   .processes = &rows[i].p,
					   .process_count = 1 };
		cleanup_free char *config = str_format(
			"{\"ociVersion\": \"1.0.2\", \"process\": {\"args\": [\"x\"], %s}, "
			"\"linux\": {\"seccomp\": {\"defaultAction\": \"SCMP_ACT_ERRNO\"}}}",
			rows[i].member);
		cleanup_inspection struct inspection *in = inspect("config.json", config, &live,
								   "MRL-155");
		const struct finding *f = failure(inspection_finish(in));

		check(rows[i].member, !f == !rows[i].says);
		if (f && rows[i].says)
			check(f->value, strstr(f->value, rows[i].says) != NULL);
	}
}

static void live_is_as_declared(void **state)
{
	const struct live_process processes[] = { confined, confined };
	const struct live live = { .name = "web", .processes = processes, .process_count = 2 };
	cleanup_inspection struct inspection *in = inspect("config.json", GOOD, &live, NULL);
	const struct report *r = inspection_finish(in);

	check("nothing", !failure(r));
	check_text("name", r->objects.items[0].name, "web");
}

/* --- hostile ------------------------------------------------------------------------------------- */

static void hostile(void **state)
{
	static const struct {
		const char *text;
		bool problem;
	} rows[] = {
		{ "{\"ociVersion\":\"1\",\"process\":7,\"root\":{}}", true },
		{ "{\"ociVersion\":\"1\",\"process\":{\"capabilities\":[],\"user\":\"x\",\"args\":{}}}",
		  true },
		{ "{\"ociVersion\":\"1\",\"process\":{\"user\":{\"uid\":\"0\"}}}", true },
		{ "{\"ociVersion\":\"1\",\"process\":{\"env\":[1,{},null,\"=\",\"\",\"A\"]}}",
		  true },
		{ "{\"ociVersion\":\"1\",\"process\":{},\"mounts\":[null,7,{\"options\":7,\"type\":[]}]}",
		  true },
		{ "{\"ociVersion\":\"1\",\"process\":{},\"linux\":{\"namespaces\":[7,{\"type\":{}}]}}",
		  false },
		{ "{\"ociVersion\":\"1\",\"process\":{},\"linux\":{\"seccomp\":[]}}", true },
		{ "{\"ociVersion\":\"1\",\"process\":{},\"linux\":{\"sysctl\":[1],\"devices\":{}}}",
		  true },
		{ "{\"ociVersion\":\"1\",\"process\":{\"selinuxLabel\":\":::\"}}", false },
		{ "{\"ociVersion\":\"1\",\"process\":{\"args\":[\"a\"", true },
		{ "{\"ociVersion\":\"1\",\"process\":{},\"process\":{}}", true },
	};
	static const struct live_mount mount = { "/etc", "/x", false };
	const struct live_process root = { .pid = 1, .uid_known = true, .capabilities = ~0ULL };
	const struct live live = { .name = "n",
				   .processes = &root,
				   .process_count = 1,
				   .mounts = &mount,
				   .mount_count = 1,
				   .root_writable = true };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_inspection struct inspection *in = inspect("config.json", rows[i].text,
								   &live, NULL);
		const struct report *r = inspection_finish(in);

		check(rows[i].text, !r->problems.errors == !rows[i].problem);
	}
}

/* A document of Kubernetes that has the word in it is one of Kubernetes. */
static void told_apart(void **state)
{
	cleanup_inspection struct inspection *in = inspect(
		"f", "{\"ociVersion\":\"1\",\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"process\":{}}",
		NULL, NULL);

	check_text("kind", inspection_finish(in)->objects.items[0].kind, "Pod");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good),
		cmocka_unit_test(weak),
		cmocka_unit_test(defaults),
		cmocka_unit_test(made_for_it),
		cmocka_unit_test(not_made_for_it),
		cmocka_unit_test(live_is_worse),
		cmocka_unit_test(live_profiles),
		cmocka_unit_test(live_is_as_declared),
		cmocka_unit_test(hostile),
		cmocka_unit_test(told_apart),
	};

	return unit_run(tests);
}

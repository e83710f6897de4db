/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"
#include "identity/cgroup_name.h"
#include "unit.h"

#define A "3f4e1c2b5a69788796a5b4c3d2e1f0000f1e2d3c4b5a69788796a5b4c3d2e1f0"
#define B "b00b1e5cafef00dba5eba11deadbea7c0ffee0ddba11ad5e1f1eshort0000000"
#define C "c9d1b8a7f6e5d4c3b2a1908f7e6d5c4b3a2918070f6e5d4c3b2a1908f7e6d5c4"
#define UID "a1b2c3d4-e5f6-4789-90ab-cdef01234567"
#define UID_ "a1b2c3d4_e5f6_4789_90ab_cdef01234567"
#define UID2 "0f0e0d0c-0b0a-4908-8706-050403020100"
#define UID2_ "0f0e0d0c_0b0a_4908_8706_050403020100"
#define STATIC "4a7c1f0e9b8d6a5c3f2e1d0c9b8a7f6e"

#define DOCKER CGROUP_ENGINE_DOCKER
#define CONTAINERD CGROUP_ENGINE_CONTAINERD
#define CRIO CGROUP_ENGINE_CRIO
#define PODMAN CGROUP_ENGINE_PODMAN
#define NERDCTL CGROUP_ENGINE_NERDCTL
#define RUNC CGROUP_ENGINE_RUNC
#define CRUN CGROUP_ENGINE_CRUN
#define LXC CGROUP_ENGINE_LXC
#define UNKNOWN CGROUP_ENGINE_UNKNOWN

struct row {
	const char *path;  /* the container's own group ... */
	const char *below; /* ... and what may follow it */
	enum cgroup_engine engine;
	bool systemd;
	const char *id, *pod;
};

static void check_rows(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		cleanup_free char *path = str_format("%s%s", rows[i].path, rows[i].below);
		struct cgroup_name name;

		memset(&name, 0xff, sizeof(name));
		check(path, cgroup_name_parse(path, &name));
		check_text(path, cgroup_engine_names[name.engine],
			   cgroup_engine_names[rows[i].engine]);
		check_number(path, name.systemd, rows[i].systemd);
		check_text(path, name.id, rows[i].id);
		check_text(path, name.pod_uid, rows[i].pod);
		check_number(path, name.path_len, strlen(rows[i].path));
	}
}

static void plain_engines(void **state)
{
	static const struct row rows[] = {
		/* Docker: cgroupfs (v1 default), systemd (v2 default), rootless */
		{ "/docker/" A, "", DOCKER, false, A, "" },
		{ "/docker/" A, "/init.scope", DOCKER, false, A, "" },
		{ "/system.slice/docker-" A ".scope", "", DOCKER, true, A, "" },
		{ "/system.slice/docker-" A ".scope", "/system.slice/nginx.service", DOCKER, true,
		  A, "" },
		{ "/user.slice/user-1000.slice/user@1000.service/user.slice/docker-" A ".scope", "",
		  DOCKER, true, A, "" },
		{ "/user.slice/user-1000.slice/user@1000.service/app.slice/docker-" A ".scope", "",
		  DOCKER, true, A, "" },
		{ "/custom-parent.slice/docker-" A ".scope", "", DOCKER, true, A, "" },
		/* containerd: ctr in its namespaces; nerdctl */
		{ "/k8s.io/" A, "", CONTAINERD, false, A, "" },
		{ "/default/" A, "", NERDCTL, false, A, "" },
		{ "/system.slice/nerdctl-" A ".scope", "", NERDCTL, true, A, "" },
		{ "/user.slice/user-1000.slice/user@1000.service/user.slice/nerdctl-" A ".scope",
		  "", NERDCTL, true, A, "" },
		/* podman: systemd (root, rootless, pod, below a unit of ours), cgroupfs */
		{ "/machine.slice/libpod-" A ".scope", "", PODMAN, true, A, "" },
		{ "/machine.slice/libpod-" A ".scope", "/container", PODMAN, true, A, "" },
		{ "/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" A ".scope",
		  "/container", PODMAN, true, A, "" },
		{ "/machine.slice/machine-libpod_pod_" C ".slice/libpod-" A ".scope", "/container",
		  PODMAN, true, A, "" },
		{ "/system.slice/web.service/libpod-payload-x/libpod-" A ".scope", "", PODMAN, true,
		  A, "" },
		{ "/libpod_parent/libpod-" A, "", PODMAN, false, A, "" },
		{ "/libpod_parent/" C "/libpod-" A, "", PODMAN, false, A, "" },
		/* bare runtimes with the systemd driver */
		{ "/system.slice/runc-web.scope", "", RUNC, true, "web", "" },
		{ "/user.slice/runc-my_app.1.scope", "/child", RUNC, true, "my_app.1", "" },
		{ "/system.slice/crun-web.scope", "", CRUN, true, "web", "" },
		{ "/system.slice/crun-web.scope", "/container", CRUN, true, "web", "" },
		/* LXC: 3 and earlier, 4, 5 */
		{ "/lxc/web", "", LXC, false, "web", "" },
		{ "/lxc/web", "/init.scope", LXC, false, "web", "" },
		{ "/lxc.payload/web", "", LXC, false, "web", "" },
		{ "/lxc.payload.web", "", LXC, false, "web", "" },
		{ "/lxc.payload.web", "/system.slice/ssh.service", LXC, false, "web", "" },
		{ "/lxc.payload.web-2.example.org", "/.lxc", LXC, false, "web-2.example.org", "" },
		/* something else that counts in 64 digits */
		{ "/ecs/a1b2c3d4-e5f6-4789-90ab-cdef01234567/" A, "", UNKNOWN, false, A, "" },
		{ "/" A, "", UNKNOWN, false, A, "" },
	};

	check_rows(rows, ARRAY_SIZE(rows));
}

static void kubernetes(void **state)
{
	static const struct row rows[] = {
		/* systemd driver; guaranteed, burstable, best effort */
		{ "/kubepods.slice/kubepods-pod" UID_ ".slice/cri-containerd-" A ".scope", "",
		  CONTAINERD, true, A, UID },
		{ "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" UID_
		  ".slice/cri-containerd-" A ".scope",
		  "", CONTAINERD, true, A, UID },
		{ "/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod" UID_
		  ".slice/cri-containerd-" A ".scope",
		  "/nested", CONTAINERD, true, A, UID },
		{ "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" UID_
		  ".slice/crio-" A ".scope",
		  "", CRIO, true, A, UID },
		{ "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" UID_
		  ".slice/crio-" A ".scope",
		  "/container", CRIO, true, A, UID },
		{ "/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod" UID_
		  ".slice/docker-" A ".scope",
		  "", DOCKER, true, A, UID },
		/* cgroupfs driver */
		{ "/kubepods/pod" UID "/" A, "", UNKNOWN, false, A, UID },
		{ "/kubepods/burstable/pod" UID "/" A, "", UNKNOWN, false, A, UID },
		{ "/kubepods/besteffort/pod" UID "/" A, "/init", UNKNOWN, false, A, UID },
		{ "/kubepods/burstable/pod" UID "/crio-" A, "", CRIO, false, A, UID },
		{ "/kubepods/burstable/pod" UID "/cri-containerd:" A, "", CONTAINERD, false, A,
		  UID },
		/* static pods of the kubelet: a digest for a UID */
		{ "/kubepods/burstable/pod" STATIC "/" A, "", UNKNOWN, false, A, STATIC },
		{ "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" STATIC
		  ".slice/cri-containerd-" A ".scope",
		  "", CONTAINERD, true, A, STATIC },
		/* a kubelet with a cgroup root of its own */
		{ "/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-besteffort.slice/"
		  "kubelet-kubepods-besteffort-pod" UID_ ".slice/cri-containerd-" A ".scope",
		  "", CONTAINERD, true, A, UID },
		{ "/kubelet/kubepods/besteffort/pod" UID "/" A, "", UNKNOWN, false, A, UID },
	};

	check_rows(rows, ARRAY_SIZE(rows));
}

/* The innermost container is the one: a node of kind is a container itself. */
static void nested(void **state)
{
	static const struct row rows[] = {
		{ "/docker/" C "/kubelet/kubepods/burstable/pod" UID "/" A, "", UNKNOWN, false, A,
		  UID },
		{ "/docker/" C "/kubelet.slice/kubelet-kubepods.slice/"
		  "kubelet-kubepods-burstable.slice/kubelet-kubepods-burstable-pod" UID_
		  ".slice/cri-containerd-" A ".scope",
		  "", CONTAINERD, true, A, UID },
		{ "/system.slice/docker-" C ".scope/kubelet.slice/kubelet-kubepods.slice/"
		  "kubelet-kubepods-pod" UID_ ".slice/cri-containerd-" A ".scope",
		  "/x", CONTAINERD, true, A, UID },
		{ "/docker/" C "/docker/" A, "", DOCKER, false, A, "" },
		{ "/lxc.payload.host/docker/" A, "", DOCKER, false, A, "" },
		/* Docker in a pod: the pod it is in */
		{ "/kubepods/burstable/pod" UID "/" C "/docker/" A, "", DOCKER, false, A, UID },
		/* a pod of a node that is a pod's container */
		{ "/kubepods/burstable/pod" UID "/" C "/kubepods/besteffort/pod" UID2 "/" A, "",
		  UNKNOWN, false, A, UID2 },
		{ "/kubepods.slice/kubepods-pod" UID_ ".slice/cri-containerd-" C
		  ".scope/kubepods.slice/kubepods-pod" UID2_ ".slice/crio-" A ".scope",
		  "", CRIO, true, A, UID2 },
		/* a pod below a container does not change who the container is */
		{ "/docker/" A, "/kubepods/pod" UID, DOCKER, false, A, "" },
	};

	check_rows(rows, ARRAY_SIZE(rows));
}

/*
 * runc with the cgroupfs driver takes the path that was meant for the systemd driver literally
 * ("SLICE:PREFIX:ID"): a mismatch that nodes run with for years.
 */
static void systemd_path_taken_literally(void **state)
{
	static const struct row rows[] = {
		{ "/kubepods-burstable-pod" UID_ ".slice:cri-containerd:" A, "", CONTAINERD, false,
		  A, UID },
		{ "/system.slice/containerd.service/kubepods-besteffort-pod" UID_
		  ".slice:cri-containerd:" A,
		  "", CONTAINERD, false, A, UID },
		{ "/system.slice/crio.service/kubepods-pod" UID_ ".slice:crio:" A, "", CRIO, false,
		  A, UID },
		{ "/system.slice:docker:" A, "", DOCKER, false, A, "" },
	};

	check_rows(rows, ARRAY_SIZE(rows));
}

/* "-pod" may also be in what stands before "kubepods". */
static void cgroup_root_with_pod_in_its_name(void **state)
{
	static const struct row rows[] = {
		{ "/prod-pods.slice/prod-pods-kubepods.slice/prod-pods-kubepods-pod" UID_
		  ".slice/cri-containerd-" A ".scope",
		  "", CONTAINERD, true, A, UID },
	};

	check_rows(rows, ARRAY_SIZE(rows));
}

static void no_container(void **state)
{
	static const char *const rows[] = {
		"",
		"/",
		"//",
		"/init.scope",
		"/system.slice/ssh.service",
		"/user.slice/user-1000.slice/session-3.scope",
		"/docker",
		"/docker/",
		"/docker/buildkit/aisxhq1y5mrbv8gnw2k6wqfu6",
		"/system.slice/docker.service",
		"/system.slice/containerd.service",
		"/kubepods.slice",
		"/kubepods/burstable/pod" UID,
		"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" UID_ ".slice",
		"/machine.slice/machine-libpod_pod_" C ".slice",
		"/lxc",
		"/lxc.monitor.web",
		"/lxc.pivot",
		"/lxc.payload.",
		"/web", /* bare runc or crun: no sign of it in the path */
		/* monitors beside a container */
		"/machine.slice/libpod-conmon-" A ".scope",
		"/kubepods.slice/kubepods-pod" UID_ ".slice/crio-conmon-" A ".scope",
		"/kubepods/burstable/pod" UID "/crio-conmon-" A,
		/* nearly */
		"/system.slice/docker-.scope",
		"/system.slice/docker-" A ".scopeX",
		"/system.slice/docker-" A,
		"/system.slice/Docker-" A ".scope",
		"/docker/3f4e1c2b5a69788796a5b4c3d2e1f0000f1e2d3c4b5a69788796a5b4c3d2e1f",
		"/docker/" A "0",
		"/docker/" B, /* 64, not all of them hexadecimal */
		"/system.slice/runc-.scope",
		"/system.slice/runc-a b.scope",
		"/system.slice/runc-\033[2J.scope",
		"/system.slice/crun-\xc2\x9b.scope",
		"/lxc/a\nb",
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct cgroup_name name;

		check(rows[i], !cgroup_name_parse(rows[i], &name));
	}
}

/* What is no UID of a pod leaves the container without one. */
static void pods_that_are_none(void **state)
{
	static const char *const parents[] = {
		"pod",
		"pod-",
		"podman",
		"pod"
		"a1b2c3d4-e5f6-4789-90ab-cdef0123456z",
		"pod"
		"../../../../etc/passwd-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		"pod"
		"a1b2c3d4-e5f6-4789-90ab",
		"pod" UID UID,
		"kubepods-pod"
		"a1b2c3d4.slice",
		"burstable-pod" UID_ ".slice",
		"kubepods-" UID_ ".slice",
	};

	for (size_t i = 0; i < ARRAY_SIZE(parents); i++) {
		cleanup_free char *path = str_format("/%s/docker-" A ".scope", parents[i]);
		struct cgroup_name name;

		check(path, cgroup_name_parse(path, &name));
		check_text(path, name.pod_uid, "");
	}
}

static void slashes(void **state)
{
	struct cgroup_name name;

	assert_true(cgroup_name_parse("//docker//" A "//x/", &name));
	assert_string_equal(name.id, A);
	assert_int_equal(name.path_len, strlen("//docker//" A));
	assert_true(cgroup_name_parse("docker/" A, &name)); /* as a namespace shows it */
	assert_int_equal(name.path_len, strlen("docker/" A));
}

/* An id is a component of file names later on: no longer than its field, nothing cut off. */
static void long_components(void **state)
{
	char path[8192];
	struct cgroup_name name;

	for (size_t len = 120; len < 135; len++) {
		snprintf(path, sizeof(path), "/lxc/%0*d", (int)len, 0);
		assert_int_equal(cgroup_name_parse(path, &name), len < sizeof(name.id));
		if (len < sizeof(name.id))
			assert_int_equal(strlen(name.id), len);
	}
	memset(path, 'a', sizeof(path) - 1);
	path[0] = '/';
	path[4095] = '/';
	path[sizeof(path) - 1] = '\0';
	assert_false(cgroup_name_parse(path, &name));
	for (size_t i = 0; i + 2 < sizeof(path); i += 2)
		memcpy(path + i, "/x", 2);
	assert_false(cgroup_name_parse(path, &name));
}

/* A container may create groups below its own: ".." must not become the name of a directory. */
static void ids_do_not_climb(void **state)
{
	static const char *const rows[] = { "/system.slice/runc-..scope",
					    "/system.slice/runc-...scope", "/lxc/..",
					    "/lxc.payload/.", "/lxc.payload..." };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct cgroup_name name;

		if (cgroup_name_parse(rows[i], &name)) {
			check(rows[i], !str_eq(name.id, ".") && !str_eq(name.id, ".."));
			check(rows[i], !strchr(name.id, '/'));
		}
	}
}

static void a_miss_leaves_the_result_alone(void **state)
{
	struct cgroup_name name = { .engine = CGROUP_ENGINE_LXC, .id = "before" };

	assert_false(cgroup_name_parse("/system.slice/ssh.service", &name));
	assert_string_equal(name.id, "before");
	assert_int_equal(name.engine, CGROUP_ENGINE_LXC);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_engines),
		cmocka_unit_test(kubernetes),
		cmocka_unit_test(nested),
		cmocka_unit_test(systemd_path_taken_literally),
		cmocka_unit_test(cgroup_root_with_pod_in_its_name),
		cmocka_unit_test(no_container),
		cmocka_unit_test(pods_that_are_none),
		cmocka_unit_test(slashes),
		cmocka_unit_test(long_components),
		cmocka_unit_test(ids_do_not_climb),
		cmocka_unit_test(a_miss_leaves_the_result_alone),
	};

	return unit_run(tests);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Hosts as directories: what host/ reads of files, processes and links, good ones and hostile ones. */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/str.h"
#include "inspect/host/flags.h"
#include "inspect/host/host.h"
#include "inspect/host/sshd.h"
#include "unit.h"

/* A root, and what was found in it. */
struct host {
	char *root;
	struct inspection *in;
	const struct report *report;
};

static const char *below(const struct host *h, const char *path)
{
	static char out[4][4096];
	static unsigned turn;
	char *s = out[turn++ % 4];

	snprintf(s, sizeof(out[0]), "%s%s", h->root, path);
	return s;
}

static void put_bytes(const struct host *h, const char *path, const void *data, size_t len,
		      mode_t mode)
{
	char directory[4096];

	snprintf(directory, sizeof(directory), "%s", below(h, path));
	*strrchr(directory, '/') = '\0';
	assert_int_equal(fs_mkdirs(directory, 0755, NULL), 0);
	unit_file_write(below(h, path), data, len);
	assert_int_equal(chmod(below(h, path), mode), 0);
}

static void put(const struct host *h, const char *path, const char *text)
{
	put_bytes(h, path, text, strlen(text), 0644);
}

static void put_link(const struct host *h, const char *path, const char *to)
{
	put(h, path, "");
	assert_int_equal(unlink(below(h, path)), 0);
	assert_int_equal(symlink(to, below(h, path)), 0);
}

/* Arguments parted by blanks. */
static void put_process(const struct host *h, unsigned pid, const char *comm, const char *line)
{
	char path[64], text[1024];

	snprintf(path, sizeof(path), "/proc/%u/comm", pid);
	snprintf(text, sizeof(text), "%s\n", comm);
	put(h, path, text);
	snprintf(path, sizeof(path), "/proc/%u/cmdline", pid);
	snprintf(text, sizeof(text), "%s", line);
	for (char *s = text; *s; s++)
		*s = *s == ' ' ? '\0' : *s;
	put_bytes(h, path, text, strlen(line) + 1, 0644);
}

static struct host host_new(void)
{
	return (struct host){ .root = unit_dir() };
}

static void host_look(struct host *h)
{
	struct inspect_options o = { .version = KUBERNETES_MINOR_MAX,
				     .all = true,
				     .keep_passed = true,
				     .today = "2026-11-22" };
	struct error err = ERROR_INIT;

	assert_int_equal(inspection_new(&h->in, &o, &err), 0);
	assert_int_equal(host_inspect(h->in, h->root, true, &err), 0);
	h->report = inspection_finish(h->in);
}

static void host_free(struct host *h)
{
	inspection_free(h->in);
	unit_dir_remove(h->root);
}

static const struct finding *finding_of(const struct host *h, const char *id)
{
	vec_foreach(f, &h->report->findings)
		if (str_eq(f->check->id, id))
			return f;
	return NULL;
}

static void fails(const struct host *h, const char *id, const char *file, unsigned line,
		  const char *value)
{
	const struct finding *f = finding_of(h, id);

	check(id, f && f->outcome != OUTCOME_PASS);
	check_text(id, finding_file(h->report, f) + strlen(h->root), file);
	check_number(id, f->line, line);
	check_text(id, f->value, value);
}

static void passes(const struct host *h, const char *id)
{
	const struct finding *f = finding_of(h, id);

	check(id, f && f->outcome == OUTCOME_PASS);
}

static void is_not_asked(const struct host *h, const char *id)
{
	check(id, !finding_of(h, id));
}

/* --- tests --------------------------------------------------------------------------------------- */

static void nothing(void **state)
{
	struct host h = host_new();

	host_look(&h);
	assert_int_equal(h.report->problems.errors, 0);
	assert_int_equal(h.report->objects.len, 1);
	assert_string_equal(h.report->objects.items[0].kind, "Host");
	assert_int_equal(h.report->counts[OUTCOME_FAIL] + h.report->counts[OUTCOME_WARN], 0);
	host_free(&h);
}

#define CONFIG "/var/lib/kubelet/config.yaml"

static void kubelet(void **state)
{
	struct host h = host_new();

	put(&h, CONFIG,
	    "kind: KubeletConfiguration\n"
	    "authentication:\n  anonymous:\n    enabled: true\n  x509:\n    clientCAFile: /etc/ca.crt\n"
	    "authorization:\n  mode: AlwaysAllow\n"
	    "readOnlyPort: 10255\n");
	put_bytes(&h, "/etc/ca.crt", "x", 1, 0666);
	put(&h, "/etc/kubelet.d/10.conf",
	    "kind: KubeletConfiguration\nauthorization:\n  mode: Webhook\n");
	put_process(&h, 100, "kubelet",
		    "/usr/bin/kubelet --config=" CONFIG
		    " --config-dir=/etc/kubelet.d --read-only-port 0 --pod-max-pids=-1");
	host_look(&h);
	assert_int_equal(h.report->problems.errors, 0);
	fails(&h, "MRL-1101", CONFIG, 4, "true");
	passes(&h, "MRL-1102"); /* another file is merged over it */
	passes(&h, "MRL-1104"); /* a flag outdoes the file */
	fails(&h, "MRL-1114", "/proc/100/cmdline", 1, "-1");
	fails(&h, "MRL-1527", "/etc/ca.crt", 1, "0666 /etc/ca.crt");
	host_free(&h);
}

/* Without a file the defaults are those of old, and that is what is said. */
static void kubelet_without_file(void **state)
{
	struct host h = host_new();

	put_process(&h, 100, "kubelet", "kubelet --kubeconfig=/etc/kubernetes/kubelet.conf");
	host_look(&h);
	fails(&h, "MRL-1101", "/proc/100/cmdline", 1, "not set, which is true");
	fails(&h, "MRL-1102", "/proc/100/cmdline", 1, "not set, which is AlwaysAllow");
	fails(&h, "MRL-1104", "/proc/100/cmdline", 1, "not set, which is 10255");
	host_free(&h);
}

#define MANIFEST "/etc/kubernetes/manifests/kube-apiserver.yaml"
#define POD                                                                                           \
	"apiVersion: v1\nkind: Pod\nmetadata: {name: kube-apiserver}\nspec:\n  containers:\n"         \
	"  - name: kube-apiserver\n    image: registry.k8s.io/kube-apiserver:v1.19.3\n    command:\n" \
	"    - kube-apiserver\n    - --anonymous-auth=true\n    - --authorization-mode\n"             \
	"    - Node,RBAC\n    - --encryption-provider-config=/etc/kubernetes/enc.yaml\n"

static void control_plane(void **state)
{
	struct host h = host_new();

	put_bytes(&h, MANIFEST, POD, strlen(POD), 0600);
	put(&h, "/etc/kubernetes/enc.yaml",
	    "kind: EncryptionConfiguration\nresources:\n- resources: [secrets]\n  providers:\n  - identity: {}\n");
	put(&h, "/etc/kubernetes/pki/ca.key", "x");
	host_look(&h);
	assert_int_equal(h.report->problems.errors, 0);
	fails(&h, "MRL-1201", MANIFEST, 10, "true");
	passes(&h, "MRL-1206");
	fails(&h, "MRL-1228", "/etc/kubernetes/enc.yaml", 5, "identity");
	fails(&h, "MRL-1231", MANIFEST, 6, "not set, which is 8080"); /* of 1.19 */
	passes(&h, "MRL-1501");
	fails(&h, "MRL-1511", "/etc/kubernetes/pki/ca.key", 1, "0644 /etc/kubernetes/pki/ca.key");
	host_free(&h);
}

/* What runs counts, not what the manifest says now; where both say the same, the manifest is the place. */
static void control_plane_runs(void **state)
{
	struct host h = host_new();

	put(&h, MANIFEST, POD);
	put_process(&h, 7, "kube-apiserver",
		    "kube-apiserver --anonymous-auth=true --authorization-mode=AlwaysAllow");
	host_look(&h);
	fails(&h, "MRL-1201", MANIFEST, 10, "true");
	fails(&h, "MRL-1206", "/proc/7/cmdline", 1, "AlwaysAllow");
	host_free(&h);
}

static void docker(void **state)
{
	struct host h = host_new();

	put(&h, "/etc/docker/daemon.json",
	    "{\n  \"icc\": true,\n  \"hosts\": [\"tcp://0.0.0.0:2375\", \"unix:///run/d.sock\"]\n}\n");
	put_bytes(&h, "/run/d.sock", "", 0, 0666);
	put_process(&h, 5, "dockerd", "/usr/bin/dockerd -H fd:// -l debug --no-new-privileges");
	put(&h, "/etc/docker/certs.d/r/ca.crt", "x");
	host_look(&h);
	fails(&h, "MRL-1001", "/etc/docker/daemon.json", 3, "tcp://0.0.0.0:2375");
	fails(&h, "MRL-1002", "/etc/docker/daemon.json", 2, "true");
	passes(&h, "MRL-1005");
	fails(&h, "MRL-1010", "/proc/5/cmdline", 1, "debug");
	passes(&h, "MRL-1545");
	fails(&h, "MRL-1549", "/run/d.sock", 1, "0666 /run/d.sock");
	host_free(&h);
}

static void containerd(void **state)
{
	struct host h = host_new();

	put(&h, "/etc/containerd/config.toml",
	    "version = 2\nimports = [\"/etc/containerd/conf.d/*.toml\"]\n"
	    "[plugins.\"io.containerd.grpc.v1.cri\"]\n  stream_server_address = \"0.0.0.0\"\n"
	    "[plugins.\"io.containerd.grpc.v1.cri\".registry.configs.\"r\".tls]\n  insecure_skip_verify = true\n");
	put(&h, "/etc/containerd/conf.d/a.toml",
	    "[plugins.\"io.containerd.grpc.v1.cri\"]\ndisable_apparmor = true\n");
	host_look(&h);
	assert_int_equal(h.report->problems.errors, 0);
	fails(&h, "MRL-1041", "/etc/containerd/config.toml", 6, "true");
	fails(&h, "MRL-1043", "/etc/containerd/config.toml", 4, "0.0.0.0");
	fails(&h, "MRL-1045", "/etc/containerd/conf.d/a.toml", 2, "true");
	host_free(&h);
}

/* containerd 2: what was one plugin is several. */
static void containerd_new(void **state)
{
	struct host h = host_new();

	put(&h, "/etc/containerd/config.toml",
	    "version = 3\n[plugins.'io.containerd.cri.v1.runtime']\ndisable_apparmor = true\n"
	    "[plugins.'io.containerd.cri.v1.images'.registry.configs.r.auth]\npassword = 'correct-horse'\n");
	host_look(&h);
	fails(&h, "MRL-1045", "/etc/containerd/config.toml", 3, "true");
	fails(&h, "MRL-1042", "/etc/containerd/config.toml", 5, "set");
	host_free(&h);
}

static void node(void **state)
{
	struct host h = host_new();

	put(&h, "/proc/sys/kernel/kptr_restrict", "0\n");
	put(&h, "/proc/sys/kernel/dmesg_restrict", "1\n");
	put(&h, "/etc/ssh/sshd_config",
	    "# PermitRootLogin yes\nInclude /etc/ssh/sshd_config.d/*.conf\npermitrootlogin=no\n"
	    "PasswordAuthentication \"no\"\nMatch User x\nPermitEmptyPasswords yes\n");
	put(&h, "/etc/ssh/sshd_config.d/50.conf", "PermitRootLogin yes\n");
	put(&h, "/proc/1/mounts", "/dev/sda / ext4 rw 0 0\ntmpfs /tmp tmpfs rw,nodev 0 0\n");
	put(&h, "/etc/group", "root:x:0:\ndocker:x:998:alice,bob\n");
	put(&h, "/etc/docker/daemon.json", "{}");
	put(&h, "/etc/audit/rules.d/d.rules", "## -w /etc/docker\n-w /etc/default -p wa\n");
	host_look(&h);
	assert_int_equal(h.report->problems.errors, 0);
	fails(&h, "MRL-1403", "/proc/sys/kernel/kptr_restrict", 1, "0");
	passes(&h, "MRL-1404");
	fails(&h, "MRL-1421", "/etc/ssh/sshd_config.d/50.conf", 1, "yes");
	passes(&h, "MRL-1422");
	passes(&h, "MRL-1423"); /* for one user only */
	fails(&h, "MRL-1432", "/proc/1/mounts", 2, "rw,nodev");
	fails(&h, "MRL-1441", "/etc/docker", 1, "/etc/docker");
	fails(&h, "MRL-1452", "/etc/group", 2, "[alice, bob]");
	host_free(&h);
}

/* Links lead nowhere but into the root. */
static void links(void **state)
{
	struct host h = host_new(), outside = host_new();

	put(&outside, "/daemon.json", "{\"icc\": true, \"log-level\": \"debug\"}");
	put_link(&h, "/etc/docker/daemon.json", below(&outside, "/daemon.json"));
	put_link(&h, "/etc/containerd/config.toml", "../../../../../../etc/real.toml");
	put(&h, "/etc/real.toml", "[debug]\nlevel = 'trace'\n");
	put(&h, "/run/docker.sock", "");
	host_look(&h);
	passes(&h, "MRL-1010");
	fails(&h, "MRL-1048", "/etc/containerd/config.toml", 2, "trace");
	host_free(&h);
	host_free(&outside);
}

/* A process in a container may call itself what it likes. */
static void impostor(void **state)
{
	struct host h = host_new();

	put_link(&h, "/proc/1/ns/mnt", "mnt:[1]");
	put_process(&h, 66, "kubelet", "/kubelet --anonymous-auth=true");
	put_link(&h, "/proc/66/ns/mnt", "mnt:[2]");
	put_process(&h, 67, "kubelet", "kubelet --anonymous-auth=true");
	put_link(&h, "/proc/67/exe", "/bin/sleep");
	host_look(&h);
	is_not_asked(&h, "MRL-1101");
	host_free(&h);
}

/* Broken, huge, no files at all: said, and the rest is inspected all the same. */
static void hostile(void **state)
{
	struct host h = host_new();
	char *huge = calloc(1, 5 << 20);

	assert_non_null(huge);
	memset(huge, '#', 5 << 20);
	put(&h, "/etc/docker/daemon.json", "{\"icc\": tru");
	put_bytes(&h, "/etc/containerd/config.toml", huge, 5 << 20, 0644);
	put(&h, "/etc/crio/crio.conf", "[crio\n");
	put(&h, "/etc/containers/policy.json", "");
	assert_int_equal(unlink(below(&h, "/etc/containers/policy.json")), 0);
	assert_int_equal(mkfifo(below(&h, "/etc/containers/policy.json"), 0644), 0);
	put(&h, CONFIG,
	    "authentication: [1, 2]\nreadOnlyPort: {a: 1}\nauthorization: Webhook\npodPidsLimit: many\n");
	put(&h, MANIFEST,
	    "kind: Pod\nspec: {containers: [{command: {a: 1}, args: [[1], kube-apiserver]}, 7]}\n");
	put(&h, "/etc/ssh/sshd_config", "Include /etc/ssh/sshd_config\n\"\n=\nMatch");
	put(&h, "/etc/group", "docker:");
	put(&h, "/proc/99999999999999/comm", "kubelet\n");
	put(&h, "/etc/systemd/system/containerd.service",
	    "ExecStart=\"\\\nExecStart=$\n=\nExecStart=${\\");
	put(&h, "/etc/systemd/system/crio.service", "Environment==\nExecStart=${ } $ ${}");
	host_look(&h);
	assert_true(h.report->problems.errors >= 3);
	vec_foreach(d, &h.report->problems.items)
		check(d->text, d->place.file && str_starts(d->place.file, h.root));
	check("kubelet", finding_of(&h, "MRL-1104") && finding_of(&h, "MRL-1114"));
	vec_foreach(f, &h.report->findings)
		check(f->check->id, unit_is_printable(f->path) && unit_is_printable(f->value) &&
					    finding_file(h.report, f) && f->line > 0);
	free(huge);
	host_free(&h);
}

/* Nothing runs in an image: what systemd would start is what counts. */
static void units(void **state)
{
	struct host h = host_new();

	put(&h, "/usr/lib/systemd/system/kubelet.service",
	    "[Service]\nExecStart=/usr/bin/kubelet --read-only-port=10255\n");
	put(&h, "/etc/systemd/system/kubelet.service.d/10.conf",
	    "[Service]\nEnvironment=\"A=--config=" CONFIG " --pod-max-pids=7\" B=x\n"
	    "EnvironmentFile=-/etc/default/kubelet\nEnvironmentFile=-/etc/none\nExecStart=\n"
	    "ExecStart=/usr/bin/kubelet $A \\\n  ${EXTRA} $NONE --anonymous-auth=true\n");
	put(&h, "/etc/default/kubelet",
	    "# EXTRA=no\nEXTRA=\"--authorization-mode=AlwaysAllow --x\"\n");
	put(&h, CONFIG, "kind: KubeletConfiguration\nreadOnlyPort: 1\n");
	put(&h, "/usr/lib/systemd/system/docker.service",
	    "ExecStart=/usr/bin/dockerd -H fd:// -H 'tcp://0.0.0.0:2375'\n");
	host_look(&h);
	assert_int_equal(h.report->problems.errors, 0);
	fails(&h, "MRL-1101", "/etc/systemd/system/kubelet.service.d/10.conf", 6, "true");
	fails(&h, "MRL-1102", "/etc/systemd/system/kubelet.service.d/10.conf", 6, "AlwaysAllow");
	fails(&h, "MRL-1104", CONFIG, 2, "1"); /* the first ExecStart is no more */
	passes(&h, "MRL-1114");
	fails(&h, "MRL-1001", "/usr/lib/systemd/system/docker.service", 1, "tcp://0.0.0.0:2375");
	host_free(&h);
}

/* A disk's containers: where its Docker says that they are, those of user namespaces, and those of people. */
static void stored_containers(void **state)
{
	static const char *const there[] = { "/data/docker/containers/a1",
					     "/data/docker/231072.231072/containers/b2",
					     "/home/ann/.local/share/docker/containers/c3" };
	struct host h = host_new();
	char path[256], config[256];
	size_t found = 0;

	put(&h, "/etc/docker/daemon.json", "{\"data-root\": \"/data/docker\"}");
	for (size_t i = 0; i < ARRAY_SIZE(there); i++) {
		snprintf(path, sizeof(path), "%s/config.v2.json", there[i]);
		snprintf(config, sizeof(config),
			 "{\"Name\": \"/web%zu\", \"Config\": {\"Image\": \"i:1\"}}", i);
		put(&h, path, config);
		snprintf(path, sizeof(path), "%s/hostconfig.json", there[i]);
		put(&h, path, "{\"Privileged\": true}");
	}
	put(&h, "/var/lib/docker/containers/d4/config.v2.json",
	    config); /* not where this one keeps them */
	put(&h, "/data/docker/containers/e5/config.v2.json", config); /* half of it */
	put_link(&h, "/data/docker/containers/f6/config.v2.json", "/etc/passwd");
	host_look(&h);
	vec_foreach(f, &h.report->findings) {
		if (!str_eq(f->check->id, "MRL-101") || f->outcome != OUTCOME_FAIL)
			continue;
		snprintf(path, sizeof(path), "%s/hostconfig.json",
			 there[found % ARRAY_SIZE(there)]);
		check_text("where", finding_file(h.report, f), below(&h, path));
		found++;
	}
	check_number("containers", found, 3);
	check_number("half of one", h.report->problems.errors, 1);
	host_free(&h);
}

/* Without daemon.json, where it always was. */
static void stored_by_default(void **state)
{
	struct host h = host_new();

	put(&h, "/var/lib/docker/containers/a1/config.v2.json",
	    "{\"Name\": \"/web\", \"Config\": {\"Image\": \"i:1\", \"Env\": [\"PASSWORD=hunter2hunter2\"]}}");
	put(&h, "/var/lib/docker/containers/a1/hostconfig.json", "{\"Privileged\": true}");
	host_look(&h);
	fails(&h, "MRL-101", "/var/lib/docker/containers/a1/hostconfig.json", 1, "true");
	vec_foreach(f, &h.report->findings)
		check(f->check->id, !strstr(f->value, "hunter2"));
	host_free(&h);
}

static void flags(void **state)
{
	static const char line[] =
		"prog\0--a=1\0--b\0x\0-c\0--d\0-H\0one\0--host=two\0--\0-\0rest\0--e";
	static const struct flag_letter letters[] = { { 'H', "host" }, { 0, NULL } };
	struct arena a = ARENA_INIT(1 << 20);
	struct yaml_node *map = flags_of_cmdline(&a, yaml_make_file(&a, "f"),
						 text_from(line, sizeof(line)), letters);
	json_t *v = yaml_json(map);
	char *text = json_dumps(v, JSON_COMPACT);

	assert_string_equal(
		text,
		"{\"a\":1,\"b\":\"x\",\"c\":true,\"d\":true,\"host\":[\"one\",\"two\"],\"e\":true}");
	assert_int_equal(yaml_get(map, "a")->column, 2);
	free(text);
	json_decref(v);
	arena_deinit(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing),
		cmocka_unit_test(kubelet),
		cmocka_unit_test(kubelet_without_file),
		cmocka_unit_test(control_plane),
		cmocka_unit_test(control_plane_runs),
		cmocka_unit_test(docker),
		cmocka_unit_test(containerd),
		cmocka_unit_test(containerd_new),
		cmocka_unit_test(node),
		cmocka_unit_test(links),
		cmocka_unit_test(impostor),
		cmocka_unit_test(hostile),
		cmocka_unit_test(units),
		cmocka_unit_test(stored_containers),
		cmocka_unit_test(stored_by_default),
		cmocka_unit_test(flags),
	};

	return unit_run(tests);
}

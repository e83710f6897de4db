/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <linux/magic.h>
#include <stdarg.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/str.h"
#include "cli/commands.h"
#include "cli/print_json.h"
#include "identity/cgroup.h"
#include "identity/engine.h"
#include "sensor/probe.h"

static const struct option_def options[] = {
	{ "json", 0, NULL, "print JSON", false, COMPLETE_NONE, NULL },
};

enum state { STATE_OK, STATE_LESS, STATE_MISSING, STATE_INFO };
static const char *const state_names[] = { "ok", "less", "missing", "info" };
static const char *const state_marks[] = { "ok  ", "less", "MISS", "    " };

/* What was found; printed in the end, for people or as JSON. */
struct report {
	json_t *items;
};

static void add(struct report *r, const char *group, const char *name, enum state state,
		const char *cost, const char *remedy, const char *fmt, ...)
	__attribute__((format(printf, 7, 8)));

static void add(struct report *r, const char *group, const char *name, enum state state,
		const char *cost, const char *remedy, const char *fmt, ...)
{
	json_t *o = json_object();
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	json_object_set_new(o, "group", json_string(group));
	json_object_set_new(o, "name", json_string(name));
	json_object_set_new(o, "state", json_string(state_names[state]));
	json_object_set_new(o, "value", json_string(text));
	json_set_string(o, "cost", state == STATE_OK || state == STATE_INFO ? NULL : cost);
	json_set_string(o, "remedy", state == STATE_OK || state == STATE_INFO ? NULL : remedy);
	json_array_append_new(r->items, o);
}

/* --- kernel ------------------------------------------------------------------------------------- */

static const struct {
	enum probe_feature feature;
	enum state without;
	const char *cost, *remedy;
} features[] = {
	{ PROBE_BTF, STATE_MISSING, "nothing works: programs can't be fitted to this kernel",
	  "a kernel with CONFIG_DEBUG_INFO_BTF=y (distributions' kernels since about 5.8)" },
	{ PROBE_TP_BTF, STATE_MISSING, "nothing works: there is nothing to attach to",
	  "run as root, or with CAP_BPF, CAP_PERFMON and CAP_SYS_ADMIN; kernel 5.10 or later" },
	{ PROBE_RINGBUF, STATE_MISSING, "nothing works: the kernel can't tell us anything",
	  "kernel 5.8 or later" },
	{ PROBE_LSM, STATE_LESS,
	  "attacks are denied by fmod_ret instead, or, without that too, "
	  "stopped by signal after the call",
	  "add bpf to the kernel's lsm= parameter (see /sys/kernel/security/lsm for the others)" },
	{ PROBE_FMOD_RET, STATE_LESS,
	  "without BPF LSM as well, attacks are stopped by signal after "
	  "the call",
	  "a kernel with BPF trampolines and error injection (CONFIG_FUNCTION_ERROR_INJECTION)" },
	{ PROBE_FENTRY, STATE_LESS,
	  "files are learned at sys_exit: those opened by the kernel "
	  "itself or by io_uring are not seen",
	  "a kernel with BPF trampolines (x86-64, arm64 since 6.0) that lets them attach" },
	{ PROBE_KPROBE, STATE_LESS,
	  "no fall-back where fentry is missing; the guard knows files that are removed, renamed and the like "
	  "by name only, and of io_uring that a ring is made, not what is opened and connected through it",
	  "CONFIG_KPROBE_EVENTS=y" },
	{ PROBE_CAP_TRACEPOINT, STATE_LESS,
	  "without fentry and kprobes, capabilities can't be learned",
	  "kernel 6.14 or later, or one with fentry or kprobes" },
	{ PROBE_CGROUP_CONNECT, STATE_LESS, "outgoing connections can't be denied inline",
	  "CONFIG_CGROUP_BPF=y and a mounted cgroup v2 hierarchy" },
};

static const char *const rung_texts[] = {
	['A' - 'A'] = "A: BPF LSM: observe and deny inline",
	['B' - 'A'] = "B: BPF trampolines: observe and deny inline, without lsm=bpf",
	['C' - 'A'] = "C: kprobes: observe, stop by signal",
	['D' - 'A'] = "D: tracepoints and cgroup programs: observe, stop by signal, deny network "
		      "inline",
};

/* Which way each decision point is watched on this kernel. */
static void hooks_report(struct report *r, const struct probe *p)
{
	bool fentry = p->feature[PROBE_FENTRY].ok, kprobe = p->feature[PROBE_KPROBE].ok;
	bool tracepoint = p->feature[PROBE_CAP_TRACEPOINT].ok;

	add(r, "hooks", "processes, control groups", STATE_OK, NULL, NULL,
	    "tp_btf sched_process_*, cgroup_*");
	add(r, "hooks", "system calls", STATE_OK, NULL, NULL,
	    "tp_btf sys_enter, sys_exit (while recording only)");
	add(r, "hooks", "files", fentry ? STATE_OK : STATE_LESS,
	    "files that no system call opened are not seen (io_uring, the program loader)",
	    "see fentry and kprobe above", "%s",
	    fentry ? "fentry security_file_open" :
	    kprobe ? "kprobe security_file_open" :
		     "tp_btf sys_exit");
	add(r, "hooks", "capabilities",
	    fentry || kprobe ? STATE_OK :
	    tracepoint	     ? STATE_LESS :
			       STATE_MISSING,
	    tracepoint ? "unaudited checks are told apart by the kernel's call chain" :
			 "capabilities can't be learned",
	    "see fentry and kprobe above", "%s",
	    fentry     ? "fexit cap_capable" :
	    kprobe     ? "kretprobe cap_capable" :
	    tracepoint ? "tp_btf cap_capable" :
			 "none");
}

static void kernel_report(struct report *r)
{
	struct probe probe;
	struct utsname uts;
	char rung;

	uname(&uts);
	add(r, "kernel", "release", STATE_INFO, NULL, NULL, "%s %s", uts.release, uts.machine);
	probe_run(&probe);
	for (size_t i = 0; i < ARRAY_SIZE(features); i++) {
		enum probe_feature f = features[i].feature;

		add(r, "kernel", probe_feature_names[f],
		    probe.feature[f].ok ? STATE_OK : features[i].without, features[i].cost,
		    features[i].remedy, "%s",
		    probe.feature[f].ok ? "works" : probe.feature[f].reason);
	}
	rung = probe_rung(&probe);
	add(r, "kernel", "rung", rung <= 'B' ? STATE_OK : STATE_LESS,
	    "attacks are reported and stopped, but the first call may have happened",
	    "see lsm and fmod_ret above", "%s", rung_texts[rung - 'A']);
	hooks_report(r, &probe);
}

/* --- confinement -------------------------------------------------------------------------------- */

static void file_report(struct report *r, const char *name, const char *path, const char *without,
			const char *cost, const char *remedy)
{
	char line[512];

	if (fs_read_line(path, line, sizeof(line)) == 0)
		add(r, "confinement", name, STATE_OK, NULL, NULL, "%s", line);
	else
		add(r, "confinement", name, STATE_LESS, cost, remedy, "%s", without);
}

static void confinement_report(struct report *r)
{
	char line[512];

	file_report(r, "lsm", "/sys/kernel/security/lsm", "unknown: securityfs is not mounted",
		    "the list of active security modules can't be read",
		    "mount -t securityfs securityfs /sys/kernel/security");
	file_report(r, "seccomp", "/proc/sys/kernel/seccomp/actions_avail", "not in this kernel",
		    "system calls can't be filtered", "CONFIG_SECCOMP_FILTER=y");
	if (fs_read_line("/sys/module/apparmor/parameters/enabled", line, sizeof(line)) == 0 &&
	    line[0] == 'Y')
		add(r, "confinement", "apparmor", STATE_OK, NULL, NULL, "enabled%s",
		    access("/sbin/apparmor_parser", X_OK) == 0 ? "" : ", no apparmor_parser");
	else
		add(r, "confinement", "apparmor", STATE_LESS, "AppArmor profiles can't be enforced",
		    "boot with apparmor=1 and apparmor in lsm=", "not enabled");
	if (fs_read_line("/sys/fs/selinux/enforce", line, sizeof(line)) == 0)
		add(r, "confinement", "selinux", STATE_OK, NULL, NULL, "%s",
		    line[0] == '1' ? "enforcing" : "permissive");
	else
		add(r, "confinement", "selinux", STATE_LESS, "SELinux policies can't be enforced",
		    "boot with selinux=1 security=selinux", "not enabled");
}

/* --- containers --------------------------------------------------------------------------------- */

static void cgroup_report(struct report *r)
{
	struct error err = ERROR_INIT;
	struct cgroup_layout layout;
	bool systemd = fs_is_dir("/run/systemd/system");

	if (cgroup_layout_detect(&layout, &err)) {
		add(r, "containers", "cgroups", STATE_MISSING, "containers can't be told apart",
		    "mount -t cgroup2 cgroup2 /sys/fs/cgroup", "%s", err.text);
		return;
	}
	add(r, "containers", "cgroups", STATE_OK, NULL, NULL, "%s, followed at %s%s%s",
	    cgroup_mode_names[layout.mode], layout.mount, *layout.controller ? ", controller " : "",
	    layout.controller);
	add(r, "containers", "cgroup driver", STATE_INFO, NULL, NULL, "%s",
	    systemd ? "systemd runs here: engines use the systemd driver unless told otherwise" :
		      "no systemd: cgroupfs");
}

static void engines_report(struct report *r)
{
	size_t runtimes = 0;

	for (size_t i = 0; i < engine_def_count; i++) {
		char path[256], version[64];

		if (!engine_find(engine_defs[i].name, path, sizeof(path)))
			continue;
		runtimes += engine_defs[i].runtime;
		engine_version(path, version, sizeof(version));
		add(r, "containers", engine_defs[i].name, STATE_OK, NULL, NULL, "%s%s%s", path,
		    *version ? ", version " : "", version);
	}
	if (!runtimes)
		add(r, "containers", "runtime", STATE_LESS,
		    "there is nothing to run containers with",
		    "apt install runc (or crun, podman, containerd)", "none found");
}

static bool is_fs(const char *path, long magic)
{
	struct statfs fs;

	return statfs(path, &fs) == 0 && (long)fs.f_type == magic;
}

static void self_report(struct report *r)
{
	if (geteuid() == 0)
		add(r, "merlon", "privilege", STATE_OK, NULL, NULL, "root");
	else
		add(r, "merlon", "privilege", STATE_LESS,
		    "what is said above about the kernel is what an ordinary user may do",
		    "run merlon doctor as root", "uid %u", geteuid());
	if (is_fs("/sys/fs/bpf", BPF_FS_MAGIC))
		add(r, "merlon", "bpf file system", STATE_OK, NULL, NULL, "/sys/fs/bpf");
	else
		add(r, "merlon", "bpf file system", STATE_INFO, NULL, NULL,
		    "not mounted on /sys/fs/bpf: recordings are pinned on one of our own, "
		    "/run/merlon/bpf");
}

/* --- printing ----------------------------------------------------------------------------------- */

static const char *member(const json_t *o, const char *name)
{
	return json_string_value(json_object_get(o, name));
}

static void print_text(const struct report *r)
{
	const char *group = "";
	const json_t *o;
	size_t i;

	json_array_foreach (r->items, i, o) {
		const char *state = member(o, "state");
		size_t s = 0;
		char value[512];

		while (!str_eq(state_names[s], state))
			s++;
		if (!str_eq(group, member(o, "group"))) {
			group = member(o, "group");
			printf("%s%c%s\n", i ? "\n" : "", group[0] - 'a' + 'A', group + 1);
		}
		str_printable(value, sizeof(value), member(o, "value"), strlen(member(o, "value")));
		printf("  %s  %-26s %s\n", state_marks[s], member(o, "name"), value);
		if (member(o, "cost"))
			printf("        %-26s costs: %s\n", "", member(o, "cost"));
		if (member(o, "remedy"))
			printf("        %-26s how to get it: %s\n", "", member(o, "remedy"));
	}
}

static int run(const struct arguments *args, struct error *err)
{
	struct report r = { .items = json_array() };
	bool missing = false;
	const json_t *o;
	size_t i;

	(void)err;
	kernel_report(&r);
	confinement_report(&r);
	cgroup_report(&r);
	engines_report(&r);
	self_report(&r);
	json_array_foreach (r.items, i, o)
		missing = missing || str_eq(member(o, "state"), "missing");
	if (arg_flag(args, "json")) {
		print_json(r.items);
	} else {
		print_text(&r);
	}
	json_decref(r.items);
	return missing ? EXIT_NEGATIVE : EXIT_OK;
}

const struct command cmd_doctor = {
	.name = "doctor",
	.summary = "say what this host lets merlon do, and what is missing",
	.description = "Tries every kernel feature that merlon can use, by loading and attaching a "
		       "minimal program of its kind, and lists the host's security modules, control "
		       "groups and container runtimes. For everything that is missing it says what "
		       "that costs and how to get it. Exits with 1 if something is missing without "
		       "which merlon does not work.",
	.options = options,
	.option_count = ARRAY_SIZE(options),
	.run = run,
};

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the kernel's verifier spends on each of our programs. A change that makes it walk a
 * loop anew shows here long before a kernel refuses the program (its limit is a million).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <cmocka.h>

#include "abi/record.h"

#include "abi/event.h"
#include "abi/kept.h"
#include "base/str.h"

#include "guard.skel.h"
#include "recorder.skel.h"
#include "sensor/deny_skel.h"
#include "sensor/probe.h"

/*
 * Instructions walked, per program: the largest of the denying takes 26,000 on 6.18 (deny_stop_sys_exit), and 36,000 on 5.10 (guard_call). What
 * the verifier walks differs between releases of one kernel, too.
 */
enum { BUDGET = 60000 };

/* Newer kernels name each function that a loop calls, each time. */
enum { LOG_SIZE = 1 << 18, PROGRAMS_MAX = 256, SCRATCH_SIZE = 8192, SAID_MAX = 3000 };

/* What the verifier says at the end, of each program that is to be loaded: the kernel remembers it only from 5.16 on. */
static char logs[PROGRAMS_MAX][LOG_SIZE];

static void ask_verifier(struct bpf_object *object)
{
	struct bpf_program *p;
	size_t n = 0;

	bpf_object__for_each_program(p, object)
	{
		if (!bpf_program__autoload(p))
			continue;
		assert_true(n < PROGRAMS_MAX);
		logs[n][0] = '\0';
		bpf_program__set_log_level(p, 4); /* statistics alone */
		assert_int_equal(bpf_program__set_log_buf(p, logs[n++], LOG_SIZE), 0);
	}
}

static unsigned walked(const char *log)
{
	const char *said = strstr(log, "processed ");
	unsigned n = 0;

	return said && sscanf(said, "processed %u insns", &n) == 1 ? n : 0;
}

/* What the verifier walked for each program that was loaded. */
static void check_budget(struct bpf_object *object)
{
	struct bpf_program *p;
	unsigned most = 0;

	bpf_object__for_each_program(p, object)
	{
		size_t size;
		unsigned n = bpf_program__fd(p) < 0 ? 0 : walked(bpf_program__log_buf(p, &size));

		if (bpf_program__fd(p) < 0)
			continue;
		print_message("%-36s %5zu instructions, %6u walked\n", bpf_program__name(p),
			      bpf_program__insn_cnt(p), n);
		assert_true(n);
		most = n > most ? n : most;
	}
	assert_in_range(most, 1, BUDGET);
}

/* Why a program is refused. */
static int say_warnings(enum libbpf_print_level level, const char *format, va_list arguments)
{
	static char text[1 << 20];

	if (level == LIBBPF_WARN) {
		int n = vsnprintf(text, sizeof(text), format, arguments);

		/* The verifier's reason is at the end. */
		n = n < (int)sizeof(text) ? n : (int)sizeof(text) - 1;
		print_message("%s", &text[n > SAID_MAX ? n - SAID_MAX : 0]);
	}
	return 0;
}

static void need_root(void)
{
	if (geteuid() != 0) {
		print_message("BPF programs need root\n");
		skip();
	}
	libbpf_set_print(NULL);
}

static void recorder_stays_within_budget(void **state)
{
	struct recorder_bpf *skel;
	struct abi_settings *settings;
	struct bpf_program *p;

	(void)state;
	need_root();
	skel = recorder_bpf__open();
	assert_non_null(skel);
	settings = (struct abi_settings *)&skel->rodata->settings;
	settings->subsystem = -1;
	bpf_object__for_each_program(p, skel->obj)
	{
		const char *name = bpf_program__name(p);

		/* Those that every kernel loads. */
		bpf_program__set_autoload(p, !str_ends(name, "_fentry") &&
						     !str_ends(name, "_fexit") &&
						     !str_ends(name, "_kprobe") &&
						     !str_ends(name, "_kretprobe") &&
						     !str_ends(name, "_tracepoint"));
	}
	bpf_map__set_max_entries(skel->maps.numbers, 1);
	bpf_map__set_max_entries(skel->maps.ticks, 1);
	libbpf_set_print(say_warnings); /* which probing has changed */
	ask_verifier(skel->obj);
	assert_int_equal(recorder_bpf__load(skel), 0);
	check_budget(skel->obj);
	recorder_bpf__destroy(skel);
}

static void guard_stays_within_budget(void **state)
{
	bool kprobes = probe_has(PROBE_KPROBE);
	struct guard_bpf *skel;
	struct bpf_program *p;

	(void)state;
	need_root();
	skel = guard_bpf__open();
	assert_non_null(skel);
	((struct abi_settings *)&skel->rodata->settings)->subsystem = -1;
	bpf_object__for_each_program(p, skel->obj) if (str_starts(bpf_program__name(p), "hook_"))
		bpf_program__set_autoload(p, kprobes);
	bpf_program__set_autoload(skel->progs.capable_by_function, probe_has(PROBE_FENTRY));
	bpf_program__set_autoload(skel->progs.capable_by_tracepoint,
				  probe_has(PROBE_CAP_TRACEPOINT));
	libbpf_set_print(say_warnings); /* which probing has changed */
	ask_verifier(skel->obj);
	assert_int_equal(guard_bpf__load(skel), 0);
	check_budget(skel->obj);
	guard_bpf__destroy(skel);
}

/* Functions with structures by value have no programs before Linux 6.1 (720e6a435194), which has this one too. */
static bool has_structures(const struct btf *btf)
{
	return btf__find_by_name_kind(btf, "security_create_user_ns", BTF_KIND_FUNC) > 0;
}

/* Whether this kernel has what the program attaches to, and lets programs of its form be loaded. */
static bool fits(const struct btf *btf, const struct bpf_program *p)
{
	static const struct {
		const char *section, *prefix;
		uint32_t kind;
		enum probe_feature feature;
	} forms[] = {
		{ "lsm/", "bpf_lsm_", BTF_KIND_FUNC, PROBE_LSM },
		{ "fmod_ret/", "", BTF_KIND_FUNC, PROBE_FMOD_RET },
		{ "fentry/", "", BTF_KIND_FUNC, PROBE_FENTRY },
		{ "tp_btf/", "btf_trace_", BTF_KIND_TYPEDEF, PROBE_TP_BTF },
	};
	const char *section = bpf_program__section_name(p);

	if (strstr(section, "path_chown") && !has_structures(btf))
		return false;
	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
		char name[128];

		if (!str_starts(section, forms[i].section))
			continue;
		snprintf(name, sizeof(name), "%s%s", forms[i].prefix,
			 section + strlen(forms[i].section));
		/* A set uses one of the two forms: an array of programs holds one kind of them. */
		if (forms[i].feature == PROBE_FMOD_RET && probe_has(PROBE_LSM))
			return false;
		return probe_has(forms[i].feature) &&
		       btf__find_by_name_kind(btf, name, forms[i].kind) > 0;
	}
	return true;
}

static void denial_stays_within_budget(void **state)
{
	struct deny_bpf *skel;
	struct bpf_program *p;
	struct bpf_map *m;
	struct btf *btf;

	(void)state;
	need_root();
	btf = btf__load_vmlinux_btf();
	skel = deny_bpf__open();
	assert_true(btf && skel);
	((struct abi_settings *)&skel->rodata->settings)->subsystem = -1;
	bpf_object__for_each_program(p, skel->obj) bpf_program__set_autoload(p, fits(btf, p));
	btf__free(btf);
	/* Their sizes are set when they are made. */
	bpf_map__set_value_size(skel->maps.deny_scratch, SCRATCH_SIZE);
	bpf_object__for_each_map(m, skel->obj)
	{
		if (!bpf_map__max_entries(m))
			bpf_map__set_max_entries(m, bpf_map__type(m) == BPF_MAP_TYPE_RINGBUF ?
							    4096 :
							    1);
	}
	libbpf_set_print(say_warnings); /* which probing has changed */
	ask_verifier(skel->obj);
	assert_int_equal(deny_bpf__load(skel), 0);
	check_budget(skel->obj);
	deny_bpf__destroy(skel);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(recorder_stays_within_budget),
					    cmocka_unit_test(guard_stays_within_budget),
					    cmocka_unit_test(denial_stays_within_budget) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}

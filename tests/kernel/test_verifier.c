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
#include <bpf/libbpf.h>
#include <cmocka.h>

#include "abi/record.h"

#include "abi/event.h"
#include "base/str.h"

#include "guard.skel.h"
#include "recorder.skel.h"
#include "sensor/probe.h"

enum { BUDGET = 20000 }; /* instructions walked, per program; the largest takes 7,000 on 6.18 */

/* What the verifier walked for each program that was loaded. */
static void check_budget(struct bpf_object *object)
{
	struct bpf_program *p;

	bpf_object__for_each_program(p, object) {
		struct bpf_prog_info info = { 0 };
		__u32 len = sizeof(info);

		if (bpf_program__fd(p) < 0 ||
		    bpf_obj_get_info_by_fd(bpf_program__fd(p), &info, &len))
			continue;
		print_message("%-22s %5u instructions, %6u walked\n", bpf_program__name(p),
			      info.xlated_prog_len / 8, info.verified_insns);
		assert_true(info.verified_insns < BUDGET); /* 0 before 5.16, which does not tell */
	}
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
	bpf_object__for_each_program(p, skel->obj) {
		const char *name = bpf_program__name(p);

		/* Those that every kernel loads. */
		bpf_program__set_autoload(p, !str_ends(name, "_fentry") && !str_ends(name, "_fexit") &&
						     !str_ends(name, "_kprobe") &&
						     !str_ends(name, "_kretprobe") &&
						     !str_ends(name, "_tracepoint"));
	}
	bpf_map__set_max_entries(skel->maps.numbers, 1);
	bpf_map__set_max_entries(skel->maps.ticks, 1);
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
	bpf_object__for_each_program(p, skel->obj)
		if (str_starts(bpf_program__name(p), "hook_"))
			bpf_program__set_autoload(p, kprobes);
	bpf_program__set_autoload(skel->progs.capable_by_function, probe_has(PROBE_FENTRY));
	bpf_program__set_autoload(skel->progs.capable_by_tracepoint, probe_has(PROBE_CAP_TRACEPOINT));
	assert_int_equal(guard_bpf__load(skel), 0);
	check_budget(skel->obj);
	guard_bpf__destroy(skel);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(recorder_stays_within_budget),
					    cmocka_unit_test(guard_stays_within_budget) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}

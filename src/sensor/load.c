/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/load.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"

/* The last lines of libbpf's log while programs are loaded: they say which program the kernel refuses
 * and why. One recorder is loaded at a time. */
static char load_log[2048];

static int keep_log(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	char text[sizeof(load_log)];
	size_t len, kept;
	va_list again;
	int n;

	if (level > LIBBPF_WARN)
		return 0;
	va_copy(again, ap);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	if (n < 0)
		text[0] = '\0';
	if (n >= (int)sizeof(text)) { /* a verifier log: what counts is at its end */
		cleanup_free char *whole = malloc((size_t)n + 1);

		if (whole) {
			vsnprintf(whole, (size_t)n + 1, fmt, again);
			snprintf(text, sizeof(text), "%s", whole + n - (sizeof(text) - 1));
		}
	}
	va_end(again);
	len = strlen(text);
	kept = strlen(load_log);
	if (kept + len >= sizeof(load_log)) {
		size_t drop = kept + len + 1 - sizeof(load_log);

		drop = drop > kept ? kept : drop;
		memmove(load_log, load_log + drop, kept - drop + 1);
		kept -= drop;
	}
	snprintf(load_log + kept, sizeof(load_log) - kept, "%s", text);
	return 0;
}

/* The end of the log in one line. */
static const char *log_tail(void)
{
	size_t len = strlen(load_log);

	for (char *p = load_log; *p; p++)
		if (*p == '\n')
			*p = ' ';
	return load_log + (len > 700 ? len - 700 : 0);
}

void load_log_begin(void)
{
	load_log[0] = '\0';
	libbpf_set_print(keep_log);
}

int load_log_end(int result, const char *whose, struct error *err)
{
	libbpf_set_print(NULL);
	if (result)
		error_set(err, -result == EINVAL ? EIO : -result,
			  "the kernel refuses %s programs: %s: %s", whose, strerror(-result),
			  log_tail());
	return result;
}

int load_subsystem(const char *controller, struct error *err)
{
	struct btf *btf = btf__load_vmlinux_btf();
	char wanted[64];
	int found = -ENOENT;

	if (!btf)
		return error_errno(err, errno, "cannot read the kernel's BTF");
	snprintf(wanted, sizeof(wanted), "%s_cgrp_id", controller);
	for (__u32 id = 1; found < 0 && id < btf__type_cnt(btf); id++) {
		const struct btf_type *t = btf__type_by_id(btf, id);
		const struct btf_enum *e;

		if (!btf_is_enum(t) ||
		    !str_eq(btf__name_by_offset(btf, t->name_off), "cgroup_subsys_id"))
			continue;
		e = btf_enum(t);
		for (int i = 0; i < btf_vlen(t); i++)
			if (str_eq(btf__name_by_offset(btf, e[i].name_off), wanted))
				found = e[i].val;
	}
	btf__free(btf);
	if (found < 0)
		return error_set(err, ENOENT, "the kernel's BTF does not know the %s controller",
				 controller);
	return found;
}

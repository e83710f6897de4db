/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel's audit records of denials: SECCOMP (1326), AVC of AppArmor and SELinux (1400), with the
 * SYSCALL, CWD and PATH records of the same event. From a socket of the kernel, auditd's log, or lines
 * of the kernel's log wherever they ended up.
 *
 * What a record says of paths and programs, processes chose: it is quoted or in hexadecimal
 * (audit_log_untrustedstring()), and escaped here as paths of profiles are.
 */
#pragma once
#include "profile/denial.h"

/* Numbers of the records that are understood (include/uapi/linux/audit.h). */
enum audit_type {
	AUDIT_RECORD_SYSCALL = 1300,
	AUDIT_RECORD_PATH = 1302,
	AUDIT_RECORD_CWD = 1307,
	AUDIT_RECORD_EOE = 1320,
	AUDIT_RECORD_SECCOMP = 1326,
	AUDIT_RECORD_AVC = 1400,
};

enum { AUDIT_LINE_MAX = 16384 }; /* the kernel's own limit is 8970 bytes */

struct audit_counts {
	uint64_t records; /* of the types above */
	uint64_t denials;
	uint64_t unknown;    /* other audit records, and lines that are none */
	uint64_t broken;     /* records that make no sense */
	size_t first_broken; /* line, from 1; 0: none */
};

/*
 * Joins the records of an event. Each denial is handed out when the event is over; *d belongs to the
 * reader, deliver() may take what it needs out of it.
 */
struct audit_reader;
struct audit_reader *audit_reader_new(void (*deliver)(struct denial *d, void *arg), void *arg);
void audit_reader_free(struct audit_reader *a);
DEFINE_CLEANUP(struct audit_reader *, audit_reader_free)
#define cleanup_audit_reader cleanup(audit_reader_freep)

/* One record as the kernel sends it: "audit(1795324025.301:6): auid=..." */
void audit_read_record(struct audit_reader *a, unsigned type, const char *text, size_t len);

/* One line of a log: "type=SECCOMP msg=audit(...", "... audit: type=1326 audit(...". */
void audit_read_line(struct audit_reader *a, const char *line, size_t len);

/* Hands out what still waits for more records. */
void audit_flush(struct audit_reader *a);

const struct audit_counts *audit_counts(const struct audit_reader *a);

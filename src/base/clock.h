/* SPDX-License-Identifier: Apache-2.0 */
/* Wall-clock times as text: RFC 3339 in UTC with nanoseconds. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CLOCK_TEXT_MAX = 40 };

/* Nanoseconds since 1970, now. */
int64_t clock_wall_ns(void);

/* Nanoseconds since the machine booted, which nobody can set: for how long something takes, or lies back. */
int64_t clock_passed_ns(void);

/* What to add to that, or to a CLOCK_BOOTTIME stamp, to get nanoseconds since 1970. */
int64_t clock_boot_offset_ns(void);

/* "2026-11-22T01:31:48.000000001Z" */
void clock_format(int64_t ns, char out[CLOCK_TEXT_MAX]);
/* The same back; accepts no fraction, or one of up to nine digits, and only Z. */
bool clock_parse(const char *text, int64_t *ret_ns);

/* "3 s", "2 min", "5 h": for people. */
void clock_format_age(int64_t ns, char out[CLOCK_TEXT_MAX]);

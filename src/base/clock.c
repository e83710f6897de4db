/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define SECOND 1000000000LL

static int64_t now_ns(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * SECOND + ts.tv_nsec;
}

int64_t clock_wall_ns(void)
{
	return now_ns(CLOCK_REALTIME);
}

int64_t clock_passed_ns(void)
{
	return now_ns(CLOCK_BOOTTIME);
}

int64_t clock_boot_offset_ns(void)
{
	return now_ns(CLOCK_REALTIME) - now_ns(CLOCK_BOOTTIME);
}

void clock_format(int64_t ns, char out[CLOCK_TEXT_MAX])
{
	time_t seconds = (time_t)(ns / SECOND);
	struct tm tm;
	size_t n;

	if (ns < 0)
		seconds = 0, ns = 0;
	gmtime_r(&seconds, &tm);
	n = strftime(out, CLOCK_TEXT_MAX, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(out + n, CLOCK_TEXT_MAX - n, ".%09" PRId64 "Z", (int64_t)(ns % SECOND));
}

/* RFC 3339 has fixed widths; strptime() takes blanks and single digits too. */
static bool has_form(const char *text, const char *form)
{
	for (; *form; form++, text++)
		if (*form == '0' ? *text < '0' || *text > '9' : *text != *form)
			return false;
	return true;
}

bool clock_parse(const char *text, int64_t *ret_ns)
{
	struct tm tm = { 0 };
	int64_t fraction = 0, unit = SECOND;
	time_t seconds;
	const char *at;
	int day;

	if (!has_form(text, "0000-00-00T00:00:00"))
		return false;
	at = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	if (!at)
		return false;
	if (*at == '.' && at[1] >= '0' && at[1] <= '9') {
		for (at++; *at >= '0' && *at <= '9' && unit > 1; at++) {
			unit /= 10;
			fraction += (*at - '0') * unit;
		}
	}
	if (strcmp(at, "Z") || tm.tm_year < 70 || tm.tm_year > 300)
		return false;
	day = tm.tm_mday;
	seconds = timegm(&tm);
	if (tm.tm_mday != day) /* no such day: timegm() went on to the next month */
		return false;
	*ret_ns = (int64_t)seconds * SECOND + fraction;
	return true;
}

void clock_format_age(int64_t ns, char out[CLOCK_TEXT_MAX])
{
	int64_t s = ns / SECOND;

	if (s < 120)
		snprintf(out, CLOCK_TEXT_MAX, "%" PRId64 " s", s);
	else if (s < 7200)
		snprintf(out, CLOCK_TEXT_MAX, "%" PRId64 " min", s / 60);
	else if (s < 2 * 86400)
		snprintf(out, CLOCK_TEXT_MAX, "%" PRId64 " h", s / 3600);
	else
		snprintf(out, CLOCK_TEXT_MAX, "%" PRId64 " days", s / 86400);
}

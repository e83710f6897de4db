/* SPDX-License-Identifier: Apache-2.0 */
#include "respond/job.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum hand_outcome job_say(struct job *j, enum hand_outcome o, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(j->why, sizeof(j->why), fmt, ap);
	va_end(ap);
	return o;
}

enum hand_outcome job_fail(struct job *j, int code, const char *what)
{
	return job_say(j, HAND_FAILED, "%s: %s", what, strerror(code));
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "uapi/capability.h"

#include <ctype.h>
#include <pthread.h>
#include <stdio.h>
#include <strings.h>
#include <sys/capability.h>

#include "base/fs.h"
#include "base/str.h"

static char names[SYS_CAP_MAX][32];
static pthread_once_t names_once = PTHREAD_ONCE_INIT;

static void names_fill(void)
{
	for (int cap = 0; cap < SYS_CAP_MAX; cap++) {
		char *name = cap_to_name(cap); /* lower case, or a number */

		if (name && !isdigit((unsigned char)name[0]))
			snprintf(names[cap], sizeof(names[cap]), "%s", name);
		else
			snprintf(names[cap], sizeof(names[cap]), "CAP_%d", cap);
		for (char *p = names[cap]; *p; p++)
			*p = (char)toupper((unsigned char)*p);
		cap_free(name);
	}
}

const char *sys_cap_name(unsigned cap)
{
	pthread_once(&names_once, names_fill);
	return names[cap < SYS_CAP_MAX ? cap : SYS_CAP_MAX - 1];
}

bool sys_cap_parse(const char *name, unsigned *ret)
{
	for (unsigned cap = 0; cap < SYS_CAP_MAX; cap++) {
		const char *known = sys_cap_name(cap);

		if (!strcasecmp(name, known) || !strcasecmp(name, known + strlen("CAP_"))) {
			*ret = cap;
			return true;
		}
	}
	return false;
}

unsigned sys_cap_last(void)
{
	char line[32];
	uint64_t n;

	if (fs_read_line("/proc/sys/kernel/cap_last_cap", line, sizeof(line)) < 0 ||
	    !str_to_u64(line, &n) || n >= SYS_CAP_MAX)
		return CAP_LAST_CAP;
	return (unsigned)n;
}

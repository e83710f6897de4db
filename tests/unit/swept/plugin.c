/* SPDX-License-Identifier: Apache-2.0 */
/* A module that a program opens at run time: all that it exports may be called. */
#include "calls.h"
#include "library.h"

long plugin_entry(void)
{
	return raw(SYS_sethostname, 0);
}

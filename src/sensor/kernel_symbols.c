/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/kernel_symbols.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"

/*
 * security/commoncap.c, security/security.c and kernel/capability.c. The first calls cap_capable() as
 * its last act, so on some kernels only its caller is in the chain.
 */
const char *const kernel_noaudit_functions[ABI_NOAUDIT_MAX] = {
	"cap_vm_enough_memory", "security_vm_enough_memory_mm", "has_ns_capability_noaudit",
	"ns_capable_noaudit",	"has_capability_noaudit",
};

/* Symbols aren't sorted by name or, across modules, by address: the end is the next higher start. */
void kernel_symbols_ranges(const char *const *names, size_t count, __u64 (*ret)[2])
{
	cleanup_file FILE *f = NULL;

	memset(ret, 0, count * sizeof(*ret));
	for (int pass = 0; pass < 2; pass++) {
		char line[512], name[256], type;
		unsigned long long address;

		if (f)
			fclose(f);
		f = fopen("/proc/kallsyms", "re");
		if (!f)
			return;
		while (fgets(line, sizeof(line), f)) {
			if (sscanf(line, "%llx %c %255s", &address, &type, name) != 3 || !address)
				continue;
			for (size_t i = 0; i < count; i++) {
				if (pass == 0 && str_eq(name, names[i]))
					ret[i][0] = address;
				if (pass == 1 && ret[i][0] && address > ret[i][0] &&
				    (!ret[i][1] || address < ret[i][1]))
					ret[i][1] = address;
			}
		}
	}
}

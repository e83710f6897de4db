/* SPDX-License-Identifier: Apache-2.0 */
/* config.json of a bundle, which whoever made the container wrote. */
#include <errno.h>

#include "fuzz.h"
#include "identity/bundle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_container struct container c = { 0 };
	int r = bundle_parse((const char *)data, size, &c);

	fuzz_check(r == 0 || (r == -EINVAL && !c.rootfs && !c.command.len));
	vec_foreach(v, &c.volumes)
		fuzz_check(*v);
	vec_foreach(v, &c.command)
		fuzz_check(*v);
	return 0;
}

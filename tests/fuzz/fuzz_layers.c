/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Images as archives: docker's, OCI's, or a root file system. What is found has a path that drives no terminal, what is
 * wrong is an error with words; no check trips over it.
 */
#include <sys/mman.h>
#include <unistd.h>

#include "base/str.h"
#include "fuzz.h"
#include "inspect/engine.h"
#include "inspect/image/read.h"

static void inspect(const struct image *image)
{
	struct inspect_options o = {
		.all = true, .images = true, .version = KUBERNETES_MINOR_MAX, .today = "2026-01-01"
	};
	cleanup_inspection struct inspection *in = NULL;
	struct error err = ERROR_INIT;
	const struct report *r;

	fuzz_check(inspection_new(&in, &o, &err) == 0);
	fuzz_check(inspection_add_image(in, "f", image, &err) == 0);
	r = inspection_finish(in);
	vec_foreach(f, &r->findings)
		fuzz_check(str_is_printable(f->path) && str_is_printable(f->value));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("image", MFD_CLOEXEC);
	struct image image;
	struct error err = ERROR_INIT;
	char path[64];

	fuzz_check(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	inspect_image_init(&image);
	if (inspect_image_read(&image, path, &err) == 0)
		inspect(&image);
	else
		fuzz_check(*err.text);
	inspect_image_deinit(&image);
	close(fd);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What is read of a process, with every part as odd as it likes: facts are made of it, or none. */
#include <errno.h>

#include "fuzz.h"
#include "guard/parts.h"
#include "guard/process_scan.h"
#include "guard/user_table.h"

struct source {
	struct text rest; /* what is left of the input */
};

/* The next parts, parted by a byte that is unlikely in them. */
static int give(struct source *s, unsigned count, struct buf *out)
{
	for (unsigned i = 0; i < count; i++) {
		const char *end = s->rest.len ? memchr(s->rest.data, 0xff, s->rest.len) : NULL;
		uint32_t len = end ? (uint32_t)(end - s->rest.data) : s->rest.len;

		parts_add(out, s->rest.data, len);
		s->rest = end ? text_from(end + 1, s->rest.len - len - 1) : TEXT_NONE;
	}
	return 0;
}

static int kernel(uint32_t pid, struct buf *out, void *arg)
{
	return give(arg, FACTS_KERNEL_PARTS, out);
}

static int own(uint32_t pid, uint64_t cgroup, struct buf *out, void *arg)
{
	return give(arg, FACTS_OWN_PARTS, out);
}

static int layer(const char *upper, const char *path, void *arg)
{
	fuzz_check(strlen(upper) < 4096 && strlen(path) < 4096);
	return -ENOENT;
}

static int users(uint32_t pid, struct buf *out, void *arg)
{
	return give(arg, FACTS_USERS_PARTS, out);
}

static int see(const struct process_facts *f, void *arg)
{
	const struct text texts[] = { f->name, f->exepath, f->cwd, f->args, f->env };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		for (uint32_t n = 0; n < texts[i].len; n++)
			*(volatile unsigned *)arg += (unsigned char)texts[i].data[n];
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct cgroup_layout layout = { .mount = "/nowhere" };
	struct source s = { text_from((const char *)data, size) };
	const struct facts how = {
		.kernel = kernel, .own = own, .layer = layer, .users = users, .arg = &s
	};
	cleanup_user_table struct user_table *t = NULL;
	struct user_names names;
	unsigned sum = 0;

	(void)process_scan_one(&how, &layout, 7, see, &sum);
	fuzz_check(!user_table_new(&t));
	user_table_read_by(t, &how);
	s.rest = text_from((const char *)data, size);
	user_table_find(t, NULL, 0, 7, 7, &names);
	return 0;
}

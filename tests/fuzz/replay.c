/* SPDX-License-Identifier: Apache-2.0 */
/* Gives every file of the directories named to the harness that this is linked with: TAP. */
#include <dirent.h>

#include "base/cleanup.h"
#include "base/fs.h"
#include "base/str.h"
#include "fuzz.h"

/* In a block of its own length, so that a read past the end is one past a block. */
static void give(const char *path, const struct buf *text)
{
	uint8_t *exact = malloc(text->len ? text->len : 1);

	if (!exact)
		abort();
	memcpy(exact, text->data, text->len);
	fprintf(stderr, "# %s\n", path); /* the last one named is the one that crashed */
	LLVMFuzzerTestOneInput(exact, text->len);
	free(exact);
}

static int is_file(const struct dirent *entry)
{
	return entry->d_type == DT_REG;
}

static int replay(const char *dir, size_t *count)
{
	struct dirent **entries = NULL;
	int n = scandir(dir, &entries, is_file, alphasort), r = n < 0;

	for (int i = 0; i < n; i++) {
		cleanup_free char *path = str_format("%s/%s", dir, entries[i]->d_name);
		cleanup_buf struct buf text = BUF_INIT;

		r = r || fs_read(path, BUF_LIMIT_DEFAULT, &text, NULL);
		if (!r) {
			give(path, &text);
			printf("ok %zu - %s\n", ++*count, entries[i]->d_name);
		}
		free(entries[i]);
	}
	free(entries);
	if (r)
		fprintf(stderr, "%s cannot be read\n", dir);
	return r;
}

int main(int argc, char **argv)
{
	size_t count = 0;
	int r = 0;

	for (int i = 1; i < argc && !r; i++)
		r = replay(argv[i], &count);
	printf("1..%zu\n", count);
	return r || count == 0;
}

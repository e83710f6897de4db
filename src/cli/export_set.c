/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/export_set.h"

#include <errno.h>
#include <string.h>

#include "base/fs.h"
#include "base/str.h"
#include "profile/backend/head.h"

/* Copies a text of the table with its marks replaced. */
static void add_apply(struct buf *out, const char *text, const char *name, const char *file,
		      const char *type)
{
	const struct {
		const char *mark, *value;
	} marks[] = { { "@NAME@", name }, { "@FILE@", file }, { "@TYPE@", type } };

	while (*text) {
		size_t i = 0;

		while (i < ARRAY_SIZE(marks) && !str_starts(text, marks[i].mark))
			i++;
		if (i < ARRAY_SIZE(marks)) {
			buf_add_str(out, marks[i].value);
			text += strlen(marks[i].mark);
		} else {
			buf_add_char(out, *text++);
		}
	}
}

static int write_file(const char *directory, const char *file, const struct buf *text,
		      struct error *err)
{
	cleanup_free char *path = str_format("%s/%s", directory, file);

	if (!path || text->failed)
		return error_errno(err, ENOMEM, "%s", file);
	return fs_write_atomic(path, text->data, text->len, 0644, err);
}

int export_set(const struct profile *p, const struct backend_options *o, const char *directory,
	       struct error *err)
{
	cleanup_buf struct buf readme = BUF_INIT;
	cleanup_free char *name = backend_name(p, o), *type = backend_selinux_type(p, o);
	int r = name && type ? fs_mkdirs(directory, 0755, err) : error_errno(err, ENOMEM, "export");

	buf_addf(&readme, "# %s: one recording, every layer\n\n", name ? name : "");
	backend_head(p, "", &readme);
	buf_add_str(&readme,
		    "\nThe layers stand beside each other: apply as many as the host has.\n");
	for (size_t i = 0; !r && profile_backends[i]; i++) {
		const struct profile_backend *b = profile_backends[i];
		cleanup_free char *file = str_format("%s.%s", name, b->suffix);
		cleanup_buf struct buf text = BUF_INIT;

		r = file ? b->emit(p, o, &text, err) : error_errno(err, ENOMEM, "export");
		if (r)
			return error_prefix(err, "%s", b->name);
		r = write_file(directory, file, &text, err);
		buf_addf(&readme, "\n## %s: `%s`\n\n%s.\n\n", b->name, file, b->summary);
		add_apply(&readme, b->apply, name, file, type);
		buf_add_char(&readme, '\n');
	}
	return r ? r : write_file(directory, "README.md", &readme, err);
}

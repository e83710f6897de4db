/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/inspect_fix.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/difference.h"
#include "base/fs.h"
#include "base/str.h"
#include "base/utf8.h"
#include "cli/inspect_source.h"
#include "cli/print_json.h"
#include "inspect/input.h"
#include "inspect/mend.h"
#include "inspect/recording.h"
#include "inspect/veil.h"
#include "profile/backend.h"

enum { OUT_MAX = 512 << 20 };

void inspect_fix_deinit(struct inspect_fix *x)
{
	buf_deinit(&x->out);
	buf_deinit(&x->notes);
	json_decref(x->patches);
	string_list_deinit(&x->written);
}

/* A link stays one: what it leads to is written. */
static int write_file(const char *path, const struct buf *text, struct error *err)
{
	cleanup_free char *real = realpath(path, NULL);

	if (!real)
		return error_errno(err, errno, "%s", path);
	return fs_replace(real, text->data, text->len, err);
}

/* --- patches ------------------------------------------------------------------------------------- */

static bool is_same_object(const struct mended *a, const struct mended *b)
{
	return a->document == b->document && str_eq(a->object, b->object);
}

static void add_row(json_t *object, const struct mended *i)
{
	json_t *row = json_pack("{ss ss ss}", "check", i->check->id, "path", i->path, "why",
				i->left ? i->left : i->check->fix.why);

	if (i->operation)
		json_array_append(json_object_get(object, "patch"), i->operation);
	json_array_append_new(json_object_get(object, i->left ? "left" : "mended"), row);
}

/* The API lets nobody change what pods of these are made of: they are to be deleted and made anew. */
static bool is_made_once(const char *kind)
{
	return str_eq(kind, "Pod") || str_eq(kind, "Job");
}

/* What is changed in between is not what was inspected: containers may have other numbers. */
static void bind_to_revision(json_t *object, const char *revision, const char *kind)
{
	json_t *patch = json_object_get(object, "patch");

	if (json_array_size(patch))
		json_array_insert_new(patch, 0,
				      json_pack("{ss ss ss}", "op", "test", "path",
						"/metadata/resourceVersion", "value", revision));
	if (is_made_once(kind))
		json_object_set_new(object, "recreate", json_true());
}

/* One entry for each object, in the order in which they were first found. */
static void add_patches(struct inspect_fix *x, const char *path, const struct mend *m)
{
	for (size_t i = 0; i < m->items.len; i++) {
		const struct mended *first = &m->items.items[i];
		bool known = false;
		json_t *o;

		for (size_t k = 0; k < i && !known; k++)
			known = is_same_object(&m->items.items[k], first);
		if (known)
			continue;
		o = json_pack("{so si ss ss ss ss s[] s[] s[]}", "file", utf8_json(text_of(path)),
			      "document", (int)first->document, "pointer", first->object, "kind",
			      first->kind, "namespace", first->name_space, "name", first->name,
			      "patch", "mended", "left");
		for (size_t k = i; o && k < m->items.len; k++)
			if (is_same_object(&m->items.items[k], first))
				add_row(o, &m->items.items[k]);
		if (o && x->revision)
			bind_to_revision(o, x->revision, first->kind);
		json_array_append_new(x->patches, o);
	}
}

/* --- a file -------------------------------------------------------------------------------------- */

static void note_left(struct inspect_fix *x, const char *path, const struct mend *m)
{
	char shown[600];

	str_printable(shown, sizeof(shown), path, strlen(path));
	if (m->none)
		buf_addf(&x->notes, "%s: %s: it is not mended\n", shown, m->none);
	vec_foreach(i, &m->items) {
		x->left += i->left && !i->careful;
		x->careful += i->careful;
		if (i->left && !i->careful)
			buf_addf(&x->notes, "%s:%u: %s is left, %s: %s\n", shown, i->line,
				 i->check->id, i->left, i->path);
	}
}

/* What is written there is nobody's business who sees the difference: logs of pipelines keep it. */
static void add_difference(struct inspect_fix *x, const char *shown, const struct buf *content,
			   const struct mend *m)
{
	cleanup_buf struct buf before = { .limit = OUT_MAX }, after = { .limit = OUT_MAX };

	if (!mend_count(m))
		return;
	veil_add(&before, text_from(content->data, content->len));
	veil_add(&after, text_from(m->text.data, m->text.len));
	difference_add(&x->out, shown, text_from(before.data, before.len),
		       text_from(after.data, after.len));
	x->out.failed |= before.failed || after.failed;
}

static int show(struct inspect_fix *x, const char *path, const struct buf *content,
		const struct mend *m, struct error *err)
{
	bool from_stdin = str_eq(path, INPUT_STDIN);
	char shown[600];

	str_printable(shown, sizeof(shown), path, strlen(path));
	if (x->json)
		add_patches(x, path, m);
	else if (x->write && from_stdin && !m->json)
		buf_add(&x->out, m->text.data, m->text.len);
	else if (x->write && from_stdin) /* who reads it shall have all of it, if not mended */
		buf_add(&x->out, content->data, content->len);
	if (!x->json && m->json && mend_count(m))
		buf_addf(&x->notes, "%s: this is JSON: --json gives the patches\n", shown);
	else if (!x->json && !m->json && !(x->write && from_stdin))
		add_difference(x, shown, content, m);
	if (x->write && !from_stdin && !m->json && mend_count(m))
		return write_file(path, &m->text, err);
	return 0;
}

/* --- recorded profiles --------------------------------------------------------------------------- */

/* Beside the manifest, or here for standard input: "merlon-web.json". */
static int write_recorded(struct inspect_fix *x, const char *path, const struct recording *r,
			  struct error *err)
{
	const char *slash = str_eq(path, INPUT_STDIN) ? NULL : strrchr(path, '/');
	cleanup_free char *file = str_format("%.*s%s.json", slash ? (int)(slash + 1 - path) : 0,
					     path, r->name);
	cleanup_buf struct buf out = BUF_INIT;
	struct backend_options o = { .default_errno = ENOSYS };
	int code;

	if (!file)
		return error_errno(err, ENOMEM, "%s", path);
	if (string_list_has(&x->written, file))
		return 0;
	buf_addf(&x->notes,
		 "%s: the seccomp profile that is named: %s to /var/lib/kubelet/seccomp/%s on "
		 "every node\n",
		 file, x->write ? "copy it" : "with --write it is put there, to be copied",
		 r->seccomp_file);
	if (!string_list_add(&x->written, file))
		return error_errno(err, ENOMEM, "%s", file);
	code = x->write ? profile_backend_seccomp.emit(r->profile, &o, &out, err) : 0;
	return x->write && !code ? fs_write_atomic(file, out.data, out.len, 0644, err) : code;
}

/* The recordings that a mended manifest names now. */
static int add_recorded(struct inspect_fix *x, const char *path, const struct mend *m,
			struct error *err)
{
	const struct recordings *all = x->options->recordings;
	int code = 0;

	vec_foreach(i, &m->items) {
		if (i->left || !i->value || !all)
			continue;
		vec_foreach(r, &all->items)
			if (!code && i->check->recorded && strstr(i->value, r->seccomp_file))
				code = write_recorded(x, path, r, err);
	}
	return code;
}

int inspect_fix_change(void *data, const char *path, struct buf *content, struct error *err)
{
	cleanup_mend struct mend m = { 0 };
	struct inspect_fix *x = data;
	const char *refused;
	int r;

	if (!x->patches) {
		x->patches = json_array();
		x->out = x->notes = (struct buf){ .limit = OUT_MAX };
	}
	if (!content->data)
		return 0;
	refused = inspect_source_refuses(path, text_from(content->data, content->len), x->write);
	if (refused) {
		m.none = refused;
		note_left(x, path, &m);
		return 0;
	}
	r = mend_text(&m, path, text_from(content->data, content->len), x->options, x->aggressive,
		      err);
	if (!r)
		r = show(x, path, content, &m, err);
	if (!r)
		r = add_recorded(x, path, &m, err);
	if (r)
		return r;
	note_left(x, path, &m);
	x->mended += mend_count(&m);
	x->files += mend_count(&m) > 0;
	buf_reset(content);
	buf_add(content, m.text.data, m.text.len);
	return content->failed ? error_errno(err, ENOMEM, "%s", path) : 0;
}

int inspect_fix_finish(struct inspect_fix *x, const char *file, struct error *err)
{
	cleanup_file FILE *opened = file ? fopen(file, "we") : NULL;
	FILE *out = file ? opened : stdout;

	if (!out || x->out.failed || x->notes.failed)
		return error_errno(err, out ? ENOMEM : errno, "%s", file ? file : "--fix");
	if (x->json) {
		if (!x->patches)
			x->patches = json_array();
		fprint_json(x->patches, out);
	} else if (x->out.len) {
		fwrite(x->out.data, 1, x->out.len, out);
	}
	if (fflush(out) || ferror(out))
		return error_errno(err, errno ? errno : EIO, "%s", file ? file : "standard output");
	if (x->notes.len)
		fwrite(x->notes.data, 1, x->notes.len, stderr);
	fprintf(stderr, "%zu mended in %zu file%s, %zu left", x->mended, x->files,
		x->files == 1 ? "" : "s", x->left);
	if (x->careful)
		fprintf(stderr, ", %zu more with --aggressive", x->careful);
	fputs(x->write ? "\n" : "; nothing is written without --write\n", stderr);
	return 0;
}

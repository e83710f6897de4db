/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/image/read.h"

#include <errno.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/str.h"
#include "inspect/image/blobs.h"
#include "inspect/image/rootfs.h"

enum { JSON_MAX = 4 << 20, LAYERS_MAX = 512, INDEX_DEPTH = 4 };
#define LAYER_BYTES ((uint64_t)8 << 30) /* of one layer, inflated */

struct reading {
	struct image *image;
	const struct blobs *store;
	struct error *err;
};

static json_t *load(struct reading *r, const char *name)
{
	cleanup_buf struct buf b = { .limit = JSON_MAX };
	int code = blobs_read(r->store, name, JSON_MAX, &b);
	json_t *root = code ? NULL : json_loadb(b.data ? b.data : "", b.len, 0, NULL);

	if (code)
		error_errno(r->err, -code, "%s", name);
	else if (!root)
		error_set(r->err, EINVAL, "%s: this is no JSON", name);
	return root;
}

/* "sha256:ab..." as the name of its blob; NULL: it could lead anywhere. */
static char *blob_name(const json_t *descriptor)
{
	const char *digest = json_string_value(json_object_get(descriptor, "digest"));
	size_t kind = digest ? strspn(digest, "abcdefghijklmnopqrstuvwxyz0123456789") : 0;

	if (!kind || digest[kind] != ':' || strlen(digest) > 200 ||
	    strspn(digest + kind + 1, "0123456789abcdef") != strlen(digest + kind + 1))
		return NULL;
	return str_format("blobs/%.*s/%s", (int)kind, digest, digest + kind + 1);
}

/* --- layers -------------------------------------------------------------------------------------- */

/* Nothing leads up, and no component is empty. */
static bool is_plain(const char *path)
{
	for (const char *at = path; *at;) {
		size_t len = strcspn(at, "/");

		if (!len || (len == 1 && *at == '.') || (len == 2 && at[0] == '.' && at[1] == '.'))
			return false;
		at += len + (at[len] == '/');
	}
	return *path;
}

/* ".wh.NAME" removes NAME of the layers below, ".wh..wh..opq" all that they have in the directory. */
static bool take_whiteout(struct image *image, const char *path)
{
	struct text all = text_of(path), name = text_basename(all), folder;
	char hidden[TAR_PATH_MAX + 1];

	if (!text_starts(name, TEXT(".wh.")))
		return false;
	folder = text_from(path, all.len - name.len);
	if (text_eq_str(name, ".wh..wh..opq")) {
		inspect_image_hide(image, text_from(folder.data, folder.len ? folder.len - 1 : 0),
				   true);
		return true;
	}
	snprintf(hidden, sizeof(hidden), "%.*s%s", (int)folder.len, folder.data,
		 name.data + strlen(".wh."));
	inspect_image_hide(image, text_of(hidden), false);
	return true;
}

static int take_member(struct image *image, struct tar *t, const struct tar_member *m,
		       struct buf *content)
{
	struct image_entry e = { .path = text_of(m->path),
				 .type = m->type == '1' || m->type == '7' ? '0' : m->type,
				 .mode = m->mode,
				 .uid = m->uid,
				 .size = m->size };
	int r = 0;

	if (!*m->path || !m->type || !strchr("0123457", m->type))
		return 0;
	if (!is_plain(m->path)) {
		inspect_image_problem(image, "a path leads out of the layer: it is passed over");
		return 0;
	}
	if (take_whiteout(image, m->path))
		return 0;
	buf_reset(content);
	if (inspect_image_wants(&e))
		r = tar_read(t, IMAGE_SCAN_MAX, content);
	if (r)
		return r;
	return inspect_image_add(image, &e, text_from(content->data, content->len)) ? 0 : -EFBIG;
}

static int read_tar(struct image *image, struct blob *b)
{
	cleanup_bytes struct bytes *bytes = bytes_open(b->fd, b->offset, b->size, LAYER_BYTES);
	cleanup_free struct tar_member *m = calloc(1, sizeof(*m));
	cleanup_buf struct buf content = { .limit = IMAGE_SCAN_MAX };
	struct tar t;
	int r = bytes && m ? 1 : -ENOMEM;

	tar_init(&t, bytes);
	while (r > 0) {
		r = tar_next(&t, m);
		if (r > 0) {
			int took = take_member(image, &t, m, &content);

			r = took ? took : r;
		}
	}
	return r;
}

/* What is broken in one layer is told, and the others are read. */
static void read_layer(struct reading *r, const char *name)
{
	struct blob b;
	int code = name ? blobs_find(r->store, name, &b) : -EINVAL;

	if (!code) {
		code = read_tar(r->image, &b);
		blob_close(&b);
	}
	if (code)
		inspect_image_problem(r->image, "layer %u (%s): %s", r->image->layer,
				      name ? name : "its name leads out of the image",
				      code == -EFBIG  ? "too large to be looked at whole" :
				      code == -EINVAL ? "this is no tar archive" :
							strerror(-code));
	r->image->layer++;
	r->image->layers++;
}

/* --- manifests ----------------------------------------------------------------------------------- */

static void set_name(struct image *image, const char *name)
{
	if (name && *name && !image->name)
		image->name = strdup(name);
}

static int read_config(struct reading *r, const char *name)
{
	int code = name ? blobs_read(r->store, name, JSON_MAX, &r->image->config) : -EINVAL;

	return code ? error_errno(r->err, -code, "the image's configuration (%s)",
				  name ? name : "its name leads out of the image") :
		      0;
}

static int read_manifest(struct reading *r, const json_t *manifest)
{
	const json_t *layers = json_object_get(manifest, "layers"), *layer;
	cleanup_free char *config = blob_name(json_object_get(manifest, "config"));
	int code = read_config(r, config);
	size_t i;

	if (!code && json_array_size(layers) > LAYERS_MAX)
		code = error_set(r->err, EFBIG, "there are too many layers");
	if (code)
		return code;
	json_array_foreach ((json_t *)layers, i, layer) {
		cleanup_free char *name = blob_name(layer);

		read_layer(r, name);
	}
	return 0;
}

/* That of this machine if there is one, else the first. */
static const json_t *choose(const json_t *index)
{
	const json_t *all = json_object_get(index, "manifests"), *m;
	size_t i;

	json_array_foreach ((json_t *)all, i, m) {
		const json_t *p = json_object_get(m, "platform");
		const char *arch = json_string_value(json_object_get(p, "architecture"));
		const char *os = json_string_value(json_object_get(p, "os"));

		if (arch && os && str_eq(arch, "amd64") && str_eq(os, "linux"))
			return m;
	}
	return json_array_get(all, 0);
}

static int read_index(struct reading *r, const json_t *index, unsigned depth)
{
	const json_t *chosen = choose(index);
	const json_t *notes = json_object_get(chosen, "annotations");
	cleanup_free char *name = chosen ? blob_name(chosen) : NULL;
	cleanup_json json_t *next = NULL;

	if (!name || depth > INDEX_DEPTH)
		return error_set(r->err, EINVAL, "the index names no image");
	set_name(r->image, json_string_value(json_object_get(notes, "io.containerd.image.name")));
	set_name(r->image,
		 json_string_value(json_object_get(notes, "org.opencontainers.image.ref.name")));
	next = load(r, name);
	if (!next)
		return -r->err->code;
	return json_object_get(next, "manifests") ? read_index(r, next, depth + 1) :
						    read_manifest(r, next);
}

/* What docker save writes. */
static int read_docker(struct reading *r, const json_t *root)
{
	const json_t *m = json_array_get(root, 0), *layers = json_object_get(m, "Layers"), *layer;
	const char *tag = json_string_value(json_array_get(json_object_get(m, "RepoTags"), 0));
	int code = read_config(r, json_string_value(json_object_get(m, "Config")));
	size_t i;

	if (!code && json_array_size(layers) > LAYERS_MAX)
		code = error_set(r->err, EFBIG, "there are too many layers");
	if (code)
		return code;
	set_name(r->image, tag);
	json_array_foreach ((json_t *)layers, i, layer)
		read_layer(r, json_string_value(layer));
	return 0;
}

static bool has(const struct blobs *s, const char *name)
{
	struct blob b;

	if (blobs_find(s, name, &b))
		return false;
	blob_close(&b);
	return true;
}

static int read_store(struct reading *r)
{
	bool oci = has(r->store, "index.json");
	cleanup_json json_t *root = load(r, oci ? "index.json" : "manifest.json");

	r->image->named = true;
	if (!root)
		return -r->err->code;
	return oci ? read_index(r, root, 0) : read_docker(r, root);
}

int inspect_image_read(struct image *image, const char *path, struct error *err)
{
	struct blobs s;
	struct reading r = { image, &s, err };
	int code = blobs_open(&s, path, err);

	if (code)
		return code;
	if (has(&s, "index.json") || has(&s, "manifest.json")) {
		code = read_store(&r);
		if (code)
			error_prefix(err, "%s: ", path);
	} else if (s.root >= 0) {
		code = rootfs_read(image, s.root, path, err);
	} else {
		/* The root file system alone, as docker export writes it. */
		struct blob b = { .fd = s.tar, .size = UINT64_MAX };

		code = read_tar(image, &b);
		image->layers = 1;
		if (code)
			code = error_errno(err, -code, "%s", path);
	}
	blobs_close(&s);
	return code;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/input.h"

#include <errno.h>
#include <fcntl.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/fs.h"
#include "base/str.h"
#include "inspect/docker.h"

enum { FILE_MAX_BYTES = 256 << 20, DIRECTORIES_DEEP = 32, BUNDLE_CONFIG_MAX = 8 << 20 };

/* One buffer for all files: they are read one by one. */
struct walk {
	struct inspection *in;
	const struct input_hook *hook;
	struct buf content;
};

static int add_content(struct walk *w, const char *name, struct error *err)
{
	int r = w->hook && w->hook->change ?
			w->hook->change(w->hook->data, name, &w->content, err) :
			0;

	return r ? r : inspection_take(w->in, name, &w->content, err);
}

static int add_file(struct walk *w, const char *path, struct error *err)
{
	int r;

	buf_reset(&w->content);
	r = fs_read(path, FILE_MAX_BYTES, &w->content, err);
	return r ? r : add_content(w, path, err);
}

/* Until its end, as far as there is room. */
static int add_stream(struct walk *w, int fd, const char *name, struct error *err)
{
	char part[65536];
	ssize_t n;

	buf_reset(&w->content);
	do {
		n = read(fd, part, sizeof(part));
		if (n > 0)
			buf_add(&w->content, part, (size_t)n);
	} while ((n > 0 && !w->content.failed) || (n < 0 && errno == EINTR));
	if (w->content.failed)
		return error_set(err, EFBIG, "%s: larger than %d MiB", name, FILE_MAX_BYTES >> 20);
	if (n < 0)
		return error_errno(err, errno, "%s", name);
	return add_content(w, name, err);
}

/* What somebody named may be a pipe: <(helm template chart), /dev/stdin. Below a directory it is none of ours. */
static int add_named(struct walk *w, const char *path, struct error *err)
{
	cleanup_fd int fd = -1;
	struct stat st;

	if (stat(path, &st) || !S_ISFIFO(st.st_mode))
		return add_file(w, path, err);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? error_errno(err, errno, "%s", path) : add_stream(w, fd, path, err);
}

static int is_visible(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

static bool is_manifest(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot &&
	       (!strcasecmp(dot, ".yaml") || !strcasecmp(dot, ".yml") || !strcasecmp(dot, ".json"));
}

static int add_directory(struct walk *w, const char *path, unsigned depth, struct error *err);

static int add_entry(struct walk *w, const char *path, const char *name, unsigned depth,
		     struct error *err)
{
	cleanup_free char *full = str_format("%s%s%s", path, str_ends(path, "/") ? "" : "/", name);
	struct error local = ERROR_INIT;
	struct stat st;
	int r = 0;

	if (!full)
		return error_errno(err, ENOMEM, "%s", path);
	if (lstat(full, &st) == 0 && S_ISDIR(st.st_mode))
		r = add_directory(w, full, depth + 1, &local);
	else if (is_manifest(name) && stat(full, &st) == 0 && !S_ISREG(st.st_mode))
		r = error_set(&local, EINVAL, "this is no regular file");
	else if (is_manifest(name) &&
		 !(w->hook && w->hook->skips && w->hook->skips(w->hook->data, full)))
		r = add_file(w, full, &local);
	if (r == -ENOMEM) {
		*err = local;
		return r;
	}
	if (r)
		inspection_problem(w->in, full, local.text);
	return 0;
}

/*
 * A directory with an OCI config.json is a bundle: what is beside it is the container's files, which is
 * no manifest of anybody's. True with the content read.
 */
static bool is_bundle(struct walk *w, const char *config)
{
	buf_reset(&w->content);
	return !fs_read(config, BUNDLE_CONFIG_MAX, &w->content, NULL) && w->content.len &&
	       memmem(w->content.data, w->content.len, "\"ociVersion\"", 12);
}

/* Docker's directory of a container: its other files are logs and names. */
static int add_docker(struct walk *w, const char *directory, const char *config, struct error *err)
{
	cleanup_free char *host = str_format("%s/" DOCKER_HOST_CONFIG, directory);
	cleanup_buf struct buf more = { .limit = BUNDLE_CONFIG_MAX };
	struct docker_files files = { .config_name = config, .host_name = host };
	int r;

	if (!host)
		return error_errno(err, ENOMEM, "%s", directory);
	buf_reset(&w->content);
	r = fs_read(config, BUNDLE_CONFIG_MAX, &w->content, err);
	if (!r)
		r = fs_read(host, BUNDLE_CONFIG_MAX, &more, err);
	if (r)
		return r;
	files.config = text_from(w->content.data ? w->content.data : "", w->content.len);
	files.host = text_from(more.data ? more.data : "", more.len);
	return inspection_add_docker(w->in, &files, err);
}

/* Half of what Docker keeps says nothing without the other half. */
static int add_docker_named(struct walk *w, const char *path, struct error *err)
{
	struct text name = text_basename(text_of(path));
	size_t len = strlen(path) - name.len;
	cleanup_free char *directory = len ? str_dup_n(path, len - 1 ? len - 1 : 1) : strdup(".");
	cleanup_free char *config = directory ? str_format("%s/" DOCKER_CONFIG, directory) : NULL;

	return config ? add_docker(w, directory, config, err) :
			error_errno(err, ENOMEM, "%s", path);
}

static bool is_dockers(const char *path)
{
	struct text name = text_basename(text_of(path));

	return text_eq_str(name, DOCKER_CONFIG) || text_eq_str(name, DOCKER_HOST_CONFIG);
}

/* --- directories --------------------------------------------------------------------------------- */

struct survey {
	struct walk *w;
	const char *path;
	unsigned depth;
	struct error *err;
};

static int survey_directory(struct walk *w, const char *path, unsigned depth, struct error *err);

static int survey_entry(const char *name, bool is_dir, void *arg)
{
	struct survey *s = arg;
	cleanup_free char *full = str_format("%s%s%s", s->path, str_ends(s->path, "/") ? "" : "/",
					     name);
	struct stat st;

	if (!full)
		return error_errno(s->err, ENOMEM, "%s", s->path);
	/* Most files are known by their names. */
	if (*name == '.' || (!is_dir && strchr(name, '.')) || lstat(full, &st) ||
	    !S_ISDIR(st.st_mode))
		return 0;
	return survey_directory(s->w, full, s->depth + 1, s->err);
}

/* What is not gone into below is not here. */
static int survey_directory(struct walk *w, const char *path, unsigned depth, struct error *err)
{
	struct survey s = { w, path, depth, err };
	cleanup_free char *docker = str_format("%s/" DOCKER_CONFIG, path);
	cleanup_free char *config = str_format("%s/config.json", path);
	int r;

	if (depth > DIRECTORIES_DEEP || (config && is_bundle(w, config)) ||
	    (docker && fs_exists(docker)))
		return 0;
	r = w->hook->survey(w->hook->data, path, err);
	if (!r)
		r = fs_list(path, survey_entry, &s);
	/* What can't be listed is told when it is read. */
	return r == -ENOMEM ? r : 0;
}

static int survey(struct walk *w, const char *path, struct error *err)
{
	int r = w->hook && w->hook->survey ? survey_directory(w, path, 0, err) : 0;

	return !r && w->hook && w->hook->surveyed ? w->hook->surveyed(w->hook->data, w->in, err) :
						    r;
}

static int add_directory(struct walk *w, const char *path, unsigned depth, struct error *err)
{
	cleanup_free char *docker = str_format("%s/" DOCKER_CONFIG, path);
	cleanup_free char *config = str_format("%s/config.json", path);
	struct dirent **entries = NULL;
	int n, r = 0;

	if (depth > DIRECTORIES_DEEP)
		return error_set(err, ELOOP, "%s: too many directories inside of each other", path);
	if (config && is_bundle(w, config))
		return inspection_add(w->in, config, text_from(w->content.data, w->content.len),
				      err);
	if (docker && fs_exists(docker))
		return add_docker(w, path, docker, err);
	if (depth && w->hook && w->hook->directory) {
		r = w->hook->directory(w->hook->data, w->in, path, err);
		if (r)
			return r < 0 ? r : 0;
	}
	n = scandir(path, &entries, is_visible, alphasort);
	if (n < 0)
		return error_errno(err, errno, "%s", path);
	for (int i = 0; i < n; i++) {
		if (!r)
			r = add_entry(w, path, entries[i]->d_name, depth, err);
		free(entries[i]);
	}
	free(entries);
	return r;
}

int inspect_path(struct inspection *in, const char *path, const struct input_hook *hook,
		 struct error *err)
{
	struct walk w = { .in = in, .hook = hook, .content = { .limit = FILE_MAX_BYTES } };
	int r;

	if (str_eq(path, "-"))
		r = add_stream(&w, STDIN_FILENO, INPUT_STDIN, err);
	else if (fs_is_dir(path)) {
		r = survey(&w, path, err);
		r = r ? r : add_directory(&w, path, 0, err);
	} else if (is_dockers(path))
		r = add_docker_named(&w, path, err);
	else
		r = add_named(&w, path, err);
	buf_deinit(&w.content);
	return r;
}

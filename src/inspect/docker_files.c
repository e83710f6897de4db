/* SPDX-License-Identifier: Apache-2.0 */
/* What Docker keeps of a container in two files becomes one document, as `docker inspect` shows it. */
#include <errno.h>

#include "base/cleanup.h"
#include "base/yaml_make.h"
#include "inspect/docker.h"
#include "inspect/engine_private.h"

/* Both of Docker's files while they are looked at. */
struct docker_trees {
	struct yaml_stream *config, *host;
	struct arena arena; /* of what joins them */
	const struct yaml_node *root;
};

static void docker_trees_deinit(struct docker_trees *t)
{
	yaml_stream_free(t->config);
	yaml_stream_free(t->host);
	arena_deinit(&t->arena);
}
#define cleanup_docker_trees cleanup(docker_trees_deinit)

/* One file; *ret stays NULL where there is no map in it, and diagnostics say why. */
static int read_tree(struct inspection *in, const char *file, struct text content,
		     struct yaml_stream **ret_stream, struct yaml_node **ret, struct error *err)
{
	const char *name = inventory_text(&in->inventory, text_of(file));
	struct diags *d = &in->report.problems;
	struct yaml_node *n = NULL;
	enum yaml_given given;

	*ret = NULL;
	if (name)
		*ret_stream = yaml_stream_new(name, content, &manifest_limits, NULL, d);
	if (!*ret_stream)
		return error_errno(err, ENOMEM, "%s", file);
	given = yaml_stream_next(*ret_stream, &n);
	if (given == YAML_DOCUMENT && n->kind == YAML_MAP)
		*ret = n;
	else if (given != YAML_FAILED)
		diag_error(d, n ? yaml_place(n) : (struct diag_place){ name, 1, 1 }, "object",
			   n ? "this is no file of Docker's" : "there is nothing in it");
	return 0;
}

/* root stays NULL where a file can't be read. */
static int read_docker(struct inspection *in, const struct docker_files *files,
		       struct docker_trees *t, struct error *err)
{
	struct yaml_node *config, *host = NULL, *both;
	int r = read_tree(in, files->config_name, files->config, &t->config, &config, err);

	if (!r)
		r = read_tree(in, files->host_name, files->host, &t->host, &host, err);
	if (r || !config || !host)
		return r;
	both = yaml_make_copy(&t->arena, config);
	yaml_make_put(&t->arena, both, TEXT("HostConfig"), host);
	if (t->arena.failed)
		return error_errno(err, ENOMEM, "%s", files->config_name);
	if (docker_is_container(both))
		t->root = both;
	else
		diag_error(&in->report.problems, yaml_place(config), "object",
			   "this is no file of Docker's: it has no Config");
	return 0;
}

int inspection_add_docker(struct inspection *in, const struct docker_files *files,
			  struct error *err)
{
	cleanup_docker_trees struct docker_trees t = { .arena = ARENA_INIT(16 << 20) };
	int r = read_docker(in, files, &t, err);

	if (r || t.root)
		return r ? r : inspection_add_tree(in, files->config_name, t.root, err);
	in->report.files++;
	return 0;
}

int inspection_add_live(struct inspection *in, const char *file, struct text content,
			const struct live *live, const struct docker_files *docker,
			struct error *err)
{
	cleanup_docker_trees struct docker_trees t = { .arena = ARENA_INIT(16 << 20) };
	int r = docker ? read_docker(in, docker, &t, err) : 0;

	if (r)
		return r;
	in->live = live;
	in->docker = t.root;
	r = inspection_add(in, file, content, err);
	in->live = NULL;
	in->docker = NULL;
	return r;
}

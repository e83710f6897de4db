/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/inspect_inputs.h"

#include <errno.h>

#include "base/fs.h"
#include "base/str.h"
#include "cli/command.h"
#include "cli/host_live.h"
#include "cli/inspect_fix.h"
#include "cli/inspect_render.h"
#include "cli/inspect_rendered.h"
#include "cli/kustomizations.h"
#include "inspect/docker.h"
#include "inspect/host/host.h"
#include "inspect/image/read.h"
#include "inspect/input.h"

enum { CONFIG_MAX = 8 << 20 };

/* What names or changes files makes no sense for a cluster, and the other way round. */
static int check_cluster(const struct arguments *args, size_t operands, struct error *err)
{
	static const char *const alone[] = { "kubeconfig", "context", "namespace", "page" };

	for (size_t i = 0; i < ARRAY_SIZE(alone); i++)
		if (arg_value(args, alone[i]) && !arg_flag(args, "cluster"))
			return error_set(err, USAGE_ERROR, "--%s goes with --cluster", alone[i]);
	if (!arg_flag(args, "cluster"))
		return 0;
	if (operands || arg_flag(args, "host"))
		return error_set(err, USAGE_ERROR,
				 "--cluster inspects a cluster, and no files or --host");
	if (arg_flag(args, "write"))
		return error_set(
			err, USAGE_ERROR,
			"a cluster is never written to: --fix --json gives patches for kubectl patch");
	if (arg_flag(args, "fix") && !arg_flag(args, "json"))
		return error_set(
			err, USAGE_ERROR,
			"a cluster has no files to show differences of: --fix --json gives patches");
	return 0;
}

/* Judged for the version that it runs, unless another is asked for. */
int inspect_inputs_open(const struct arguments *args, struct inspect_job *j, struct error *err)
{
	size_t n;
	int r;

	arg_operands(args, &n);
	r = check_cluster(args, n, err);
	if (r || !arg_flag(args, "cluster"))
		return r;
	r = inspect_cluster_open(&j->cluster, args, err);
	if (r)
		return r;
	if (!arg_value(args, "pss-version") && j->cluster.version.minor)
		j->options.version = j->cluster.version.minor < KUBERNETES_MINOR_MAX ?
					     j->cluster.version.minor :
					     KUBERNETES_MINOR_MAX;
	return 0;
}

/* False: the report says why. */
static bool read_config(struct inspection *in, const struct live *live, const char *path,
			struct buf *text)
{
	struct error local = ERROR_INIT;
	int r;

	*text = (struct buf){ .limit = CONFIG_MAX };
	r = live->owner ? fs_read_of(live->owner, path, CONFIG_MAX, text, &local) :
			  fs_read(path, CONFIG_MAX, text, &local);
	if (r)
		inspection_problem(in, path, local.text);
	return !r;
}

static struct text text_of_buf(const struct buf *b)
{
	return text_from(b->data ? b->data : "", b->len);
}

/* One of Docker's: what its own files say too, or alone. */
static int add_docker(const char *config, const struct buf *bundle, const struct live *live,
		      struct inspection *in, struct error *err)
{
	cleanup_free char *own = str_format("%s/" DOCKER_CONFIG, live->docker);
	cleanup_free char *host = str_format("%s/" DOCKER_HOST_CONFIG, live->docker);
	cleanup_buf struct buf own_text = BUF_INIT, host_text = BUF_INIT;
	struct docker_files files = { .config_name = own, .host_name = host };
	bool known;

	if (!own || !host)
		return error_errno(err, ENOMEM, "%s", live->docker);
	known = read_config(in, live, own, &own_text) && read_config(in, live, host, &host_text);
	files.config = text_of_buf(&own_text);
	files.host = text_of_buf(&host_text);
	if (config)
		return inspection_add_live(in, config, text_of_buf(bundle), live,
					   known ? &files : NULL, err);
	return known ? inspection_add_docker(in, &files, err) : 0;
}

/* What can't be read of one container is told in the report. */
static int add_container(const char *config, const struct live *live, void *arg, struct error *err)
{
	cleanup_buf struct buf text = BUF_INIT;
	struct inspection *in = arg;

	if (!config && !live->docker)
		inspection_problem(in, live->name, "no config.json is known of this container");
	if (config && !read_config(in, live, config, &text))
		config = NULL;
	if (live->docker)
		return add_docker(config, &text, live, in, err);
	if (config)
		return inspection_add_live(in, config, text_of_buf(&text), live, NULL, err);
	return 0;
}

static int add_image(struct inspection *in, const char *path, struct error *err)
{
	struct image image;
	int r;

	inspect_image_init(&image);
	r = inspect_image_read(&image, path, err);
	if (!r)
		r = inspection_add_image(in, path, &image, err);
	inspect_image_deinit(&image);
	return r;
}

/* --- hooks of the walk through a directory; data is the kustomizations of it --------------------------------- */

static int note_kustomization(void *data, const char *path, struct error *err)
{
	bool library;

	/* A chart is taken as a whole. */
	return inspect_is_chart(path, &library) ? 1 : kustomizations_note(data, path, err);
}

static int render_kustomizations(void *data, struct inspection *in, struct error *err)
{
	return kustomizations_render(data, in, err);
}

static bool is_rendered(void *data, const char *path)
{
	return kustomizations_cover(data, path);
}

int inspect_inputs_add(const struct arguments *args, struct inspect_job *j, struct inspection *in,
		       struct inspect_fix *fix, struct error *err)
{
	bool renders = !fix && !arg_flag(args, "no-render");
	cleanup_kustomizations struct kustomizations tops = { 0 };
	const struct input_hook fixing = { .change = inspect_fix_change, .data = fix };
	const struct input_hook rendering = { .survey = note_kustomization,
					      .surveyed = render_kustomizations,
					      .skips = is_rendered,
					      .directory = inspect_rendered_chart,
					      .data = &tops };
	const char *root = arg_value(args, "root");
	bool host = arg_flag(args, "host");
	size_t n;
	char **paths = arg_operands(args, &n);
	int r = 0;

	if (host && !n)
		r = host_inspect(in, root ? root : "/", root != NULL, err);
	if (!r && host && !root)
		r = host_live_each(paths, n, add_container, in, err);
	if (!r && arg_flag(args, "cluster"))
		r = inspect_cluster_add(&j->cluster, in, fix, err);
	for (size_t i = 0; i < n && !r && !host; i++) {
		struct error why = ERROR_INIT;

		if (arg_flag(args, "image"))
			r = add_image(in, paths[i], &why);
		else if (renders && inspect_render_program(paths[i]))
			r = inspect_rendered_add(in, paths[i], &why);
		else
			r = inspect_path(in, paths[i],
					 fix	 ? &fixing :
					 renders ? &rendering :
						   NULL,
					 &why);
		kustomizations_deinit(&tops);
		if (r && (n == 1 || r == -ENOMEM)) {
			*err = why;
			return r;
		}
		/* One of several does not keep the others from being inspected. */
		if (r)
			inspection_problem(in, paths[i], why.text);
		r = 0;
	}
	return r;
}

int inspect_inputs_check(const struct arguments *args, struct error *err)
{
	bool host = arg_flag(args, "host"), fixes = arg_flag(args, "fix"),
	     watch = arg_flag(args, "watch");
	size_t n;
	char **paths = arg_operands(args, &n);

	if (!n && !host && !arg_flag(args, "cluster"))
		return error_set(
			err, USAGE_ERROR,
			"name files or directories, - for standard input, --host or --cluster");
	if (arg_value(args, "root") && (!host || n))
		return error_set(err, USAGE_ERROR, "--root goes with --host and without names");
	if (host && fixes)
		return error_set(err, USAGE_ERROR,
				 "--fix mends manifests, not what runs: leave --host out");
	if (arg_flag(args, "image") && (fixes || host))
		return error_set(err, USAGE_ERROR, "--image goes without --fix and --host");
	if (watch && fixes)
		return error_set(err, USAGE_ERROR,
				 "--watch tells, it does not mend: leave --fix out");
	for (size_t i = 0, seen = 0; i < n; i++) {
		if (!str_eq(paths[i], "-") || host)
			continue;
		if (watch)
			return error_set(err, USAGE_ERROR,
					 "--watch needs files: standard input ends");
		if (seen++)
			return error_set(err, USAGE_ERROR, "standard input can be read once");
	}
	return 0;
}

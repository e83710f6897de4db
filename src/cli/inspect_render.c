/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/inspect_render.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>

#include "base/child.h"
#include "base/cleanup.h"
#include "base/fs.h"
#include "base/str.h"
#include "base/text.h"
#include "base/yaml_tree.h"
#include "cli/kustomization.h"

enum {
	CHART_MAX = 1 << 20,
	SECONDS_MAX = 60,
	SAID_MAX = 2000,
	EXIT_NETWORK = 125,
	EXIT_NOT_FOUND_ = 127
};

enum { KUSTOMIZE, HELM };

static const struct renderer {
	const char *files[4]; /* any of them in a directory means it */
	const char *program;
	const char *arguments[4]; /* before the directory */
	const char *by_hand;
} renderers[] = {
	[KUSTOMIZE] = { { "kustomization.yaml", "kustomization.yml", "Kustomization" },
			"kubectl",
			{ "kubectl", "kustomize" },
			"kubectl kustomize" },
	[HELM] = { { "Chart.yaml" }, "helm", { "helm", "template", "release" }, "helm template" },
};

/* A packaged chart is known by its name: what else ends so is helm's to refuse. */
static bool is_package(const char *path)
{
	return str_ends(path, ".tgz") && fs_exists(path) && !fs_is_dir(path);
}

static const struct renderer *renderer_of(const char *directory)
{
	if (is_package(directory))
		return &renderers[HELM];
	for (size_t i = 0; i < ARRAY_SIZE(renderers); i++)
		for (size_t k = 0; k < ARRAY_SIZE(renderers[i].files) && renderers[i].files[k];
		     k++) {
			cleanup_free char *path = str_format("%s/%s", directory,
							     renderers[i].files[k]);

			if (path && fs_exists(path) && !fs_is_dir(path))
				return &renderers[i];
		}
	return NULL;
}

const char *inspect_render_program(const char *directory)
{
	const struct renderer *r = renderer_of(directory);

	return r ? r->program : NULL;
}

static bool is_library(const char *directory)
{
	cleanup_free char *path = str_format("%s/Chart.yaml", directory);
	cleanup_buf struct buf text = { .limit = CHART_MAX };
	struct arena arena = ARENA_INIT(16 * CHART_MAX);
	cleanup_diags struct diags d = { 0 };
	struct yaml_file *f = NULL;
	bool library = false;

	if (path && !fs_read(path, CHART_MAX, &text, NULL) && text.len &&
	    yaml_read(&arena, path, text_from(text.data, text.len), &d, &f) && f->document_count) {
		const struct yaml_node *type = yaml_get(f->documents[0], "type");

		library = type && text_eq_str(type->text, "library");
	}
	arena_deinit(&arena);
	return library;
}

bool inspect_is_chart(const char *directory, bool *ret_library)
{
	bool chart = renderer_of(directory) == &renderers[HELM];

	*ret_library = chart && is_library(directory);
	return chart;
}

/* --- running it ---------------------------------------------------------------------------------- */

/* Bases of a kustomization may be addresses; nothing is fetched for an inspection. */
static bool leave_network(void)
{
	if (unshare(CLONE_NEWNET) && unshare(CLONE_NEWUSER | CLONE_NEWNET))
		return false;
	setenv("KUBECONFIG", "/dev/null", 1);
	setenv("HELM_NO_PLUGINS", "1", 1);
	return true;
}

static int judge(const struct renderer *r, const char *directory, struct child_end end, int taken,
		 struct buf *words, struct error *err)
{
	char said[SAID_MAX];
	struct text t = text_trim(text_from(words->data ? words->data : "", words->len));

	switch (taken) {
	case 0:
		break;
	case -ETIMEDOUT:
		return error_set(err, ETIMEDOUT, "%s: %s took more than %d s", directory,
				 r->by_hand, SECONDS_MAX);
	case -EFBIG:
		return error_set(err, EFBIG, "%s: %s wrote too much", directory, r->by_hand);
	case -ENOENT:
		return error_set(
			err, ENOENT,
			"%s: %s is needed to render it, and is not installed (--no-render reads the files as "
			"they are)",
			directory, r->program);
	case -EPERM:
		return error_set(
			err, EPERM,
			"%s: %s can't be kept from the network here; pipe it: %s %s | merlon inspect -",
			directory, r->program, r->by_hand, directory);
	default:
		return error_errno(err, -taken, "%s: %s", directory, r->by_hand);
	}
	if (!end.status)
		return 0;
	str_printable(said, sizeof(said), t.data, t.len);
	return error_set(err, EINVAL, "%s: %s failed: %s", directory, r->by_hand, said);
}

int inspect_render(const char *directory, struct buf *out, struct error *err)
{
	const struct renderer *r = renderer_of(directory);
	cleanup_buf struct buf words = { .limit = 64 << 10 };
	const char *argv[ARRAY_SIZE(r->arguments) + 2] = { NULL };
	struct child child = { .argv = argv, .prepare = leave_network, .seconds = SECONDS_MAX };
	struct child_end end;
	int taken;
	cleanup_free char *why = NULL;
	size_t n = 0;

	if (r == &renderers[KUSTOMIZE])
		why = kustomization_refuses(directory);
	if (why)
		return error_set(
			err, EINVAL,
			"%s: it is not rendered: %s; pipe it: %s %s | merlon inspect - (or read its files as they are: --no-render)",
			directory, why, r->by_hand, directory);
	if (!r)
		return error_set(err, EINVAL, "%s: neither a chart nor a kustomization", directory);
	for (; n < ARRAY_SIZE(r->arguments) && r->arguments[n]; n++)
		argv[n] = r->arguments[n];
	argv[n] = directory;
	taken = child_run(&child, out, &words, &end);
	return judge(r, directory, end, taken, &words, err);
}

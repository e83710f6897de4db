/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/inspect_render.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/str.h"
#include "base/text.h"
#include "base/yaml_tree.h"

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

/* --- the child ----------------------------------------------------------------------------------- */

/* Bases of a kustomization may be addresses; nothing is fetched for an inspection. */
static bool leave_network(void)
{
	return !unshare(CLONE_NEWNET) || !unshare(CLONE_NEWUSER | CLONE_NEWNET);
}

static void be_renderer(const struct renderer *r, const char *directory, int out, int err)
{
	const char *argv[6] = { NULL };
	size_t n = 0;
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	while (n < ARRAY_SIZE(r->arguments) && r->arguments[n]) {
		argv[n] = r->arguments[n];
		n++;
	}
	argv[n] = directory;
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (null < 0 || dup2(null, 0) < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0 ||
	    !leave_network())
		_exit(EXIT_NETWORK);
	setenv("KUBECONFIG", "/dev/null", 1);
	setenv("HELM_NO_PLUGINS", "1", 1);
	execvp(r->program, (char *const *)argv);
	_exit(errno == ENOENT ? EXIT_NOT_FOUND_ : 126);
}

/* --- the parent ---------------------------------------------------------------------------------- */

struct stream {
	int fd;
	struct buf *to;
};

/* False at its end. */
static bool take(struct stream *s)
{
	char part[65536];
	ssize_t n = read(s->fd, part, sizeof(part));

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return true;
	if (n <= 0)
		return false;
	buf_add(s->to, part, (size_t)n);
	return true;
}

/* Until both have ended; -ETIMEDOUT, -EFBIG. What is said beyond the room for it is dropped. */
static int take_all(int out, int said, struct buf *text, struct buf *words)
{
	struct stream streams[] = { { out, text }, { said, words } };
	struct pollfd p[] = { { out, POLLIN, 0 }, { said, POLLIN, 0 } };
	int64_t end = clock_passed_ns() + (int64_t)SECONDS_MAX * 1000000000;

	while (p[0].fd >= 0 || p[1].fd >= 0) {
		int64_t left = (end - clock_passed_ns()) / 1000000;

		if (left <= 0)
			return -ETIMEDOUT;
		if (poll(p, 2, (int)left) < 0 && errno != EINTR)
			return -errno;
		for (int i = 0; i < 2; i++)
			if (p[i].fd >= 0 && p[i].revents && !take(&streams[i]))
				p[i].fd = -1;
		if (text->failed)
			return -EFBIG;
	}
	return 0;
}

static int judge(const struct renderer *r, const char *directory, int status, int taken,
		 struct buf *words, struct error *err)
{
	char said[SAID_MAX];
	struct text t = text_trim(text_from(words->data ? words->data : "", words->len));

	if (taken == -ETIMEDOUT)
		return error_set(err, ETIMEDOUT, "%s: %s took more than %d s", directory,
				 r->by_hand, SECONDS_MAX);
	if (taken == -EFBIG)
		return error_set(err, EFBIG, "%s: %s wrote too much", directory, r->by_hand);
	if (taken)
		return error_errno(err, -taken, "%s: %s", directory, r->by_hand);
	if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_NOT_FOUND_)
		return error_set(
			err, ENOENT,
			"%s: %s is needed to render it, and is not installed (--no-render reads the files as "
			"they are)",
			directory, r->program);
	if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_NETWORK)
		return error_set(
			err, EPERM,
			"%s: %s can't be kept from the network here; pipe it: %s %s | merlon inspect -",
			directory, r->program, r->by_hand, directory);
	if (WIFEXITED(status) && !WEXITSTATUS(status))
		return 0;
	str_printable(said, sizeof(said), t.data, t.len);
	return error_set(err, EINVAL, "%s: %s failed: %s", directory, r->by_hand, said);
}

int inspect_render(const char *directory, struct buf *out, struct error *err)
{
	const struct renderer *r = renderer_of(directory);
	cleanup_buf struct buf words = { .limit = 64 << 10 };
	int outs[2], errs[2], status = 0, taken;
	pid_t pid;

	if (!r)
		return error_set(err, EINVAL, "%s: neither a chart nor a kustomization", directory);
	if (pipe2(outs, O_CLOEXEC) < 0)
		return error_errno(err, errno, "pipe");
	if (pipe2(errs, O_CLOEXEC) < 0) {
		close(outs[0]);
		close(outs[1]);
		return error_errno(err, errno, "pipe");
	}
	pid = fork();
	if (pid == 0)
		be_renderer(r, directory, outs[1], errs[1]);
	close(outs[1]);
	close(errs[1]);
	taken = pid < 0 ? -errno : take_all(outs[0], errs[0], out, &words);
	close(outs[0]);
	close(errs[0]);
	if (pid > 0) {
		if (taken) {
			kill(-pid, SIGKILL);
			kill(pid, SIGKILL);
		}
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
	}
	return judge(r, directory, status, taken, &words, err);
}

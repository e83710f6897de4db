/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/secret.h"
#include "base/sha256.h"
#include "base/str.h"
#include "base/utf8.h"
#include "identity/process.h"
#include "respond/job.h"

/* What one capture may take, however many processes there are. */
enum { PROCESSES_MAX = 256, TEXT_MAX = 1 << 20, FDS_MAX = 4096, PIECE = 64 << 10 };
#define EXECUTABLE_MAX ((off_t)256 << 20)

struct capture {
	struct job *job;
	json_t *processes; /* for about.json */
	size_t count, failed;
};

static bool wants(const struct capture *c, enum hand_evidence e)
{
	return !c->job->rq->what || c->job->rq->what >> e & 1;
}

/* --- files of evidence ----------------------------------------------------------------------------------- */

static void keep(struct capture *c, pid_t pid, const char *name, const char *data, size_t len)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/%d.%s", c->job->room, pid, name) >=
		    (int)sizeof(path) ||
	    fs_write_atomic(path, data ? data : "", len, 0600, NULL))
		c->failed++;
}

/* As it is. A text that is too long is left out: its end may be what matters. */
static void keep_proc(struct capture *c, pid_t pid, const char *name)
{
	cleanup_buf struct buf text = BUF_INIT;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	if (fs_read(path, TEXT_MAX, &text, NULL))
		c->failed++;
	else
		keep(c, pid, name, text.data, text.len);
}

/* Names stay, values that may be credentials don't: evidence is read by more people than may have them. */
static void add_variable(struct buf *out, struct text line)
{
	const char *eq = memchr(line.data, '=', line.len);
	struct text name = eq ? text_from(line.data, (size_t)(eq - line.data)) : line,
		    value = eq ? text_from(eq + 1, line.len - name.len - 1) : TEXT("");
	struct secret s = secret_find(value);

	utf8_show(out, name);
	buf_add_char(out, '=');
	if (s.what || secret_is_named(name, value))
		buf_addf(out, "(%s, %u bytes, not kept)",
			 s.what ? s.what : "a credential by its name", value.len);
	else
		utf8_show(out, value);
	buf_add_char(out, '\n');
}

static void keep_environment(struct capture *c, pid_t pid)
{
	cleanup_buf struct buf raw = BUF_INIT, out = BUF_INIT;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/environ", pid);
	if (fs_read(path, TEXT_MAX, &raw, NULL)) {
		c->failed++;
		return;
	}
	for (size_t at = 0; at < raw.len;) {
		size_t n = strnlen(raw.data + at, raw.len - at);

		add_variable(&out, text_from(raw.data + at, n));
		at += n + 1;
	}
	keep(c, pid, "environ", out.data, out.len);
}

static void keep_descriptors(struct capture *c, pid_t pid)
{
	cleanup_buf struct buf out = BUF_INIT;
	cleanup_dir DIR *dir = NULL;
	char path[64], to[PATH_MAX];
	struct dirent *e;
	size_t n = 0;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	dir = opendir(path);
	while (dir && (e = readdir(dir)) && n < FDS_MAX) {
		ssize_t len = e->d_name[0] == '.' ?
				      -1 :
				      readlinkat(dirfd(dir), e->d_name, to, sizeof(to));

		if (len < 0)
			continue;
		buf_addf(&out, "%s ", e->d_name);
		utf8_show(&out, text_from(to, (size_t)len));
		buf_add_char(&out, '\n');
		n++;
	}
	if (!dir)
		c->failed++;
	keep(c, pid, "fd", out.data, out.len);
}

/* --- the executable -------------------------------------------------------------------------------------- */

/* -errno; -EFBIG: it is kept up to there, and its hash is not known. */
static int copy(int from, int to, char hash[SHA256_TEXT_SIZE])
{
	char piece[PIECE];
	struct sha256 h;
	off_t at = 0;
	ssize_t n;

	sha256_init(&h);
	while ((n = read(from, piece, sizeof(piece))) > 0) {
		sha256_add(&h, piece, (size_t)n);
		if (write(to, piece, (size_t)n) != n)
			return -EIO;
		at += n;
		if (at > EXECUTABLE_MAX)
			return -EFBIG;
	}
	sha256_text(&h, hash);
	return n < 0 ? -errno : 0;
}

/* By the kernel's own link: it is what runs, deleted or in memory only as it may be. */
static void keep_executable(struct capture *c, pid_t pid, json_t *about)
{
	char path[PATH_MAX], link[64], hash[SHA256_TEXT_SIZE];
	cleanup_fd int from = -1, to = -1;

	snprintf(link, sizeof(link), "/proc/%d/exe", pid);
	from = open(link, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	snprintf(path, sizeof(path), "%.*s/%d.exe", (int)sizeof(path) - 32, c->job->room, pid);
	to = from < 0 ? -1 : open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (to < 0 || copy(from, to, hash))
		c->failed++;
	else
		json_object_set_new(about, "sha256", json_string(hash));
}

/* --- processes ------------------------------------------------------------------------------------------- */

static json_t *about_process(pid_t pid, const struct process_status *p)
{
	cleanup_buf struct buf line = BUF_INIT;
	char path[64], exe[PATH_MAX];
	json_t *o = json_pack("{s:i, s:i, s:i, s:I, s:I}", "pid", pid, "parent", p->parent, "vpid",
			      p->inner_pid, "uid", (json_int_t)p->uid, "gid", (json_int_t)p->gid);
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	n = readlink(path, exe, sizeof(exe));
	if (n > 0)
		json_object_set_new(o, "exe", utf8_json(text_from(exe, (size_t)n)));
	snprintf(path, sizeof(path), "/proc/%d/cmdline", pid);
	if (fs_read(path, TEXT_MAX, &line, NULL))
		return o;
	for (size_t i = 0; i + 1 < line.len; i++)
		if (!line.data[i])
			line.data[i] = ' ';
	json_object_set_new(o, "cmdline",
			    utf8_json(text_from(line.data, strnlen(line.data, line.len))));
	return o;
}

static int capture_process(pid_t pid, void *arg)
{
	static const char *const texts[] = { "status", "cgroup", "mountinfo", "limits" };
	struct capture *c = arg;
	struct process_status p;
	json_t *about;

	if (c->count == PROCESSES_MAX || process_read(pid, &p))
		return 0;
	c->count++;
	about = about_process(pid, &p);
	for (size_t i = 0; wants(c, EVIDENCE_PROCESS) && i < ARRAY_SIZE(texts); i++)
		keep_proc(c, pid, texts[i]);
	if (wants(c, EVIDENCE_MAPS))
		keep_proc(c, pid, "maps");
	if (wants(c, EVIDENCE_FILES))
		keep_descriptors(c, pid);
	if (wants(c, EVIDENCE_ENVIRONMENT))
		keep_environment(c, pid);
	if (wants(c, EVIDENCE_EXECUTABLE) && pid == c->job->target->pid &&
	    c->job->target->pidfd >= 0)
		keep_executable(c, pid, about);
	json_array_append_new(c->processes, about);
	return 0;
}

static int capture_group(const char *path, void *arg)
{
	struct capture *c = arg;

	cgroup_each_process(&c->job->limits->layout, path, capture_process, c);
	return 0;
}

static int write_about(struct capture *c)
{
	const struct job *j = c->job;
	cleanup_json json_t *o = json_pack("{s:s, s:o, s:o, s:o, s:O}", "id", j->id, "rule",
					   utf8_json(text_of(j->rq->rule)), "alert",
					   json_string(j->rq->alert), "container",
					   json_string(j->rq->container), "processes",
					   c->processes);
	cleanup_free char *text = o ? json_dumps(o, JSON_INDENT(1)) : NULL;
	char path[PATH_MAX];

	if (!text || snprintf(path, sizeof(path), "%s/about.json", j->room) >= (int)sizeof(path))
		return -ENOMEM;
	return fs_write_atomic(path, text, strlen(text), 0600, NULL);
}

static void keep_recent(struct capture *c)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/events.txt", c->job->room) >= (int)sizeof(path) ||
	    fs_write_atomic(path, c->job->rq->recent, strlen(c->job->rq->recent), 0600, NULL))
		c->failed++;
}

enum hand_outcome job_capture(struct job *j)
{
	struct capture c = { .job = j };
	int r;

	if (j->dry)
		return job_say(j, HAND_WOULD, "evidence would be kept");
	c.processes = json_array();
	if (j->target->host)
		capture_process(j->target->pid, &c);
	else
		cgroup_each_below(&j->limits->layout, j->target->container.cgroup, capture_group,
				  &c);
	if (wants(&c, EVIDENCE_EVENTS))
		keep_recent(&c);
	r = write_about(&c);
	json_decref(c.processes);
	if (r)
		return job_fail(j, -r, "the evidence");
	return job_say(j, HAND_DONE, "evidence of %zu processes is in %.300s%s", c.count, j->room,
		       c.failed ? ", not all could be read" : "");
}

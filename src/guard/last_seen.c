/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/last_seen.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/str.h"

enum {
	RECORD_SIZE =
		512, /* within a page: a process that is killed has written all of it, or nothing */
	STAT_SIZE_MAX = 4 << 20 /* of /proc/stat, which has a number for each interrupt */
};
#define FORKS_NS \
	(5LL * 1000000000) /* how often forks are counted: the kernel sums up much for it */

_Static_assert(4096 % RECORD_SIZE == 0, "the record lies in one page");

void last_seen_close(struct last_seen *s)
{
	if (s->fd >= 0)
		close(s->fd);
	*s = LAST_SEEN_INIT;
}

/* Processes that were begun on this machine since it booted; -1: it does not say. */
static int64_t count_forks(void)
{
	static const char label[] = "\nprocesses ";
	cleanup_buf struct buf b = BUF_INIT;
	const char *found;
	long long n;

	if (fs_read_at(AT_FDCWD, "/proc/stat", STAT_SIZE_MAX, &b, NULL) || !b.data)
		return -1;
	found = strstr(b.data, label);
	return found && sscanf(found + sizeof(label) - 1, "%lld", &n) == 1 ? n : -1;
}

/* The newest count that is not later than that time; too many are better than too few. */
static int64_t forks_at(struct last_seen *s, int64_t ns)
{
	if (s->forks[1].at_ns <= ns)
		s->forks[0] = s->forks[1];
	if (s->forks[1].at_ns == INT64_MAX || ns - s->forks[1].at_ns > FORKS_NS) {
		s->forks[1].at_ns = clock_wall_ns();
		s->forks[1].count = count_forks();
	}
	return s->forks[0].at_ns <= ns ? s->forks[0].count : -1;
}

static int64_t number(const json_t *o, const char *name)
{
	const json_t *n = json_object_get(o, name);

	return json_is_integer(n) && json_integer_value(n) >= 0 ? json_integer_value(n) : -1;
}

/* False: the file is new, or somebody wrote something else into it. */
static bool read_record(struct last_seen *s, struct gap *gap)
{
	char text[RECORD_SIZE];
	ssize_t n = pread(s->fd, text, sizeof(text), 0);
	cleanup_json json_t *o = n > 0 ? json_loadb(text, (size_t)n, 0, NULL) : NULL;
	int64_t gaps = number(o, "gaps"), unwatched = number(o, "unwatched_ns"),
		waiting = number(o, "waiting");

	*gap = (struct gap){ .from_ns = number(o, "until"),
			     .ended = json_is_true(json_object_get(o, "ended")),
			     .waiting = waiting > 0 ? (uint64_t)waiting : 0,
			     .processes = number(o, "forks") };
	s->gaps = gaps > 0 ? (uint64_t)gaps : 0;
	s->unwatched_ns = unwatched > 0 ? unwatched : 0;
	return gap->from_ns > 0;
}

static bool own(struct last_seen *s)
{
	s->ours = s->ours || (s->fd >= 0 && !flock(s->fd, LOCK_EX | LOCK_NB));
	return s->ours;
}

bool last_seen_gap(struct last_seen *s, const struct watched *now, struct gap *gap)
{
	int64_t forks;

	if (s->looked || !own(s))
		return false;
	s->looked = true;
	if (s->first || !read_record(s, gap) || gap->from_ns >= now->from_ns)
		return false; /* where another guard has watched until now there is none */
	gap->to_ns = now->from_ns;
	forks = gap->processes < 0 ? -1 : count_forks();
	/* Fewer: the machine was started anew since. */
	gap->processes = forks < gap->processes ? -1 : forks - gap->processes;
	s->gaps++;
	s->unwatched_ns += gap->to_ns - gap->from_ns;
	return true;
}

static void write_record(struct last_seen *s, const struct watched *now, int64_t forks)
{
	char text[RECORD_SIZE + 1];
	int n = snprintf(
		text, sizeof(text),
		"{\"until\":%lld,\"ended\":%s,\"forks\":%lld,\"waiting\":%llu,\"gaps\":%llu,"
		"\"unwatched_ns\":%lld}",
		(long long)now->until_ns, now->ended ? "true" : "false", (long long)forks,
		(unsigned long long)now->waiting, (unsigned long long)s->gaps,
		(long long)s->unwatched_ns);

	memset(text + n, ' ', (size_t)(RECORD_SIZE - n));
	text[RECORD_SIZE - 1] = '\n';
	(void)!pwrite(s->fd, text, RECORD_SIZE, 0);
}

void last_seen_keep(struct last_seen *s, const struct watched *now)
{
	if (s->ours)
		write_record(s, now, forks_at(s, now->until_ns));
}

int last_seen_open(struct last_seen *s, const char *path, uid_t uid, gid_t gid, struct error *err)
{
	const struct watched begun = { .until_ns = clock_wall_ns() };
	struct stat st;

	*s = LAST_SEEN_INIT;
	s->forks[0].at_ns = s->forks[1].at_ns = INT64_MAX;
	s->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0640);
	if (s->fd < 0)
		return error_errno(err, errno, "%s", path);
	(void)!fchown(s->fd, uid, gid);
	s->first = own(s) && !fstat(s->fd, &st) && st.st_size == 0;
	if (s->first)
		write_record(s, &begun, count_forks());
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/inspect_job.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/str.h"
#include "cli/command.h"
#include "cli/custom_load.h"
#include "cli/inspect_source.h"
#include "inspect/report/format.h"

void inspect_job_deinit(struct inspect_job *j)
{
	exemptions_deinit(&j->exemptions);
	custom_checks_deinit(&j->custom);
	recordings_deinit(&j->recordings);
	baseline_deinit(&j->baseline);
	inspect_cluster_close(&j->cluster);
	free(j->only);
	free(j->skip);
}

static const char **values(const struct arguments *args, const char *option)
{
	size_t n = 0;
	const char **list;

	while (arg_value_at(args, option, n))
		n++;
	list = n ? calloc(n + 1, sizeof(*list)) : NULL;
	for (size_t i = 0; list && i < n; i++)
		list[i] = arg_value_at(args, option, i);
	return list;
}

static int read_severity(const struct arguments *args, const char *option, enum severity *ret,
			 struct error *err)
{
	const char *name = arg_value(args, option);

	if (name && !severity_parse(name, ret))
		return error_set(err, USAGE_ERROR,
				 "--%s: \"%s\" is no severity: " INSPECT_SEVERITIES, option, name);
	return 0;
}

static int read_version(const struct arguments *args, unsigned *ret, struct error *err)
{
	const char *v = arg_value(args, "pss-version");
	uint64_t minor;

	*ret = KUBERNETES_MINOR_MAX;
	if (!v || str_eq(v, "latest"))
		return 0;
	v += *v == 'v';
	if (!str_starts(v, "1.") || !str_to_u64(v + 2, &minor))
		return error_set(err, USAGE_ERROR,
				 "--pss-version: a version like 1.29 was expected");
	/* Later ones are judged as the latest that is known, as the admission plugin does. */
	*ret = minor > KUBERNETES_MINOR_MAX ? KUBERNETES_MINOR_MAX : (unsigned)minor;
	return 0;
}

static int read_level(const struct arguments *args, enum pss_level *ret, struct error *err)
{
	const char *level = arg_value(args, "pss");

	if (!level)
		return 0;
	if (!str_eq(level, "baseline") && !str_eq(level, "restricted"))
		return error_set(err, USAGE_ERROR, "--pss: baseline or restricted was expected");
	*ret = str_eq(level, "baseline") ? PSS_BASELINE : PSS_RESTRICTED;
	return 0;
}

static int read_config(const struct arguments *args, struct inspect_job *j, struct error *err)
{
	cleanup_diags struct diags d = { 0 };
	cleanup_buf struct buf content = BUF_INIT;
	const char *file = arg_value(args, "config");
	int r;

	if (!file)
		return 0;
	r = fs_read(file, 1 << 20, &content, err);
	if (r)
		return r;
	j->options.exemptions = &j->exemptions;
	if (exemptions_read(&j->exemptions, file,
			    text_from(content.data ? content.data : "", content.len), &d))
		return 0;
	diags_print(&d, true, stderr);
	return error_set(err, EINVAL, "%s: there are errors in the configuration", file);
}

static int read_baseline(const struct arguments *args, struct inspect_job *j, struct error *err)
{
	cleanup_buf struct buf content = BUF_INIT;
	const char *file = arg_value(args, "baseline");
	int r = file ? fs_read(file, BUF_LIMIT_DEFAULT, &content, err) : 0;

	if (!file || r)
		return r;
	j->options.baseline = &j->baseline;
	return baseline_read(&j->baseline,
			     text_from(content.data ? content.data : "", content.len)) ?
		       0 :
		       error_errno(err, ENOMEM, "%s", file);
}

static int read_recordings(const struct arguments *args, struct inspect_job *j, struct error *err)
{
	const char *path;
	int r = 0;

	for (size_t n = 0; !r && (path = arg_value_at(args, "profile", n)); n++)
		r = recordings_read(&j->recordings, path, err);
	vec_foreach(it, &j->recordings.items)
		if (it->doubt)
			fprintf(stderr, "%s: nothing is concluded from this recording: %s\n",
				it->file, it->doubt);
	if (arg_value(args, "profile"))
		j->options.recordings = &j->recordings;
	return r;
}

/* Whether that is what a file has; part by part, as it may be large. */
static bool is_content(const char *file, struct text content)
{
	/* It may be a pipe that was read to its end: nobody writes there any more. */
	cleanup_fd int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	char part[65536];
	struct stat st;
	size_t at = 0;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode) || (size_t)st.st_size != content.len)
		return false;
	while ((n = read(fd, part, sizeof(part))) > 0) {
		if ((size_t)n > content.len - at || memcmp(part, content.data + at, (size_t)n) != 0)
			return false;
		at += (size_t)n;
	}
	return !n && at == content.len;
}

/* Only what is in the file as it was read, not what was rendered of it; and only what --fix would mend. */
static bool may_edit(const char *file, struct text content)
{
	return content.len && is_content(file, content) &&
	       !inspect_source_refuses(file, content, false);
}

static int read_format(const struct arguments *args, struct inspect_job *j, struct error *err)
{
	const char *name = arg_flag(args, "json") ? "json" : arg_value(args, "format");

	j->format = report_format_find(name ? name : "text");
	if (!j->format)
		return error_set(err, USAGE_ERROR, "--format: \"%s\" is none", name);
	j->options.fixes = j->format->fixes;
	j->options.may_edit = j->format->edits ? may_edit : NULL;
	return 0;
}

int inspect_job_read(const struct arguments *args, struct inspect_job *j, struct error *err)
{
	const char *fail_on = arg_value(args, "fail-on");
	time_t now = time(NULL);
	struct tm tm;
	int r;

	j->fail_on = SEVERITY_MEDIUM;
	j->never_fail = fail_on && str_eq(fail_on, "never");
	j->only = values(args, "check");
	j->skip = values(args, "skip");
	if (gmtime_r(&now, &tm))
		strftime(j->today, sizeof(j->today), "%Y-%m-%d", &tm);
	j->options = (struct inspect_options){ .only = j->only,
					       .skip = j->skip,
					       .today = j->today,
					       .all = arg_flag(args, "all"),
					       .images = arg_flag(args, "image"),
					       .keep_passed = arg_flag(args, "passed"),
					       .ignore_annotations = arg_flag(args,
									      "no-annotations") };
	if ((arg_flag(args, "write") || arg_flag(args, "aggressive")) && !arg_flag(args, "fix"))
		return error_set(err, USAGE_ERROR, "--write and --aggressive go with --fix");
	if (arg_flag(args, "fix") && arg_value(args, "format"))
		return error_set(err, USAGE_ERROR,
				 "--fix shows differences, or patches with --json");
	r = read_severity(args, "severity", &j->options.least, err);
	if (!r && !j->never_fail)
		r = read_severity(args, "fail-on", &j->fail_on, err);
	if (!r)
		r = read_version(args, &j->options.version, err);
	if (!r)
		r = read_level(args, &j->options.level, err);
	if (!r)
		r = read_format(args, j, err);
	if (!r)
		r = custom_load(&j->custom, args, err);
	j->options.custom = j->exemptions.custom = &j->custom.group;
	if (!r)
		r = read_recordings(args, j, err);
	if (!r)
		r = read_config(args, j, err);
	return r ? r : read_baseline(args, j, err);
}

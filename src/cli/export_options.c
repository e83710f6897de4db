/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/export_options.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/str.h"
#include "profile/backend/head.h"

void export_options_deinit(struct export_options *o)
{
	free(o->allow);
	free(o->selectors);
	free(o->labels);
}

/* All values of an option that repeats, NULL-terminated; NULL if there are none. */
static int values_of(const struct arguments *args, const char *option, const char ***ret,
		     struct error *err)
{
	size_t n = 0;

	while (arg_value_at(args, option, n))
		n++;
	if (!n)
		return 0;
	*ret = calloc(n + 1, sizeof(**ret));
	if (!*ret)
		return error_errno(err, ENOMEM, "arguments");
	for (size_t i = 0; i < n; i++)
		(*ret)[i] = arg_value_at(args, option, i);
	return 0;
}

/* Options that take one of a few words: the place of the word in the list is the value. */
static int read_word(const struct arguments *args, const char *option, const char *const *words,
		     unsigned *ret, struct error *err)
{
	const char *text = arg_value(args, option);
	struct buf list = BUF_INIT;
	int r = 0;

	if (!text)
		return 0;
	for (*ret = 0; words[*ret]; ++*ret) {
		if (str_eq(text, words[*ret]))
			return 0;
		buf_addf(&list, "%s%s", *ret ? ", " : "", words[*ret]);
	}
	*ret = 0;
	r = error_set(err, USAGE_ERROR, "--%s must be one of: %s", option, list.data);
	buf_deinit(&list);
	return r;
}

/* "1.27", "v1.27.3", and "1.27+" as some clusters name themselves. */
static int read_version(const char *text, unsigned *ret, struct error *err)
{
	enum { MINOR_MAX = 999 };
	const char *at = text;
	unsigned minor = 0;

	if (!text)
		return 0;
	at += *at == 'v';
	if (str_starts(at, "1.") && isdigit((unsigned char)at[2])) {
		for (at += 2; isdigit((unsigned char)*at) && minor <= MINOR_MAX; at++)
			minor = minor * 10 + (unsigned)(*at - '0');
		if (minor && minor <= MINOR_MAX &&
		    (!*at || *at == '.' || *at == '+' || *at == '-')) {
			*ret = minor;
			return 0;
		}
	}
	return error_set(err, USAGE_ERROR, "\"%s\" is no version of Kubernetes such as 1.27", text);
}

/* What stands in manifests and profiles unquoted is checked, not escaped. */
static int read_name(const char *option, const char *text, const char **ret, struct error *err)
{
	if (text && !backend_name_is_valid(text))
		return error_set(
			err, USAGE_ERROR,
			"--%s: a name is a letter, then up to 62 lower-case letters, digits and dashes",
			option);
	*ret = text;
	return 0;
}

int export_deny_options_read(const struct arguments *args, struct backend_options *o,
			     struct error *err)
{
	static const char *const files[] = { [BACKEND_FILES_WRITE] = "write",
					     [BACKEND_FILES_ALL] = "all",
					     [BACKEND_FILES_NONE] = "none",
					     NULL };
	static const char *const egress[] = { [BACKEND_EGRESS_ADDRESS] = "address",
					      [BACKEND_EGRESS_PORT] = "port",
					      [BACKEND_EGRESS_NONE] = "none",
					      NULL };
	int r = read_word(args, "files", files, &o->files, err);

	return r ? r : read_word(args, "egress", egress, &o->egress, err);
}

int export_options_read(const struct arguments *args, struct export_options *o, struct error *err)
{
	static const char *const modules[] = { [BACKEND_LSM_APPARMOR] = "apparmor",
					       [BACKEND_LSM_SELINUX] = "selinux",
					       [BACKEND_LSM_NONE] = "none",
					       NULL };
	struct backend_options *b = &o->backend;
	int r = policy_options_read(args, b, &o->allow, err);

	if (!r)
		r = read_name("name", arg_value(args, "name"), &b->name, err);
	if (!r)
		r = read_name("container", arg_value(args, "container"), &b->container, err);
	if (!r)
		r = read_word(args, "lsm", modules, &b->lsm, err);
	if (!r)
		r = export_deny_options_read(args, b, err);
	if (!r)
		r = read_version(arg_value(args, "kubernetes-version"), &b->kubernetes_minor, err);
	if (!r)
		r = values_of(args, "selector", &o->selectors, err);
	if (!r)
		r = values_of(args, "label", &o->labels, err);
	b->selectors = o->selectors;
	b->labels = o->labels;
	b->complain = arg_flag(args, "complain");
	b->policy.clone3 = b->complain; /* to answer ENOSYS would be to enforce */
	b->exact_paths = arg_flag(args, "exact-paths");
	b->without_abi = arg_flag(args, "without-abi");
	b->spo_before_v1 = arg_flag(args, "before-v1");
	b->agent_socket = arg_value(args, "two-phase");
	b->policy.with_listener = b->agent_socket;
	return r;
}

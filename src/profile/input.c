/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/input.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/fs.h"
#include "base/str.h"
#include "base/yaml_read.h"
#include "profile/apparmor_text.h"
#include "profile/json.h"
#include "profile/spo_read.h"
#include "profile/trace.h"

void input_deinit(struct input *in)
{
	if (in->profile)
		profile_free(in->profile);
	cbpf_filter_deinit(&in->rules);
	cbpf_program_deinit(&in->program);
	buf_deinit(&in->notes);
}

/* Members that are null are not there: Go programs write them for empty lists. */
static void drop_nulls(json_t *v)
{
	const char *key;
	json_t *item;
	void *next;
	size_t i;

	json_object_foreach_safe(v, next, key, item)
	{
		if (json_is_null(item))
			json_object_del(v, key);
		else
			drop_nulls(item);
	}
	json_array_foreach (v, i, item)
		drop_nulls(item);
}

/* Where the rules are in a document: in itself, in a resource's spec, in a bundle's linux.seccomp. */
static const json_t *rules_of(const json_t *root)
{
	const char *kind = json_string_value(json_object_get(root, "kind"));
	const json_t *spec = json_object_get(root, "spec");
	const json_t *oci = json_object_get(json_object_get(root, "linux"), "seccomp");

	if (seccomp_json_is(root))
		return root;
	if (kind && str_eq(kind, "SeccompProfile") && seccomp_json_is(spec))
		return spec;
	return seccomp_json_is(oci) ? oci : NULL;
}

static int read_rules(struct input *in, const char *name, json_t *root,
		      const struct seccomp_host *host, struct error *err)
{
	const json_t *rules = rules_of(root);

	if (!rules)
		return error_set(err, EINVAL, "%s: neither a profile nor seccomp rules", name);
	drop_nulls(root);
	in->kind = INPUT_RULES;
	if (json_object_get(rules, "baseProfileName"))
		buf_addf(&in->notes,
			 "/baseProfileName: the rules of that profile are not in this file\n");
	return seccomp_json_read(&in->rules, name, rules, host, &in->notes, err);
}

/*
 * Go writes 64 bits without a sign; jansson has one. Numbers that may be too big become texts, which
 * the reader takes for numbers ("0x..."). What is in quotes is left alone.
 */
static void rewrite_big_numbers(const char *text, size_t len, struct buf *out)
{
	bool quoted = false;

	for (size_t i = 0; i < len; i++) {
		size_t digits = 0;
		uint64_t value;

		while (!quoted && i + digits < len && isdigit((unsigned char)text[i + digits]))
			digits++;
		if (digits == 19 || digits == 20) {
			cleanup_free char *number = str_dup_n(text + i, digits);

			if (number && str_to_u64(number, &value) && value > INT64_MAX)
				buf_addf(out, "\"0x%" PRIx64 "\"", value);
			else
				buf_add(out, text + i, digits);
		} else if (digits) {
			buf_add(out, text + i, digits);
		} else {
			buf_add_char(out, text[i]);
		}
		if (digits) {
			i += digits - 1;
			continue;
		}
		if (quoted && text[i] == '\\' && i + 1 < len)
			buf_add_char(out, text[++i]);
		else
			quoted ^= text[i] == '"';
	}
}

/* A resource of the Security Profiles Operator that is read as AppArmor's text. */
static int read_resource(struct input *in, const char *name, json_t *resource, struct error *err)
{
	cleanup_buf struct buf text = { .limit = APPARMOR_BYTES_MAX };

	drop_nulls(resource);
	spo_resource_text(resource, &text, &in->notes);
	if (text.failed)
		return error_set(err, EFBIG, "%s: too many rules", name);
	in->kind = INPUT_APPARMOR;
	return apparmor_text_read(&in->profile, name, text.data, text.len, &in->notes, err);
}

static int read_json(struct input *in, const char *name, const char *text, size_t len,
		     const struct seccomp_host *host, struct error *err)
{
	cleanup_buf struct buf small = { .limit = 2 * (size_t)PROFILE_FILE_MAX };
	cleanup_json json_t *root = NULL;

	rewrite_big_numbers(text, len, &small);
	if (small.failed)
		return error_errno(err, ENOMEM, "%s", name);
	root = json_parse(name, small.data, small.len, err);
	if (!root)
		return -err->code;
	if (spo_resource_is(root))
		return read_resource(in, name, root, err);
	if (!json_object_get(root, "format"))
		return read_rules(in, name, root, host, err);
	in->kind = INPUT_PROFILE;
	in->profile = profile_from_json(name, text, len, err);
	return in->profile ? 0 : -err->code;
}

/* Of several documents the first with rules. */
static int read_yaml(struct input *in, const char *name, const char *text, size_t len,
		     const struct seccomp_host *host, struct error *err)
{
	cleanup_json json_t *list = yaml_parse(name, text, len, err);
	json_t *document;
	size_t i;

	if (!list)
		return -err->code;
	json_array_foreach (list, i, document) {
		if (rules_of(document))
			return read_rules(in, name, document, host, err);
		if (spo_resource_is(document))
			return read_resource(in, name, document, err);
	}
	return error_set(err, EINVAL,
			 "%s: there is no SeccompProfile, AppArmorProfile or SelinuxProfile in it",
			 name);
}

static bool has_line_beginning(const char *text, size_t len, const char *const *words)
{
	for (const char *line = text; line && line < text + len;) {
		const char *end = memchr(line, '\n', len - (size_t)(line - text));

		for (size_t i = 0; words[i]; i++) {
			size_t n = strlen(words[i]);

			if (n <= len - (size_t)(line - text) && !memcmp(line, words[i], n))
				return true;
		}
		line = end ? end + 1 : NULL;
	}
	return false;
}

static const char *const yaml_words[] = { "apiVersion:", "kind:", "defaultAction:", NULL };
static const char *const apparmor_words[] = { "profile ", "abi <", "#include <", "include <",
					      NULL };

static bool is_program(const char *text, size_t len)
{
	cleanup_cbpf_program struct cbpf_program p = { 0 };

	return cbpf_decode(&p, "", text, len, NULL) == 0;
}

int input_read(struct input *in, const char *name, const char *text, size_t len,
	       const struct seccomp_host *host, struct error *err)
{
	size_t start = 0;

	in->notes.limit = 1 << 20;
	while (start < len && strchr(" \t\r\n", text[start]) && text[start])
		start++;
	if (start < len && text[start] == '{')
		return len > PROFILE_FILE_MAX ? error_set(err, EFBIG, "%s: too long", name) :
						read_json(in, name, text, len, host, err);
	if (is_program(text, len)) {
		in->kind = INPUT_PROGRAM;
		return cbpf_decode(&in->program, name, text, len, err);
	}
	if (has_line_beginning(text, len, yaml_words))
		return read_yaml(in, name, text, len, host, err);
	if (has_line_beginning(text, len, apparmor_words)) {
		in->kind = INPUT_APPARMOR;
		return apparmor_text_read(&in->profile, name, text, len, &in->notes, err);
	}
	in->kind = INPUT_TRACE;
	return trace_read(&in->profile, name, text, len, &in->notes, err);
}

int input_load(struct input *in, const char *path, const struct seccomp_host *host,
	       struct error *err)
{
	cleanup_buf struct buf text = { .limit = TRACE_BYTES_MAX };
	int r = fs_read(path, TRACE_BYTES_MAX, &text, err);

	return r ? r : input_read(in, path, text.data ? text.data : "", text.len, host, err);
}

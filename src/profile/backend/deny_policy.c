/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A policy (docs/policy.md) that binds the rules of the deny back-end to the containers that were recorded: what they are not
 * allowed is denied there, and nowhere else.
 */
#include "profile/backend.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "profile/backend/head.h"

/* A text in quotes; literal: what would be special in a pattern stands for itself. */
static void add_pattern(struct buf *out, const char *text, bool literal)
{
	buf_add_char(out, '"');
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (!literal && c == '\\')
			buf_add_str(out, "\\\\");
		else if (literal && strchr("*?[]\\", c))
			buf_addf(out, "\\\\%c%s", c, c == '\\' ? "\\" : "");
		else if (c == '"')
			buf_add_str(out, "\\\"");
		else if (c < 0x20 || c == 0x7f)
			buf_addf(out, "\\x%02x", c);
		else
			buf_add_char(out, (char)c);
	}
	buf_add_char(out, '"');
}

static int emit(const struct profile *p, const struct backend_options *o, struct buf *out,
		struct error *err)
{
	cleanup_free char *name = backend_name(p, o);
	const struct {
		const char *member, *pattern;
		bool literal;
	} ways[] = { { "container", o->container, false },
		     { "image", o->image, false },
		     { "image", p->subject.image, true },
		     { "container", p->subject.name, true },
		     { NULL } },
	  *way = ways;

	while (way->member && (!way->pattern || !*way->pattern))
		way++;
	if (!name)
		return error_errno(err, ENOMEM, "policy");
	backend_head(p, "#", out);
	buf_addf(out,
		 "#\n# The rules are those of merlon profile export -f deny, under the same name.\n"
		 "policy: %s\n"
		 "description: Containers of this kind may do what was recorded.\n"
		 "entries:\n"
		 "  - name: %s\n"
		 "    select:\n"
		 "      rule: \"%s: *\"\n",
		 name, name, name);
	if (way->member) {
		buf_addf(out, "      %s: ", way->member);
		add_pattern(out, way->pattern, way->literal);
		buf_add_char(out, '\n');
	} else {
		buf_add_str(out, "      # whose container it was is not known: all of them\n");
	}
	buf_addf(out,
		 "    mode: %s\n"
		 "    respond: deny\n"
		 "  - name: %s elsewhere\n"
		 "    select: {rule: \"%s: *\"}\n"
		 "    mode: observe\n"
		 "    respond: alert\n",
		 o->complain ? "dry-run" : "enforce", name, name);
	return 0;
}

const struct profile_backend profile_backend_deny_policy = {
	.name = "deny-policy",
	.suffix = "policy.yaml",
	.summary = "policy that binds the rules of deny to the containers that were recorded",
	.apply = "It goes with the rules of `deny`: see there.",
	.emit = emit,
};

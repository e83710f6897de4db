/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/backend/head.h"

#include <ctype.h>
#include <inttypes.h>

#include "base/clock.h"
#include "base/str.h"

#define PREFIX "merlon-"
enum { NAME_MAX_LEN = 63 }; /* of a label in DNS (RFC 1123), which Kubernetes' names are */

char *backend_name(const struct profile *p, const struct backend_options *o)
{
	struct buf out = BUF_INIT;

	if (o->name)
		return strdup(o->name);
	buf_add_str(&out, PREFIX);
	for (const char *at = p->name; *at && out.len < NAME_MAX_LEN; at++) {
		bool ascii = (unsigned char)*at < 0x80;

		if (ascii && isalnum((unsigned char)*at))
			buf_add_char(&out, (char)tolower((unsigned char)*at));
		else if (!out.failed && out.data[out.len - 1] != '-')
			buf_add_char(&out, '-');
	}
	while (!out.failed && out.data[out.len - 1] == '-')
		out.data[--out.len] = '\0';
	return buf_take(&out);
}

bool backend_name_is_valid(const char *name)
{
	size_t len = strlen(name);

	if (!len || len > NAME_MAX_LEN || !(*name >= 'a' && *name <= 'z') || name[len - 1] == '-')
		return false;
	for (const char *at = name; *at; at++)
		if (!(*at >= 'a' && *at <= 'z') && !(*at >= '0' && *at <= '9') && *at != '-')
			return false;
	return true;
}

void backend_text(struct buf *out, const char *text)
{
	char printable[512];

	str_printable(printable, sizeof(printable), text, strlen(text));
	buf_add_str(out, printable);
}

void backend_path(struct buf *out, const char *path)
{
	for (const char *at = path; *at; at++) {
		unsigned char byte = (unsigned char)*at;

		if (byte < 0x20 || byte == 0x7f)
			buf_addf(out, "\\x%02x", byte);
		else
			buf_add_char(out, *at);
	}
}

void backend_head(const struct profile *p, const char *mark, struct buf *out)
{
	char start[CLOCK_TEXT_MAX], length[CLOCK_TEXT_MAX];

	clock_format(p->recording.start_ns, start);
	clock_format_age(p->recording.end_ns - p->recording.start_ns, length);
	buf_addf(out, "%s Made by merlon from the profile ", mark);
	backend_text(out, p->name);
	if (p->subject.image) {
		buf_addf(out, "\n%s of the image ", mark);
		backend_text(out, p->subject.image);
		if (p->subject.image_digest) {
			buf_add_char(out, ' ');
			backend_text(out, p->subject.image_digest);
		}
	}
	buf_addf(out, "\n%s recorded from %.19sZ on for %s, its start %s.\n", mark, start, length,
		 p->recording.start_seen ? "seen" : "NOT seen");
	for (int i = 0; i < ABI_LOSSES; i++)
		if (p->recording.losses[i] && i != ABI_LOSS_NOTICES)
			buf_addf(out, "%s Incomplete: the recording lost %" PRIu64 " %s.\n", mark,
				 p->recording.losses[i], profile_loss_names[i]);
	vec_foreach(note, &p->notes) {
		buf_addf(out, "%s Note: ", mark);
		backend_text(out, *note);
		buf_add_char(out, '\n');
	}
}

char *backend_selinux_type(const struct profile *p, const struct backend_options *o)
{
	cleanup_free char *name = backend_name(p, o);

	for (char *at = name; at && *at; at++)
		if (!isalnum((unsigned char)*at))
			*at = '_';
	return name ? str_format("%s.process", name) : NULL;
}

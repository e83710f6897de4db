/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/apparmor_text.h"

#include <errno.h>

#include "base/str.h"
#include "uapi/capability.h"
#include "unit.h"

static struct profile *read_text(const char *text, struct buf *notes)
{
	struct error err = ERROR_INIT;
	struct profile *p = NULL;

	check(err.text, apparmor_text_read(&p, "f", text, strlen(text), notes, &err) == 0);
	return p;
}

static char *facts(const struct profile *p)
{
	struct buf out = BUF_INIT;

	vec_foreach(c, &p->caps)
		buf_addf(&out, "%s\n", sys_cap_name(c->cap));
	vec_foreach(f, &p->files) {
		buf_add_str(&out, f->path);
		for (unsigned bit = 0; profile_file_op_name(bit); bit++)
			if (f->ops >> bit & 1)
				buf_addf(&out, " %s", profile_file_op_name(bit));
		buf_add_char(&out, '\n');
	}
	return out.data ? buf_take(&out) : strdup("");
}

#define RULES(rules) "profile x flags=(complain,attach_disconnected) {\n" rules "\n}\n"

static void what_is_kept(void **state)
{
	static const struct {
		const char *text, *facts;
	} rows[] = {
		{ RULES(""), "" },
		{ RULES("capability chown kill,"), "CAP_CHOWN\nCAP_KILL\n" },
		{ RULES("/etc/passwd r,"), "/etc/passwd read\n" },
		{ RULES("r /etc/passwd,"), "/etc/passwd read\n" },
		{ RULES("owner file /a mr,"), "/a read map-exec\n" },
		{ RULES("/bin/a{sh,wk} ix, # a comment, with a comma"),
		  "/bin/ash exec\n/bin/awk exec\n" },
		{ RULES("/{usr/,}bin/x rPx,"), "/bin/x read exec\n/usr/bin/x read exec\n" },
		{ RULES("/a{1,2{3,4}}b r,"), "/a1b read\n/a23b read\n/a24b read\n" },
		{ RULES("\"/with a blank, and a comma\" r,"), "/with a blank, and a comma read\n" },
		{ RULES("/log/** a,"), "/log/** write\n" },
		{ RULES("/a?b[0-9]*c r,"), "/a*b*c read\n" },
		{ RULES("@{PROC}/@{pid}/status r,"), "/proc/@{pid}/status read\n" },
		{ "@{D}=/d /e/\n@{F} = f\n" RULES("@{D}/@{F} r,"), "/d/f read\n/e//f read\n" },
		{ RULES("/link l,"), "/link link-target link\n" },
		{ RULES("/lock k,"), "/lock\n" },
		{ "/usr/bin/thing {\n /a r,\n}\n", "/a read\n" },
		{ "profile x {\n /a r,\n profile y {\n /b r,\n }\n}\nprofile z {\n /c r,\n}\n",
		  "/a read\n" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_buf struct buf notes = BUF_INIT;
		cleanup_profile struct profile *p = read_text(rows[i].text, &notes);
		cleanup_free char *got = facts(p);

		check_text(rows[i].text, got, rows[i].facts);
	}
}

static void what_is_told(void **state)
{
	static const struct {
		const char *text, *note;
	} rows[] = {
		{ RULES("deny /etc/shadow r,"),
		  "f:2: a rule that denies is left out: a profile says what "
		  "is allowed: \"deny /etc/shadow r\"" },
		{ RULES("network inet tcp,"),
		  "f:2: not understood, left out: \"network inet tcp\"" },
		{ RULES("signal (send, receive) peer=x,"), "f:2: not understood" },
		{ RULES("#include <abstractions/base>"), "f:2: another file, which was not read" },
		{ RULES("include if exists <local/x>"), "f:2: another file" },
		{ "abi <abi/4.0>,\n" RULES(""), "f:1: another file" },
		{ RULES("@{NOWHERE}/x r,"), "f:2: a variable that is not known here" },
		{ RULES("/a[xy] r,"), "f:2: \"/a[xy]\" became \"/a*\", which is more" },
		{ RULES("/{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b} r,"),
		  "f:2: stands for too many paths" },
		{ "profile x {\n profile y {\n }\n}\n", "f:2: a profile within a profile" },
		{ "profile x {\n}\nprofile y {\n}\n", "f:3: only the first profile is read" },
		{ RULES("mount fstype=proc -> /proc/,"), "f:2: not understood" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_buf struct buf notes = BUF_INIT;
		cleanup_profile struct profile *p = read_text(rows[i].text, &notes);

		check_number(rows[i].text, p->files.len, 0 + (strstr(rows[i].text, "/a[") != NULL));
		check(notes.data ? notes.data : rows[i].text,
		      notes.data && str_starts(notes.data, rows[i].note));
	}
}

static void refused(void **state)
{
	static const struct {
		const char *text, *error;
	} rows[] = {
		{ "", "f:1:1: there is no profile in it" },
		{ "profile x {\n /a r,\n", "f:3:1: the text ends within a block" },
		{ "profile x {\n /a r\n}\n", NULL },
		{ "}\n", "f:1:2: a block that was not opened" },
		{ "{\n}\n", "f:1:2: a block without a name" },
		{ RULES("/a{b r,"), "f:2:" },
		{ RULES("\"/a r,"), "f:2:7: a quote" },
		{ RULES("capability nosuch,"), "f:2: \"nosuch\" is no capability" },
		{ RULES("owner,"), "f:2:7: a rule that says nothing" },
		{ "profile x {\n /a", "f:2:" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct error err = ERROR_INIT;
		struct profile *p = NULL;
		int r = apparmor_text_read(&p, "f", rows[i].text, strlen(rows[i].text), NULL, &err);

		if (!rows[i].error) {
			check_number(rows[i].text, r, 0);
			profile_free(p);
			continue;
		}
		check_number(rows[i].text, r, -EINVAL);
		check(err.text, str_starts(err.text, rows[i].error));
	}
	assert_int_equal(apparmor_text_read(&(struct profile *){ NULL }, "f", "a\0b", 3, NULL,
					    NULL),
			 -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_kept),
		cmocka_unit_test(what_is_told),
		cmocka_unit_test(refused),
	};

	return unit_run(tests);
}

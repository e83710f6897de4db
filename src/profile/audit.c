/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/audit.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "profile/path_rule.h"

enum {
	PENDING_MAX = 64, /* events that wait for more records */
	VALUE_MAX = 4096 * 3,
};

/* Records of one event that have come so far. */
struct event {
	uint64_t serial;
	int64_t time_ns;
	bool has_denial;
	struct denial denial;
	bool has_call;
	enum sys_arch arch;
	uint32_t nr;
	uint64_t args[4];
	char *comm, *executable, *path, *directory;
	int32_t pid, parent;
};

struct audit_reader {
	void (*deliver)(struct denial *d, void *arg);
	void *arg;
	struct audit_counts counts;
	size_t line;
	VEC(struct event) pending; /* the oldest first */
};

struct audit_reader *audit_reader_new(void (*deliver)(struct denial *d, void *arg), void *arg)
{
	struct audit_reader *a = calloc(1, sizeof(*a));

	if (a) {
		a->deliver = deliver;
		a->arg = arg;
	}
	return a;
}

static void event_deinit(struct event *e)
{
	denial_deinit(&e->denial);
	free(e->comm);
	free(e->executable);
	free(e->path);
	free(e->directory);
}

void audit_reader_free(struct audit_reader *a)
{
	if (!a)
		return;
	vec_foreach(e, &a->pending)
		event_deinit(e);
	vec_deinit(&a->pending);
	free(a);
}

const struct audit_counts *audit_counts(const struct audit_reader *a)
{
	return &a->counts;
}

/* --- fields ------------------------------------------------------------------------------------- */

struct text {
	const char *at;
	size_t len;
};

/*
 * The value of " name=", without quotes. Names of fields are the kernel's, but a value in quotes may
 * hold anything but a quote: what is quoted is passed over.
 */
static bool field(struct text record, const char *name, struct text *ret, bool *ret_quoted)
{
	const char *at = record.at, *end = record.at + record.len;
	size_t n = strlen(name);

	while (at < end) {
		const char *word = at, *equals, *value;
		bool quoted;

		at += strcspn(at, " =\"") < (size_t)(end - at) ? strcspn(at, " =\"") :
								 (size_t)(end - at);
		if (at >= end || *at != '=') {
			at += at < end;
			continue;
		}
		equals = at;
		value = at + 1;
		quoted = value < end && *value == '"';
		if (quoted) {
			value++;
			at = memchr(value, '"', (size_t)(end - value));
		} else {
			at = memchr(value, ' ', (size_t)(end - value));
		}
		at = at ? at : end;
		if ((size_t)(equals - word) == n && !memcmp(word, name, n)) {
			*ret = (struct text){ value, (size_t)(at - value) };
			*ret_quoted = quoted;
			return true;
		}
		at += at < end;
	}
	return false;
}

static bool number(struct text record, const char *name, int base, uint64_t *ret)
{
	struct text value;
	bool quoted;
	char digits[32], *end;

	if (!field(record, name, &value, &quoted) || !value.len || value.len >= sizeof(digits) ||
	    !isxdigit((unsigned char)value.at[0]))
		return false;
	memcpy(digits, value.at, value.len);
	digits[value.len] = '\0';
	errno = 0;
	*ret = strtoull(digits, &end, base);
	return !errno && (!*end || *end == ')' || *end == ',');
}

static int hex_digit(char c)
{
	return isdigit((unsigned char)c) ? c - '0' : (c | 32) - 'a' + 10;
}

/* What stands without quotes and is all hexadecimal was encoded, because it holds what may not be quoted. */
static char *decode(struct text value, bool quoted)
{
	char raw[VALUE_MAX];
	size_t n = 0;

	if (value.len >= sizeof(raw))
		return NULL;
	if (quoted || value.len % 2 || !value.len)
		return profile_path_escape(value.at, value.len);
	for (size_t i = 0; i < value.len; i++)
		if (!isxdigit((unsigned char)value.at[i]))
			return profile_path_escape(value.at, value.len);
	for (size_t i = 0; i < value.len; i += 2)
		raw[n++] = (char)(hex_digit(value.at[i]) << 4 | hex_digit(value.at[i + 1]));
	return profile_path_escape(raw, n);
}

/* A text that its owner may have chosen; NULL if it is not there, or "?" or "(null)". */
static char *untrusted(struct text record, const char *name)
{
	struct text value;
	bool quoted;

	if (!field(record, name, &value, &quoted) || !value.len)
		return NULL;
	if (!quoted && (value.at[0] == '?' || value.at[0] == '('))
		return NULL;
	return decode(value, quoted);
}

/* A text of the kernel's own. */
static char *word(struct text record, const char *name)
{
	struct text value;
	bool quoted;

	return field(record, name, &value, &quoted) && value.len ?
		       profile_path_escape(value.at, value.len) :
		       NULL;
}

static bool get_arch(struct text record, uint32_t *nr, enum sys_arch *ret)
{
	uint64_t arch, call;

	if (!number(record, "arch", 16, &arch) || !number(record, "syscall", 10, &call) ||
	    call > UINT32_MAX)
		return false;
	*nr = (uint32_t)call & ~SYS_X32_BIT;
	if (arch == AUDIT_ARCH_I386)
		*ret = SYS_ARCH_X86;
	else if (arch == AUDIT_ARCH_X86_64)
		*ret = call & SYS_X32_BIT ? SYS_ARCH_X32 : SYS_ARCH_X86_64;
	else
		return false;
	return *nr <= SYS_NR_MAX;
}

/* --- records ------------------------------------------------------------------------------------ */

static int32_t pid_of(struct text record, const char *name)
{
	uint64_t pid = 0;

	number(record, name, 10, &pid);
	return pid > INT32_MAX ? 0 : (int32_t)pid;
}

static bool read_seccomp(struct event *e, struct text record)
{
	struct denial *d = &e->denial;
	uint64_t code;

	if (!get_arch(record, &d->nr, &d->arch) || !number(record, "code", 0, &code))
		return false;
	d->layer = DENIAL_SECCOMP;
	d->has_call = true;
	d->enforced = (code & SECCOMP_RET_ACTION_FULL) != SECCOMP_RET_LOG &&
		      (code & SECCOMP_RET_ACTION_FULL) != SECCOMP_RET_ALLOW;
	d->pid = pid_of(record, "pid");
	d->comm = untrusted(record, "comm");
	d->executable = untrusted(record, "exe");
	e->has_denial = true;
	return true;
}

/* "inet stream 6", of the fields of a network record. */
static char *network_target(struct text record)
{
	cleanup_free char *family = word(record, "family"), *type = word(record, "sock_type");
	uint64_t protocol = 0;

	number(record, "protocol", 10, &protocol);
	return family ? str_format("%s %s %" PRIu64, family, type ? type : "?", protocol) : NULL;
}

static bool read_apparmor(struct event *e, struct text record)
{
	struct denial *d = &e->denial;
	cleanup_free char *verdict = word(record, "apparmor");

	/* STATUS and HINT tell of loading; AUDIT and KILLED of rules that say so. */
	if (!verdict)
		return false;
	if (!str_eq(verdict, "ALLOWED") && !str_eq(verdict, "DENIED"))
		return true;
	d->layer = DENIAL_APPARMOR;
	d->enforced = str_eq(verdict, "DENIED");
	d->operation = word(record, "operation");
	d->label = untrusted(record, "profile");
	d->wanted = word(record, "denied_mask");
	d->target = untrusted(record, "name");
	if (!d->target)
		d->target = word(record, "capname");
	if (!d->target)
		d->target = network_target(record);
	d->pid = pid_of(record, "pid");
	d->comm = untrusted(record, "comm");
	e->has_denial = d->operation;
	return d->operation;
}

/* "avc:  denied  { read open } for  pid=1 comm="x" path="/p" scontext=... tclass=file permissive=0" */
static bool read_selinux(struct event *e, struct text record)
{
	const char *open = memchr(record.at, '{', record.len), *close;
	struct denial *d = &e->denial;
	uint64_t permissive = 0, capability;

	if (!memmem(record.at, record.len, "denied", 6))
		return memmem(record.at, record.len, "granted", 7);
	close = open ? memchr(open, '}', record.len - (size_t)(open - record.at)) : NULL;
	if (!close || close - open < 4)
		return false;
	d->layer = DENIAL_SELINUX;
	d->wanted = profile_path_escape(open + 2, (size_t)(close - open) - 3);
	record.len -= (size_t)(close + 1 - record.at);
	record.at = close + 1;
	number(record, "permissive", 10, &permissive);
	d->enforced = !permissive;
	d->operation = word(record, "tclass");
	d->label = word(record, "scontext");
	d->target = untrusted(record, "path");
	if (!d->target && number(record, "capability", 10, &capability))
		d->target = str_format("%s", d->wanted ? d->wanted : "?");
	d->pid = pid_of(record, "pid");
	d->comm = untrusted(record, "comm");
	e->has_denial = d->operation;
	return d->operation;
}

static bool read_avc(struct event *e, struct text record)
{
	return memmem(record.at, record.len, "apparmor=", 9) ? read_apparmor(e, record) :
							       read_selinux(e, record);
}

static bool read_syscall(struct event *e, struct text record)
{
	static const char *const names[] = { "a0", "a1", "a2", "a3" };

	if (!get_arch(record, &e->nr, &e->arch))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!number(record, names[i], 16, &e->args[i]))
			return false;
	e->has_call = true;
	e->pid = pid_of(record, "pid");
	e->parent = pid_of(record, "ppid");
	free(e->comm);
	free(e->executable);
	e->comm = untrusted(record, "comm");
	e->executable = untrusted(record, "exe");
	return true;
}

/* The first path of the event that is a file's own, not its directory's. */
static bool read_path(struct event *e, struct text record)
{
	cleanup_free char *kind = word(record, "nametype");

	if (!e->path && !(kind && str_eq(kind, "PARENT")))
		e->path = untrusted(record, "name");
	return true;
}

static bool read_cwd(struct event *e, struct text record)
{
	free(e->directory);
	e->directory = untrusted(record, "cwd");
	return true;
}

static const struct {
	enum audit_type type;
	const char *name;
	bool (*read)(struct event *e, struct text record);
} records[] = {
	{ AUDIT_RECORD_SYSCALL, "SYSCALL", read_syscall },
	{ AUDIT_RECORD_PATH, "PATH", read_path },
	{ AUDIT_RECORD_CWD, "CWD", read_cwd },
	{ AUDIT_RECORD_EOE, "EOE", NULL },
	{ AUDIT_RECORD_SECCOMP, "SECCOMP", read_seccomp },
	{ AUDIT_RECORD_AVC, "AVC", read_avc },
};

/* --- events ------------------------------------------------------------------------------------- */

/* SELinux names a file by its last component; the PATH record has the rest. */
static char *whole_path(const struct event *e)
{
	if (!e->path)
		return NULL;
	if (e->path[0] == '/' || !e->directory)
		return strdup(e->path);
	return str_format("%s/%s", e->directory, e->path);
}

static void event_end(struct audit_reader *a, struct event *e)
{
	struct denial *d = &e->denial;

	if (e->has_denial) {
		d->count = 1;
		d->first_ns = d->last_ns = e->time_ns;
		if (e->has_call) {
			d->has_call = true;
			d->arch = e->arch;
			d->nr = e->nr;
			d->arg_count = ARRAY_SIZE(e->args);
			memcpy(d->args, e->args, sizeof(e->args));
			if (!d->executable)
				d->executable = TAKE_PTR(e->executable);
			if (e->parent && !d->parents.len)
				string_list_addf(&d->parents, "%d", e->parent);
		}
		if (d->layer == DENIAL_SELINUX && !d->target)
			d->target = whole_path(e);
		a->counts.denials++;
		a->deliver(d, a->arg);
	}
	event_deinit(e);
}

static void event_remove(struct audit_reader *a, size_t i)
{
	event_end(a, &a->pending.items[i]);
	memmove(&a->pending.items[i], &a->pending.items[i + 1],
		(--a->pending.len - i) * sizeof(*a->pending.items));
}

void audit_flush(struct audit_reader *a)
{
	while (a->pending.len)
		event_remove(a, 0);
}

/* An event with a denial that has none may get another: two denials of one call are two events. */
static struct event *event_of(struct audit_reader *a, uint64_t serial, int64_t time_ns,
			      bool is_denial)
{
	struct event *e;

	for (size_t i = 0; i < a->pending.len; i++) {
		e = &a->pending.items[i];
		if (e->serial != serial || e->time_ns != time_ns)
			continue;
		if (!is_denial || !e->has_denial)
			return e;
	}
	if (a->pending.len == PENDING_MAX)
		event_remove(a, 0);
	e = vec_add(&a->pending);
	if (e) {
		e->serial = serial;
		e->time_ns = time_ns;
	}
	return e;
}

/* "audit(1795324025.301:6):" in front; the rest of the record is left in *record. */
static bool head(struct text *record, int64_t *time_ns, uint64_t *serial)
{
	char text[64];
	unsigned long long seconds, n;
	const char *close = memchr(record->at, ')', record->len);
	size_t len = close ? (size_t)(close + 1 - record->at) : sizeof(text);
	unsigned ms;
	int end = 0;

	if (len >= sizeof(text))
		return false;
	memcpy(text, record->at, len);
	text[len] = '\0';
	if (sscanf(text, "audit(%11llu.%3u:%20llu)%n", &seconds, &ms, &n, &end) != 3 ||
	    end != (int)len || seconds > INT64_MAX / 1000000000 - 1)
		return false;
	*time_ns = (int64_t)seconds * 1000000000 + ms * 1000000;
	*serial = n;
	record->at += len;
	record->len -= len;
	return true;
}

static void broken(struct audit_reader *a)
{
	if (!a->counts.broken++)
		a->counts.first_broken = a->line;
}

static void read_one(struct audit_reader *a, size_t which, struct text record)
{
	bool is_denial = records[which].type == AUDIT_RECORD_SECCOMP ||
			 records[which].type == AUDIT_RECORD_AVC;
	struct event *e;
	uint64_t serial;
	int64_t time_ns;

	a->counts.records++;
	if (!head(&record, &time_ns, &serial)) {
		broken(a);
		return;
	}
	if (!records[which].read) { /* the end of an event */
		for (size_t i = a->pending.len; i-- > 0;)
			if (a->pending.items[i].serial == serial &&
			    a->pending.items[i].time_ns == time_ns)
				event_remove(a, i);
		return;
	}
	e = event_of(a, serial, time_ns, is_denial);
	if (e && records[which].read(e, record))
		return;
	broken(a);
	if (e && is_denial && !e->has_denial)
		denial_deinit(&e->denial); /* what was read of it before it made no sense */
}

void audit_read_record(struct audit_reader *a, unsigned type, const char *text, size_t len)
{
	/* Fields are looked for as in a string: no byte may end it early. */
	char line[AUDIT_LINE_MAX];

	a->line++;
	if (len >= sizeof(line)) {
		broken(a);
		return;
	}
	memcpy(line, text, len);
	line[len] = '\0';
	len = strlen(line);
	for (size_t i = 0; i < ARRAY_SIZE(records); i++) {
		if (records[i].type == type) {
			read_one(a, i, (struct text){ line, len });
			return;
		}
	}
	a->counts.unknown++;
}

/* The number behind "type=": a name of ours, "UNKNOWN[1326]", or digits. */
static unsigned type_of(const char *text)
{
	for (size_t i = 0; i < ARRAY_SIZE(records); i++) {
		size_t n = strlen(records[i].name);

		if (!strncmp(text, records[i].name, n) && text[n] == ' ')
			return records[i].type;
	}
	if (str_starts(text, "UNKNOWN["))
		text += strlen("UNKNOWN[");
	return (unsigned)strtoul(text, NULL, 10);
}

void audit_read_line(struct audit_reader *a, const char *line, size_t len)
{
	char text[AUDIT_LINE_MAX];
	const char *type, *record;

	if (len >= sizeof(text)) {
		a->line++;
		broken(a);
		return;
	}
	memcpy(text, line, len);
	text[len] = '\0';
	type = strstr(text, "type=");
	record = type ? strstr(type, "audit(") : NULL;
	if (!record) {
		a->line++;
		a->counts.unknown++;
		return;
	}
	audit_read_record(a, type_of(type + strlen("type=")), record, strlen(record));
}

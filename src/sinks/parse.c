/* SPDX-License-Identifier: Apache-2.0 */
/* "KIND[:TARGET][,option=value]...": what a sink is asked for by. */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/hash.h"
#include "base/str.h"
#include "sinks/sink.h"

enum option_type { TYPE_PRIORITY, TYPE_SIZE, TYPE_COUNT, TYPE_DURATION, TYPE_WORD, TYPE_TEXT };

/* What an option is for people is beside what it is for the parser, by the same index. */
static const struct sink_option shown[] = {
	{ "min", "PRIORITY", NULL, "only alerts of this priority and worse" },
	{ "max", "SIZE", "file webhook",
	  "file: rotate when it would grow larger (100M); webhook: of the spool, the oldest is given up (64M)" },
	{ "keep", "NUMBER", "file", "rotated files to keep (5)" },
	{ "format", "WORD", "file syslog", "json or text (file: json, syslog: text)" },
	{ "color", "WORD", "text", "auto, always or never" },
	{ "facility", "WORD", "syslog", "kern to local7 (authpriv)" },
	{ "batch", "NUMBER", "webhook",
	  "send up to so many alerts in one request, as an array (1)" },
	{ "timeout", "DURATION", "webhook", "give a request so long (30s)" },
	{ "retry", "DURATION", "webhook", "the longest pause between attempts (60s)" },
	{ "spool", "DIRECTORY", "webhook",
	  "where alerts wait (a folder of /var/lib/merlon/spool)" },
	{ "take", "WORD", "webhook",
	  "all, or asked: only alerts that a policy sends to this very address (all)" },
	{ "headers", "FILE", "webhook", "lines \"Name: value\" that every request has" },
	{ "ca", "FILE", "webhook", "certificates to trust instead of the system's" },
	{ NULL, NULL, NULL, NULL },
};
const struct sink_option *const sink_options = shown;

static const struct parser {
	enum option_type type;
	size_t place;
	uint64_t least, most;
	const char *words; /* in the order of their values */
} parsers[] = {
	{ TYPE_PRIORITY, offsetof(struct sink_config, min), 0, 0, NULL },
	{ TYPE_SIZE, offsetof(struct sink_config, max_bytes), 4096, 1ULL << 50, NULL },
	{ TYPE_COUNT, offsetof(struct sink_config, keep), 0, 1000, NULL },
	{ TYPE_WORD, offsetof(struct sink_config, format), 0, 0, "json text" },
	{ TYPE_WORD, offsetof(struct sink_config, colour), 0, 0, "auto always never" },
	/* RFC 5424, table 1 */
	{ TYPE_WORD, offsetof(struct sink_config, facility), 0, 0,
	  "kern user mail daemon auth syslog lpr news uucp cron authpriv ftp ntp audit alert clock "
	  "local0 local1 local2 local3 local4 local5 local6 local7" },
	{ TYPE_COUNT, offsetof(struct sink_config, batch), 1, 1000, NULL },
	{ TYPE_DURATION, offsetof(struct sink_config, timeout_ns), 1000000, 600000000000ULL, NULL },
	{ TYPE_DURATION, offsetof(struct sink_config, retry_ns), 1000000, 3600000000000ULL, NULL },
	{ TYPE_TEXT, offsetof(struct sink_config, spool), 0, 0, NULL },
	{ TYPE_WORD, offsetof(struct sink_config, asked), 0, 0, "all asked" },
	{ TYPE_TEXT, offsetof(struct sink_config, headers), 0, 0, NULL },
	{ TYPE_TEXT, offsetof(struct sink_config, ca), 0, 0, NULL },
};
static_assert(ARRAY_SIZE(parsers) + 1 == ARRAY_SIZE(shown), "a parser for each");

static const struct sink_config defaults = {
	.min = ALERT_DEBUG,
	.keep = 5,
	.batch = 1,
	.timeout_ns = 30000000000ULL,
	.retry_ns = 60000000000ULL,
	.facility = 10,
};

/* Where name stands in a list of words with blanks between them, or -1. */
static int word_index(const char *words, const char *name, size_t len)
{
	for (int i = 0; words; i++) {
		size_t n = strcspn(words, " ");

		if (n == len && !memcmp(words, name, n))
			return i;
		words = words[n] ? words + n + 1 : NULL;
	}
	return -1;
}

/* "100M": K, M and G are powers of 1024. */
static bool parse_size(const char *s, uint64_t *ret)
{
	static const char units[] = "KMG";
	size_t n = strlen(s);
	const char *unit = n > 1 ? strchr(units, s[n - 1]) : NULL;
	cleanup_free char *digits = str_dup_n(s, unit ? n - 1 : n);

	if (!digits || !str_to_u64(digits, ret))
		return false;
	return !unit || !__builtin_mul_overflow(*ret, 1ULL << 10 * (unit - units + 1), ret);
}

static int parse_number(const struct parser *p, const char *value, uint64_t *ret)
{
	enum alert_priority priority;
	int at;

	switch (p->type) {
	case TYPE_PRIORITY:
		if (alert_priority_find(value, &priority))
			return -EINVAL;
		*ret = priority;
		return 0;
	case TYPE_WORD:
		at = word_index(p->words, value, strlen(value));
		*ret = (uint64_t)at;
		return at < 0 ? -EINVAL : 0;
	case TYPE_SIZE:
		if (!parse_size(value, ret))
			return -EINVAL;
		break;
	case TYPE_DURATION:
		if (!str_to_duration(value, ret))
			return -EINVAL;
		break;
	default:
		if (!str_to_u64(value, ret))
			return -EINVAL;
	}
	return *ret < p->least || *ret > p->most ? -ERANGE : 0;
}

static const char *expectation(const struct parser *p)
{
	static const char *const types[] = {
		[TYPE_PRIORITY] = "emergency, alert, critical, error, warning, notice, "
				  "informational or debug",
		[TYPE_SIZE] = "a size as 100M",
		[TYPE_COUNT] = "a number",
		[TYPE_DURATION] = "a duration as 30s",
	};

	return p->type == TYPE_WORD ? p->words : types[p->type];
}

static int set_option(struct sink_config *c, size_t i, const char *value, struct error *err)
{
	const struct parser *p = &parsers[i];
	void *place = (char *)c + p->place;
	int r;

	if (p->type == TYPE_TEXT) {
		if (!*value)
			return error_set(err, EINVAL, "%s= needs a value", shown[i].name);
		free(*(char **)place);
		*(char **)place = strdup(value);
		return *(char **)place ? 0 : error_errno(err, ENOMEM, "outputs");
	}
	r = parse_number(p, value, place);
	if (r == -ERANGE)
		return error_set(err, EINVAL, "%s=%s: out of range", shown[i].name, value);
	return r ? error_set(err, EINVAL, "%s=%s: wanted is %s", shown[i].name, value,
			     expectation(p)) :
		   0;
}

static int parse_option(struct sink_config *c, char *text, struct error *err)
{
	char *equals = strchr(text, '=');
	const char *best = NULL;
	size_t least = 4;

	*equals = '\0';
	for (size_t i = 0; shown[i].name; i++) {
		bool mine = !shown[i].kinds ||
			    word_index(shown[i].kinds, c->ops->name, strlen(c->ops->name)) >= 0;
		size_t d = str_distance(text, shown[i].name);

		if (!mine)
			continue;
		if (d == 0)
			return set_option(c, i, equals + 1, err);
		if (d < least) {
			least = d;
			best = shown[i].name;
		}
	}
	return error_set(err, EINVAL, "%s has no option \"%s\"%s%s%s", c->ops->name, text,
			 best ? ", did you mean \"" : "", best ? best : "", best ? "\"?" : "");
}

/* Options begin at a comma, have a name of small letters, and "=": other commas are of the target. */
static char *next_option(char *s)
{
	for (s = strchr(s, ','); s; s = strchr(s + 1, ',')) {
		size_t n = strspn(s + 1, "abcdefghijklmnopqrstuvwxyz");

		if (n && s[1 + n] == '=')
			return s;
	}
	return NULL;
}

static int unknown_kind(const char *name, size_t len, struct error *err)
{
	char known[128] = "";

	for (size_t i = 0; sink_kinds[i]; i++)
		snprintf(known + strlen(known), sizeof(known) - strlen(known), "%s%s",
			 i ? ", " : "", sink_kinds[i]->name);
	return error_set(err, EINVAL, "\"%.*s\" is no kind of output: there are %s", (int)len, name,
			 known);
}

/* A folder for each receiver, found again after a restart. */
static int usual_spool(struct sink_config *c, struct error *err)
{
	c->spool = str_format("/var/lib/merlon/spool/%016llx",
			      (unsigned long long)hash_bytes(c->target, strlen(c->target), 0));
	return c->spool ? 0 : error_errno(err, ENOMEM, "outputs");
}

static int parse_word(struct sink_config *c, char *word, struct error *err)
{
	size_t len = strcspn(word, ":,");
	char *option = next_option(word), *target = word + len;
	int r = 0;

	for (size_t i = 0; sink_kinds[i] && !c->ops; i++)
		if (strlen(sink_kinds[i]->name) == len && !memcmp(sink_kinds[i]->name, word, len))
			c->ops = sink_kinds[i];
	if (!c->ops)
		return unknown_kind(word, len, err);
	if (option)
		*option++ = '\0';
	if (*target == ',')
		return error_set(err, EINVAL, "\"%s\" is no option: options are as min=warning",
				 target + 1);
	if (*target == ':' && target[1]) {
		c->target = strdup(target + 1);
		if (!c->target)
			return error_errno(err, ENOMEM, "outputs");
	}
	if (c->ops->needs_target && !c->target)
		return error_set(err, EINVAL, "%s needs a target: %s:%s", c->ops->name,
				 c->ops->name, c->ops->target);
	c->format = c->ops == &sink_syslog || c->ops == &sink_text ? SINK_TEXT : SINK_JSON;
	while (option && !r) {
		char *next = next_option(option);

		if (next)
			*next++ = '\0';
		r = parse_option(c, option, err);
		option = next;
	}
	if (!r && c->ops == &sink_webhook && !c->spool)
		r = usual_spool(c, err);
	return r;
}

int sink_parse(struct sink_config *ret, const char *word, struct error *err)
{
	cleanup_free char *own = strdup(word);
	int r;

	*ret = defaults;
	if (!own)
		return error_errno(err, ENOMEM, "outputs");
	r = parse_word(ret, own, err);
	if (r) {
		sink_config_deinit(ret);
		if (err)
			error_prefix(err, "output \"%.200s\"", word);
	}
	return r;
}

void sink_config_deinit(struct sink_config *c)
{
	free(c->target);
	free(c->spool);
	free(c->headers);
	free(c->ca);
	*c = (struct sink_config){ 0 };
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "sinks/sink.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "base/str.h"

const struct sink_ops *const sink_kinds[] = { &sink_text,   &sink_json,	   &sink_file,
					      &sink_syslog, &sink_webhook, NULL };

const char *const sink_counters[] = {
	[SINK_TAKEN] = "taken",		  [SINK_SENT] = "sent",	      [SINK_FAILED] = "failed",
	[SINK_RETRIED] = "retried",	  [SINK_DROPPED] = "dropped", [SINK_WAITING] = "waiting",
	[SINK_SPOOLED] = "spooled_bytes",
};
static_assert(ARRAY_SIZE(sink_counters) == SINK_COUNTERS, "a name for each");

/* "http://user:password@host/" without what is before the "@"; and no more than fits. */
static void name_it(struct sink *s)
{
	const char *target = s->config.target ? s->config.target : "";
	const char *scheme = strstr(target, "://");
	const char *host = scheme ? scheme + 3 : target, *at;
	size_t authority = strcspn(host, "/?#");

	at = scheme ? memrchr(host, '@', authority) : NULL;
	snprintf(s->name, sizeof(s->name), "%s%s%.*s%.*s", s->ops->name, *target ? ":" : "",
		 (int)(host - target), target, (int)strcspn(at ? at + 1 : host, scheme ? "?#" : ""),
		 at ? at + 1 : host);
}

int sink_open(struct sink **ret, struct sink_config *config, struct poller *poller,
	      void (*tell)(void *context, const char *text), void *context, struct error *err)
{
	struct sink *s = calloc(1, sizeof(*s));
	int r;

	if (!s) {
		sink_config_deinit(config);
		return error_errno(err, ENOMEM, "outputs");
	}
	s->ops = config->ops;
	s->config = *config;
	*config = (struct sink_config){ 0 };
	s->poller = poller;
	s->wake_ns = INT64_MAX;
	s->tell = tell;
	s->tell_context = context;
	name_it(s);
	r = s->ops->open(s, err);
	if (r) {
		sink_close(s);
		return r;
	}
	*ret = s;
	return 0;
}

void sink_close(struct sink *s)
{
	if (!s)
		return;
	s->ops->close(s);
	sink_config_deinit(&s->config);
	free(s);
}

static void tell(struct sink *s, const char *text)
{
	char line[1024];

	if (!s->tell)
		return;
	snprintf(line, sizeof(line), "%s: %s", s->name, text);
	s->tell(s->tell_context, line);
}

void sink_unwell(struct sink *s, enum sink_trouble what, const char *fmt, ...)
{
	char text[768];
	va_list ap;

	if (s->unwell & what)
		return;
	s->unwell |= what;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	tell(s, text);
}

void sink_well(struct sink *s, enum sink_trouble what)
{
	if (!(s->unwell & what))
		return;
	s->unwell &= ~(unsigned)what;
	tell(s, what == SINK_SPOOL    ? "its spool can be written again" :
		what == SINK_ROTATION ? "is rotated again" :
					"works again");
}

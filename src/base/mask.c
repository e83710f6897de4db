/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mask.h"

#include <ctype.h>
#include <strings.h>

#include "base/secret.h"

enum { BEARER_MIN = 16, NAME_MAX_LEN = 128, SCHEME_MAX = 20 };

/* What the word after is. */
enum next {
	NEXT_ANY,
	NEXT_SECRET,
	NEXT_USER_SECRET, /* "user:secret", or the user alone */
	NEXT_HEADER,	  /* a scheme, then the secret; or the secret alone */
	NEXT_TOKEN,	  /* a secret, if it is long: it may be a sentence */
};

/* Options whose names don't say what they take. */
static const struct option {
	const char *program; /* the beginning of its name */
	const char *option;
	bool attached; /* the value may follow in the same word */
	bool apart;    /* or in the next one */
	enum next value;
} options[] = {
	{ "mysql", "-p", true, false, NEXT_SECRET },
	{ "mariadb", "-p", true, false, NEXT_SECRET },
	{ "mongo", "-p", true, true, NEXT_SECRET },
	{ "sshpass", "-p", true, true, NEXT_SECRET },
	{ "redis-cli", "-a", false, true, NEXT_SECRET },
	{ "redis-cli", "--pass", false, true, NEXT_SECRET },
	{ "curl", "-u", true, true, NEXT_USER_SECRET },
	{ "curl", "--user", false, true, NEXT_USER_SECRET },
	{ "curl", "-U", true, true, NEXT_USER_SECRET },
	{ "curl", "--proxy-user", false, true, NEXT_USER_SECRET },
	{ "login", "-p", false, true, NEXT_SECRET }, /* of docker, podman, helm */
	{ "ldap", "-w", true, true, NEXT_SECRET },
	{ "rabbitmqadmin", "-p", false, true, NEXT_SECRET },
	{ "sqlcmd", "-P", true, true, NEXT_SECRET },
	{ "7z", "-p", true, false, NEXT_SECRET },
	{ "unzip", "-P", false, true, NEXT_SECRET },
	{ "zip", "-P", false, true, NEXT_SECRET },
};

struct masker {
	struct buf *out;
	enum next next;
	struct text program; /* of the command that the words belong to */
	char before;	     /* the last separator */
	bool named;	     /* the last word was the name of a secret */
	bool masked;
};

static bool is_separator(char c)
{
	return !c || strchr(" \t\r\n\"'`;|&(){},<>\\", c) != NULL;
}

static void hide(struct masker *m)
{
	buf_add_str(m->out, MASK);
	m->masked = true;
}

/* A switch, or what will be put there. */
static bool is_harmless(struct text v)
{
	static const char *const words[] = { "true", "false", "yes",  "no", "on",
					     "off",  "none",  "null", MASK };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (v.len == strlen(words[i]) && !strncasecmp(v.data, words[i], v.len))
			return true;
	return !v.len || v.data[0] == '$' || v.data[0] == '%' || text_starts(v, TEXT("{{"));
}

static bool contains(struct text t, const char *word)
{
	size_t len = strlen(word);

	for (uint32_t i = 0; i + len <= t.len; i++)
		if (!strncasecmp(t.data + i, word, len))
			return true;
	return false;
}

static bool is_header(struct text name)
{
	return name.len >= 13 && !strncasecmp(name.data + name.len - 13, "authorization", 13);
}

/* Whether name says that this value is to be hidden. Where keys are, their names often stand for a file. */
static bool says_secret(struct text name, struct text value)
{
	if (!name.len || name.len > NAME_MAX_LEN || is_harmless(value))
		return false;
	if (contains(name, "passw") || contains(name, "passphrase") ||
	    (name.len >= 3 && contains(name, "pwd")))
		return secret_names(name) || (contains(name, "pwd") && value.data[0] != '/');
	return value.data[0] != '/' && secret_names(name);
}

static struct text without_dashes(struct text word)
{
	while (word.len && word.data[0] == '-')
		word = text_from(word.data + 1, word.len - 1);
	return word;
}

/* "user:secret": the user stays. */
static void put_user_secret(struct masker *m, struct text word)
{
	const char *colon = memchr(word.data, ':', word.len);

	buf_add(m->out, word.data, colon ? (size_t)(colon + 1 - word.data) : word.len);
	if (colon && colon + 1 < word.data + word.len)
		hide(m);
}

static bool is_scheme(struct text word)
{
	for (uint32_t i = 0; i < word.len; i++)
		if (!isalpha((unsigned char)word.data[i]))
			return false;
	return word.len <= SCHEME_MAX;
}

/* Takes the word that the one before has announced; false: it is none of that kind. */
static bool take_announced(struct masker *m, struct text word)
{
	enum next next = m->next;

	m->next = NEXT_ANY;
	switch (next) {
	case NEXT_ANY:
		return false;
	case NEXT_USER_SECRET:
		put_user_secret(m, word);
		return true;
	case NEXT_HEADER:
		if (is_scheme(word)) {
			m->next = NEXT_SECRET;
			return false;
		}
		break;
	case NEXT_TOKEN:
		if (word.len < BEARER_MIN)
			return false;
		break;
	case NEXT_SECRET:
		if (word.data[0] == '-' || is_harmless(word))
			return false;
		break;
	}
	hide(m);
	m->program =
		TEXT_NONE; /* it has its password: what follows may be another's options, as in "sshpass -p x ssh -p 22" */
	return true;
}

/* --- options of programs -------------------------------------------------------------------------------- */

static bool is_of(struct text program, const char *name)
{
	return text_starts(program, text_of(name));
}

static bool take_option(struct masker *m, struct text word)
{
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		const struct option *o = &options[i];
		struct text option = text_of(o->option), value;

		if (!is_of(m->program, o->program) || !text_starts(word, option))
			continue;
		if (word.len == option.len) {
			m->next = o->apart ? o->value : NEXT_ANY;
			return false;
		}
		if (!o->attached || word.data[1] == '-')
			continue;
		value = text_from(word.data + option.len, word.len - option.len);
		buf_add(m->out, word.data, option.len);
		if (o->value == NEXT_USER_SECRET) {
			put_user_secret(m, value);
		} else {
			hide(m);
			m->program = TEXT_NONE;
		}
		return true;
	}
	return false;
}

static void note_program(struct masker *m, struct text word)
{
	struct text name = text_basename(word);

	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		if (is_of(name, options[i].program))
			m->program = name;
}

/* --- words -------------------------------------------------------------------------------------------------- */

/* "name=secret", also behind other such pairs: "--env=NAME=secret"; and "name:secret" in quotes, as headers and members are. */
static bool take_pair(struct masker *m, struct text word)
{
	for (uint32_t i = 0, from = 0; i < word.len; i++) {
		bool quoted = m->before == '"' || m->before == '\'' || m->before == '{' ||
			      m->before == '\\';
		struct text name, value;

		if (word.data[i] != '=' && !(word.data[i] == ':' && quoted))
			continue;
		name = without_dashes(text_from(word.data + from, i - from));
		value = text_from(word.data + i + 1, word.len - i - 1);
		if (is_header(name) && !value.len)
			m->next = NEXT_HEADER;
		else if (!value.len && name.len && name.len <= NAME_MAX_LEN && secret_names(name))
			m->next = NEXT_SECRET;
		if (says_secret(name, value) ||
		    (is_header(name) && value.len && !is_scheme(value))) {
			buf_add(m->out, word.data, i + 1);
			hide(m);
			return true;
		}
		if (is_header(name) && value.len)
			m->next = NEXT_SECRET;
		from = i + 1;
	}
	return false;
}

static bool is_word(struct text word, const char *what)
{
	return word.len == strlen(what) && !strncasecmp(word.data, what, word.len);
}

/* "--token" */
static bool is_secret_option(struct text word)
{
	struct text name = without_dashes(word);

	return word.data[0] == '-' && name.len > 1 && name.len <= NAME_MAX_LEN &&
	       !memchr(word.data, '=', word.len) && secret_names(name);
}

/* "X-Auth-Token:" */
static bool is_secret_header(struct text word)
{
	struct text name = text_from(word.data, word.len - 1);

	return word.data[name.len] == ':' && name.len <= NAME_MAX_LEN &&
	       memchr(word.data, '-', word.len) && !is_header(name) && secret_names(name);
}

/* What this word says of the next one. */
static void announce(struct masker *m, struct text word)
{
	static const struct text colon = TEXT(":"), equals = TEXT("=");
	struct text name = without_dashes(word);

	if (m->next != NEXT_ANY)
		return;
	if (((text_eq(word, colon) || text_eq(word, equals)) && m->named) ||
	    is_secret_option(word) || is_secret_header(word))
		m->next = NEXT_SECRET;
	else if (is_word(word, "bearer") || is_word(word, "bearer:"))
		m->next = NEXT_TOKEN;
	else if (word.data[word.len - 1] == ':' && is_header(text_from(word.data, word.len - 1)))
		m->next = NEXT_HEADER;
	m->named = (m->before == '"' || m->before == '\'') && name.len <= NAME_MAX_LEN &&
		   secret_names(name);
}

static void take_word(struct masker *m, struct text word)
{
	if (take_announced(m, word))
		return;
	if (word.data[0] == '-' && m->program.len && take_option(m, word))
		return;
	if (take_pair(m, word))
		return;
	announce(m, word);
	note_program(m, word);
	buf_add(m->out, word.data, word.len);
}

static bool mask_words(struct text t, struct buf *out)
{
	struct masker m = { .out = out };

	for (uint32_t i = 0; i < t.len;) {
		uint32_t from = i;

		while (i < t.len && !is_separator(t.data[i]))
			i++;
		if (i > from) {
			take_word(&m, text_from(t.data + from, i - from));
			continue;
		}
		if (strchr(";|&", t.data[i]) && t.data[i]) /* another command, or another pair */
			m.program = TEXT_NONE;
		m.before = t.data[i];
		buf_add_char(out, t.data[i++]);
	}
	return m.masked;
}

/* What has the form of a credential, wherever it stands. */
static bool mask_forms(struct text t, struct buf *out)
{
	struct secret s;
	bool masked = false;

	while (t.len && (s = secret_find(t)).what) {
		size_t before = (size_t)(s.found.data - t.data);

		masked = true;
		buf_add(out, t.data, before);
		buf_add_str(out, MASK);
		t = text_from(s.found.data + s.found.len, t.len - before - s.found.len);
	}
	buf_add(out, t.data, t.len);
	return masked;
}

bool mask_text(struct text t, struct buf *out)
{
	cleanup_buf struct buf forms = BUF_INIT;
	size_t before = out->len;
	bool masked;

	if (!t.len)
		return false;
	masked = mask_forms(t, &forms);
	masked |= mask_words(text_from(forms.data ? forms.data : "", forms.len), out);
	if (masked && !forms.failed && !out->failed)
		return true;
	if (out->data && !out->failed) {
		out->len = before;
		out->data[before] = 0;
	}
	return false;
}

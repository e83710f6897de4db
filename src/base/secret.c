/* SPDX-License-Identifier: Apache-2.0 */
#include "base/secret.h"

#include <ctype.h>
#include <strings.h>

#include "base/base64.h"
#include "base/cleanup.h"

/* What may stand behind the prefix. */
enum letters {
	UPPER_DIGITS,
	LETTERS_DIGITS,
	BASE64, /* and "+", "/", "=" */
	TOKEN,	/* and "-", "_" */
	DOTTED, /* and "." too */
};

/*
 * Forms that the issuers document (prefixes, lengths behind them). visible: so many bytes tell no more
 * than which issuer it is.
 */
static const struct form {
	const char *what, *prefix;
	enum letters letters;
	uint16_t least, most;
} forms[] = {
	{ "an AWS access key", "AKIA", UPPER_DIGITS, 16, 16 },
	{ "a temporary AWS access key", "ASIA", UPPER_DIGITS, 16, 16 },
	{ "an Alibaba Cloud access key", "LTAI", LETTERS_DIGITS, 12, 26 },
	{ "a temporary Alibaba Cloud access key", "STS.", LETTERS_DIGITS, 20, 60 },
	{ "a Tencent Cloud secret id", "AKID", LETTERS_DIGITS, 28, 36 },
	{ "a Google API key", "AIza", TOKEN, 35, 35 },
	{ "an Azure storage key", "AccountKey=", BASE64, 80, 92 },
	{ "an Azure access key", "SharedAccessKey=", BASE64, 40, 92 },
	{ "a Google client secret", "GOCSPX-", TOKEN, 24, 40 },
	{ "a Google OAuth token", "ya29.", TOKEN, 20, 400 },
	{ "a GitHub token", "ghp_", LETTERS_DIGITS, 36, 40 },
	{ "a GitHub token", "gho_", LETTERS_DIGITS, 36, 40 },
	{ "a GitHub token", "ghu_", LETTERS_DIGITS, 36, 40 },
	{ "a GitHub token", "ghs_", LETTERS_DIGITS, 36, 40 },
	{ "a GitHub token", "ghr_", LETTERS_DIGITS, 36, 76 },
	{ "a GitHub token", "github_pat_", TOKEN, 40, 100 },
	{ "a GitLab token", "glpat-", TOKEN, 20, 60 },
	{ "a GitLab token", "gldt-", TOKEN, 20, 60 },
	{ "a GitLab token", "glrt-", TOKEN, 20, 60 },
	{ "a Slack token", "xapp-", TOKEN, 20, 200 },
	{ "a Slack token", "xoxb-", TOKEN, 20, 200 },
	{ "a Slack token", "xoxp-", TOKEN, 20, 200 },
	{ "a Slack token", "xoxa-", TOKEN, 20, 200 },
	{ "a Slack token", "xoxs-", TOKEN, 20, 200 },
	{ "a Stripe key", "sk_live_", LETTERS_DIGITS, 20, 120 },
	{ "a Stripe key", "rk_live_", LETTERS_DIGITS, 20, 120 },
	{ "an npm token", "npm_", LETTERS_DIGITS, 36, 36 },
	{ "a PyPI token", "pypi-", TOKEN, 60, 300 },
	{ "a SendGrid key", "SG.", DOTTED, 60, 72 },
	{ "a DigitalOcean token", "dop_v1_", LETTERS_DIGITS, 64, 64 },
	{ "a Hugging Face token", "hf_", LETTERS_DIGITS, 30, 40 },
	{ "an Anthropic key", "sk-ant-", TOKEN, 40, 200 },
	{ "an OpenAI key", "sk-proj-", TOKEN, 40, 200 },
	{ "a Vault token", "hvs.", TOKEN, 24, 200 },
	{ "a Shopify token", "shpat_", LETTERS_DIGITS, 32, 32 },
	{ "a Docker Hub token", "dckr_pat_", TOKEN, 20, 60 },
};

static bool is_letter(char c, enum letters letters)
{
	if (isdigit((unsigned char)c) || isupper((unsigned char)c))
		return true;
	if (letters == UPPER_DIGITS)
		return false;
	return islower((unsigned char)c) || (letters >= TOKEN && (c == '-' || c == '_')) ||
	       (letters == BASE64 && (c == '+' || c == '/' || c == '=')) ||
	       (letters == DOTTED && c == '.');
}

static size_t run_length(struct text t, uint32_t from, enum letters letters, size_t most)
{
	size_t n = 0;

	while (from + n < t.len && n <= most && is_letter(t.data[from + n], letters))
		n++;
	return n;
}

static struct secret find_form(struct text t, uint32_t at)
{
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		const struct form *f = &forms[i];
		size_t prefix = strlen(f->prefix), n;

		if (t.data[at] != f->prefix[0] || t.len - at < prefix + f->least ||
		    memcmp(t.data + at, f->prefix, prefix))
			continue;
		n = run_length(t, at + (uint32_t)prefix, f->letters, f->most);
		if (n >= f->least && n <= f->most)
			return (struct secret){ f->what, text_from(t.data + at, prefix + n) };
	}
	return (struct secret){ 0 };
}

/* Three parts in base64url, the first two of which are JSON objects. */
static struct secret find_jwt(struct text t, uint32_t at)
{
	size_t first, second, third;
	uint32_t from = at;

	if (t.len - at < 40 || memcmp(t.data + at, "eyJ", 3))
		return (struct secret){ 0 };
	first = run_length(t, at, TOKEN, 4096);
	from += (uint32_t)first + 1;
	if (first < 10 || from + 3 >= t.len || t.data[from - 1] != '.' ||
	    memcmp(t.data + from, "ey", 2))
		return (struct secret){ 0 };
	second = run_length(t, from, TOKEN, 16384);
	from += (uint32_t)second + 1;
	if (second < 10 || from >= t.len || t.data[from - 1] != '.')
		return (struct secret){ 0 };
	third = run_length(t, from, TOKEN, 4096);
	if (third < 10)
		return (struct secret){ 0 };
	return (struct secret){ "a JSON web token",
				text_from(t.data + at, first + second + third + 2) };
}

static struct secret find_private_key(struct text t, uint32_t at)
{
	static const char begin[] = "-----BEGIN ", end[] = "PRIVATE KEY";
	const char *line, *stop;

	if (t.len - at < sizeof(begin) + sizeof(end) ||
	    memcmp(t.data + at, begin, sizeof(begin) - 1))
		return (struct secret){ 0 };
	line = t.data + at + sizeof(begin) - 1;
	stop = t.data + t.len;
	stop = stop - line > 40 ? line + 40 : stop;
	if (!memmem(line, (size_t)(stop - line), end, sizeof(end) - 1))
		return (struct secret){ 0 };
	return (struct secret){ "a private key", text_from(t.data + at, t.len - at) };
}

/* A secret of an application in Azure: three letters, a digit, "Q~", some more; at is that of the "~". */
static struct secret find_azure(struct text t, uint32_t at)
{
	uint32_t from = at - 5, n = 0;

	if (at < 5 || t.data[at - 1] != 'Q' || !isdigit((unsigned char)t.data[at - 2]) ||
	    (from && isalnum((unsigned char)t.data[from - 1])))
		return (struct secret){ 0 };
	for (uint32_t i = from; i < at - 2; i++)
		if (!is_letter(t.data[i], DOTTED) && t.data[i] != '~')
			return (struct secret){ 0 };
	while (at + 1 + n < t.len &&
	       (is_letter(t.data[at + 1 + n], DOTTED) || t.data[at + 1 + n] == '~'))
		n++;
	if (n < 31 || n > 34)
		return (struct secret){ 0 };
	return (struct secret){ "an Azure client secret", text_from(t.data + from, n + 6) };
}

/* The same in base64, as kubeconfig and binaryData have it: what tells is in the first 64 letters. */
static struct secret find_encoded_key(struct text t, uint32_t at)
{
	static const char begin[] = "LS0tLS1CRUdJTi"; /* "-----BEGIN " without its last bits */
	cleanup_buf struct buf head = BUF_INIT;
	size_t n;

	if (t.len - at < 64 || memcmp(t.data + at, begin, sizeof(begin) - 1))
		return (struct secret){ 0 };
	n = run_length(t, at, BASE64, 1 << 16);
	if (n < 64 || !base64_decode(&head, t.data + at, 64) ||
	    !memmem(head.data, head.len, "PRIVATE KEY", 11))
		return (struct secret){ 0 };
	return (struct secret){ "a private key", text_from(t.data + at, n) };
}

/* "auth": "BASE64 of user:password", as what docker login writes has it. */
static struct secret find_registry_auth(struct text t, uint32_t at)
{
	static const char name[] = "\"auth\"";
	cleanup_buf struct buf said = BUF_INIT;
	uint32_t from = at + sizeof(name) - 1;
	size_t n;

	if (t.len - at < sizeof(name) + 8 || memcmp(t.data + at, name, sizeof(name) - 1))
		return (struct secret){ 0 };
	while (from < t.len && strchr(": \t\n\"", t.data[from]))
		from++;
	n = run_length(t, from, BASE64, 4096);
	if (n < 8 || n > 4096 || !base64_decode(&said, t.data + from, n) || !said.len ||
	    !memchr(said.data, ':', said.len))
		return (struct secret){ 0 };
	return (struct secret){ "a registry's password", text_from(t.data + from, n) };
}

/* "scheme://user:password@host", where the password is no reference to something else. */
static struct secret find_url(struct text t, uint32_t at)
{
	uint32_t i = at + 3, colon = 0;

	if (t.len - at < 8 || memcmp(t.data + at, "://", 3) || !at ||
	    !isalnum((unsigned char)t.data[at - 1]))
		return (struct secret){ 0 };
	for (; i < t.len && !strchr("/?# \t\n\"'@", t.data[i]); i++)
		if (t.data[i] == ':' && !colon)
			colon = i;
	if (i >= t.len || t.data[i] != '@' || !colon || i - colon < 4 ||
	    strchr("$<{*", t.data[colon + 1]))
		return (struct secret){ 0 };
	return (struct secret){ "a password in a URL",
				text_from(t.data + colon + 1, i - colon - 1) };
}

struct secret secret_find(struct text t)
{
	for (uint32_t i = 0; i < t.len; i++) {
		bool start = !i || !isalnum((unsigned char)t.data[i - 1]);
		struct secret s = { 0 };

		if (t.data[i] == ':')
			s = find_url(t, i);
		else if (t.data[i] == '~')
			s = find_azure(t, i);
		else if (t.data[i] == '"')
			s = find_registry_auth(t, i);
		else if (start && t.data[i] == '-')
			s = find_private_key(t, i);
		else if (start && isalpha((unsigned char)t.data[i]))
			s = find_form(t, i);
		if (!s.what && start && t.data[i] == 'L')
			s = find_encoded_key(t, i);
		/* Each run of its letters is looked at once. */
		if (!s.what && t.data[i] == 'e' && (!i || !is_letter(t.data[i - 1], TOKEN)))
			s = find_jwt(t, i);
		if (s.what)
			return s;
	}
	return (struct secret){ 0 };
}

/* --- names --------------------------------------------------------------------------------------- */

/* Options have "-" where variables have "_". */
static bool begins_with(const char *t, const char *word)
{
	for (; *word; t++, word++)
		if (tolower((unsigned char)(*t == '-' ? '_' : *t)) != *word)
			return false;
	return true;
}

static bool contains(struct text t, const char *word)
{
	size_t len = strlen(word);

	for (uint32_t i = 0; i + len <= t.len; i++)
		if (begins_with(t.data + i, word))
			return true;
	return false;
}

static bool ends_with(struct text t, const char *word)
{
	size_t len = strlen(word);

	return t.len >= len && begins_with(t.data + t.len - len, word);
}

static bool is_sentence(struct text v)
{
	unsigned blanks = 0;

	for (uint32_t i = 0; i < v.len && v.data[i] != '\n'; i++)
		blanks += v.data[i] == ' ';
	return blanks > 1;
}

/* What a text is that stands where a secret could: a switch, a number, a reference, a place. */
static bool is_plain_value(struct text v)
{
	static const char *const words[] = { "true",	 "false",   "yes",	"no",
					     "on",	 "off",	    "none",	"null",
					     "disabled", "enabled", "required", "optional" };
	bool number = true;

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (v.len == strlen(words[i]) && !strncasecmp(v.data, words[i], v.len))
			return true;
	for (uint32_t i = 0; i < v.len; i++)
		number = number && (isdigit((unsigned char)v.data[i]) || strchr(".smh", v.data[i]));
	if (number && v.len < 6)
		return true;
	if (is_sentence(v))
		return true;
	if (v.data[0] == '/' || v.data[0] == '$' || v.data[0] == '<' || text_starts(v, TEXT("{{")))
		return true;
	return memmem(v.data, v.len, "://", 3) != NULL || text_starts(v, TEXT("vault:")) ||
	       text_starts(v, TEXT("file:"));
}

bool secret_names(struct text name)
{
	static const char *const words[] = {
		"password",	   "passwd",	  "passphrase", "secret",      "token",
		"apikey",	   "api_key",	  "access_key", "accesskey",   "private_key",
		"privatekey",	   "credential",  "bearer",	"signing_key", "encryption_key",
		"client_key_data", "account_key", "auth_key",	"sdk_ak",      "sdk_sk",
	};
	static const char *const places[] = { "_file",	 "_path",	"_dir",	      "_name",
					      "_url",	 "_uri",	"_host",      "_endpoint",
					      "_ttl",	 "_timeout",	"_expiry",    "_enabled",
					      "_length", "_type",	"_issuer",    "_audience",
					      "_ref",	 "_expiration", "_algorithm", "_prefix",
					      "_header", "_mode",	"file",	      "name",
					      "path",	 ".md",		".txt",	      ".html" };

	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		if (ends_with(name, places[i]))
			return false;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (contains(name, words[i]))
			return true;
	return ends_with(name, "_pwd") || ends_with(name, "_key_content") ||
	       (ends_with(name, "key") && contains(name, "azure_"));
}

bool secret_is_named(struct text name, struct text value)
{
	return value.len && !is_plain_value(value) && secret_names(name);
}

void secret_describe(const struct secret *s, char *out, size_t size)
{
	bool form = s->found.len > 16 && s->found.data[0] != '-' && !strstr(s->what, "password");
	int shown = form ? 4 : 0; /* tell no more than whose it is */

	if (shown)
		snprintf(out, size, "%s (%.*s..., %u bytes)", s->what, shown, s->found.data,
			 s->found.len);
	else
		snprintf(out, size, "%s (%u bytes, hidden)", s->what, s->found.len);
}

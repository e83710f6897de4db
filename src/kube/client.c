/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/client.h"

#include <curl/curl.h>
#include <errno.h>
#include <time.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/str.h"
#include "kube/exec.h"

enum {
	ATTEMPTS = 4,
	PATIENCE_MS = 60000, /* of all pauses of a client together */
	PAUSE_MS = 500,
	CONNECT_TIMEOUT_MS = 10000,
	REQUEST_TIMEOUT_MS = 120000,
	STALLED_S = 20,
	PEM_MAX = 4 << 20,
	TOKEN_MAX = 64 << 10,
	WORDS_MAX = 400,
};

#define EXPIRES_SOON_NS ((int64_t)10 * 1000000000)

struct kube_client {
	const struct kube_config *config;
	CURL *easy;
	struct curl_slist *headers, *connect_to;
	char *token;	    /* as it was last sent */
	int64_t expires_ns; /* of what the program gave; 0: not told */
	bool anonymous;
	bool asked_again; /* and it did not help */
	bool reached;	  /* it has answered: what fails now may be better in a moment */
	long patience_ms;
	char reason[CURL_ERROR_SIZE], peer[64];
};

void kube_answer_deinit(struct kube_answer *a)
{
	buf_deinit(&a->body);
}

struct kube_client *kube_client_free(struct kube_client *c)
{
	if (!c)
		return NULL;
	if (c->easy)
		curl_easy_cleanup(c->easy);
	curl_slist_free_all(c->headers);
	curl_slist_free_all(c->connect_to);
	if (c->token)
		explicit_bzero(c->token, strlen(c->token));
	free(c->token);
	free(c);
	return NULL;
}

const char *kube_client_peer(const struct kube_client *c)
{
	return c->peer;
}

/* --- who asks, and whom ---------------------------------------------------------------------------- */

static int set_blob(CURL *easy, CURLoption option, struct text pem, const char *file,
		    struct error *err)
{
	cleanup_buf struct buf b = BUF_INIT;
	struct curl_blob blob = { .flags = CURL_BLOB_COPY };
	int r;

	if (!pem.data && !file)
		return 0;
	if (!pem.data) {
		r = fs_read(file, PEM_MAX, &b, err);
		if (r)
			return r;
		pem = text_from(b.data ? b.data : "", b.len);
	}
	blob.data = (void *)(uintptr_t)pem.data; /* it is copied */
	blob.len = pem.len;
	return curl_easy_setopt(easy, option, &blob) ?
		       error_set(err, EINVAL, "%s: this can't be used as a certificate or key",
				 file ? file : "kubeconfig") :
		       0;
}

static int set_trust(struct kube_client *c, struct error *err)
{
	const struct kube_config *k = c->config;

	if (k->insecure) {
		curl_easy_setopt(c->easy, CURLOPT_SSL_VERIFYPEER, 0L);
		curl_easy_setopt(c->easy, CURLOPT_SSL_VERIFYHOST, 0L);
		return 0;
	}
	return set_blob(c->easy, CURLOPT_CAINFO_BLOB, k->ca, k->ca_file, err);
}

/* What it gave last is replaced. */
static int ask_program(struct kube_client *c, struct error *err)
{
	cleanup_kube_credentials struct kube_credentials got = { 0 };
	int r = kube_exec_run(c->config, &got, err);

	if (!r && got.cert)
		r = set_blob(c->easy, CURLOPT_SSLCERT_BLOB, text_of(got.cert), NULL, err);
	if (!r && got.cert)
		r = set_blob(c->easy, CURLOPT_SSLKEY_BLOB, text_of(got.key), NULL, err);
	if (r)
		return r;
	if (c->token)
		explicit_bzero(c->token, strlen(c->token));
	free(c->token);
	c->token = TAKE_PTR(got.token);
	c->expires_ns = got.expires_ns;
	return 0;
}

static int set_credentials(struct kube_client *c, struct error *err)
{
	const struct kube_config *k = c->config;
	int r;

	if (c->anonymous)
		return 0;
	r = set_blob(c->easy, CURLOPT_SSLCERT_BLOB, k->cert, k->cert_file, err);
	if (!r)
		r = set_blob(c->easy, CURLOPT_SSLKEY_BLOB, k->key, k->key_file, err);
	if (!r && k->exec)
		r = ask_program(c, err);
	if (!r && k->user && k->password && !k->token && !k->token_file) {
		curl_easy_setopt(c->easy, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
		curl_easy_setopt(c->easy, CURLOPT_USERNAME, k->user);
		curl_easy_setopt(c->easy, CURLOPT_PASSWORD, k->password);
	}
	return r;
}

/* The name that the certificate must have is asked for, at the address that was configured. */
static int set_server_name(struct kube_client *c, struct error *err)
{
	const char *host = strstr(c->config->server, "://") + 3;
	size_t len = strcspn(host, "/");
	cleanup_free char *to = NULL;

	if (!c->config->server_name)
		return 0;
	to = str_format("::%.*s%s", (int)len, host,
			memchr(host, ':', len) && host[len - 1] != ']' ? "" : ":443");
	c->connect_to = to ? curl_slist_append(NULL, to) : NULL;
	if (!c->connect_to)
		return error_errno(err, ENOMEM, "client");
	curl_easy_setopt(c->easy, CURLOPT_CONNECT_TO, c->connect_to);
	return 0;
}

/* Read for each request: tokens of service accounts are replaced every hour. */
static int read_token(struct kube_client *c, struct error *err)
{
	const struct kube_config *k = c->config;
	cleanup_buf struct buf b = BUF_INIT;
	struct text t;
	int r;

	if (!c->anonymous && k->exec && c->expires_ns &&
	    clock_wall_ns() > c->expires_ns - EXPIRES_SOON_NS)
		return ask_program(c, err);
	if (c->anonymous || (!k->token && !k->token_file))
		return 0;
	if (k->token && c->token)
		return 0;
	if (k->token) {
		c->token = strdup(k->token);
		return c->token ? 0 : error_errno(err, ENOMEM, "token");
	}
	r = fs_read(k->token_file, TOKEN_MAX, &b, err);
	if (r)
		return r;
	t = text_trim(text_from(b.data ? b.data : "", b.len));
	for (uint32_t i = 0; i < t.len; i++)
		if ((unsigned char)t.data[i] <= ' ' || t.data[i] == 0x7f)
			return error_set(err, EINVAL, "%s: this is no token", k->token_file);
	free(c->token);
	c->token = str_dup_n(t.data ? t.data : "", t.len);
	return c->token ? 0 : error_errno(err, ENOMEM, "token");
}

static int set_headers(struct kube_client *c, const char *accept, struct error *err)
{
	cleanup_free char *line = str_format("Accept: %s", accept ? accept : "application/json");
	cleanup_free char *bearer = c->token ? str_format("Authorization: Bearer %s", c->token) :
					       NULL;
	struct curl_slist *list = line ? curl_slist_append(NULL, line) : NULL, *more = list;

	if (list && c->token)
		more = bearer ? curl_slist_append(list, bearer) : NULL;
	if (bearer)
		explicit_bzero(bearer, strlen(bearer));
	if (!more) {
		curl_slist_free_all(list);
		return error_errno(err, ENOMEM, "headers");
	}
	curl_slist_free_all(c->headers);
	c->headers = more;
	curl_easy_setopt(c->easy, CURLOPT_HTTPHEADER, c->headers);
	return 0;
}

/* --- one request ----------------------------------------------------------------------------------- */

static size_t on_body(char *data, size_t size, size_t count, void *context)
{
	struct buf *b = context;

	buf_add(b, data, size * count);
	return b->failed ? 0 : size * count;
}

int kube_client_new(struct kube_client **ret, const struct kube_config *config, bool anonymous,
		    struct error *err)
{
	cleanup_kube_client struct kube_client *c = calloc(1, sizeof(*c));
	int r;

	if (!c || curl_global_init(CURL_GLOBAL_DEFAULT))
		return error_set(err, ENOMEM, "libcurl cannot be used");
	*c = (struct kube_client){ .config = config,
				   .anonymous = anonymous,
				   .patience_ms = PATIENCE_MS };
	c->easy = curl_easy_init();
	if (!c->easy)
		return error_errno(err, ENOMEM, "client");
	curl_easy_setopt(c->easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(c->easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(c->easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c->easy, CURLOPT_USERAGENT, "merlon");
	curl_easy_setopt(c->easy, CURLOPT_ACCEPT_ENCODING, "gzip");
	curl_easy_setopt(c->easy, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_TIMEOUT_MS);
	curl_easy_setopt(c->easy, CURLOPT_TIMEOUT_MS, (long)REQUEST_TIMEOUT_MS);
	curl_easy_setopt(c->easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
	curl_easy_setopt(c->easy, CURLOPT_LOW_SPEED_TIME, (long)STALLED_S);
	curl_easy_setopt(c->easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(c->easy, CURLOPT_ERRORBUFFER, c->reason);
	/* An API is reached directly unless its own configuration says otherwise, or the environment. */
	if (config->proxy)
		curl_easy_setopt(c->easy, CURLOPT_PROXY, config->proxy);
	r = set_trust(c, err);
	if (!r)
		r = set_credentials(c, err);
	if (!r)
		r = set_server_name(c, err);
	if (!r)
		*ret = TAKE_PTR(c);
	return r;
}

static char *url_of(const struct kube_client *c, const char *path)
{
	const char *server = c->config->server, *host = strstr(server, "://") + 3;

	if (!c->config->server_name)
		return str_format("%s%s", server, path);
	return str_format("%.*s%s%s%s", (int)(host - server), server, c->config->server_name,
			  host + strcspn(host, "/"), path);
}

/* True: it is worth asking again, after *pause_ms. */
static bool may_help(struct kube_client *c, CURLcode code, long status, unsigned attempt,
		     long *pause_ms)
{
	curl_off_t asked = 0;

	*pause_ms = (long)PAUSE_MS << attempt;
	if (code)
		return c->reached && code != CURLE_WRITE_ERROR &&
		       code != CURLE_PEER_FAILED_VERIFICATION;
	if (status != 429 && (status < 500 || status > 504 || status == 501))
		return false;
	curl_easy_getinfo(c->easy, CURLINFO_RETRY_AFTER, &asked);
	if (asked > 0)
		*pause_ms = asked > PATIENCE_MS / 1000 ? PATIENCE_MS + 1L : (long)asked * 1000;
	return true;
}

static bool wait_for(struct kube_client *c, long pause_ms)
{
	struct timespec t = { pause_ms / 1000, pause_ms % 1000 * 1000000 };

	if (pause_ms > c->patience_ms)
		return false;
	c->patience_ms -= pause_ms;
	while (clock_nanosleep(CLOCK_MONOTONIC, 0, &t, &t) == EINTR)
		;
	return true;
}

static int failed(struct kube_client *c, CURLcode code, const struct kube_answer *a,
		  struct error *err)
{
	char words[WORDS_MAX];
	const char *why = *c->reason ? c->reason : curl_easy_strerror(code);

	c->reached = false; /* what is asked next is tried once */
	if (a->body.failed)
		return error_set(err, EFBIG, "%s: an answer larger than %d MiB", c->config->server,
				 KUBE_BODY_MAX >> 20);
	str_printable(words, sizeof(words), why, strlen(why));
	return error_set(err, code == CURLE_OPERATION_TIMEDOUT ? ETIMEDOUT : EIO, "%s: %s",
			 c->config->server, words);
}

static int get(struct kube_client *c, const char *url, const char *accept, struct kube_answer *a,
	       struct error *err)
{
	int r = read_token(c, err);

	if (!r)
		r = set_headers(c, accept, err);
	if (r)
		return r;
	curl_easy_setopt(c->easy, CURLOPT_URL, url);
	curl_easy_setopt(c->easy, CURLOPT_WRITEDATA, &a->body);
	for (unsigned attempt = 0;; attempt++) {
		char *peer = NULL;
		CURLcode code;
		long pause_ms;

		buf_deinit(&a->body);
		a->body = (struct buf){ .limit = KUBE_BODY_MAX };
		*c->reason = '\0';
		a->status = 0;
		code = curl_easy_perform(c->easy);
		curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &a->status);
		if (!curl_easy_getinfo(c->easy, CURLINFO_PRIMARY_IP, &peer) && peer)
			snprintf(c->peer, sizeof(c->peer), "%s", peer);
		if ((code || a->status != 200) && attempt + 1 < ATTEMPTS &&
		    may_help(c, code, a->status, attempt, &pause_ms) && wait_for(c, pause_ms))
			continue;
		if (code)
			return failed(c, code, a, err);
		c->reached = true;
		return 0;
	}
}

/* What a program gave may end before it said; then it is asked once more. */
int kube_get(struct kube_client *c, const char *path, const char *accept, struct kube_answer *a,
	     struct error *err)
{
	cleanup_free char *url = url_of(c, path);
	int r = url ? get(c, url, accept, a, err) : error_errno(err, ENOMEM, "request");

	if (r || a->status != 401 || !c->config->exec || c->anonymous || c->asked_again)
		return r;
	c->asked_again = true;
	r = ask_program(c, err);
	if (!r)
		r = get(c, url, accept, a, err);
	c->asked_again = r || a->status == 401;
	return r;
}

/* --- what went wrong -------------------------------------------------------------------------------- */

/* A server that repeats what it was sent does not get our token into a log. */
static void mask(char *words, const char *token)
{
	size_t len = token ? strlen(token) : 0;
	char *found;

	for (; len >= 4 && (found = strstr(words, token)) != NULL; words = found + len)
		memset(found, '*', len);
}

int kube_answer_error(const struct kube_client *c, const struct kube_answer *a, int code,
		      const char *what, struct error *err)
{
	cleanup_json json_t *v = a->body.len ? json_loadb(a->body.data, a->body.len,
							  JSON_DISABLE_EOF_CHECK, NULL) :
					       NULL;
	const char *message = json_string_value(json_object_get(v, "message"));
	char words[WORDS_MAX] = "";

	if (message) {
		cleanup_free char *copy = strdup(message);

		if (copy) {
			mask(copy, c->token);
			str_printable(words, sizeof(words), copy, strlen(copy));
		}
	}
	return error_set(err, code, "%s: HTTP %ld%s%s", what, a->status, *words ? ": " : "", words);
}

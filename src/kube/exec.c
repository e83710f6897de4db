/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/exec.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/base64.h"
#include "base/child.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/str.h"

enum {
	WORDS_MAX = 1024, /* of arguments and of variables */
	WROTE_MAX = 1 << 20,
	PEM_MAX = 4 << 20,
	SAID_MAX = 600,
	SECONDS_ALONE = 60,
	SECONDS_WITH_SOMEBODY = 300, /* who logs in with a browser takes a while */
};

#define GROUP "client.authentication.k8s.io/"
#define INFO "KUBERNETES_EXEC_INFO"

static void forget(char **secret)
{
	if (*secret)
		explicit_bzero(*secret, strlen(*secret));
	free(*secret);
	*secret = NULL;
}

void kube_credentials_deinit(struct kube_credentials *c)
{
	forget(&c->token);
	forget(&c->cert);
	forget(&c->key);
	c->expires_ns = 0;
}

/* --- what the kubeconfig says ---------------------------------------------------------------------- */

static struct text text_in(const struct yaml_node *map, const char *key)
{
	const struct yaml_node *n = yaml_get(map, key);

	return n && n->kind == YAML_SCALAR && !yaml_is_null(n) && n->text.len &&
			       !memchr(n->text.data, '\0', n->text.len) ?
		       n->text :
		       TEXT_NONE;
}

static const char *string_of(struct kube_config *c, struct text t)
{
	return t.data ? arena_dup(&c->arena, t.data, t.len) : NULL;
}

/* As elsewhere in such files: a path is relative to the file; a mere name is looked for in PATH. */
static const char *program_of(struct kube_config *c, const char *file, struct text command)
{
	const char *slash = strrchr(file, '/');
	cleanup_free char *full = NULL;

	if (!slash || *command.data == '/' || !memchr(command.data, '/', command.len))
		return string_of(c, command);
	full = str_format("%.*s/%.*s", (int)(slash - file), file, (int)command.len, command.data);
	return full ? arena_dup(&c->arena, full, strlen(full)) : NULL;
}

static int wrong(const char *file, const struct yaml_node *n, const char *what, struct error *err)
{
	return error_set(err, EINVAL, "%s:%u: exec: %s", file, n->line, what);
}

static int read_arguments(struct kube_config *c, struct kube_exec *x, const struct yaml_node *exec,
			  struct error *err)
{
	const struct yaml_node *args = yaml_get(exec, "args");
	struct text command = text_in(exec, "command");
	uint32_t count = args && args->kind == YAML_LIST ? args->count : 0;
	char shown[200];

	if (!command.data)
		return wrong(x->file, exec, "it names no command", err);
	if (count > WORDS_MAX)
		return wrong(x->file, args, "too many arguments", err);
	x->argv = arena_array(&c->arena, const char *, count + 2);
	if (!x->argv)
		return error_errno(err, ENOMEM, "kubeconfig");
	x->argv[0] = program_of(c, x->file, command);
	str_printable(shown, sizeof(shown), command.data, command.len);
	x->shown = arena_dup(&c->arena, shown, strlen(shown));
	for (uint32_t i = 0; i < count; i++) {
		const struct yaml_node *n = args->items[i];

		if (n->kind != YAML_SCALAR || memchr(n->text.data, '\0', n->text.len))
			return wrong(x->file, n, "an argument is a text", err);
		x->argv[i + 1] = arena_dup(&c->arena, n->text.data, n->text.len);
	}
	return 0;
}

static int read_variables(struct kube_config *c, struct kube_exec *x, const struct yaml_node *exec,
			  struct error *err)
{
	const struct yaml_node *env = yaml_get(exec, "env");
	uint32_t count = env && env->kind == YAML_LIST ? env->count : 0;

	if (count > WORDS_MAX)
		return wrong(x->file, env, "too many variables", err);
	x->env = arena_array(&c->arena, const char *, count + 1);
	if (!x->env)
		return error_errno(err, ENOMEM, "kubeconfig");
	for (uint32_t i = 0; i < count; i++) {
		struct text name = text_in(env->items[i], "name"),
			    value = text_in(env->items[i], "value");
		cleanup_free char *both = NULL;

		if (!name.data || memchr(name.data, '=', name.len))
			return wrong(x->file, env->items[i], "a variable needs a name", err);
		both = str_format("%.*s=%.*s", (int)name.len, name.data, (int)value.len,
				  value.data ? value.data : "");
		x->env[i] = both ? arena_dup(&c->arena, both, strlen(both)) : NULL;
	}
	return 0;
}

/* The extension of the cluster that is meant for such programs. */
static const char *cluster_config(struct kube_config *c, const struct yaml_node *cluster)
{
	const struct yaml_node *all = cluster ? yaml_get(cluster, "extensions") : NULL;

	for (uint32_t i = 0; all && all->kind == YAML_LIST && i < all->count; i++) {
		const struct yaml_node *n = yaml_get(all->items[i], "extension");
		cleanup_json json_t *v = NULL;
		cleanup_free char *text = NULL;

		if (!n || !text_eq_str(text_in(all->items[i], "name"), GROUP "exec"))
			continue;
		v = yaml_json(n);
		text = json_dumps(v, JSON_ENCODE_ANY);
		return text ? arena_dup(&c->arena, text, strlen(text)) : NULL;
	}
	return NULL;
}

int kube_exec_read(struct kube_config *c, const struct yaml_node *exec, const char *file,
		   const struct yaml_node *cluster, struct error *err)
{
	struct kube_exec *x = arena_new(&c->arena, struct kube_exec);
	struct text mode = text_in(exec, "interactiveMode"), version = text_in(exec, "apiVersion");
	int r;

	if (!x)
		return error_errno(err, ENOMEM, "kubeconfig");
	if (exec->kind != YAML_MAP)
		return wrong(file, exec, "a map was expected", err);
	if (!text_eq_str(version, GROUP "v1") && !text_eq_str(version, GROUP "v1beta1"))
		return wrong(file, exec, "apiVersion: " GROUP "v1 or v1beta1 was expected", err);
	x->file = file;
	x->api_version = string_of(c, version);
	x->hint = string_of(c, text_in(exec, "installHint"));
	x->no_terminal = text_eq_str(mode, "Never");
	x->wants_terminal = text_eq_str(mode, "Always");
	x->wants_cluster = text_eq_str(text_in(exec, "provideClusterInfo"), "true");
	x->config = x->wants_cluster ? cluster_config(c, cluster) : NULL;
	r = read_arguments(c, x, exec, err);
	if (!r)
		r = read_variables(c, x, exec, err);
	if (!r && c->arena.failed)
		r = error_errno(err, ENOMEM, "kubeconfig");
	if (!r)
		c->exec = x;
	return r;
}

/* --- what it is told ------------------------------------------------------------------------------- */

static json_t *cluster_info(const struct kube_config *c)
{
	json_t *info = json_object();
	cleanup_buf struct buf file = BUF_INIT, ca = BUF_INIT;
	struct text pem = c->ca;

	json_object_set_new(info, "server", json_string(c->server));
	if (c->server_name)
		json_object_set_new(info, "tls-server-name", json_string(c->server_name));
	if (c->insecure)
		json_object_set_new(info, "insecure-skip-tls-verify", json_true());
	if (c->proxy)
		json_object_set_new(info, "proxy-url", json_string(c->proxy));
	/* A file of it that can't be read is the client's to complain of. */
	if (!pem.data && c->ca_file && !fs_read(c->ca_file, PEM_MAX, &file, NULL) && file.len)
		pem = text_from(file.data, file.len);
	if (pem.data) {
		base64_encode(&ca, pem.data, pem.len);
		json_object_set_new(info, "certificate-authority-data",
				    json_stringn(ca.data ? ca.data : "", ca.len));
	}
	if (c->exec->config)
		json_object_set_new(info, "config",
				    json_loads(c->exec->config, JSON_DECODE_ANY, NULL));
	return info;
}

/* The request, as its variable. */
static char *request(const struct kube_config *c, bool talks)
{
	cleanup_json json_t *root = json_object();
	json_t *spec = json_object();
	cleanup_free char *text = NULL;

	json_object_set_new(spec, "interactive", json_boolean(talks));
	if (c->exec->wants_cluster)
		json_object_set_new(spec, "cluster", cluster_info(c));
	json_object_set_new(root, "kind", json_string("ExecCredential"));
	json_object_set_new(root, "apiVersion", json_string(c->exec->api_version));
	json_object_set_new(root, "spec", spec);
	text = json_dumps(root, 0);
	return text ? str_format(INFO "=%s", text) : NULL;
}

static bool is_named(const char *variable, const char *other)
{
	size_t len = strcspn(other, "=") + 1;

	return !strncmp(variable, other, len);
}

static bool is_replaced(const struct kube_exec *x, const char *variable)
{
	for (size_t i = 0; x->env[i]; i++)
		if (is_named(variable, x->env[i]))
			return true;
	return is_named(variable, INFO "=");
}

/* Ours with theirs instead; the array alone is to be freed. */
static const char **environment(const struct kube_exec *x, const char *info)
{
	size_t count = 0, n = 0;
	const char **all;

	while (environ[count])
		count++;
	for (size_t i = 0; x->env[i]; i++)
		count++;
	all = calloc(count + 2, sizeof(*all));
	if (!all)
		return NULL;
	for (size_t i = 0; environ[i]; i++)
		if (!is_replaced(x, environ[i]))
			all[n++] = environ[i];
	for (size_t i = 0; x->env[i]; i++)
		all[n++] = x->env[i];
	all[n] = info;
	return all;
}

/* --- what it says ---------------------------------------------------------------------------------- */

static int take_string(const json_t *status, const char *name, char **ret)
{
	const json_t *v = json_object_get(status, name);

	if (!v || json_is_null(v))
		return 0;
	if (!json_is_string(v) || strlen(json_string_value(v)) != json_string_length(v))
		return -EINVAL;
	*ret = *json_string_value(v) ? strdup(json_string_value(v)) : NULL;
	return 0;
}

/* What goes into a header must not end it. */
static bool is_line(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s <= ' ' || *s == 0x7f)
			return false;
	return true;
}

int kube_exec_parse(const struct kube_exec *x, struct text wrote, struct kube_credentials *ret,
		    struct error *err)
{
	cleanup_json json_t *root = json_loadb(wrote.data ? wrote.data : "", wrote.len, 0, NULL);
	const json_t *status = json_object_get(root, "status");
	const char *kind = json_string_value(json_object_get(root, "kind"));
	const char *version = json_string_value(json_object_get(root, "apiVersion"));
	const char *end = json_string_value(json_object_get(status, "expirationTimestamp"));
	const char *why = NULL;

	*ret = (struct kube_credentials){ 0 };
	if (!kind || !str_eq(kind, "ExecCredential") || !json_is_object(status))
		why = "it wrote no ExecCredential";
	else if (!version || !str_eq(version, x->api_version))
		why = "it answered in another apiVersion than it was asked in";
	else if (take_string(status, "token", &ret->token) ||
		 take_string(status, "clientCertificateData", &ret->cert) ||
		 take_string(status, "clientKeyData", &ret->key))
		why = "its credentials are no texts";
	else if (!ret->token && !ret->cert)
		why = "it gave neither a token nor a certificate";
	else if (!ret->cert != !ret->key)
		why = "it gave a certificate without its key, or a key without its certificate";
	else if (ret->token && !is_line(ret->token))
		why = "its token is not one word";
	if (why) {
		kube_credentials_deinit(ret);
		return error_set(err, EINVAL, "%s: %s: %s", x->file, x->shown, why);
	}
	/* An end that can't be read is none: the server knows better. */
	if (end && !clock_parse(end, &ret->expires_ns))
		ret->expires_ns = 0;
	return 0;
}

static int judge(const struct kube_exec *x, int ran, struct child_end end, const struct buf *said,
		 struct error *err)
{
	struct text t = text_trim(text_from(said->data ? said->data : "", said->len));
	char words[SAID_MAX], hint[SAID_MAX] = "", code[40];

	if (x->hint)
		str_printable(hint, sizeof(hint), x->hint, strlen(x->hint));
	if (ran == -ENOENT)
		return error_set(err, ENOENT,
				 "%s: %s gives the credentials, and is not installed%s%s", x->file,
				 x->shown, *hint ? ": " : "", hint);
	if (ran == -ETIMEDOUT)
		return error_set(err, ETIMEDOUT, "%s: %s gave no credentials in time", x->file,
				 x->shown);
	if (ran)
		return error_errno(err, -ran, "%s: %s", x->file, x->shown);
	if (!end.status)
		return 0;
	str_printable(words, sizeof(words), t.data, t.len);
	snprintf(code, sizeof(code), "%s %d", end.status < 0 ? "signal" : "exit status",
		 end.status < 0 ? end.signal : end.status);
	return error_set(err, EINVAL, "%s: %s gave no credentials (%s)%s%s", x->file, x->shown,
			 code, *words ? ": " : "", words);
}

int kube_exec_run(const struct kube_config *c, struct kube_credentials *ret, struct error *err)
{
	const struct kube_exec *x = c->exec;
	bool talks = !x->no_terminal && isatty(STDIN_FILENO);
	cleanup_buf struct buf wrote = { .limit = WROTE_MAX }, said = { .limit = WROTE_MAX };
	cleanup_free char *info = request(c, talks);
	cleanup_free const char **env = info ? environment(x, info) : NULL;
	struct child child = { .argv = x->argv,
			       .env = (char *const *)env,
			       .talks = talks,
			       .seconds = talks ? SECONDS_WITH_SOMEBODY : SECONDS_ALONE };
	struct child_end end;
	int r;

	*ret = (struct kube_credentials){ 0 };
	if (!env)
		return error_errno(err, ENOMEM, "%s", x->file);
	if (x->wants_terminal && !talks)
		return error_set(err, EINVAL, "%s: %s asks somebody, and there is no terminal",
				 x->file, x->shown);
	r = child_run(&child, &wrote, &said, &end);
	r = judge(x, r, end, &said, err);
	if (!r)
		r = kube_exec_parse(x, text_from(wrote.data ? wrote.data : "", wrote.len), ret,
				    err);
	if (wrote.data)
		explicit_bzero(wrote.data, wrote.len);
	return r;
}

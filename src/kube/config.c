/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/config.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base64.h"
#include "base/fs.h"
#include "base/str.h"
#include "base/yaml_tree.h"
#include "kube/exec.h"

enum { FILES_MAX = 16, FILE_MAX_BYTES = 4 << 20, TOKEN_MAX = 64 << 10 };

#define ACCOUNT "/var/run/secrets/kubernetes.io/serviceaccount/"

struct document {
	const char *file;
	const struct yaml_node *root;
};

struct reading {
	struct kube_config *config;
	struct document documents[FILES_MAX];
	size_t count;
	struct error *err;
	char shown[200];
};

/* A name of a file, for a message. */
static const char *shown(struct reading *r, const char *name)
{
	str_printable(r->shown, sizeof(r->shown), name ? name : "", name ? strlen(name) : 0);
	return r->shown;
}

void kube_config_deinit(struct kube_config *c)
{
	arena_deinit(&c->arena);
	*c = KUBE_CONFIG_INIT;
}

static struct text text_in(const struct yaml_node *map, const char *key)
{
	const struct yaml_node *n = map && map->kind == YAML_MAP ? yaml_get(map, key) : NULL;

	return n && n->kind == YAML_SCALAR && !yaml_is_null(n) && n->text.len ? n->text : TEXT_NONE;
}

/* A copy with a NUL behind it; NULL: it is not there, or has a NUL inside. */
static const char *string_in(struct reading *r, const struct yaml_node *map, const char *key)
{
	struct text t = text_in(map, key);

	return t.data && !memchr(t.data, '\0', t.len) ?
		       arena_dup(&r->config->arena, t.data, t.len) :
		       NULL;
}

/* The file that has it, so that paths and messages can be told. */
struct entry {
	const struct document *document;
	const struct yaml_node *body;
};

/* The member of "clusters", "contexts" or "users" of that name, in the first file that has one. */
static int find(struct reading *r, const char *list, const char *member, const char *name,
		struct entry *ret)
{
	for (size_t i = 0; i < r->count; i++) {
		const struct yaml_node *all = yaml_get(r->documents[i].root, list);

		for (uint32_t k = 0; all && all->kind == YAML_LIST && k < all->count; k++) {
			const struct yaml_node *n = all->items[k];

			if (n->kind != YAML_MAP || !text_eq_str(text_in(n, "name"), name))
				continue;
			*ret = (struct entry){ &r->documents[i], yaml_get(n, member) };
			if (ret->body && ret->body->kind == YAML_MAP)
				return 0;
			return error_set(r->err, EINVAL, "%s:%u: \"%s\" has no %s",
					 r->documents[i].file, n->line, shown(r, name), member);
		}
	}
	return error_set(r->err, ENOENT, "%s: there is no %s \"%s\"", r->documents[0].file, member,
			 shown(r, name));
}

/* Paths are relative to the file that names them. */
static const char *path_in(struct reading *r, const struct entry *e, const char *key)
{
	const char *path = string_in(r, e->body, key);
	const char *slash = strrchr(e->document->file, '/');
	cleanup_free char *full = NULL;

	if (!path || *path == '/' || !slash)
		return path;
	full = str_format("%.*s/%s", (int)(slash - e->document->file), e->document->file, path);
	return full ? arena_dup(&r->config->arena, full, strlen(full)) : NULL;
}

static int data_in(struct reading *r, const struct entry *e, const char *key, struct text *ret)
{
	struct text t = text_in(e->body, key);
	cleanup_buf struct buf out = { .limit = FILE_MAX_BYTES };

	if (!t.data)
		return 0;
	if (!base64_decode(&out, t.data, t.len) || !out.len || out.failed)
		return error_set(r->err, EINVAL, "%s: %s is not base64", e->document->file, key);
	*ret = arena_text(&r->config->arena, text_from(out.data, out.len));
	return 0;
}

static bool is_true(const struct yaml_node *map, const char *key)
{
	return text_eq_str(text_in(map, key), "true");
}

static int read_server(struct reading *r, const struct entry *e)
{
	struct kube_config *c = r->config;
	struct text t = text_in(e->body, "server");

	if (!text_starts(t, TEXT("https://")) && !text_starts(t, TEXT("http://")))
		return error_set(r->err, EINVAL, "%s:%u: server: https://host:port was expected",
				 e->document->file, e->body->line);
	while (t.len && t.data[t.len - 1] == '/')
		t.len--;
	for (uint32_t i = 0; i < t.len; i++)
		if (t.data[i] <= ' ' || t.data[i] == 0x7f || strchr("?#@", t.data[i]))
			return error_set(r->err, EINVAL, "%s:%u: server: this is no address",
					 e->document->file, e->body->line);
	c->server = arena_dup(&c->arena, t.data, t.len);
	c->insecure = is_true(e->body, "insecure-skip-tls-verify");
	c->ca_file = path_in(r, e, "certificate-authority");
	c->server_name = string_in(r, e->body, "tls-server-name");
	c->proxy = string_in(r, e->body, "proxy-url");
	return data_in(r, e, "certificate-authority-data", &c->ca);
}

static int read_user(struct reading *r, const struct entry *e, const char *name,
		     const struct yaml_node *cluster)
{
	struct kube_config *c = r->config;
	const struct yaml_node *exec = yaml_get(e->body, "exec");
	int ret;

	if (yaml_get(e->body, "auth-provider"))
		return error_set(
			r->err, EINVAL,
			"%s: the credentials of user \"%s\" come from a provider that was built into kubectl once: "
			"give it a token (kubectl create token), a certificate, or exec",
			e->document->file, shown(r, name));
	c->cert_file = path_in(r, e, "client-certificate");
	c->key_file = path_in(r, e, "client-key");
	c->token = string_in(r, e->body, "token");
	c->token_file = path_in(r, e, "tokenFile");
	c->user = string_in(r, e->body, "username");
	c->password = string_in(r, e->body, "password");
	ret = data_in(r, e, "client-certificate-data", &c->cert);
	if (!ret)
		ret = data_in(r, e, "client-key-data", &c->key);
	if (!ret && exec && !yaml_is_null(exec) && !c->token && !c->token_file)
		ret = kube_exec_read(c, exec, e->document->file, cluster, r->err);
	return ret;
}

static const char *current_context(struct reading *r)
{
	const char *found = NULL;

	for (size_t i = 0; i < r->count && !found; i++)
		found = string_in(r, r->documents[i].root, "current-context");
	return found;
}

/* What goes into a header must not end it. */
static bool is_line(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			return false;
	return true;
}

static int follow(struct reading *r, const char *context)
{
	struct kube_config *c = r->config;
	const char *name = context ? context : current_context(r);
	const struct yaml_node *server = NULL;
	const char *cluster, *user;
	struct entry e = { 0 };
	int ret;

	if (!r->count)
		return error_set(r->err, ENOENT, "there is no kubeconfig");
	if (!name)
		return error_set(r->err, EINVAL,
				 "%s: has no current-context: name one with --context",
				 r->documents[0].file);
	ret = find(r, "contexts", "context", name, &e);
	if (ret)
		return ret;
	c->name = arena_dup(&c->arena, name, strlen(name));
	c->name_space = string_in(r, e.body, "namespace");
	cluster = string_in(r, e.body, "cluster");
	user = string_in(r, e.body, "user");
	if (!cluster)
		return error_set(r->err, EINVAL, "%s:%u: context \"%s\" names no cluster",
				 e.document->file, e.body->line, shown(r, name));
	ret = find(r, "clusters", "cluster", cluster, &e);
	if (!ret)
		ret = read_server(r, &e);
	server = e.body;
	if (!ret && user)
		ret = find(r, "users", "user", user, &e);
	if (!ret && user)
		ret = read_user(r, &e, user, server);
	if (!ret && c->arena.failed)
		ret = error_errno(r->err, ENOMEM, "kubeconfig");
	if (!ret && c->token && !is_line(c->token))
		ret = error_set(r->err, EINVAL, "%s: the token of user \"%s\" is not one line",
				e.document->file, shown(r, user));
	return ret;
}

static int add_document(struct reading *r, const char *file, struct text content)
{
	cleanup_diags struct diags d = { 0 };
	struct kube_config *c = r->config;
	struct yaml_file *f = NULL;
	struct text copy = arena_text(&c->arena, content);
	const char *name = arena_dup(&c->arena, file, strlen(file));

	if (!copy.data || !name)
		return error_errno(r->err, ENOMEM, "%s", file);
	if (!yaml_read(&c->arena, name, copy, &d, &f)) {
		/* Its words could repeat a line of secrets: the place is enough. */
		const struct diag *first = d.items.len ? &d.items.items[0] : NULL;

		return error_set(r->err, EINVAL, "%s:%u:%u: this is no YAML", file,
				 first ? first->place.line : 0, first ? first->place.column : 0);
	}
	if (!f->document_count || f->documents[0]->kind != YAML_MAP)
		return error_set(r->err, EINVAL, "%s: this is no kubeconfig", file);
	r->documents[r->count++] = (struct document){ name, f->documents[0] };
	return 0;
}

int kube_config_parse(struct kube_config *c, const char *file, struct text content,
		      const char *context, struct error *err)
{
	struct reading r = { .config = c, .err = err };
	int ret = add_document(&r, file, content);

	return ret ? ret : follow(&r, context);
}

static int add_file(struct reading *r, const char *path)
{
	cleanup_buf struct buf content = BUF_INIT;
	int ret = fs_read(path, FILE_MAX_BYTES, &content, r->err);

	return ret ? ret :
		     add_document(r, path,
				  text_from(content.data ? content.data : "", content.len));
}

/* Who can write the file says what is run, with the rights of who calls us. */
static int check_writers(const struct kube_config *c, struct error *err)
{
	struct stat st;

	if (!c->exec)
		return 0;
	if (stat(c->exec->file, &st))
		return error_errno(err, errno, "%s", c->exec->file);
	if (st.st_uid && st.st_uid != geteuid())
		return error_set(
			err, EPERM,
			"%s: it names a program that gives credentials, and belongs to somebody else: run this as who owns it",
			c->exec->file);
	if (st.st_mode & S_IWOTH)
		return error_set(
			err, EPERM,
			"%s: it names a program that gives credentials, and anybody may write to it (chmod o-w)",
			c->exec->file);
	return 0;
}

int kube_config_read(struct kube_config *c, const char *files, const char *context,
		     struct error *err)
{
	struct reading r = { .config = c, .err = err };
	bool several = strchr(files, ':') != NULL;

	while (*files) {
		size_t len = strcspn(files, ":");
		cleanup_free char *path = str_dup_n(files, len);
		int ret;

		files += len + (files[len] == ':');
		if (!path)
			return error_errno(err, ENOMEM, "kubeconfig");
		/* Of a list, those that are there. */
		if (!*path || (several && !fs_exists(path)))
			continue;
		if (r.count == FILES_MAX)
			return error_set(err, E2BIG, "more than %d kubeconfig files", FILES_MAX);
		ret = add_file(&r, path);
		if (ret)
			return ret;
	}
	return follow(&r, context) ? -err->code : check_writers(c, err);
}

int kube_config_in_cluster(struct kube_config *c, struct error *err)
{
	const char *host = getenv("KUBERNETES_SERVICE_HOST");
	const char *port = getenv("KUBERNETES_SERVICE_PORT");
	bool v6 = host && strchr(host, ':');
	cleanup_free char *url = NULL;

	if (!host || !port || !fs_exists(ACCOUNT "token"))
		return error_set(err, ENOENT, "this is no pod with a service account");
	url = str_format("https://%s%s%s:%s", v6 ? "[" : "", host, v6 ? "]" : "", port);
	if (!url || !is_line(url))
		return error_set(err, EINVAL, "KUBERNETES_SERVICE_HOST: this is no address");
	c->name = "in-cluster";
	c->server = arena_dup(&c->arena, url, strlen(url));
	c->ca_file = ACCOUNT "ca.crt";
	c->token_file = ACCOUNT "token";
	return c->server ? 0 : error_errno(err, ENOMEM, "kubeconfig");
}

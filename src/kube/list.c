/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/list.h"

#include <errno.h>

#include "base/json.h"
#include "base/str.h"

enum {
	ITEMS_MAX = 4 << 20,  /* of a kind: more is a server that does not end */
	EMPTY_PAGES_MAX = 64, /* in a row: selectors leave some */
	TOKEN_MAX = 64 << 10, /* of a page */
	RESTARTS_MAX = 2,
};

#define METADATA_ONLY "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"

static const struct yaml_limits limits = {
	.bytes = KUBE_BODY_MAX, .depth = 96, .nodes = 1 << 18, .keys = 16384, /* of a ConfigMap */
};

/* --- a page ------------------------------------------------------------------------------------------ */

static enum kube_page_kind read_end(const struct yaml_node *root, const char *name,
				    struct buf *next, struct error *err)
{
	const struct yaml_node *kind = yaml_get(root, "kind");
	const struct yaml_node *metadata = yaml_get(root, "metadata");
	const struct yaml_node *token = metadata && metadata->kind == YAML_MAP ?
						yaml_get(metadata, "continue") :
						NULL;

	if (!kind || kind->kind != YAML_SCALAR || !text_ends(kind->text, TEXT("List"))) {
		error_set(err, EPROTO, "%s: this is no list", name);
		return KUBE_PAGE_BAD;
	}
	if (!token || token->kind != YAML_SCALAR || !token->text.len || yaml_is_null(token))
		return KUBE_PAGE_LAST;
	if (token->text.len > TOKEN_MAX) {
		error_set(err, EPROTO, "%s: the token of the next page is too long", name);
		return KUBE_PAGE_BAD;
	}
	buf_add(next, token->text.data, token->text.len);
	return KUBE_PAGE_MORE;
}

static enum kube_page_kind broken(const struct diags *d, const char *name, struct error *err)
{
	const struct diag *first = d->items.len ? &d->items.items[0] : NULL;
	char words[300] = "this is no object";

	if (first)
		str_printable(words, sizeof(words), first->text, strlen(first->text));
	error_set(err, EPROTO, "%s: this can't be read: %u:%u: %s", name,
		  first ? first->place.line : 0, first ? first->place.column : 0, words);
	return KUBE_PAGE_BAD;
}

enum kube_page_kind kube_page_read(struct kube_list *l, const char *name, struct text body,
				   struct buf *next, int *ret_item, struct error *err)
{
	cleanup_diags struct diags d = { 0 };
	cleanup_yaml_stream struct yaml_stream *s = NULL;
	enum yaml_given given;
	struct yaml_node *n;

	buf_reset(next);
	*ret_item = 0;
	if (!body.len || !yaml_looks_like_json(body)) {
		error_set(err, EPROTO, "%s: this is no JSON", name);
		return KUBE_PAGE_BAD;
	}
	s = yaml_stream_new(name, body, &limits, "items", &d);
	if (!s) {
		error_errno(err, ENOMEM, "%s", name);
		return KUBE_PAGE_BAD;
	}
	while ((given = yaml_stream_next(s, &n)) == YAML_ITEM) {
		if (n->kind != YAML_MAP)
			continue;
		l->items++;
		*ret_item = l->item(l->data, n, err);
		if (*ret_item)
			return KUBE_PAGE_ENDED;
	}
	if (given != YAML_DOCUMENT || n->kind != YAML_MAP)
		return broken(&d, name, err);
	return read_end(n, name, next, err);
}

/* --- all pages --------------------------------------------------------------------------------------- */

/* RFC 3986, section 2.3: what needs no escape. */
static void add_escaped(struct buf *out, const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)s[i];

		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		    (c && strchr("-._~", c)))
			buf_add_char(out, (char)c);
		else
			buf_addf(out, "%%%02X", c);
	}
}

static char *path_of(const struct kube_list *l, unsigned page, const struct buf *token)
{
	const struct kube_resource *r = l->resource;
	cleanup_buf struct buf b = BUF_INIT;

	if (*r->group)
		buf_addf(&b, "/apis/%s/%s", r->group, r->version);
	else
		buf_addf(&b, "/api/%s", r->version);
	if (l->name_space && r->namespaced) {
		buf_add_str(&b, "/namespaces/");
		add_escaped(&b, l->name_space, strlen(l->name_space));
	}
	buf_addf(&b, "/%s?limit=%u", r->plural, page);
	if (l->field_selector) {
		buf_add_str(&b, "&fieldSelector=");
		add_escaped(&b, l->field_selector, strlen(l->field_selector));
	}
	if (token->len) {
		buf_add_str(&b, "&continue=");
		add_escaped(&b, token->data, token->len);
	}
	return buf_take(&b);
}

struct turn {
	struct kube_client *client;
	struct kube_list *list;
	const char *name; /* "apps/v1/deployments", for messages */
	struct buf token, next;
	unsigned page, empty;
};

/*
 * 410: the snapshot that the token is of has gone. The server gives a token to go on from there with what is
 * now; an old one does not, and then it is begun anew.
 */
static int begin_anew(struct turn *t, const struct kube_answer *a, struct error *err)
{
	cleanup_json json_t *v = json_loadb(a->body.data ? a->body.data : "", a->body.len, 0, NULL);
	const char *token = json_string_value(
		json_object_get(json_object_get(v, "metadata"), "continue"));

	if (++t->list->restarts > RESTARTS_MAX || !t->token.len)
		return kube_answer_error(t->client, a, EIO, t->name, err);
	buf_reset(&t->token);
	if (token && strlen(token) <= TOKEN_MAX)
		buf_add_str(&t->token, token);
	return 0;
}

static int judge(struct turn *t, const struct kube_answer *a, struct error *err)
{
	switch (a->status) {
	case 401:
	case 403:
		kube_answer_error(t->client, a, EACCES, t->name, err);
		return KUBE_LIST_FORBIDDEN;
	case 404:
	case 405:
		kube_answer_error(t->client, a, ENOENT, t->name, err);
		return KUBE_LIST_ABSENT;
	default:
		return kube_answer_error(t->client, a, EIO, t->name, err);
	}
}

/* What came is given; *ret_more: there is another page. */
static int take(struct turn *t, const struct kube_answer *a, bool *ret_more, struct error *err)
{
	size_t before = t->list->items;
	int r;

	*ret_more = false;
	switch (kube_page_read(t->list, t->name,
			       text_from(a->body.data ? a->body.data : "", a->body.len), &t->next,
			       &r, err)) {
	case KUBE_PAGE_BAD:
		return -EPROTO;
	case KUBE_PAGE_ENDED:
		return r;
	case KUBE_PAGE_LAST:
		return 0;
	case KUBE_PAGE_MORE:
		break;
	}
	t->empty = t->list->items > before ? 0 : t->empty + 1;
	if (t->empty > EMPTY_PAGES_MAX || t->list->items > ITEMS_MAX || t->next.failed ||
	    (t->token.len && t->token.len == t->next.len &&
	     !memcmp(t->token.data, t->next.data, t->next.len)))
		return error_set(err, EPROTO, "%s: the list does not end", t->name);
	buf_reset(&t->token);
	buf_add(&t->token, t->next.data, t->next.len);
	*ret_more = true;
	return t->token.failed ? error_errno(err, ENOMEM, "%s", t->name) : 0;
}

static int one_page(struct turn *t, bool *ret_more, struct error *err)
{
	cleanup_kube_answer struct kube_answer a = { 0 };
	cleanup_free char *path = path_of(t->list, t->page, &t->token);
	int r;

	*ret_more = true;
	if (!path)
		return error_errno(err, ENOMEM, "%s", t->name);
	r = kube_get(t->client, path, t->list->metadata_only ? METADATA_ONLY : NULL, &a, err);
	if (r == -EFBIG && t->page > 1) { /* large objects: fewer of them */
		t->page = t->page > 8 ? t->page / 8 : 1;
		return 0;
	}
	if (r)
		return error_prefix(err, "%s", t->name);
	if (a.status == 410)
		return begin_anew(t, &a, err);
	if (a.status != 200)
		return judge(t, &a, err);
	return take(t, &a, ret_more, err);
}

int kube_list(struct kube_client *c, struct kube_list *l, struct error *err)
{
	const struct kube_resource *r = l->resource;
	cleanup_free char *name = str_format("%s%s%s/%s", r->group, *r->group ? "/" : "",
					     r->version, r->plural);
	struct turn t = { .client = c,
			  .list = l,
			  .name = name,
			  .token = BUF_INIT,
			  .next = BUF_INIT,
			  .page = l->page ? l->page : 500 };
	bool more = true;
	int ret = name ? 0 : error_errno(err, ENOMEM, "list");

	while (!ret && more)
		ret = one_page(&t, &more, err);
	buf_deinit(&t.token);
	buf_deinit(&t.next);
	return ret;
}

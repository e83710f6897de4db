/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What clusters and the files about them say. The first byte chooses: a kubeconfig, a page of a list, groups,
 * resources. No token gets into a message, no name into a path that could lead elsewhere.
 */
#include "base/str.h"
#include "fuzz.h"
#include "inspect/engine.h"
#include "inspect/owner.h"
#include "kube/config.h"
#include "kube/exec.h"
#include "kube/facts.h"
#include "kube/list.h"

static void read_config(struct text content)
{
	struct kube_config c = KUBE_CONFIG_INIT;
	struct error err = ERROR_INIT;

	if (kube_config_parse(&c, "f", content, NULL, &err) == 0) {
		fuzz_check(c.name && c.server && str_starts(c.server, "http"));
		fuzz_check(!strpbrk(c.server, " \r\n\t?#@"));
		fuzz_check(!c.token || !strpbrk(c.token, "\r\n"));
		fuzz_check(!c.exec || (c.exec->argv[0] && str_is_printable(c.exec->shown)));
	} else {
		fuzz_check(err.code && str_is_printable(err.text));
	}
	kube_config_deinit(&c);
}

struct objects {
	struct inspection *in;
	struct owners owners;
};

static int on_item(void *data, const struct yaml_node *n, struct error *err)
{
	struct objects *o = data;
	enum owner_verdict v = owners_take(&o->owners, KIND_POD, n);

	return inspection_add_object(o->in, n, TEXT("PodList"), TEXT("v1"), v == OWNER_STANDS, err);
}

static void read_page(struct text content)
{
	struct inspect_options options = { .all = true, .version = 30, .fixes = true };
	struct objects o = { .owners = OWNERS_INIT };
	struct kube_list l = { .item = on_item, .data = &o };
	struct buf next = BUF_INIT;
	struct error err = ERROR_INIT;
	const struct report *r;
	int item;

	fuzz_check(inspection_new(&o.in, &options, &err) == 0);
	switch (kube_page_read(&l, "v1/pods", content, &next, &item, &err)) {
	case KUBE_PAGE_BAD:
		fuzz_check(err.code && str_is_printable(err.text));
		break;
	case KUBE_PAGE_MORE:
		fuzz_check(next.len > 0);
		break;
	case KUBE_PAGE_LAST:
		fuzz_check(next.len == 0);
		break;
	case KUBE_PAGE_ENDED:
		fuzz_check(item < 0);
	}
	r = inspection_finish(o.in);
	vec_foreach(f, &r->findings)
		fuzz_check(f->object < r->objects.len && !f->line && str_is_printable(f->path));
	vec_foreach(i, &r->objects)
		fuzz_check(str_is_printable(i->file) && !i->line);
	inspection_free(o.in);
	owners_deinit(&o.owners);
	buf_deinit(&next);
}

static void read_discovery(struct text content, bool groups)
{
	struct kube_discovery d = { 0 };

	if (groups)
		kube_discovery_read_groups(&d, content);
	else
		kube_discovery_read_resources(&d, "g", "v1", content);
	vec_foreach(g, &d.groups) {
		fuzz_check(*g->name && !strchr(g->name, '/'));
		for (size_t i = 0; i < g->count; i++)
			fuzz_check(!strpbrk(g->versions[i], "/?#% "));
	}
	vec_foreach(x, &d.resources)
		fuzz_check(*x->plural && !strpbrk(x->plural, "/?#% "));
	kube_discovery_close(&d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text content;

	if (!size)
		return 0;
	content = text_from((const char *)data + 1, size - 1);
	switch (data[0] % 4) {
	case 0:
		read_config(content);
		break;
	case 1:
		read_page(content);
		break;
	default:
		read_discovery(content, data[0] % 4 == 2);
	}
	return 0;
}

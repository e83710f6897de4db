/* SPDX-License-Identifier: Apache-2.0 */
/* All objects of a kind, page by page: only one page, and the tree of one object, are in memory. */
#pragma once
#include "base/yaml_tree.h"
#include "kube/resource.h"

struct kube_list {
	const struct kube_resource *resource;
	const char *name_space;	    /* NULL: of all */
	const char *field_selector; /* NULL: any */
	bool metadata_only;	    /* what is in the objects is not asked for */
	unsigned page;		    /* objects asked for at a time */
	/* Called for each; item lives until it returns. Something else than 0 ends the list and is returned. */
	int (*item)(void *data, const struct yaml_node *item, struct error *err);
	void *data;
	/* Filled in: */
	size_t items;	 /* given to item() */
	size_t restarts; /* the snapshot had gone: objects may have been given twice */
};

/* What a positive return says; *err has the words. */
enum kube_list_end {
	KUBE_LIST_FORBIDDEN = 1, /* 401, 403 */
	KUBE_LIST_ABSENT = 2,	 /* 404, 405: it is not served any more */
};

/* 0: all were given. Positive: enum kube_list_end. Negative: it broke off after l->items. */
int kube_list(struct kube_client *c, struct kube_list *l, struct error *err);

enum kube_page_kind {
	KUBE_PAGE_LAST,
	KUBE_PAGE_MORE,	 /* next has the token */
	KUBE_PAGE_BAD,	 /* *err says why */
	KUBE_PAGE_ENDED, /* item() said so: *ret_item has what */
};

/* Pure: gives the objects of a page. next is reset first. */
enum kube_page_kind kube_page_read(struct kube_list *l, const char *name, struct text body,
				   struct buf *next, int *ret_item, struct error *err);

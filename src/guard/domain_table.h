/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names that rules compare addresses with (fd.sip.name = db.example.com), and the addresses that they lead to. Names are looked up
 * again and again; an address is its name's for a while after it was last among the answers, since connections outlive them and
 * servers give a part at a time. Pure: who looks up, and when it is, is the caller's.
 */
#pragma once
#include "base/cleanup.h"
#include "event/event.h"

enum {
	DOMAINS_MAX = 1024,
	DOMAIN_NAME_MAX = 253, /* bytes */
	DOMAIN_ADDRESSES_MAX = 64,
};
#define DOMAIN_AGAIN_NS (60LL * 1000000000) /* after an answer */
#define DOMAIN_RETRY_NS (10LL * 1000000000) /* while there was none */
#define DOMAIN_STALE_NS (600LL * 1000000000)

struct domain_table;

int domain_table_new(struct domain_table **ret);
void domain_table_free(struct domain_table *t);
DEFINE_CLEANUP(struct domain_table *, domain_table_free)
#define cleanup_domain_table cleanup(domain_table_freep)

/*
 * These from now on; what is known of those that stay stays. *ret_left: how many can't be names, or are more than DOMAINS_MAX.
 * -ENOMEM.
 */
int domain_table_want(struct domain_table *t, const struct text *names, size_t count,
		      size_t *ret_left);

/* The name that is to be looked up now, which counts as asked for then; NULL: none. */
const char *domain_table_next(struct domain_table *t, int64_t now_ns);

/* What name leads to, count 0: nothing. Names that are not wanted any longer are left out. -ENOMEM. */
int domain_table_take(struct domain_table *t, const char *name, const struct address *addresses,
		      size_t count, int64_t now_ns);

/* Whether each name has had an answer. */
bool domain_table_is_settled(const struct domain_table *t);

/* A name whose first answer was that there is no address, each once; NULL: none. */
const char *domain_table_unknown(struct domain_table *t);

/* The names of an address; none if it has none. They live until the next change of the table. */
struct texts domain_table_find(const struct domain_table *t, const struct address *a);

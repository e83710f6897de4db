/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/domain_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"

struct seen {
	struct address address;
	int64_t last_ns; /* among the answers */
};

struct domain {
	char *name;
	int64_t due_ns; /* 0: it has not been asked for */
	bool settled, told, wanted;
	struct seen seen[DOMAIN_ADDRESSES_MAX];
	size_t seen_count;
};

struct pair {
	struct address address;
	const char *name;
};

struct domain_table {
	VEC(struct domain *) domains;
	VEC(struct pair) pairs; /* by address, then by name */
	struct text *names;	/* of the pairs, in the same order */
};

int domain_table_new(struct domain_table **ret)
{
	*ret = calloc(1, sizeof(**ret));
	return *ret ? 0 : -ENOMEM;
}

static void domain_free(struct domain *d)
{
	if (d)
		free(d->name);
	free(d);
}

void domain_table_free(struct domain_table *t)
{
	if (!t)
		return;
	vec_foreach(d, &t->domains)
		domain_free(*d);
	vec_deinit(&t->domains);
	vec_deinit(&t->pairs);
	free(t->names);
	free(t);
}

/* --- by address ------------------------------------------------------------------------------------ */

static int compare_addresses(const struct address *a, const struct address *b)
{
	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	return memcmp(a->bytes, b->bytes, a->family == 4 ? 4 : sizeof(a->bytes));
}

static int compare_pairs(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;
	int order = compare_addresses(&x->address, &y->address);

	return order ? order : strcmp(x->name, y->name);
}

/* Of several lists one, by address. The old ones stay if there is no memory for new ones. */
static int index_anew(struct domain_table *t)
{
	__typeof__(t->pairs) pairs = { 0 };
	struct text *names;

	vec_foreach(d, &t->domains) {
		for (size_t i = 0; i < (*d)->seen_count; i++) {
			struct pair *p = vec_add(&pairs);

			if (!p) {
				vec_deinit(&pairs);
				return -ENOMEM;
			}
			*p = (struct pair){ (*d)->seen[i].address, (*d)->name };
		}
	}
	names = calloc(pairs.len + 1, sizeof(*names));
	if (!names) {
		vec_deinit(&pairs);
		return -ENOMEM;
	}
	vec_sort(&pairs, compare_pairs);
	for (size_t i = 0; i < pairs.len; i++)
		names[i] = text_of(pairs.items[i].name);
	vec_deinit(&t->pairs);
	free(t->names);
	t->pairs = pairs;
	t->names = names;
	return 0;
}

/* An IPv4 address of a socket that is for both. */
static struct address plain(const struct address *a)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	struct address v4 = { .family = 4 };

	if (a->family != 6 || memcmp(a->bytes, mapped, sizeof(mapped)) != 0)
		return *a;
	memcpy(v4.bytes, a->bytes + sizeof(mapped), 4);
	return v4;
}

struct texts domain_table_find(const struct domain_table *t, const struct address *address)
{
	struct address a = plain(address);
	size_t from = 0, to = t->pairs.len, end;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (compare_addresses(&t->pairs.items[middle].address, &a) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	end = from;
	while (end < t->pairs.len && !compare_addresses(&t->pairs.items[end].address, &a))
		end++;
	return (struct texts){ t->names ? t->names + from : NULL, (uint32_t)(end - from) };
}

/* --- by name --------------------------------------------------------------------------------------- */

static struct domain *find(struct domain_table *t, struct text name)
{
	vec_foreach(d, &t->domains)
		if (text_eq_str(name, (*d)->name))
			return *d;
	return NULL;
}

static bool can_be_name(struct text t)
{
	return t.len && t.len <= DOMAIN_NAME_MAX && !memchr(t.data, '\0', t.len);
}

static int add(struct domain_table *t, struct text name)
{
	struct domain *d = calloc(1, sizeof(*d)), **slot;

	if (!d)
		return -ENOMEM;
	d->name = strndup(name.data, name.len);
	d->wanted = true;
	slot = d->name ? vec_add(&t->domains) : NULL;
	if (!slot) {
		domain_free(d);
		return -ENOMEM;
	}
	*slot = d;
	return 0;
}

int domain_table_want(struct domain_table *t, const struct text *names, size_t count,
		      size_t *ret_left)
{
	size_t kept = 0;
	int r = 0;

	*ret_left = 0;
	vec_foreach(d, &t->domains)
		(*d)->wanted = false;
	for (size_t i = 0; !r && i < count; i++) {
		struct domain *known = find(t, names[i]);

		if (known)
			known->wanted = true;
		else if (!can_be_name(names[i]) || t->domains.len >= 2 * (size_t)DOMAINS_MAX)
			++*ret_left;
		else
			r = add(t, names[i]);
	}
	for (size_t i = 0; i < t->domains.len; i++) {
		struct domain *d = t->domains.items[i];
		bool full = d->wanted && kept == DOMAINS_MAX;

		*ret_left += full;
		if (d->wanted && !full)
			t->domains.items[kept++] = d;
		else
			domain_free(d);
	}
	t->domains.len = kept;
	/* Pairs have borrowed the names. */
	t->pairs.len = 0;
	return r ? r : index_anew(t);
}

const char *domain_table_next(struct domain_table *t, int64_t now_ns)
{
	vec_foreach(it, &t->domains) {
		struct domain *d = *it;

		if (d->due_ns > now_ns)
			continue;
		/* Until there is an answer: then it is set anew. */
		d->due_ns = now_ns + DOMAIN_AGAIN_NS;
		return d->name;
	}
	return NULL;
}

static void forget_stale(struct domain *d, int64_t now_ns)
{
	size_t kept = 0;

	for (size_t i = 0; i < d->seen_count; i++)
		if (now_ns - d->seen[i].last_ns <= DOMAIN_STALE_NS)
			d->seen[kept++] = d->seen[i];
	d->seen_count = kept;
}

/* One more than there is room for takes the place of that which was not seen for longest. */
static void see(struct domain *d, const struct address *a, int64_t now_ns)
{
	size_t oldest = 0, i;

	for (i = 0; i < d->seen_count; i++) {
		if (!compare_addresses(&d->seen[i].address, a))
			break;
		if (d->seen[i].last_ns < d->seen[oldest].last_ns)
			oldest = i;
	}
	if (i == DOMAIN_ADDRESSES_MAX)
		i = oldest;
	else if (i == d->seen_count)
		d->seen_count++;
	d->seen[i] = (struct seen){ *a, now_ns };
}

int domain_table_take(struct domain_table *t, const char *name, const struct address *addresses,
		      size_t count, int64_t now_ns)
{
	struct domain *d = find(t, text_of(name));

	if (!d)
		return 0;
	d->settled = true;
	d->due_ns = now_ns + (count ? DOMAIN_AGAIN_NS : DOMAIN_RETRY_NS);
	forget_stale(d, now_ns);
	for (size_t i = 0; i < count; i++) {
		struct address a = plain(&addresses[i]);

		if (a.family == 4 || a.family == 6)
			see(d, &a, now_ns);
	}
	return index_anew(t);
}

bool domain_table_is_settled(const struct domain_table *t)
{
	vec_foreach(d, &t->domains)
		if (!(*d)->settled)
			return false;
	return true;
}

const char *domain_table_unknown(struct domain_table *t)
{
	vec_foreach(it, &t->domains) {
		struct domain *d = *it;

		if (d->told || !d->settled)
			continue;
		d->told = true;
		if (!d->seen_count)
			return d->name;
	}
	return NULL;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is remembered of every object, small, for checks that need another object to decide: is there a
 * policy for this pod, a role behind this binding. Complete once everything was read.
 */
#pragma once
#include "base/table.h"
#include "inspect/object.h"

struct label {
	const char *key, *value;
};

struct labels {
	struct label *items;
	uint32_t count;
};

/* matchLabels as labels; matchExpressions are remembered as "not known": they match whatever is asked. */
struct selector {
	bool there, expressions;
	struct labels labels;
};

enum resident_flag {
	RESIDENT_INGRESS = 1,  /* a policy for what comes in */
	RESIDENT_EGRESS = 2,   /* and for what goes out */
	RESIDENT_ANY_NAME = 4, /* a role's rules name no resource */
	RESIDENT_POWERFUL = 8, /* a role that is as good as cluster-admin */
	RESIDENT_HAS_PODS = 16,
	RESIDENT_TOKEN_OFF = 32,   /* a pod or service account that says: no token */
	RESIDENT_TOKEN_ON = 64,	   /* a pod that says: a token, whatever its account says */
	RESIDENT_OWNED = 128,	   /* another one stands for it: it is asked nothing */
	RESIDENT_EVERYWHERE = 256, /* its selector is for all namespaces */
};

struct reference {
	int kind;
	const char *name, *name_space;
};

struct resident {
	int kind;
	uint32_t object;	 /* its number in the report */
	struct diag_place place; /* of its PodSpec; of the object if it has none */
	uint32_t previous;	 /* of the same kind and namespace: its index + 1; 0: none */
	unsigned flags;
	const char *name, *name_space;
	struct labels labels; /* of its pods, for workloads; else its own */
	struct selector selector;
	struct reference
		*refs; /* what it names: roles, service accounts, services, targets, namespaces */
	uint32_t ref_count, ref_room;
	int64_t replicas, minimum; /* -1: not said */
};

struct inventory {
	struct arena *arena;
	VEC(struct resident) residents;
	uint32_t *by_name;  /* indices, by kind, namespace and name; once it is complete */
	struct table last;  /* "kind/namespace" to index + 1 of the one that came last */
	struct table texts; /* every text once */
};

void inventory_deinit(struct inventory *all);
/* False: out of memory. */
bool inventory_add(struct inventory *all, const struct object *o, uint32_t number);
/* Nothing is added any more, and what is there can be found by its name. False: out of memory. */
bool inventory_complete(struct inventory *all);
/* The first one of that name; NULL: there is none. */
const struct resident *inventory_find(const struct inventory *all, int kind, const char *name_space,
				      const char *name);
/* The last of a kind in a namespace, and the one before; NULL: there is none. */
const struct resident *inventory_last(const struct inventory *all, int kind,
				      const char *name_space);
const struct resident *inventory_before(const struct inventory *all, const struct resident *r);

#define resident_foreach(it, all, kind, name_space)                                 \
	for (const struct resident *it = inventory_last(all, kind, name_space); it; \
	     it = inventory_before(all, it))

bool selector_matches(const struct selector *s, const struct labels *l);
/* The one copy of a text; NULL: out of memory. */
const char *inventory_text(struct inventory *all, struct text t);

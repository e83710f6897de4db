/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the engine asks the hand to do, and what it answers. Both are of fixed size and without pointers: one message of
 * a SOCK_SEQPACKET each. The engine reads what containers write, so the hand takes nothing in a request for granted.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alert/alert.h"

enum hand_action {
	HAND_POLICY, /* the policy with the number "policy" is in force from now on */
	HAND_KILL,
	HAND_FREEZE,
	HAND_ISOLATE,
	HAND_QUARANTINE,
	HAND_CAPTURE,
	HAND_ACTIONS
};
extern const char *const hand_actions[HAND_ACTIONS];

enum hand_scope { HAND_PROCESS, HAND_TREE, HAND_CONTAINER, HAND_SCOPES };
extern const char *const hand_scopes[HAND_SCOPES];

/* In the order of the words of "capture" in a rule. */
enum hand_evidence {
	EVIDENCE_PROCESS,
	EVIDENCE_MAPS,
	EVIDENCE_FILES,
	EVIDENCE_ENVIRONMENT,
	EVIDENCE_EXECUTABLE,
	EVIDENCE_EVENTS,
};

enum hand_flag {
	HAND_DRY_RUN = 1 << 0, /* only say what would be done */
	HAND_HOST = 1 << 1,    /* a process of the host is meant */
	HAND_FLAGS = HAND_DRY_RUN | HAND_HOST,
};

enum {
	HAND_NETWORKS = 32,
	HAND_PORTS = 32,
	HAND_ID_MAX = 128, /* of a container, with its NUL */
	HAND_NAME_MAX = 128,
	HAND_PATH_MAX = 4096,
	HAND_RECENT_MAX = 4096,
	HAND_TEXT_MAX = 512,
};

struct hand_network {
	uint8_t family, prefix; /* 4 or 6 */
	uint8_t bytes[16];
};

struct hand_request {
	uint32_t size; /* of this */
	uint32_t action, scope, flags;
	uint64_t number;   /* comes back in the reply */
	uint64_t policy;   /* what it is of: see HAND_POLICY */
	uint64_t start_ns; /* of the process, CLOCK_BOOTTIME, as the kernel keeps it */
	int32_t pid;
	uint32_t signal;
	uint32_t network_count, port_count;
	uint32_t what, pad; /* HAND_CAPTURE: a bit per enum hand_evidence */
	struct hand_network networks[HAND_NETWORKS]; /* that stay reachable */
	uint16_t ports[HAND_PORTS];
	char container[HAND_ID_MAX]; /* its full id; "" with HAND_HOST */
	char alert[ALERT_UUID_SIZE]; /* "": held back */
	char rule[HAND_NAME_MAX], entry[HAND_NAME_MAX];
	char path[HAND_PATH_MAX];     /* HAND_QUARANTINE: as the container sees it */
	char recent[HAND_RECENT_MAX]; /* HAND_CAPTURE: what it did last, lines */
};

enum hand_outcome {
	HAND_DONE,
	HAND_WOULD,   /* a dry run: nothing stands against it */
	HAND_ALREADY, /* it is so already */
	HAND_GONE,    /* who was meant has ended */
	HAND_REFUSED,
	HAND_FAILED,
	HAND_OFF, /* responses are switched off, or their policy was not confirmed */
	HAND_OUTCOMES
};
extern const char *const hand_outcomes[HAND_OUTCOMES];

struct hand_reply {
	uint64_t number;
	uint32_t outcome;
	uint32_t undoable;
	char id[ALERT_UUID_SIZE]; /* of the response; "": there is none */
	char text[HAND_TEXT_MAX]; /* what was done, or why not */
};

/* NULL: it is well-formed. Else what is wrong with it; nothing in it may be used then. */
const char *hand_request_check(const void *data, size_t size);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs that let a control group reach some networks only. Made at run time, without maps: what is allowed is in the
 * instructions, and 32 networks with 32 ports are some hundred. Pure.
 */
#pragma once
#include "respond/request.h"
#include "uapi/bpf_code.h"

struct isolation {
	const struct hand_network *networks;
	uint32_t network_count;
	const uint16_t *ports; /* none: any */
	uint32_t port_count;
	uint64_t netns; /* only who is in the network namespace with this cookie is cut off; 0: all */
};

enum isolation_hook {
	ISOLATE_EGRESS,
	ISOLATE_INGRESS,
	ISOLATE_CONNECT4,
	ISOLATE_CONNECT6,
	ISOLATE_SEND4,
	ISOLATE_SEND6,
	ISOLATION_HOOKS
};

struct isolation_def {
	const char *name; /* of the program and of its pin */
	uint32_t type, attach_type;
};
extern const struct isolation_def isolation_hooks[ISOLATION_HOOKS];

/* -errno as bpf_code_finish(). c is initialised here, the caller's to deinit. */
int isolation_compile(const struct isolation *i, enum isolation_hook hook, struct bpf_code *c);

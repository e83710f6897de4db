/* SPDX-License-Identifier: Apache-2.0 */
/* Requests to the hand: one that passes can be used as it is. */
#include "fuzz.h"
#include "respond/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hand_request rq = { .size = sizeof(rq), .pid = 7, .signal = 9, .container = "c" };

	/* Changes of a good one, else none would ever pass. */
	memcpy(&rq, data, size < sizeof(rq) ? size : sizeof(rq));
	if (size & 1)
		rq.size = sizeof(rq);
	if (hand_request_check(&rq, sizeof(rq)) || rq.action == HAND_POLICY)
		return 0;
	fuzz_check(rq.pid > 1 && rq.action < HAND_ACTIONS && rq.scope < HAND_SCOPES);
	fuzz_check(strlen(rq.container) < sizeof(rq.container) &&
		   strlen(rq.path) < sizeof(rq.path));
	fuzz_check(!strstr(rq.container, "/") && strlen(rq.rule) < sizeof(rq.rule));
	fuzz_check(rq.action != HAND_QUARANTINE || (rq.path[0] == '/' && !strstr(rq.path, "/../")));
	return 0;
}

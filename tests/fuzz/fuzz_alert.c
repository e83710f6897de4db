/* SPDX-License-Identifier: Apache-2.0 */
/* An alert's document: what is read can be shown, in lines that nothing in it has made. */
#include <errno.h>

#include "alert/render.h"
#include "base/json.h"
#include "fuzz.h"

static void show(const struct alert *a)
{
	struct alert_style style = { .detail = true, .date = true };
	cleanup_buf struct buf out = BUF_INIT;
	size_t lines = 0, most = 2 + json_array_size(json_object_get(a->json, "next"));

	alert_render(a, &style, &out);
	fuzz_check(!out.failed && out.len && out.data[out.len - 1] == '\n');
	for (size_t i = 0; i < out.len; i++, lines++) {
		size_t n = (size_t)((char *)memchr(out.data + i, '\n', out.len - i) - out.data) - i;

		fuzz_check_shown(out.data + i, n);
		i += n;
	}
	fuzz_check(lines <= most);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error err = ERROR_INIT;
	json_t *json = json_loadb((const char *)data, size, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
	cleanup_alert struct alert a = { .pid = -1 };
	cleanup_alert struct alert again = { .pid = -1 };

	if (!json)
		return 0;
	alert_identify(json);
	if (alert_of_json(&a, json, &err)) {
		fuzz_check(err.code == EBADMSG && *err.text && !a.json);
		return 0;
	}
	fuzz_check(a.uuid && a.rule && a.source && a.output && strlen(a.uuid) == 36);
	fuzz_check(a.kind < ALERT_KINDS && a.priority < ALERT_PRIORITIES);
	show(&a);
	fuzz_check(alert_of_json(&again, json_deep_copy(a.json), NULL) == 0);
	fuzz_check(again.time_ns == a.time_ns && !strcmp(again.uuid, a.uuid));
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "sample_alert.h"

#include "base/clock.h"
#include "unit.h"

json_t *sample_json(const char *text)
{
	cleanup_free char *own = strdup(text);
	json_error_t e;
	json_t *json;

	assert_non_null(own);
	for (char *p = own; *p; p++)
		if (*p == '\'')
			*p = '"';
	json = json_loads(own, JSON_DECODE_ANY, &e);
	if (!json)
		print_error("# %s: %s\n", own, e.text);
	assert_non_null(json);
	return json;
}

json_t *sample_document(int n, const char *rule, const char *container)
{
	json_t *o = sample_json("{'priority': 'Warning', 'source': 'syscall', 'hostname': 'node-7',"
				" 'output': 'A sentence', 'tags': ['shell'],"
				" 'process': {'pid': 4711, 'name': 'bash', 'ancestors':"
				" [{'pid': 812, 'name': 'shim'}, {'pid': 1, 'name': 'systemd'}]}}");
	char time[CLOCK_TEXT_MAX], uuid[ALERT_UUID_SIZE];

	clock_format(SAMPLE_NS + n * 1000000LL, time);
	snprintf(uuid, sizeof(uuid), "019ab0c4-0000-7000-8000-%012x", (unsigned)n);
	json_object_set_new(o, "time", json_string(time));
	json_object_set_new(o, "uuid", json_string(uuid));
	json_object_set_new(o, "rule", json_string(rule));
	if (container) {
		json_t *c = sample_json("{'id': '0123456789abcdef', 'image': 'nginx:1',"
					" 'pod': {'name': 'web-7d9', 'namespace': 'shop'}}");

		json_object_set_new(c, "name", json_string(container));
		json_object_set_new(o, "container", c);
	}
	return o;
}

struct alert sample_alert(int n, const char *rule, const char *container)
{
	struct error err = { 0 };
	struct alert a;

	if (alert_of_json(&a, sample_document(n, rule, container), &err))
		print_error("# %s\n", err.text);
	assert_int_equal(err.code, 0);
	return a;
}

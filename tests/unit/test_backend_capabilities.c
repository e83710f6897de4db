/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "profile/backend.h"
#include "unit.h"

static void check_output(const char *row, const struct profile_cap *caps, size_t count,
			 const char *want)
{
	cleanup_profile struct profile *p = profile_new("x");
	struct profile_evidence e = { 0, 1, 0, 0 };
	struct backend_options o = { .default_errno = EPERM };
	cleanup_buf struct buf out = BUF_INIT;

	for (size_t i = 0; i < count; i++)
		profile_add_cap(p, &caps[i], &e);
	assert_int_equal(profile_backend_capabilities.emit(p, &o, &out, NULL), 0);
	check_text(row, out.data, want);
}

static void none(void **state)
{
	check_output("none", NULL, 0,
		     "{\n"
		     "  \"kubernetes\": {\n"
		     "    \"drop\": [\n"
		     "      \"ALL\"\n"
		     "    ]\n"
		     "  },\n"
		     "  \"oci\": {\n"
		     "    \"bounding\": [],\n"
		     "    \"effective\": [],\n"
		     "    \"permitted\": []\n"
		     "  },\n"
		     "  \"docker\": \"--cap-drop=ALL\"\n"
		     "}\n");
}

static void some(void **state)
{
	static const struct profile_cap caps[] = {
		{ .cap = 10, .layer = PROFILE_APP, .outcome = ABI_CAP_USED },
		{ .cap = 0, .layer = PROFILE_APP, .outcome = ABI_CAP_USED },
		{ .cap = 21, .layer = PROFILE_APP, .outcome = ABI_CAP_REFUSED },
		{ .cap = 12, .layer = PROFILE_SETUP, .outcome = ABI_CAP_USED },
	};

	check_output("some", caps, ARRAY_SIZE(caps),
		     "{\n"
		     "  \"kubernetes\": {\n"
		     "    \"drop\": [\n"
		     "      \"ALL\"\n"
		     "    ],\n"
		     "    \"add\": [\n"
		     "      \"CHOWN\",\n"
		     "      \"NET_BIND_SERVICE\"\n"
		     "    ]\n"
		     "  },\n"
		     "  \"oci\": {\n"
		     "    \"bounding\": [\n"
		     "      \"CAP_CHOWN\",\n"
		     "      \"CAP_NET_BIND_SERVICE\"\n"
		     "    ],\n"
		     "    \"effective\": [\n"
		     "      \"CAP_CHOWN\",\n"
		     "      \"CAP_NET_BIND_SERVICE\"\n"
		     "    ],\n"
		     "    \"permitted\": [\n"
		     "      \"CAP_CHOWN\",\n"
		     "      \"CAP_NET_BIND_SERVICE\"\n"
		     "    ]\n"
		     "  },\n"
		     "  \"docker\": \"--cap-drop=ALL --cap-add=CHOWN --cap-add=NET_BIND_SERVICE\"\n"
		     "}\n");
}

static void all(void **state)
{
	cleanup_profile struct profile *p = profile_new("x");
	struct profile_evidence e = { 0, 1, 0, 0 };
	struct backend_options o = { .default_errno = EPERM };
	cleanup_buf struct buf out = BUF_INIT;

	for (unsigned cap = 0; cap < 64; cap++) {
		struct profile_cap key = { .cap = cap, .layer = PROFILE_APP };

		profile_add_cap(p, &key, &e);
	}
	assert_int_equal(profile_backend_capabilities.emit(p, &o, &out, NULL), 0);
	assert_non_null(strstr(out.data, "--cap-add=63\""));
	assert_non_null(strstr(out.data, "\"CAP_63\""));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(none),
		cmocka_unit_test(some),
		cmocka_unit_test(all),
	};

	return unit_run(tests);
}

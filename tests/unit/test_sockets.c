/* SPDX-License-Identifier: Apache-2.0 */
#include "layers.h"
#include "profile/sockets.h"
#include "sample.h"
#include "unit.h"

static const struct policy_options plain;

#define CALL(name, layer, ...)                             \
	{                                                  \
		name, layer, SYS_ARCH_X86_64, false, true, \
		{                                          \
			__VA_ARGS__                        \
		}                                          \
	}

static void kinds(void **state)
{
	static const struct sample_call calls[] = {
		CALL("socket", PROFILE_APP, 2, 0x80801, 6), /* flags are no part of the type */
		CALL("socket", PROFILE_APP, 2, 1, 6),	    CALL("socket", PROFILE_APP, 1, 2, 0),
		CALL("socketpair", PROFILE_APP, 1, 1, 0),   CALL("socket", PROFILE_TAIL, 16, 3, 0),
		CALL("socket", PROFILE_ENTERED, 17, 3, 0),
	};
	static const unsigned want[][3] = { { 1, 1, 0 }, { 1, 2, 0 }, { 2, 1, 6 } };
	cleanup_profile struct profile *p = sample_profile(calls, ARRAY_SIZE(calls));
	cleanup_socket_list struct socket_list list = { 0 };

	assert_int_equal(socket_list_build(&list, p, &plain, NULL), 0);
	assert_int_equal(list.items.len, ARRAY_SIZE(want));
	for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
		assert_int_equal(list.items.items[i].family, want[i][0]);
		assert_int_equal(list.items.items[i].type, want[i][1]);
		assert_int_equal(list.items.items[i].protocol, want[i][2]);
	}
	assert_false(list.unknown || list.guessed);
}

static void too_many(void **state)
{
	static const struct sample_call calls[] = { CALL("socket", PROFILE_APP, 2, 1, 6) };
	const struct profile_range beyond = { .count = 1 };
	cleanup_profile struct profile *p = sample_profile(calls, 1);
	cleanup_socket_list struct socket_list list = { 0 };

	profile_call_widen(&p->calls.items[0], &beyond);
	assert_int_equal(socket_list_build(&list, p, &plain, NULL), 0);
	assert_true(list.unknown);
}

/* socketcall keeps its arguments in memory: what is left is the families of addresses. */
static void in_memory(void **state)
{
	static const struct {
		uint64_t call;
		size_t sockets;
	} rows[] = { { 1, 2 }, { 8, 2 }, { 3, 0 } }; /* SYS_SOCKET, SYS_SOCKETPAIR, SYS_CONNECT */

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct sample_call call = { "socketcall", PROFILE_APP, SYS_ARCH_X86,
						  false,	true,	     { rows[i].call } };
		cleanup_profile struct profile *p = sample_profile(&call, 1);
		cleanup_socket_list struct socket_list list = { 0 };

		layer_add_peer(p, ABI_PEER_CONNECT, 6, "192.0.2.1", 80);
		layer_add_file(p, &(struct layer_file){ "/s", ABI_FILE_CONNECT, 0, NULL, 0 });
		assert_int_equal(socket_list_build(&list, p, &plain, NULL), 0);
		check_number("sockets", list.items.len, rows[i].sockets);
		check("guessed", list.guessed == (rows[i].sockets > 0));
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(kinds),
		cmocka_unit_test(too_many),
		cmocka_unit_test(in_memory),
	};

	return unit_run(tests);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "base/str.h"
#include "layers.h"
#include "profile/labels.h"
#include "sample.h"
#include "unit.h"

enum { TCP = 6, UDP = 17, R = ABI_FILE_READ };

static const struct backend_options plain;

static void ports(void **state)
{
	static const struct {
		uint8_t protocol;
		uint16_t port;
		const char *type;
	} rows[] = {
		{ TCP, 80, "http_port_t" },	     { UDP, 53, "dns_port_t" },
		{ TCP, 5432, "postgresql_port_t" },  { UDP, 5432, "unreserved_port_t" },
		{ TCP, 27018, "mongod_port_t" },     { TCP, 1, "reserved_port_t" },
		{ TCP, 511, "reserved_port_t" },     { TCP, 512, "hi_reserved_port_t" },
		{ TCP, 1023, "hi_reserved_port_t" }, { TCP, 1024, "unreserved_port_t" },
		{ TCP, 32768, "ephemeral_port_t" },  { TCP, 61000, "unreserved_port_t" },
		{ TCP, 65535, "unreserved_port_t" }, { TCP, 0, NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		check_text("port", label_port_type(rows[i].protocol, rows[i].port), rows[i].type);
}

/* Whether a permission is among those that a type and class have. */
static bool allows(const struct label_list *list, const char *type, const char *class_,
		   const char *permission)
{
	vec_foreach(rule, &list->items) {
		const char *at = str_eq(rule->type, type) && str_eq(rule->class_, class_) ?
					 rule->permissions :
					 "";

		for (size_t n; *at; at += n + (at[n] == ' ')) {
			n = strcspn(at, " ");
			if (n == strlen(permission) && !strncmp(at, permission, n))
				return true;
		}
	}
	return false;
}

static void peers(void **state)
{
	cleanup_profile struct profile *p = profile_new("x");
	cleanup_label_list struct label_list list = { 0 };

	layer_add_peer(p, ABI_PEER_BIND, TCP, "127.0.0.1", 80);
	layer_add_peer(p, ABI_PEER_CONNECT, TCP, "192.0.2.1", 6379);
	layer_add_peer(p, ABI_PEER_CONNECT, UDP, "192.0.2.1", 53);
	assert_int_equal(label_list_build(&list, p, &plain, NULL), 0);
	assert_true(allows(&list, "http_port_t", "tcp_socket", "name_bind"));
	assert_true(allows(&list, "node_t", "tcp_socket", "node_bind"));
	assert_true(allows(&list, "redis_port_t", "tcp_socket", "name_connect"));
	assert_false(allows(&list, "http_port_t", "tcp_socket", "name_connect"));
	assert_false(allows(&list, "redis_port_t", "tcp_socket", "name_bind"));
	assert_false(
		allows(&list, "dns_port_t", "udp_socket", "name_connect")); /* never asked for */
}

static void sockets(void **state)
{
	static const struct sample_call calls[] = {
		{ "socket", PROFILE_APP, SYS_ARCH_X86_64, false, true, { 10, 1, 0 } },
		{ "socket", PROFILE_APP, SYS_ARCH_X86_64, false, true, { 16, 3, 0 } },
	};
	const struct profile_range beyond = { .count = 1 };
	cleanup_profile struct profile *p = sample_profile(calls, 2);
	cleanup_label_list struct label_list list = { 0 }, all = { 0 };

	assert_int_equal(label_list_build(&list, p, &plain, NULL), 0);
	assert_true(allows(&list, LABEL_SELF, "tcp_socket", "create"));
	assert_true(allows(&list, LABEL_SELF, "netlink_route_socket", "nlmsg_read"));
	assert_false(allows(&list, LABEL_SELF, "netlink_route_socket", "nlmsg_write"));
	assert_false(allows(&list, LABEL_SELF, "udp_socket", "create"));
	assert_false(allows(&list, LABEL_SELF, "rawip_socket", "create"));
	assert_false(list.unknown_sockets);
	profile_call_widen(&p->calls.items[0], &beyond);
	assert_int_equal(label_list_build(&all, p, &plain, NULL), 0);
	assert_true(all.unknown_sockets && allows(&all, LABEL_SELF, "rawip_socket", "create"));
}

static void capabilities(void **state)
{
	cleanup_profile struct profile *p = profile_new("x");
	cleanup_label_list struct label_list list = { 0 };

	layer_add_cap(p, 0, ABI_CAP_USED);
	layer_add_cap(p, 31, ABI_CAP_USED);
	layer_add_cap(p, 32, ABI_CAP_USED);
	layer_add_cap(p, 21, ABI_CAP_PROBED);
	assert_int_equal(label_list_build(&list, p, &plain, NULL), 0);
	assert_int_equal(list.items.len, 3);
	assert_true(allows(&list, LABEL_SELF, "capability", "chown"));
	assert_true(allows(&list, LABEL_SELF, "capability", "setfcap"));
	assert_true(allows(&list, LABEL_SELF, "capability2", "mac_override"));
}

/* What was done in a volume, and nothing else. */
static void volumes(void **state)
{
	static const struct {
		uint32_t ops;
		const char *class_, *allowed, *denied;
	} rows[] = {
		{ R, "file", "read", "write" },
		{ ABI_FILE_WRITE, "file", "write", "create" },
		{ ABI_FILE_CREATE, "dir", "add_name", "create" },
		{ ABI_FILE_UNLINK, "file", "unlink", "read" },
		{ ABI_FILE_MKDIR, "dir", "create", "rmdir" },
		{ ABI_FILE_RMDIR, "dir", "rmdir", "create" },
		{ ABI_FILE_EXEC, "file", "execute_no_trans", "write" },
		{ ABI_FILE_MAP_EXEC, "file", "execute", "execute_no_trans" },
		{ ABI_FILE_CONNECT, "sock_file", "write", "create" },
		{ ABI_FILE_BIND, "sock_file", "create", "read" },
		{ ABI_FILE_SYMLINK, "lnk_file", "create", "unlink" },
		{ ABI_FILE_CHMOD, "file", "setattr", "unlink" },
		{ ABI_FILE_RENAME_TO, "file", "rename", "read" },
	};
	static const char *const labels[] = { "/data/=data_t", NULL };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct backend_options o = { .labels = labels };
		cleanup_profile struct profile *p = profile_new("x");
		cleanup_label_list struct label_list list = { 0 };

		layer_add_file(p, &(struct layer_file){ "/data/**", rows[i].ops, 0, "volume", 0 });
		layer_add_file(p,
			       &(struct layer_file){ "/database", UINT32_MAX >> 10, 0, NULL, 0 });
		assert_int_equal(label_list_build(&list, p, &o, NULL), 0);
		check(rows[i].allowed, allows(&list, "data_t", rows[i].class_, rows[i].allowed));
		check(rows[i].denied, !allows(&list, "data_t", rows[i].class_, rows[i].denied));
		check("search", allows(&list, "data_t", "dir", "search"));
	}
}

/* Labels that were recorded: the operations of each apart, and none for what the template has. */
static void recorded(void **state)
{
	static const struct {
		const char *path, *label;
		uint32_t ops;
		enum profile_layer layer;
	} rows[] = {
		{ "/data/a", "data_t", R, PROFILE_APP },
		{ "/data/b", "other_t", ABI_FILE_UNLINK, PROFILE_APP },
		{ "/z/c", "container_file_t", ABI_FILE_WRITE, PROFILE_APP },
		{ "/data/d", "data_t", ABI_FILE_WRITE, PROFILE_ENTERED },
		{ "/data/e", NULL, ABI_FILE_WRITE, PROFILE_APP },
	};
	cleanup_profile struct profile *p = profile_new("x");
	struct profile_evidence e = { 0, 1, 0, 0 };
	cleanup_label_list struct label_list list = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct profile_file *f = profile_add_file(p, rows[i].path, rows[i].ops, 0,
							  rows[i].layer, &e);

		f->label = rows[i].label ? strdup(rows[i].label) : NULL;
	}
	assert_int_equal(label_list_build(&list, p, &plain, NULL), 0);
	assert_true(allows(&list, "data_t", "file", "read"));
	assert_true(allows(&list, "data_t", "dir", "search"));
	assert_false(allows(&list, "data_t", "file", "write"));
	assert_false(allows(&list, "data_t", "file", "unlink"));
	assert_true(allows(&list, "other_t", "file", "unlink"));
	assert_false(allows(&list, "other_t", "file", "read"));
	assert_false(allows(&list, "container_file_t", "file", "write"));
}

/* One path with two labels is two facts, as files of a volume that became one pattern may be. */
static void labels_are_facts_apart(void **state)
{
	static const char *const labels[] = { "b_t", NULL, "a_t", "b_t" };
	cleanup_profile struct profile *p = profile_new("x");
	struct profile_evidence e = { 0, 1, 0, 0 };

	for (size_t i = 0; i < ARRAY_SIZE(labels); i++) {
		struct profile_file *f = profile_add_file(p, "/data/**", R, 0, PROFILE_APP, &e);

		f->label = labels[i] ? strdup(labels[i]) : NULL;
	}
	profile_sort(p);
	assert_int_equal(p->files.len, 3);
	assert_null(p->files.items[0].label);
	assert_string_equal(p->files.items[1].label, "a_t");
	assert_string_equal(p->files.items[2].label, "b_t");
	assert_int_equal(profile_evidence_sum(&p->files.items[2].evidence).count, 2);
}

static void wrong_labels(void **state)
{
	static const char *const rows[] = { "",		 "/data",	   "/data=",
					    "data=x_t",	 "/data=x t",	   "/data=1",
					    "/data=a)b", "/data=\xc3\xa9", "/other=x_t" };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *const labels[] = { rows[i], NULL };
		const struct backend_options o = { .labels = labels };
		cleanup_profile struct profile *p = profile_new("x");
		cleanup_label_list struct label_list list = { 0 };
		struct error err = ERROR_INIT;

		layer_add_file(p, &(struct layer_file){ "/data/x", R, 0, NULL, 0 });
		check_number(rows[i], label_list_build(&list, p, &o, &err), -EINVAL);
		check(rows[i], list.items.len == 0 && err.text[0]);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(ports),
		cmocka_unit_test(peers),
		cmocka_unit_test(sockets),
		cmocka_unit_test(capabilities),
		cmocka_unit_test(volumes),
		cmocka_unit_test(recorded),
		cmocka_unit_test(labels_are_facts_apart),
		cmocka_unit_test(wrong_labels),
	};

	return unit_run(tests);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/deny_memory.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/fs.h"
#include "base/json.h"
#include "guard/deny_set.h"
#include "sensor/deny_abi.h"

#define NAME "/pins.json"
#define MEMORY_FILE DENY_RULES_DIR NAME

enum { MEMORY_MAX = 1 << 20, PATH_SIZE = 128 };

static void add_pin(const char *name, uint32_t id, void *arg)
{
	json_object_set_new(arg, name, json_integer(id));
}

static json_t *pins_now(void)
{
	json_t *pins = json_object();

	(void)sensor_deny_each_pin(add_pin, pins); /* of what is not there nothing is pinned */
	return pins;
}

static int write_memory(const char *path, const json_t *memory, struct error *err)
{
	cleanup_free char *text = memory ? json_dumps(memory, JSON_COMPACT) : NULL;

	return text ? fs_write_atomic(path, text, strlen(text), 0600, err) :
		      error_errno(err, ENOMEM, "%s", path);
}

int deny_memory_keep(const char *dir, enum abi_deny_mode mode, struct error *err)
{
	cleanup_json json_t *memory = json_pack("{s:i, s:o}", "mode", (int)mode, "pins",
						pins_now());
	char path[PATH_SIZE];

	snprintf(path, sizeof(path), "%s" NAME, dir);
	return write_memory(path, memory, err);
}

/* NULL: there is none. */
static json_t *read_memory(void)
{
	cleanup_buf struct buf text = BUF_INIT;

	return fs_read(MEMORY_FILE, MEMORY_MAX, &text, NULL) ?
		       NULL :
		       json_parse(MEMORY_FILE, text.data, text.len, NULL);
}

int deny_memory_set_mode(enum abi_deny_mode mode, struct error *err)
{
	cleanup_json json_t *memory = read_memory();

	if (!memory)
		return 0;
	json_object_set_new(memory, "mode", json_integer(mode));
	return write_memory(MEMORY_FILE, memory, err);
}

/* Of a file that is not there: that rules are kept and nothing of them is in the kernel. */
static json_t *lost_whole(void)
{
	if (!fs_exists(DENY_SET_FILE) || fs_exists(SENSOR_DENY_DIR "/set"))
		return NULL;
	return json_pack("{s:[s], s:[]}", "missing", "set", "replaced");
}

json_t *deny_memory_lost(void)
{
	cleanup_json json_t *memory = read_memory(), *now = NULL, *lost = NULL;
	json_int_t mode = json_integer_value(json_object_get(memory, "mode"));
	json_t *missing = json_array(), *replaced = json_array(), *is, *was;
	const char *name;

	lost = json_pack("{s:o, s:o}", "missing", missing, "replaced", replaced);
	if (!memory || !lost)
		return lost_whole();
	now = pins_now();
	json_object_foreach (json_object_get(memory, "pins"), name, was) {
		is = json_object_get(now, name);
		if (!is)
			json_array_append_new(missing, json_string(name));
		else if (!json_equal(is, was))
			json_array_append_new(replaced, json_string(name));
	}
	if (json_object_get(now, "state") && mode != (json_int_t)sensor_deny_abi_mode())
		json_object_set_new(lost, "mode", json_integer(mode));
	return deny_memory_count(lost) ? TAKE_PTR(lost) : NULL;
}

size_t deny_memory_count(const json_t *lost)
{
	return json_array_size(json_object_get(lost, "missing")) +
	       json_array_size(json_object_get(lost, "replaced")) +
	       (json_object_get(lost, "mode") != NULL);
}

enum abi_deny_mode deny_memory_mode(void)
{
	cleanup_json json_t *memory = read_memory();
	const json_t *mode = json_object_get(memory, "mode");
	json_int_t n = json_integer_value(mode);

	return json_is_integer(mode) && n >= ABI_DENY_OBSERVE && n <= ABI_DENY_ENFORCE ?
		       (enum abi_deny_mode)n :
		       sensor_deny_abi_mode();
}

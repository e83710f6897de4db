/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is pinned, held by descriptors too. A link that loses its pin is detached, unless somebody holds it: so whoever removes one
 * where the kernel can't refuse that has removed a name, which is put back.
 */
#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"
#include "base/vec.h"
#include "sensor/deny_dir.h"

/* Of these what is pinned is held. What is removed with its directory, above them too, is made again. */
static const char *const directories[] = { "/sys/fs/bpf/merlon", SENSOR_DENY_DIR, DENY_DIR_SET };

struct pin {
	char path[128];
	int fd;
	bool missing; /* when it was last looked */
};

struct sensor_deny_pins {
	VEC(struct pin) pins;
	ino_t set; /* the directory of the set that is held */
};

static ino_t number_of_set(void)
{
	struct stat st;

	return stat(DENY_DIR_SET, &st) ? 0 : st.st_ino;
}

static int hold(struct sensor_deny_pins *p, const char *directory, const char *name)
{
	struct pin pin = { 0 };
	struct pin *slot;

	if ((size_t)snprintf(pin.path, sizeof(pin.path), "%s/%s", directory, name) >=
	    sizeof(pin.path))
		return 0; /* none of ours */
	pin.fd = bpf_obj_get(pin.path);
	if (pin.fd < 0)
		return 0; /* a directory; or it has gone */
	slot = vec_add(&p->pins);
	if (!slot) {
		close(pin.fd);
		return -ENOMEM;
	}
	*slot = pin;
	return 0;
}

static int hold_all(struct sensor_deny_pins *p, const char *directory)
{
	DIR *d = opendir(directory);
	const struct dirent *entry;
	int r = 0;

	if (!d)
		return -errno;
	while (!r && (entry = readdir(d)))
		if (entry->d_name[0] != '.')
			r = hold(p, directory, entry->d_name);
	closedir(d);
	return r;
}

int sensor_deny_pins_hold(struct sensor_deny_pins **ret, struct error *err)
{
	struct sensor_deny_pins *p = calloc(1, sizeof(*p));
	int r = p ? 0 : -ENOMEM;

	if (p)
		p->set = number_of_set();
	for (size_t i = 1; !r && i < ARRAY_SIZE(directories); i++)
		r = hold_all(p, directories[i]);
	if (r) {
		sensor_deny_pins_free(p);
		return error_errno(err, -r, SENSOR_DENY_DIR);
	}
	*ret = p;
	return 0;
}

void sensor_deny_pins_free(struct sensor_deny_pins *p)
{
	if (!p)
		return;
	vec_foreach(pin, &p->pins)
		close(pin->fd);
	vec_deinit(&p->pins);
	free(p);
}

static bool put_back(const struct pin *pin)
{
	for (size_t i = 0; i < ARRAY_SIZE(directories); i++)
		(void)mkdir(directories[i], 0700);
	return !bpf_obj_pin(pin->fd, pin->path);
}

uint32_t sensor_deny_pins_mend(struct sensor_deny_pins *p)
{
	ino_t set = number_of_set();
	uint32_t count = 0;

	/* Another set: whoever put it there tells of it in a moment. */
	if (set && set != p->set)
		return 0;
	vec_foreach(pin, &p->pins) {
		bool missing = access(pin->path, F_OK) && errno == ENOENT;

		if (missing && pin->missing && put_back(pin)) {
			count++;
			missing = false;
		}
		pin->missing = missing;
	}
	if (count)
		p->set = number_of_set();
	return count;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <ftw.h>
#include <inttypes.h>
#include <limits.h>
#include <unistd.h>

void unit_check(bool condition, const char *row, const char *what, const char *file, int line)
{
	if (condition)
		return;
	print_error("# %s: not true: %s\n", row, what);
	_fail(file, line);
}

void unit_check_text(const char *got, const char *want, const char *row, const char *what,
		     const char *file, int line)
{
	if (got == want || (got && want && strcmp(got, want) == 0))
		return;
	print_error("# %s: %s is\n#  \"%s\", not\n#  \"%s\"\n", row, what, got ? got : "(null)",
		    want ? want : "(null)");
	_fail(file, line);
}

void unit_check_number(int64_t got, int64_t want, const char *row, const char *what,
		       const char *file, int line)
{
	if (got == want)
		return;
	print_error("# %s: %s is %" PRId64 " (0x%" PRIx64 "), not %" PRId64 " (0x%" PRIx64 ")\n",
		    row, what, got, (uint64_t)got, want, (uint64_t)want);
	_fail(file, line);
}

static void hex(char *out, size_t size, const unsigned char *data, size_t len)
{
	size_t at = 0;

	out[0] = '\0';
	for (size_t i = 0; i < len && at + 4 < size; i++)
		at += (size_t)snprintf(out + at, size - at, "%02x ", data[i]);
}

void unit_check_bytes(const void *got, size_t got_len, const void *want, size_t want_len,
		      const char *row, const char *what, const char *file, int line)
{
	char a[256], b[256];

	if (got_len == want_len && (got_len == 0 || memcmp(got, want, got_len) == 0))
		return;
	hex(a, sizeof(a), got, got_len);
	hex(b, sizeof(b), want, want_len);
	print_error("# %s: %s is %zu bytes\n#  %s, not %zu\n#  %s\n", row, what, got_len, a,
		    want_len, b);
	_fail(file, line);
}

/* U+200B to U+200F, U+2028 to U+202E, U+2060 to U+206F, U+FEFF, and tags. */
static bool is_unseen(const unsigned char *p)
{
	return (p[0] == 0xe2 && p[1] == 0x80 &&
		((p[2] >= 0x8b && p[2] <= 0x8f) || (p[2] >= 0xa8 && p[2] <= 0xae))) ||
	       (p[0] == 0xe2 && p[1] == 0x81 && p[2] >= 0xa0 && p[2] <= 0xaf) ||
	       (p[0] == 0xef && p[1] == 0xbb && p[2] == 0xbf) || (p[0] == 0xf3 && p[1] == 0xa0);
}

bool unit_is_printable(const char *text)
{
	for (const unsigned char *p = (const unsigned char *)text; *p; p++)
		if (*p < 0x20 || *p == 0x7f || (*p == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0) ||
		    is_unseen(p))
			return false;
	return true;
}

uint64_t chance_next(struct chance *c)
{
	c->state ^= c->state >> 12;
	c->state ^= c->state << 25;
	c->state ^= c->state >> 27;
	return c->state * 0x2545f4914f6cdd1dULL;
}

size_t chance_below(struct chance *c, size_t limit)
{
	return (size_t)((chance_next(c) >> 16) % limit);
}

void chance_shuffle(struct chance *c, void *items, size_t count, size_t size)
{
	unsigned char *all = items, *spare = malloc(size);

	assert_non_null(spare);
	for (size_t i = count; i > 1; i--) {
		size_t k = chance_below(c, i);

		memcpy(spare, all + k * size, size);
		memmove(all + k * size, all + (i - 1) * size, size);
		memcpy(all + (i - 1) * size, spare, size);
	}
	free(spare);
}

char *unit_dir(void)
{
	const char *base = getenv("TMPDIR");
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/merlon-unit-XXXXXX", base && *base ? base : "/tmp");
	assert_non_null(mkdtemp(path));
	return strdup(path);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	return remove(path);
}

void unit_dir_remove(char *dir)
{
	nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(dir);
}

const char *unit_path(const char *dir, const char *name)
{
	static char rooms[4][PATH_MAX];
	static unsigned next;
	char *room = rooms[next++ % 4];

	snprintf(room, sizeof(rooms[0]), "%s/%s", dir, name);
	return room;
}

void unit_file_write(const char *path, const void *data, size_t len)
{
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

char *unit_file_read(const char *path, size_t *ret_len)
{
	FILE *f = fopen(path, "re");
	size_t len = 0, size = 4096;
	char *data = malloc(size);

	if (!f)
		print_error("# cannot open %s\n", path);
	assert_non_null(f);
	assert_non_null(data);
	for (;;) {
		size_t n = fread(data + len, 1, size - len - 1, f);

		len += n;
		if (!n)
			break;
		if (len + 1 == size) {
			data = realloc(data, size *= 2);
			assert_non_null(data);
		}
	}
	fclose(f);
	data[len] = '\0';
	if (ret_len)
		*ret_len = len;
	return data;
}

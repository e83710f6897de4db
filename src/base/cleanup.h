/* SPDX-License-Identifier: Apache-2.0 */
/* Scope-bound ownership: every owning local declares its destructor where it is declared. */
#pragma once
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define cleanup(fn) __attribute__((cleanup(fn)))

/* Defines fn##p(), the form the cleanup attribute calls, for a destructor that accepts NULL. */
#define DEFINE_CLEANUP(type, fn)          \
	static inline void fn##p(type *p) \
	{                                 \
		if (*p)                   \
			fn(*p);           \
	}

/* Moves ownership out of a local: the success path takes, every other path frees. */
#define TAKE_PTR(p)                         \
	({                                  \
		__typeof__(p) taken_ = (p); \
		(p) = NULL;                 \
		taken_;                     \
	})
#define TAKE_FD(fd)                \
	({                         \
		int taken_ = (fd); \
		(fd) = -1;         \
		taken_;            \
	})

static inline void free_memory(void *p)
{
	free(*(void **)p);
}

static inline void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

DEFINE_CLEANUP(FILE *, fclose)
DEFINE_CLEANUP(DIR *, closedir)

#define cleanup_free cleanup(free_memory)
#define cleanup_fd cleanup(close_fd)
#define cleanup_file cleanup(fclosep)
#define cleanup_dir cleanup(closedirp)

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* SPDX-License-Identifier: Apache-2.0 */
/* What engine and reader say to each other: packets of a SOCK_SEQPACKET pair, one question at a time. */
#pragma once
#include <assert.h>
#include <limits.h>
#include <stdint.h>

enum reader_ask {
	ASK_FILE,    /* first: path -> its bytes, up to limit */
	ASK_KIND,    /* first: path -> type of the file as the result */
	ASK_LIST,    /* first: path of a directory -> "d" or "-", name, NUL, for each in it */
	ASK_ID,	     /* first: path -> uint64_t of fs_id() */
	ASK_PROCESS, /* pid -> the kernel's own words on it (facts.h) */
	ASK_OWN,     /* pid -> what its memory and files say */
	ASK_LAYER, /* first: directory, second: path below it -> whether a file is there, as the result */
	ASK_USERS, /* pid -> files of users in its root */
	ASK_HASH,  /* pid, first: path or none, limit: the inode's number -> its SHA-256 as text */
	READER_ASKS
};

enum { READER_TEXT_MAX = 2 * PATH_MAX, READER_PIECE_MAX = 32 << 10 };

/* An answer takes microseconds: one that takes this long waits for somebody. */
enum { READER_SLOW_MS = 250 };

struct reader_question {
	uint32_t seq; /* never 0 */
	uint32_t ask;
	uint32_t pid;
	uint32_t first_len; /* of the texts, each with its NUL */
	uint32_t second_len;
	uint32_t padding;
	uint64_t limit;		     /* or another number */
	char texts[READER_TEXT_MAX]; /* as much as is used is sent */
};

/* One or several of these are an answer; the result is that of the last. */
struct reader_answer {
	uint32_t seq;
	int32_t result;		      /* -errno, or what the question says */
	uint32_t more;		      /* 0: the last one */
	char bytes[READER_PIECE_MAX]; /* as many as there are */
};

/* From the engine to the parent, in a pipe: this question has waited that long. */
struct reader_complaint {
	uint32_t seq, waited_ms;
};

static_assert(sizeof(struct reader_question) == 32 + READER_TEXT_MAX &&
		      sizeof(struct reader_answer) == 12 + READER_PIECE_MAX,
	      "no holes");

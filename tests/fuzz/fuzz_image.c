/* SPDX-License-Identifier: Apache-2.0 */
/* A file of code out of a container's image: parsed, cut into functions, each read and asked about. */
#include <errno.h>

#include "fuzz.h"
#include "static/flow.h"
#include "static/image.h"

static void look(struct image *i, uint32_t function, struct code_reader *reader, struct code *code)
{
	const struct image_function *f = &i->functions.items[function];
	struct flow *flow = NULL;

	fuzz_check(image_read(i, function, reader, code) == 0);
	fuzz_check((size_t)f->edge + f->edges <= i->edges.len);
	fuzz_check((size_t)f->site + f->sites <= i->sites.len);
	for (uint32_t e = 0; e < f->edges; e++) {
		const struct image_edge *edge = &i->edges.items[f->edge + e];

		fuzz_check(edge->symbol == IMAGE_NONE ? image_find(i, edge->target) != IMAGE_NONE :
							edge->symbol < i->elf.symbols.len);
	}
	fuzz_check(image_code(i, function, reader, code) == 0);
	fuzz_check(flow_new(&flow, code, i->go ? FLOW_GO : FLOW_SYSTEM_V) == 0);
	for (uint32_t s = 0; s < f->sites && s < 64; s++) {
		struct flow_place rax = { .reg = CODE_RAX };
		struct flow_answer a = { 0 };
		size_t op = flow_find(code, i->sites.items[f->site + s].at);

		fuzz_check(op != SIZE_MAX);
		fuzz_check(flow_trace(flow, op, &rax, &a) == 0);
		flow_answer_deinit(&a);
	}
	flow_free(flow);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct code_reader *reader;
	static struct code code;
	struct error err = ERROR_INIT;
	struct buf bytes = BUF_INIT;
	struct image *i = NULL;
	int r;

	if (!reader && code_reader_new(&reader, &err))
		abort();
	code_reader_reset(reader);
	buf_add(&bytes, data, size);
	r = image_new(&i, "/bin/fuzz", &bytes, reader, &code, &err);
	fuzz_check(r >= 0 || (r == -err.code && err.text[0]));
	if (r)
		return 0;
	for (size_t f = 0; f < i->functions.len; f++) {
		const struct image_function *at = &i->functions.items[f];

		fuzz_check(at->start < at->end && (!f || at[-1].end <= at->start));
		if (f < 256)
			look(i, (uint32_t)f, reader, &code);
	}
	image_name_at(i, i->elf.entry);
	image_free(i);
	return 0;
}

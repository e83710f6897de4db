/* SPDX-License-Identifier: Apache-2.0 */
#include "static/image.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "static/function.h"
#include "static/go.h"

/* --- functions ---------------------------------------------------------------------------------- */

static int functions_build(struct image *i, struct code_reader *reader, struct code *scratch)
{
	function_list bounds = { 0 };
	int r = functions_find(&i->elf, reader, scratch, &bounds);

	vec_foreach(b, &bounds) {
		struct image_function *f = r ? NULL : vec_add(&i->functions);

		if (!f) {
			r = -ENOMEM;
			break;
		}
		f->start = b->start;
		f->end = b->end;
		f->described = b->described;
	}
	vec_deinit(&bounds);
	return r;
}

uint32_t image_find(const struct image *i, uint64_t address)
{
	size_t low = 0, high = i->functions.len;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (i->functions.items[mid].end <= address)
			low = mid + 1;
		else
			high = mid;
	}
	return low < i->functions.len && i->functions.items[low].start <= address ? (uint32_t)low :
										    IMAGE_NONE;
}

/* Whether a number may be the address of a function. */
static bool is_start(const struct image *i, uint64_t address)
{
	uint32_t f = image_find(i, address);

	return f != IMAGE_NONE &&
	       (i->functions.items[f].start == address || !i->functions.items[f].described);
}

static bool is_function(const struct elf_symbol *s)
{
	return s->defined && (s->type == STT_FUNC || s->type == STT_GNU_IFUNC);
}

/* --- names -------------------------------------------------------------------------------------- */

static int export_compare(const void *a, const void *b)
{
	const struct image_export *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static int exports_build(struct image *i)
{
	vec_foreach(s, &i->elf.symbols) {
		struct image_export *slot;

		if (!s->name[0] || s->bind == STB_LOCAL || !s->defined ||
		    !elf_is_code(&i->elf, s->address))
			continue;
		slot = vec_add(&i->exports);
		if (!slot)
			return -ENOMEM;
		*slot = (struct image_export){ s->name, s->address };
	}
	vec_sort(&i->exports, export_compare);
	return 0;
}

const struct image_export *image_export(const struct image *i, const char *name)
{
	size_t low = 0, high = i->exports.len;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (strcmp(i->exports.items[mid].name, name) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low < i->exports.len && str_eq(i->exports.items[low].name, name) ?
		       &i->exports.items[low] :
		       NULL;
}

static int name_compare(const void *a, const void *b)
{
	const struct image_name *x = a, *y = b;

	if (x->address != y->address)
		return x->address < y->address ? -1 : 1;
	return (int)strlen(x->name) - (int)strlen(y->name);
}

static int names_build(struct image *i, const elf_symbol_list *symbols)
{
	vec_foreach(s, symbols) {
		struct image_name *slot;

		if (!is_function(s) || !s->name[0])
			continue;
		slot = vec_add(&i->names);
		if (!slot)
			return -ENOMEM;
		*slot = (struct image_name){ s->address, s->size, s->name };
	}
	vec_sort(&i->names, name_compare);
	return 0;
}

/* Of aliases the shortest is what people know a function by: read, not __GI___libc_read. */
const char *image_name_at(const struct image *i, uint64_t address)
{
	size_t low = 0, high = i->names.len;
	const struct image_name *n;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (i->names.items[mid].address <= address)
			low = mid + 1;
		else
			high = mid;
	}
	if (!low)
		return NULL;
	n = &i->names.items[low - 1];
	while (n > i->names.items && n[-1].address == n->address)
		n--;
	return n->address == address || address - n->address < n->size ? n->name : NULL;
}

/* --- what data mentions ------------------------------------------------------------------------- */

static int data_add(struct image *i, uint64_t target, uint32_t symbol)
{
	struct image_edge *slot;

	if (i->data.len >= IMAGE_EDGES_MAX) {
		i->dropped++;
		return 0;
	}
	slot = vec_add(&i->data);
	if (!slot)
		return -ENOMEM;
	*slot = (struct image_edge){ .target = target, .symbol = symbol, .kind = IMAGE_TAKE };
	return 0;
}

/* Slots of the procedure linkage table are no data: code that calls through them says so itself. */
static int relocs_use(struct image *i)
{
	int r = 0;

	vec_foreach(reloc, &i->elf.relocs) {
		uint64_t target = (uint64_t)reloc->addend;

		if (r)
			break;
		if ((reloc->type == R_X86_64_RELATIVE || reloc->type == R_X86_64_IRELATIVE) &&
		    elf_is_code(&i->elf, target))
			r = data_add(i, target, IMAGE_NONE);
		else if (reloc->type == R_X86_64_64 && reloc->symbol < i->elf.symbols.len)
			r = data_add(i, 0, reloc->symbol);
	}
	return r;
}

/* In a file that has its fixed place, addresses are plain words. */
static int words_use(struct image *i)
{
	const struct elf *e = &i->elf;
	uint64_t left = IMAGE_WORDS_MAX;
	int r = 0;

	vec_foreach(s, &e->segments) {
		uint64_t at = (s->address + 7) & ~7ULL, end = s->address + s->file_size;

		for (; !r && left && at < end && end - at >= 8; at += 8, left--) {
			uint64_t word = elf_word(e, at);

			if (at >= e->go_table.start && at < e->go_table.end)
				continue;
			if (word && is_start(i, word) && !elf_is_code(e, at))
				r = data_add(i, word, IMAGE_NONE);
		}
	}
	return r;
}

/* --- reading a function ------------------------------------------------------------------------- */

static int edge_add(struct image *i, enum image_edge_kind kind, uint64_t at, uint64_t target,
		    uint32_t symbol)
{
	struct image_edge *slot;

	if (i->edges.len >= IMAGE_EDGES_MAX) {
		i->dropped++;
		return 0;
	}
	slot = vec_add(&i->edges);
	if (!slot)
		return -ENOMEM;
	*slot = (struct image_edge){ at, target, symbol, (uint8_t)kind };
	return 0;
}

/* By way of a word of memory: what the dynamic linker puts there, or what is there already. */
static int edge_by_word(struct image *i, enum image_edge_kind kind, uint64_t at, uint64_t place)
{
	const struct elf_reloc *r = elf_reloc_at(&i->elf, place);
	uint64_t target;

	if (r && (r->type == R_X86_64_GLOB_DAT || r->type == R_X86_64_JUMP_SLOT ||
		  r->type == R_X86_64_64))
		return r->symbol < i->elf.symbols.len ? edge_add(i, kind, at, 0, r->symbol) : 0;
	target = r ? (uint64_t)r->addend : elf_word(&i->elf, place);
	return elf_is_code(&i->elf, target) ? edge_add(i, kind, at, target, IMAGE_NONE) : 0;
}

static int edge_direct(struct image *i, enum image_edge_kind kind, const struct code_op *op,
		       struct code_reader *reader)
{
	uint64_t left = elf_left(&i->elf, op->target), word = 0;
	const uint8_t *bytes = left ? elf_at(&i->elf, op->target, left) : NULL;

	if (!bytes || !elf_is_code(&i->elf, op->target))
		return 0;
	if (bytes[0] == 0xff || bytes[0] == 0xf2 ||
	    bytes[0] == 0xf3) /* jmp *, bnd jmp *, endbr64 */
		word = code_stub(reader, bytes, left < 32 ? left : 32, op->target);
	return word ? edge_by_word(i, kind, op->at, word) :
		      edge_add(i, kind, op->at, op->target, IMAGE_NONE);
}

static int take_address(struct image *i, const struct code_op *op)
{
	const struct elf_reloc *r;

	/* A number may be an address only where addresses are known to the compiler. */
	if (op->kind == CODE_SET && !op->address)
		return !i->elf.shared && is_start(i, (uint64_t)op->value) ?
			       edge_add(i, IMAGE_TAKE, op->at, (uint64_t)op->value, IMAGE_NONE) :
			       0;
	if (!op->address)
		return 0;
	if (elf_is_code(&i->elf, op->address))
		return edge_add(i, IMAGE_TAKE, op->at, op->address, IMAGE_NONE);
	r = elf_reloc_at(&i->elf, op->address);
	return r && r->type == R_X86_64_GLOB_DAT ?
		       edge_by_word(i, IMAGE_TAKE, op->at, op->address) :
		       0;
}

static int transfer_use(struct image *i, const struct image_function *f, const struct code_op *op,
			struct code_reader *reader)
{
	enum image_edge_kind kind = op->kind == CODE_CALL ? IMAGE_CALL : IMAGE_JUMP;

	if (op->target) {
		bool inside = op->target > f->start && op->target < f->end;

		/* A jump to the function's own start is a loop; a call, a recursion. */
		if (inside || (op->target == f->start && kind == IMAGE_JUMP))
			return 0;
		return edge_direct(i, kind, op, reader);
	}
	return op->address ? edge_by_word(i, kind, op->at, op->address) : 0;
}

static int op_use(struct image *i, const struct image_function *f, const struct code_op *op,
		  struct code_reader *reader)
{
	struct image_site *site;

	switch ((enum code_kind)op->kind) {
	case CODE_CALL:
	case CODE_JUMP:
	case CODE_BRANCH:
		return transfer_use(i, f, op, reader);
	case CODE_SYSCALL:
	case CODE_INT80:
		if (i->sites.len >= IMAGE_SITES_MAX) {
			i->dropped++;
			return 0;
		}
		site = vec_add(&i->sites);
		if (!site)
			return -ENOMEM;
		*site = (struct image_site){ op->at, op->kind == CODE_INT80 };
		return 0;
	default:
		return take_address(i, op);
	}
}

/* Whether control goes on behind the last instruction; a call there is one that does not come back. */
static bool falls_off(const struct code *c)
{
	const struct code_op *last = c->ops.len ? &c->ops.items[c->ops.len - 1] : NULL;

	return last && last->kind != CODE_JUMP && last->kind != CODE_END &&
	       last->kind != CODE_CALL && last->kind != CODE_NOTHING;
}

int image_code(const struct image *i, uint32_t function, struct code_reader *reader, struct code *c)
{
	const struct image_function *f = &i->functions.items[function];
	const uint8_t *bytes = elf_at(&i->elf, f->start, f->end - f->start);

	return code_read(reader, bytes, bytes ? f->end - f->start : 0, f->start, c);
}

int image_read(struct image *i, uint32_t function, struct code_reader *reader, struct code *scratch)
{
	struct image_function *f = &i->functions.items[function];
	int r;

	if (f->read)
		return 0;
	f->read = true;
	f->edge = (uint32_t)i->edges.len;
	f->site = (uint32_t)i->sites.len;
	r = image_code(i, function, reader, scratch);
	vec_foreach(op, &scratch->ops)
		r = r ? r : op_use(i, f, op, reader);
	if (!r && falls_off(scratch) && image_find(i, f->end) != IMAGE_NONE)
		r = edge_add(i, IMAGE_FALL, f->end, f->end, IMAGE_NONE);
	f->edges = (uint32_t)i->edges.len - f->edge;
	f->sites = (uint32_t)i->sites.len - f->site;
	return r;
}

/* --- all ---------------------------------------------------------------------------------------- */

void image_free(struct image *i)
{
	if (!i)
		return;
	elf_deinit(&i->elf);
	buf_deinit(&i->bytes);
	vec_deinit(&i->functions);
	vec_deinit(&i->exports);
	vec_deinit(&i->names);
	vec_deinit(&i->edges);
	vec_deinit(&i->sites);
	vec_deinit(&i->data);
	free(i->path);
	free(i);
}

static int prepare(struct image *i, struct code_reader *reader, struct code *scratch)
{
	int r = 0;

	i->go = go_made(&i->elf);
	if (i->go)
		r = go_symbols_read(&i->elf);
	r = r ? r : functions_build(i, reader, scratch);
	r = r ? r : exports_build(i);
	r = r ? r : names_build(i, &i->elf.symbols);
	r = r ? r : names_build(i, &i->elf.locals);
	r = r ? r : relocs_use(i);
	if (!r && !i->elf.shared)
		r = words_use(i);
	return r;
}

int image_new(struct image **ret, const char *path, struct buf *bytes, struct code_reader *reader,
	      struct code *scratch, struct error *err)
{
	struct image *i = calloc(1, sizeof(*i));
	int r;

	if (!i) {
		buf_deinit(bytes);
		return error_errno(err, ENOMEM, "%s", path);
	}
	i->bytes = *bytes;
	*bytes = BUF_INIT;
	i->path = strdup(path);
	r = i->path ? elf_parse(&i->elf, i->bytes.data, i->bytes.len, err) : -ENOMEM;
	r = r ? r : prepare(i, reader, scratch);
	if (r) {
		image_free(i);
		if (r == -ENOMEM || r == -EFBIG)
			error_errno(err, -r, "%s", path);
		return r;
	}
	*ret = i;
	return 0;
}

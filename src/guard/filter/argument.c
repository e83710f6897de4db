/* SPDX-License-Identifier: Apache-2.0 */
/* evt.arg, evt.rawarg, evt.is_open_*, fs.path.*: by where guard/call_table.c takes arguments from. */
#include <linux/bpf.h>

#include "guard/filter/lower.h"

enum { MODE_CREATED = 0x100000 }; /* FMODE_CREATED, of call.file_mode */
#define OPEN_CREATED (1ULL << 40) /* O_F_CREATED of names_open */
#define ACCESS_BITS (3ULL << 61)  /* made ones of names_open */
#define RESULT PLACE(call.result, true)

/* The parameter that a field names, NULL: the type has none. */
static const struct event_param *param_of(const struct lower *l, const struct field_ref *f)
{
	const struct event_type *t = l->target.type;
	int64_t index = f->key.data ? event_param_index(t, (int)f->index) : f->index;

	return index >= 0 && index < t->param_count ? &t->params[index] : NULL;
}

static const struct event_param *param_named(const struct lower *l, struct text name)
{
	int id = event_param_id(name);
	int index = id < 0 ? -1 : event_param_index(l->target.type, id);

	return index < 0 ? NULL : &l->target.type->params[index];
}

/* enum call_source; SOURCE_NONE: the event does not carry it. */
static unsigned source_of(const struct lower *l, const struct event_param *p)
{
	if (!p || p->slot < 0 || p->slot >= CALL_SOURCES || !l->target.row)
		return SOURCE_NONE;
	return l->target.row->sources[p->slot];
}

static bool is_number_source(unsigned source)
{
	return source >= SOURCE_ARG && source < SOURCE_TEXT;
}

static bool is_text_source(unsigned source)
{
	return (source >= SOURCE_TEXT && source < SOURCE_WORD) || source == SOURCE_STRING;
}

/* A register, or the low half of one. Little-endian, as all that the guard runs on. */
static struct number_place place_of(const struct event_param *p, unsigned source)
{
	bool extended = source >= SOURCE_INT, low = source >= SOURCE_LOW;
	bool id = p->kind == PARAM_UID || p->kind == PARAM_GID;
	unsigned n = source - (extended ? SOURCE_INT : low ? SOURCE_LOW : SOURCE_ARG);
	bool is_signed = p->kind == PARAM_INT || p->kind == PARAM_RESULT || p->kind == PARAM_FD ||
			 p->kind == PARAM_PID || p->kind == PARAM_SIGNAL;

	return (struct number_place){ (uint16_t)(offsetof(struct abi_event, call.args) + 8 * n),
				      low || id ? 4 : 8, extended && !id ? 4 : 0, is_signed };
}

/* --- as text -------------------------------------------------------------------------------------- */

/* An access mode; names_open gives them bits of their own at the top, which a register may have set. */
static struct node *is_access_mode(struct lower *l, struct number_place p, uint64_t mode)
{
	struct node *is = lower_masked(l, p, 3, BPF_JEQ, mode);
	struct node *odd = lower_masked(l, p, ACCESS_BITS, BPF_JNE, 0);

	if (p.size < 8)
		return is;
	return node_either(l->arena, node_both(l->arena, is, node_not(l->arena, odd)),
			   node_both(l->arena, odd,
				     lower_unknown(l, NULL, "flags beyond 32 bits")));
}

/* Whether this name is among those that a set of flags is rendered as. NULL: it depends. */
static struct node *flag_is_named(struct lower *l, const struct name_table *t, uint32_t n,
				  struct number_place p)
{
	static const struct {
		struct text name;
		uint64_t mode;
	} access[] = { { TEXT("O_RDONLY"), 0 }, { TEXT("O_WRONLY"), 1 }, { TEXT("O_RDWR"), 2 } };
	uint64_t bits = t->items[n].value;
	struct node *is;

	for (size_t i = 0; t == &names_open && i < ARRAY_SIZE(access); i++)
		if (text_eq(access[i].name, t->items[n].name))
			return is_access_mode(l, p, access[i].mode);
	if (!bits || (t == &names_open && bits >= OPEN_CREATED))
		return NULL;
	is = bits & (bits - 1) ? lower_masked(l, p, bits, BPF_JEQ, bits) :
				 lower_masked(l, p, bits, BPF_JNE, 0);
	for (uint32_t i = 0; i < n; i++) { /* an earlier one takes its bits away */
		struct node *before;

		if (!(t->items[i].value & bits))
			continue;
		before = t == &names_open ? NULL : flag_is_named(l, t, i, p);
		if (!before)
			return NULL;
		is = node_both(l->arena, is, node_not(l->arena, before));
	}
	return is;
}

/* Names joined by "|": a piece without one is in the text if it is in one of the names. */
static struct node *flags_text(struct lower *l, const struct check *c, const struct event_param *p,
			       struct number_place place)
{
	enum { NAMES_MAX = 64 };
	struct node *found[NAMES_MAX];
	struct node *digits = lower_digits(l, c);
	uint32_t n = 0;

	if (c->modifier == MODIFIER_ALLOF && c->literal_count > 1) /* no name has all of them */
		return lower_unknown(l, c, "all of several flags");
	if ((c->op != OP_CONTAINS && c->op != OP_ICONTAINS) || !digits ||
	    digits->kind != NODE_FALSE || p->names->count > NAMES_MAX)
		return lower_unknown(l, c, "flags as text, other than by contains");
	for (uint32_t i = 0; i < c->literal_count; i++) {
		struct text t = value_text(&c->values[i]);

		if (memchr(t.data, '|', t.len))
			return lower_unknown(l, c, "several flags in one text");
	}
	for (uint32_t i = 0; i < p->names->count; i++) {
		const struct value name = value_of_text(p->names->items[i].name);

		if (!lower_holds(c, &name))
			continue;
		found[n] = flag_is_named(l, p->names, i, place);
		if (!found[n])
			return lower_unknown(l, c, "a flag of several bits");
		n++;
	}
	return node_group(l->arena, NODE_OR, found, n);
}

/* What an enumeration is rendered as for one value: every name that has it. */
static struct text names_text(struct lower *l, const struct name_table *t, uint64_t value)
{
	char room[256];
	struct scratch s = { .data = room, .size = sizeof(room) };
	struct scratch_text out = scratch_begin(&s);
	struct text text;

	if (!names_render(t, value, &out) || !scratch_end(&out, &text))
		return TEXT_NONE;
	return arena_text(l->arena, text);
}

static struct node *enumeration_text(struct lower *l, const struct check *c,
				     const struct event_param *p, struct number_place place)
{
	struct text_case *cases = arena_array(l->arena, struct text_case, p->names->count + 1);
	uint32_t n = 0;

	if (!cases)
		return NULL;
	for (uint32_t i = 0; i < p->names->count; i++) {
		uint64_t value = p->names->items[i].value;
		struct text text = names_text(l, p->names, value);

		if (!text.data)
			return lower_unknown(l, c, "a name that is too long");
		cases[n++] = (struct text_case){ lower_test(l, place, BPF_JEQ, value), text };
	}
	return lower_cases(l, c, cases, n, lower_digits(l, c));
}

static struct node *signal_text(struct lower *l, const struct check *c, struct number_place place)
{
	enum { SIGNALS = 64 };
	struct text_case cases[SIGNALS];
	uint32_t n = 0;

	for (int i = 1; i < SIGNALS; i++)
		if (names_signal(i))
			cases[n++] = (struct text_case){ lower_test(l, place, BPF_JEQ, (uint64_t)i),
							 text_of(names_signal(i)) };
	return lower_cases(l, c, cases, n, lower_digits(l, c));
}

/* A decimal number: equal texts are equal numbers if the text is written as we write it. */
static struct node *decimal_text(struct lower *l, const struct check *c, struct number_place place)
{
	enum { TEXTS_MAX = 16 };
	struct node *equal[TEXTS_MAX], *any;
	uint32_t n = 0;

	if ((c->op != OP_EQ && c->op != OP_NE && c->op != OP_IN) || c->literal_count > TEXTS_MAX ||
	    (c->op == OP_NE && c->literal_count != 1))
		return lower_digits(l, c);
	for (uint32_t i = 0; i < c->literal_count; i++) {
		struct text t = value_text(&c->values[i]);
		uint64_t number = 0;
		bool good = t.len && t.len < 10 && (t.data[0] != '0' || t.len == 1);

		for (uint32_t k = 0; good && k < t.len; k++) {
			good = t.data[k] >= '0' && t.data[k] <= '9';
			number = number * 10 + (uint64_t)(t.data[k] - '0');
		}
		if (good)
			equal[n++] = lower_test(l, place, BPF_JEQ, number);
		else if (t.len && (t.data[0] == '-' || t.len >= 10))
			return lower_unknown(l, c, "a negative or long number as text");
	}
	any = node_group(l->arena, NODE_OR, equal, n);
	return c->op == OP_NE ? node_not(l->arena, any) : any;
}

static struct node *number_text(struct lower *l, const struct check *c, const struct event_param *p,
				struct number_place place)
{
	switch (p->kind) {
	case PARAM_NAMES:
		return p->names->flags ? flags_text(l, c, p, place) :
					 enumeration_text(l, c, p, place);
	case PARAM_SIGNAL:
		return signal_text(l, c, place);
	case PARAM_INT:
	case PARAM_UINT:
	case PARAM_PID:
		return decimal_text(l, c, place);
	default:
		return lower_unknown(l, c, "how the argument is shown");
	}
}

/* A path as it is resolved: by name here, by a record of its own where the kernel can be asked. */
static struct node *path_text(struct lower *l, const struct check *c, enum view_kind kind,
			      unsigned source)
{
	if (l->hook && !l->paths_by_name) /* as the kernel resolved it */
		return lower_text(l, c, VIEW_SPAN, ABI_TEXT_PATH1 + source - SOURCE_PATH);
	if (!l->paths_by_name)
		return lower_unknown(l, c, "a path that the kernel may tell apart");
	return lower_text(l, c, kind, ABI_TEXT_PATH1 + source - SOURCE_PATH);
}

struct node *lower_evt_arg(struct lower *l, const struct check *c, const struct field_place *f)
{
	const struct event_param *p = param_of(l, &c->left->field);
	unsigned source = source_of(l, p);

	if (!p)
		return node_constant(l->arena, false);
	if (p->slot < 0)
		return lower_unknown(l, c, "an argument that another field has");
	if (source == SOURCE_NONE)
		return node_constant(l->arena, false);
	if (c->op == OP_EXISTS)
		return is_number_source(source) || is_text_source(source) ?
			       node_constant(l->arena, true) :
			       lower_unknown(l, c, "where the argument is");
	if (source >= SOURCE_PATH && source < SOURCE_WORD)
		return path_text(l, c, VIEW_PATH, source);
	if (source >= SOURCE_TEXT && source < SOURCE_PATH)
		return lower_text(l, c, VIEW_SPAN_OR_NONE, ABI_TEXT_PATH1 + source - SOURCE_TEXT);
	if (source == SOURCE_STRING)
		return lower_text(l, c, VIEW_SPAN_OR_NONE, ABI_TEXT_BYTES);
	if (is_number_source(source))
		return number_text(l, c, p, place_of(p, source));
	return lower_unknown(l, c, "where the argument is");
}

/* What was sent. Where the kernel asks before it is done, something else is in its place (ABI_DENY_POINT_TEXT). */
static struct node *data_text(struct lower *l, const struct check *c)
{
	return l->hook ? lower_unknown(l, c, "what is about to be sent") :
			 lower_text(l, c, VIEW_SPAN, ABI_TEXT_DATA);
}

/* --- as it is --------------------------------------------------------------------------------------- */

struct node *lower_evt_rawarg(struct lower *l, const struct check *c, const struct field_place *f)
{
	const struct field_ref *ref = &c->left->field;
	const struct event_param *p = param_of(l, ref);
	unsigned source = source_of(l, p);
	bool text_wanted = ref->type == VALUE_STRING || ref->type == VALUE_BYTES;
	struct number_place place;

	if (!p)
		return node_constant(l->arena, false);
	if (p->alias && text_of(p->alias).len && text_eq_str(text_of(p->alias), "evt.rawres") &&
	    ref->type == VALUE_INT)
		return lower_number(l, c, RESULT);
	if (p->slot < 0)
		return lower_unknown(l, c, "an argument that another field has");
	if (source == SOURCE_NONE)
		return node_constant(l->arena, false);
	if (is_text_source(source)) {
		unsigned span = source == SOURCE_STRING ? ABI_TEXT_BYTES :
				source >= SOURCE_PATH	? ABI_TEXT_PATH1 + source - SOURCE_PATH :
							  ABI_TEXT_PATH1 + source - SOURCE_TEXT;

		return text_wanted ? lower_text(l, c, VIEW_SPAN_OR_NONE, span) :
				     node_constant(l->arena, false);
	}
	if (source == SOURCE_DATA)
		return text_wanted ? data_text(l, c) : node_constant(l->arena, false);
	if (!is_number_source(source) || p->names == &names_open)
		return lower_unknown(l, c, "where the argument is");
	if (text_wanted)
		return node_constant(l->arena, false);
	place = place_of(p, source);
	place.is_signed = ref->type == VALUE_INT;
	return lower_number(l, c, place);
}

struct node *lower_evt_buffer(struct lower *l, const struct check *c, const struct field_place *f)
{
	if (source_of(l, param_named(l, TEXT("data"))) != SOURCE_DATA)
		return node_constant(l->arena, false);
	return data_text(l, c);
}

/* --- how a file is opened --------------------------------------------------------------------------- */

static struct node *open_mode(struct lower *l, struct number_place flags, uint64_t mode)
{
	return node_either(l->arena, lower_masked(l, flags, 3, BPF_JEQ, mode),
			   lower_masked(l, flags, 3, BPF_JEQ, 2));
}

static struct node *has_exec_bits(struct lower *l)
{
	const struct event_param *mode = param_named(l, TEXT("mode"));
	unsigned source = source_of(l, mode);

	if (source == SOURCE_NONE)
		return node_constant(l->arena, false);
	return is_number_source(source) ?
		       lower_masked(l, place_of(mode, source), 0111, BPF_JNE, 0) :
		       lower_unknown(l, NULL, "where the mode is");
}

static struct node *is_created(struct lower *l, struct number_place flags, uint64_t tmpfile)
{
	struct node *ways[] = {
		lower_masked(l, flags, OPEN_CREATED, BPF_JNE, 0),
		lower_masked(l, PLACE(call.file_mode, false), MODE_CREATED, BPF_JNE, 0),
		node_both(l->arena, lower_masked(l, flags, tmpfile, BPF_JNE, 0),
			  lower_test(l, RESULT, BPF_JSGE, 0)),
	};

	return node_group(l->arena, NODE_OR, ways, ARRAY_SIZE(ways));
}

/* f->arg: for reading, writing, executable, created */
struct node *lower_open(struct lower *l, const struct check *c, const struct field_place *f)
{
	enum { TMPFILE = 020000000, CREAT = 0100 };
	const struct event_param *p = param_named(l, TEXT("flags"));
	unsigned source = source_of(l, p);
	struct number_place flags;

	if (l->target.type->flags & TYPE_CREAT)
		return lower_bool(l, c,
				  f->arg == 2 ? has_exec_bits(l) : node_constant(l->arena, false));
	if (source == SOURCE_NONE)
		return lower_bool(l, c, node_constant(l->arena, false));
	if (!is_number_source(source))
		return lower_unknown(l, c, "flags in memory");
	flags = place_of(p, source);
	if (f->arg == 0)
		return lower_bool(l, c, open_mode(l, flags, 0));
	if (f->arg == 1)
		return lower_bool(l, c, open_mode(l, flags, 1));
	if (f->arg == 3)
		return lower_bool(l, c, is_created(l, flags, TMPFILE));
	return lower_bool(l, c,
			  node_both(l->arena, lower_masked(l, flags, TMPFILE | CREAT, BPF_JNE, 0),
				    has_exec_bits(l)));
}

/* --- paths ------------------------------------------------------------------------------------------ */

/* As field_event.c: which parameter is the one path, the source or the target of a type. */
static const struct event_param *path_param(const struct lower *l, uint32_t which)
{
	static const struct text names[3][5] = {
		{ TEXT("path"), TEXT("name"), TEXT("filename"), TEXT("pathname") },
		{ TEXT("oldpath"), TEXT("linkpath"), TEXT("dev"), TEXT("from_path"),
		  TEXT("new_root") },
		{ TEXT("newpath"), TEXT("target"), TEXT("dir"), TEXT("to_path"), TEXT("put_old") },
	};

	if (l->target.type->hook == HOOK_LINK && which)
		return param_named(l, which == 1 ? TEXT("newpath") : TEXT("oldpath"));
	for (int i = 0; i < 5 && names[which][i].data; i++)
		if (param_named(l, names[which][i]))
			return param_named(l, names[which][i]);
	return NULL;
}

/* f->arg: the path, the source, the target. Only of calls that succeeded. */
struct node *lower_fs_path(struct lower *l, const struct check *c, const struct field_place *f)
{
	const struct event_param *p = path_param(l, f->arg);
	struct node *good = lower_test(l, RESULT, BPF_JSGE, 0), *text;
	unsigned source = source_of(l, p);

	if (!p && f->arg)
		return node_constant(l->arena, false);
	if (!p)
		return lower_unknown(l, c, "a path that is no argument");
	if (p->slot < 0 || source == SOURCE_NONE)
		return node_constant(l->arena, false);
	if (source >= SOURCE_PATH && source < SOURCE_WORD)
		text = path_text(l, c, VIEW_PATH_HERE, source);
	else if (source >= SOURCE_TEXT && source < SOURCE_PATH)
		text = lower_text(l, c, VIEW_RAW_HERE, ABI_TEXT_PATH1 + source - SOURCE_TEXT);
	else
		return lower_unknown(l, c, "where the path is");
	return node_both(l->arena, good, text);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What somebody meant who wrote something that is no condition: hints of the parser. */
#include "base/cleanup.h"
#include "base/str.h"
#include "rules/parse_private.h"

struct habit {
	const char *wrong, *hint;
};

static const char *find_habit(const struct habit *habits, size_t count, struct text word)
{
	for (size_t i = 0; i < count; i++)
		if (text_eq_str(word, habits[i].wrong))
			return habits[i].hint;
	return NULL;
}

/* A name that is at most two edits away, and does not share less than half of its letters. */
static bool is_close(struct text word, const char *name)
{
	char copy[32];
	size_t edits;

	if (word.len < 2 || word.len >= sizeof(copy))
		return false;
	memcpy(copy, word.data, word.len);
	copy[word.len] = '\0';
	edits = str_distance(copy, name);
	return edits <= 2 && edits * 2 < strlen(name);
}

#define MEANT(name)                                \
	{                                          \
		name, "did you mean \"" name "\"?" \
	}

const char *advise_operator(struct text word)
{
	static const struct habit habits[] = {
		{ "like", "did you mean \"glob\"?" },
		{ "match", "did you mean \"regex\"?" },
		{ "matches", "did you mean \"regex\"?" },
		{ "is", "did you mean \"=\"?" },
		{ "eq", "did you mean \"=\"?" },
		{ "ne", "did you mean \"!=\"?" },
		{ "~", "did you mean \"regex\"?" },
		{ "=~", "did you mean \"regex\"?" },
		{ "<>", "did you mean \"!=\"?" },
		{ "has", "did you mean \"contains\"?" },
		{ "starts", "did you mean \"startswith\"?" },
		{ "ends", "did you mean \"endswith\"?" },
		{ "not", "write \"not\" in front of the field" },
	};
	static const struct habit names[] = {
		MEANT("exists"),      MEANT("in"),	  MEANT("intersects"), MEANT("pmatch"),
		MEANT("contains"),    MEANT("icontains"), MEANT("bcontains"),  MEANT("startswith"),
		MEANT("bstartswith"), MEANT("endswith"),  MEANT("glob"),       MEANT("iglob"),
		MEANT("regex"),
	};
	const char *hint = find_habit(habits, ARRAY_SIZE(habits), word);

	if (!hint && find_habit(names, ARRAY_SIZE(names), word))
		return "a blank and a value must follow it";
	for (size_t i = 0; i < ARRAY_SIZE(names) && !hint; i++)
		if (is_close(word, names[i].wrong))
			hint = names[i].hint;
	return hint ? hint :
		      "operators: = != < <= > >= exists in intersects pmatch contains icontains "
		      "bcontains startswith bstartswith endswith glob iglob regex";
}

const char *advise_between(struct text word)
{
	static const struct habit habits[] = {
		{ "AND", "words are in small letters: \"and\"" },
		{ "OR", "words are in small letters: \"or\"" },
		{ "And", "words are in small letters: \"and\"" },
		{ "Or", "words are in small letters: \"or\"" },
		{ "&&", "did you mean \"and\"?" },
		{ "&", "did you mean \"and\"?" },
		{ "||", "did you mean \"or\"?" },
		{ "|", "did you mean \"or\"?" },
		{ "=", "the name of a field has a dot in it; without one it is a macro" },
		{ "!", "the name of a field has a dot in it; without one it is a macro" },
		{ "!=", "the name of a field has a dot in it; without one it is a macro" },
		{ "(",
		  "within a value it needs quotes; transformers are tolower toupper b64 basename len "
		  "join concat getopt" },
		{ "#", "there are no comments within a condition" },
		{ ")", "there is no bracket for it to close" },
		{ ",", "a list stands in brackets behind \"in\", \"intersects\" or \"pmatch\"" },
	};
	static const struct habit operators[] = {
		{ "in", "" },	      { "exists", "" },	   { "contains", "" }, { "startswith", "" },
		{ "endswith", "" },   { "icontains", "" }, { "pmatch", "" },   { "glob", "" },
		{ "intersects", "" }, { "<", "" },	   { ">", "" },
	};

	if (find_habit(operators, ARRAY_SIZE(operators), word))
		return "the name of a field has a dot in it; without one it is a macro";
	return find_habit(habits, ARRAY_SIZE(habits), word);
}

const char *advise_check(struct text word)
{
	if (word.len && word.data[0] == '!')
		return "did you mean \"not\"?";
	if (word.len && (word.data[0] == '%' || word.data[0] == '$'))
		return "a field stands without a sign in front of it";
	if (word.len && (word.data[0] == '"' || word.data[0] == '\''))
		return "a check begins with a field; a value stands behind the operator";
	return NULL;
}

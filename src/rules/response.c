/* SPDX-License-Identifier: Apache-2.0 */
/* What a rule wants done: read and checked here, done elsewhere. */
#include "base/str.h"
#include "rules/extend_private.h"

const struct response_def rule_responses[] = {
	{ "alert", false, { { NULL } }, "say it; what every rule does" },
	{ "deny",
	  true,
	  { { "errno", RESPONSE_ERRNO, false, NULL, "EPERM", "the error that the caller gets" } },
	  "let the call fail" },
	{ "kill",
	  true,
	  { { "what", RESPONSE_WORD, false, "process tree container", "process",
	      "the process, it and its descendants, or all of the container" },
	    { "signal", RESPONSE_SIGNAL, false, NULL, "SIGKILL", "the signal" } },
	  "end what did it" },
	{ "freeze",
	  true,
	  { { "what", RESPONSE_WORD, false, "process tree container", "container",
	      "what stops running until it is resumed" } },
	  "stop what did it, as it is" },
	{ "isolate",
	  true,
	  { { "allow", RESPONSE_NETWORKS, false, NULL, NULL, "networks that stay reachable" },
	    { "ports", RESPONSE_PORTS, false, NULL, NULL,
	      "only these ports there; any if nothing is said" } },
	  "cut the container's network" },
	{ "quarantine",
	  true,
	  { { "file", RESPONSE_FIELD, false, NULL, "proc.exepath",
	      "the field that names the file" } },
	  "move a file away, with all that is known of it" },
	{ "capture",
	  true,
	  { { "what", RESPONSE_WORDS, false, "process maps files environment executable events",
	      NULL, "what to keep; all of it if nothing is said" } },
	  "keep evidence" },
	{ "webhook",
	  true,
	  { { "url", RESPONSE_URL, true, NULL, NULL, "where to send the alert" } },
	  "tell somebody else" },
};
const uint32_t rule_response_count = ARRAY_SIZE(rule_responses);

/* The number of a word among those of the parameter; -1: none of them. */
static int word_number(const char *words, struct text word)
{
	for (int n = 0; *words; n++) {
		size_t len = strcspn(words, " ");

		if (word.data && len == word.len && !memcmp(words, word.data, len))
			return n;
		words += len + (words[len] == ' ');
	}
	return -1;
}

static bool read_words(struct ruleset *rs, const struct yaml_node *n,
		       const struct response_param *p, struct response_arg *arg)
{
	uint32_t count = n->kind == YAML_LIST ? n->count : 1;

	for (uint32_t i = 0; i < count; i++) {
		const struct yaml_node *item = n->kind == YAML_LIST ? n->items[i] : n;
		int word = item->kind == YAML_SCALAR ? word_number(p->words, item->text) : -1;

		if (word < 0)
			return extend_fail(rs, item, "\"%s\" must be of: %s", p->name, p->words);
		arg->number |= 1ULL << word;
	}
	return true;
}

static bool read_networks(struct ruleset *rs, const struct yaml_node *n, struct response_arg *arg)
{
	uint32_t count = n->kind == YAML_LIST ? n->count : 1;
	struct network *networks = arena_array(&rs->arena, struct network, count + 1);

	for (uint32_t i = 0; networks && i < count; i++) {
		const struct yaml_node *item = n->kind == YAML_LIST ? n->items[i] : n;

		if (item->kind != YAML_SCALAR || !network_parse(item->text, &networks[i]))
			return extend_fail(rs, item, "this is no network: 10.0.0.0/8, fe80::/10");
	}
	arg->networks = networks;
	arg->network_count = count;
	return networks;
}

static bool read_ports(struct ruleset *rs, const struct yaml_node *n, struct response_arg *arg)
{
	uint32_t count = n->kind == YAML_LIST ? n->count : 1;
	uint16_t *ports = arena_array(&rs->arena, uint16_t, count + 1);

	for (uint32_t i = 0; ports && i < count; i++) {
		const struct yaml_node *item = n->kind == YAML_LIST ? n->items[i] : n;
		uint64_t port;

		if (!yaml_to_u64(item, &port) || !port || port > UINT16_MAX)
			return extend_fail(rs, item, "this is no port: 1 to 65535");
		ports[i] = (uint16_t)port;
	}
	arg->ports = ports;
	arg->port_count = count;
	return ports;
}

static bool url_is_good(struct text url)
{
	const struct text schemes[] = { TEXT("https://"), TEXT("http://") };

	for (size_t i = 0; i < ARRAY_SIZE(schemes); i++) {
		if (!text_starts(url, schemes[i]) || url.len == schemes[i].len)
			continue;
		for (uint32_t k = 0; k < url.len; k++)
			if ((unsigned char)url.data[k] <= ' ' ||
			    (unsigned char)url.data[k] >= 0x7f || url.data[k] == ',')
				return false; /* a comma would have to be written as %2C: outputs are lists of words */
		return url.data[schemes[i].len] != '/';
	}
	return false;
}

static bool read_arg(struct ruleset *rs, int source, const struct yaml_node *n,
		     const struct response_param *p, struct response_arg *arg)
{
	int number;

	arg->set = true;
	if (p->kind == RESPONSE_WORDS)
		return read_words(rs, n, p, arg);
	if (p->kind == RESPONSE_NETWORKS)
		return read_networks(rs, n, arg);
	if (p->kind == RESPONSE_PORTS)
		return read_ports(rs, n, arg);
	if (n->kind != YAML_SCALAR)
		return extend_fail(rs, n, "\"%s\" must be text", p->name);
	arg->text = n->text;
	switch (p->kind) {
	case RESPONSE_WORD:
		return word_number(p->words, n->text) >= 0 ||
		       extend_fail(rs, n, "\"%s\" must be one of: %s", p->name, p->words);
	case RESPONSE_ERRNO:
		if (!names_errno_parse(n->text, &number))
			return extend_fail(rs, n, "this is no error: EPERM, EACCES, ENOENT, ...");
		arg->number = (uint64_t)number;
		return true;
	case RESPONSE_SIGNAL:
		if (!names_signal_parse(n->text, &number))
			return extend_fail(rs, n, "this is no signal: SIGKILL, SIGTERM, ...");
		arg->number = (uint64_t)number;
		return true;
	case RESPONSE_FIELD:
		arg->field = extend_field(rs, n, source);
		return arg->field && (arg->field->type == VALUE_STRING ||
				      extend_fail(rs, n, "this field is no path"));
	case RESPONSE_DURATION:
		return extend_duration(rs, n, &arg->number);
	case RESPONSE_URL:
		return url_is_good(n->text) ||
		       extend_fail(rs, n, "this is no http or https address");
	default:
		return false;
	}
}

/* What was not said becomes what the table says; made readable for read_arg() by a node of its own. */
static bool fill_standard(struct ruleset *rs, int source, const struct yaml_node *place,
			  struct rule_response *resp)
{
	for (int i = 0; i < RESPONSE_PARAMS_MAX && resp->def->params[i].name; i++) {
		const struct response_param *p = &resp->def->params[i];
		struct yaml_node *made;

		if (resp->args[i].set)
			continue;
		if (p->required)
			return extend_fail(rs, place, "\"%s\" needs \"%s\"", resp->def->name,
					   p->name);
		if (!p->standard)
			continue;
		made = arena_new(&rs->arena, struct yaml_node);
		if (!made)
			return false;
		*made = *place;
		made->kind = YAML_SCALAR;
		made->text = text_of(p->standard);
		if (!read_arg(rs, source, made, p, &resp->args[i]))
			return false;
	}
	return true;
}

static const struct response_def *find(struct text name)
{
	for (uint32_t i = 0; i < rule_response_count; i++)
		if (text_eq_str(name, rule_responses[i].name))
			return &rule_responses[i];
	return NULL;
}

static bool read_params(struct ruleset *rs, int source, const struct yaml_node *n,
			struct rule_response *resp)
{
	const struct response_param *params = resp->def->params;

	if (yaml_is_null(n))
		return true;
	if (n->kind != YAML_MAP)
		return params[0].name && resp->def->main ?
			       read_arg(rs, source, n, &params[0], &resp->args[0]) :
			       extend_fail(rs, n, "\"%s\" takes no parameter", resp->def->name);
	for (uint32_t i = 0; i < n->count; i++) {
		int k = 0;

		while (k < RESPONSE_PARAMS_MAX && params[k].name &&
		       !text_eq_str(n->entries[i].key, params[k].name))
			k++;
		if (k == RESPONSE_PARAMS_MAX || !params[k].name)
			return extend_fail(rs, n, "\"%s\" has no parameter \"%.*s\"",
					   resp->def->name, (int)n->entries[i].key.len,
					   n->entries[i].key.data);
		if (!read_arg(rs, source, n->entries[i].value, &params[k], &resp->args[k]))
			return false;
	}
	return true;
}

static bool add_response(struct ruleset *rs, int source, const struct yaml_node *place,
			 struct text name, const struct yaml_node *params,
			 struct response_list *list)
{
	struct rule_response *resp;

	if (list->count == EXTEND_RESPONSES_MAX)
		return extend_fail(rs, place, "at most %d responses", EXTEND_RESPONSES_MAX);
	resp = &list->items[list->count];
	*resp = (struct rule_response){ .def = find(name), .place = yaml_place(place) };
	if (!resp->def) {
		extend_fail(rs, place, "there is no response \"%.*s\"", (int)name.len, name.data);
		diag_hint(rs->diags,
			  "alert, deny, kill, freeze, isolate, quarantine, capture, webhook");
		return false;
	}
	if ((params && !read_params(rs, source, params, resp)) ||
	    !fill_standard(rs, source, place, resp))
		return false;
	list->count++;
	return true;
}

bool responses_read(struct ruleset *rs, const struct yaml_node *n, int event_source,
		    struct response_list *ret)
{
	uint32_t count = n->kind == YAML_LIST ? n->count : 1;
	bool good = true;

	for (uint32_t i = 0; i < count; i++) {
		const struct yaml_node *item = n->kind == YAML_LIST ? n->items[i] : n;

		if (item->kind == YAML_SCALAR) {
			good = add_response(rs, event_source, item, item->text, NULL, ret) && good;
			continue;
		}
		if (item->kind != YAML_MAP) {
			good = extend_fail(rs, item, "a response must be a word or a map");
			continue;
		}
		for (uint32_t k = 0; k < item->count; k++)
			good = add_response(rs, event_source, item->entries[k].value,
					    item->entries[k].key, item->entries[k].value, ret) &&
			       good;
	}
	return good;
}

bool extend_compile_response(struct ruleset *rs, struct rule *r, const struct yaml_node *n)
{
	return responses_read(rs, n, r->event_source, &r->extensions->responses);
}

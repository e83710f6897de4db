/* SPDX-License-Identifier: Apache-2.0 */
/* What only Docker says of its containers. Numbers docker-N.N are those of the CIS benchmark for Docker. */
#include "base/cleanup.h"
#include "inspect/check.h"

#define OWN .category = CATEGORY_ENGINE, .kinds = KINDS_DOCKER
#define RUN_DOCS "https://docs.docker.com/reference/cli/docker/container/run/"

enum { RESTARTS_MAX = 5 };

static void restarts(struct probe *p, const struct workload *w, const struct container *c)
{
	const struct docker_words *d = &w->docker;

	if (word_is(&d->restart, "always") || word_is(&d->restart, "unless-stopped"))
		probe_fail(p, &d->restart.at);
	else if (word_is(&d->restart, "on-failure") &&
		 (d->restarts.value <= 0 || d->restarts.value > RESTARTS_MAX))
		probe_fail(p, &d->restarts.at);
}

static void ulimits(struct probe *p, const struct workload *w, const struct container *c)
{
	if (!w->docker.ulimits.node)
		probe_fail(p, &w->docker.ulimits);
}

static void cgroup_parent(struct probe *p, const struct workload *w, const struct container *c)
{
	if (w->docker.cgroup_parent.value.len)
		probe_fail(p, &w->docker.cgroup_parent.at);
}

/* Who has no network to be on is not on this one. */
static void default_bridge(struct probe *p, const struct workload *w, const struct container *c)
{
	const struct word *network = &w->docker.network;

	if (!network->value.len || word_is(network, "default") || word_is(network, "bridge"))
		probe_fail(p, &network->at);
}

static const struct check checks[] = {
	{ .id = "MRL-1021",
	  .name = "docker-restart-policy",
	  .title = "The container is started again without end",
	  .attack =
		  "Tries an attack that mostly crashes it until it works, and nobody sees it fail.",
	  .suggest = "Run it with --restart=on-failure:5, and look at what ends more often.",
	  .aliases = "docker-5.15",
	  .links = "https://docs.docker.com/engine/containers/start-containers-automatically/",
	  .severity = SEVERITY_LOW,
	  .optional = true,
	  OWN,
	  .container = restarts },
	{ .id = "MRL-1022",
	  .name = "docker-no-ulimits",
	  .title = "The container has no limits of open files and processes of its own",
	  .attack = "Opens files until the host has none left, if the daemon has no limits either.",
	  .suggest = "Run it with --ulimit nofile=..., or set default-ulimits for all.",
	  .aliases = "docker-5.19",
	  .links = RUN_DOCS,
	  .severity = SEVERITY_LOW,
	  .optional = true,
	  OWN,
	  .container = ulimits },
	{ .id = "MRL-1023",
	  .name = "docker-container-cgroup-parent",
	  .title = "The container is put under another control group",
	  .attack = "Takes what is meant for that group, or escapes limits meant for containers.",
	  .suggest = "Run it without --cgroup-parent unless somebody knows why it is there.",
	  .aliases = "docker-5.25",
	  .links = RUN_DOCS,
	  .severity = SEVERITY_LOW,
	  OWN,
	  .container = cgroup_parent },
	{ .id = "MRL-1024",
	  .name = "docker-default-bridge",
	  .title = "The container is on the default bridge",
	  .attack =
		  "Reaches every port of whatever else was started without a network, published or not.",
	  .suggest =
		  "Make a network for what belongs together (docker network create), and run it with --network.",
	  .aliases = "docker-5.30",
	  .links = "https://docs.docker.com/engine/network/drivers/bridge/",
	  .severity = SEVERITY_LOW,
	  OWN,
	  .container = default_bridge },
};

const struct check_group checks_docker_container = { checks, ARRAY_SIZE(checks) };

/* SPDX-License-Identifier: Apache-2.0 */
/* What a workload is given: no weakness, but what is lost when it is taken over. All of it is optional. */
#include "base/cleanup.h"
#include "inspect/check.h"

/* A volume of all that is projected into one place. */
static void projected(struct probe *p, const struct workload *w, const char *member)
{
	for (uint32_t i = 0; i < w->volume_count; i++) {
		struct at sources = at_member(&w->volumes[i].at, "projected.sources");

		for (uint32_t k = 0; k < at_count(&sources); k++) {
			struct at source = at_item(&sources, k), at = at_member(&source, member);

			if (at.node)
				probe_fail(p, &at);
		}
	}
}

static void env_from(struct probe *p, const struct container *c, const char *member)
{
	struct at all = at_member(&c->at, "envFrom");

	for (uint32_t i = 0; i < at_count(&all); i++) {
		struct at item = at_item(&all, i), at = at_member(&item, member);

		if (at.node)
			probe_fail(p, &at);
	}
}

static void secrets(struct probe *p, const struct workload *w)
{
	for (uint32_t i = 0; i < w->volume_count; i++)
		if (w->volumes[i].secret.value.len)
			probe_fail(p, &w->volumes[i].secret.at);
	projected(p, w, "secret.name");
	for (uint32_t i = 0; i < w->container_count; i++) {
		const struct container *c = &w->containers[i];

		for (uint32_t k = 0; k < c->env_count; k++)
			if (c->env[k].secret.value.len)
				probe_fail(p, &c->env[k].secret.at);
		env_from(p, c, "secretRef.name");
	}
}

static void config_maps(struct probe *p, const struct workload *w)
{
	for (uint32_t i = 0; i < w->volume_count; i++)
		if (w->volumes[i].config_map.value.len)
			probe_fail(p, &w->volumes[i].config_map.at);
	projected(p, w, "configMap.name");
	for (uint32_t i = 0; i < w->container_count; i++) {
		const struct container *c = &w->containers[i];

		for (uint32_t k = 0; k < c->env_count; k++)
			if (c->env[k].config_map.value.len)
				probe_fail(p, &c->env[k].config_map.at);
		env_from(p, c, "configMapRef.name");
	}
}

static void claims(struct probe *p, const struct workload *w)
{
	for (uint32_t i = 0; i < w->volume_count; i++)
		if (w->volumes[i].claim.value.len)
			probe_fail(p, &w->volumes[i].claim.at);
}

/* Whose volumes are plain unless the class says otherwise: the parameter, and what it must be; "": anything. */
static const struct {
	const char *provisioner, *parameter, *value;
} plain_volumes[] = {
	{ "ebs.csi.aws.com", "encrypted", "true" },
	{ "kubernetes.io/aws-ebs", "encrypted", "true" },
	{ "efs.csi.aws.com", "encrypted", "true" },
	{ "diskplugin.csi.alibabacloud.com", "encrypted", "true" },
	{ "everest-csi-provisioner", "everest.io/crypt-key-id", "" },
};

static void unencrypted(struct probe *p, const struct object *o)
{
	struct at provisioner = at_member(&o->root, "provisioner"),
		  all = at_member(&o->root, "parameters");

	for (size_t i = 0; i < ARRAY_SIZE(plain_volumes); i++) {
		struct at at = at_key(&all, plain_volumes[i].parameter);
		const char *wanted = plain_volumes[i].value;

		if (!text_eq_str(at_text(&provisioner), plain_volumes[i].provisioner))
			continue;
		if (*wanted ? !text_eq_str(at_text(&at), wanted) : !at_text(&at).len)
			probe_fail(p, &at);
		return;
	}
	probe_skip(p);
}

#define GIVEN .severity = SEVERITY_LOW, .optional = true, .kinds = KINDS_WORKLOAD

static const struct check checks[] = {
	{ .id = "MRL-329",
	  .name = "secret-access",
	  .title = "The workload is given a Secret",
	  .attack = "Has its values as soon as it has the container.",
	  .suggest = "Give it those that it needs, each with as few rights as will do.",
	  .aliases = "C-0255",
	  .links = NULL,
	  .category = CATEGORY_IDENTITY,
	  GIVEN,
	  .pod = secrets },
	{ .id = "MRL-330",
	  .name = "config-map-access",
	  .title = "The workload is given a ConfigMap",
	  .attack = "Who may write it decides what the program does.",
	  .suggest = "Let few write it; make it immutable.",
	  .aliases = "C-0258",
	  .links = NULL,
	  .category = CATEGORY_IDENTITY,
	  GIVEN,
	  .pod = config_maps },
	{ .id = "MRL-216",
	  .name = "volume-claim-access",
	  .title = "The workload has a volume that stays",
	  .attack = "Reads what others left there, and leaves something for those who come after.",
	  .suggest = "Mount it readOnly where it is only read, and in one workload only.",
	  .aliases = "C-0257",
	  .links = NULL,
	  .category = CATEGORY_MOUNTS,
	  GIVEN,
	  .pod = claims },
	{ .id = "MRL-217",
	  .name = "unencrypted-storage",
	  .title = "Volumes of the class are not encrypted",
	  .attack = "Reads a disk, a snapshot or a backup that was copied or thrown away.",
	  .suggest = "Set the parameter that encrypts them, with a key of your own.",
	  .aliases = "C-0264 ack-6.4.1",
	  .links = "https://kubernetes.io/docs/concepts/storage/storage-classes/",
	  .severity = SEVERITY_MEDIUM,
	  .category = CATEGORY_MOUNTS,
	  .kinds = KIND_BIT(KIND_STORAGE_CLASS),
	  .object = unencrypted },
};

const struct check_group checks_access = { checks, ARRAY_SIZE(checks) };

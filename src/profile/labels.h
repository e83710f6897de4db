/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What SELinux has to allow a workload beyond what every container may: rules by type of label, for the
 * back-ends that write them.
 *
 * The files of a container's root, and volumes relabelled for it (:z, :Z), have the type
 * container_file_t, which the templates of container-selinux allow all of; so rules are about sockets,
 * ports, capabilities, and volumes that keep a label of the host's: as it was recorded (profile_file.label),
 * or as options->labels has it.
 */
#pragma once
#include "profile/backend.h"

#define LABEL_SELF "@self" /* the process's own type, whatever that is called */

struct label_rule {
	const char *type;	 /* LABEL_SELF, a static name, or borrowed from the options' text */
	const char *class_;	 /* static */
	const char *permissions; /* static, separated by blanks */
	const char *why;	 /* static, or NULL */
};

struct label_list {
	VEC(struct label_rule) items; /* sorted; each (type, class, permissions) once */
	VEC(char *) owned;
	bool unknown_sockets; /* any socket is allowed: arguments were too many */
};

/* -EINVAL if a label of the options is no PATH=TYPE. */
int label_list_build(struct label_list *list, const struct profile *p,
		     const struct backend_options *o, struct error *err);
void label_list_deinit(struct label_list *list);
#define cleanup_label_list cleanup(label_list_deinit)

/* The type of a port in the reference policy, as container-selinux's hosts have it. */
const char *label_port_type(uint8_t protocol, uint16_t port);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What of seccomp and AppArmor is in force for a container, in the version that is asked about. Each was an annotation
 * first: seccomp has been a field since 1.19, and nobody reads the annotation since 1.27
 * (https://kubernetes.io/docs/tutorials/security/seccomp/); AppArmor has been one since 1.30, and its annotation counts
 * where there is no field (https://kubernetes.io/docs/tutorials/security/apparmor/).
 */
#pragma once
#include "inspect/check.h"

enum {
	SECCOMP_FIELD_SINCE = 19,
	SECCOMP_ANNOTATIONS_UNTIL = 27,
	APPARMOR_FIELD_SINCE = 30,
};

/* Room for the key of an annotation: what is returned points to it. */
enum { CONFINEMENT_KEY_MAX = 400 };

/* RuntimeDefault, Localhost or Unconfined, with the place where that is said; no value: nothing is. */
struct word confinement_seccomp(const struct probe *p, const struct workload *w,
				const struct container *c, char key[CONFINEMENT_KEY_MAX]);
struct word confinement_apparmor(const struct workload *w, const struct container *c,
				 char key[CONFINEMENT_KEY_MAX]);

/* The annotation for this container or its pod, read or not; if there is none, where the container's would be. */
struct at confinement_seccomp_annotation(const struct workload *w, const struct container *c,
					 char key[CONFINEMENT_KEY_MAX]);

/*
 * Whether the profile has to be said in an annotation: there is no field yet, or there is an annotation that would
 * contradict it, and the API refuses that.
 */
bool confinement_seccomp_is_annotated(const struct probe *p, const struct workload *w,
				      const struct container *c);

/* For fix.may: there is no annotation beside the field, which would have to be changed with it. */
bool confinement_may_set_seccomp(const struct workload *w, const struct container *c);

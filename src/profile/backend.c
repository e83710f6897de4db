/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/backend.h"

#include "base/str.h"

const struct profile_backend *const profile_backends[] = {
	&profile_backend_seccomp,
	&profile_backend_seccomp_docker,
	&profile_backend_capabilities,
	&profile_backend_cbpf,
	&profile_backend_cbpf_raw,
	&profile_backend_cbpf_listing,
	&profile_backend_apparmor,
	&profile_backend_selinux,
	&profile_backend_kubernetes,
	&profile_backend_networkpolicy,
	&profile_backend_spo,
	&profile_backend_docker,
	&profile_backend_podman,
	&profile_backend_systemd,
	&profile_backend_deny,
	&profile_backend_deny_policy,
	NULL,
};

const struct profile_backend *profile_backend_find(const char *name)
{
	for (size_t i = 0; profile_backends[i]; i++)
		if (str_eq(profile_backends[i]->name, name))
			return profile_backends[i];
	return NULL;
}

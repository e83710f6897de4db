/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command line that systemd would start a service with: for hosts that do not run, and daemons that don't
 * just now. Inside of host/.
 */
#pragma once
#include "inspect/host/flags.h"
#include "inspect/host/look.h"

/*
 * The flags of a service's last ExecStart, its drop-ins and environment (files too) taken in; NULL: there is no
 * such service.
 */
struct yaml_node *unit_flags(struct look *l, const char *service,
			     const struct flag_letter *letters);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a container runtime itself needs after it has loaded a container's filter.
 *
 * A recorded container that has no filter does not show it: there is no load to see. So a container
 * of ours is run once under the same runtime, with a filter that allows everything, and recorded. The
 * answer depends on the runtime's build and on no_new_privileges (which decides when the filter is
 * loaded), so it is kept for each on this host, in CALIBRATION_DIR.
 */
#pragma once
#include "profile/profile.h"

#define CALIBRATION_DIR "/var/lib/merlon/runtimes"

/*
 * Adds the calls of the runtime that p names to p, as PROFILE_TAIL and, for an exec into a container,
 * PROFILE_ENTERED_TAIL. -ENOTSUP if it is not a runtime
 * that we can drive; any failure leaves p as it was.
 */
int calibrate(struct profile *p, struct error *err);

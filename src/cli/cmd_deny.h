/* SPDX-License-Identifier: Apache-2.0 */
/* Commands below merlon deny that have files of their own. */
#pragma once
#include "cli/command.h"

extern const struct command cmd_deny_diff;

/* SPDX-License-Identifier: Apache-2.0 */
/* Commands for tests of what is made from command tables: one of every kind of option. */
#pragma once
#include "cli/command.h"

extern const struct command test_plain;	 /* options, operands */
extern const struct command test_runner; /* a program to run follows */
extern const struct command test_family; /* subcommands */

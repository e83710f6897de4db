/* SPDX-License-Identifier: Apache-2.0 */
/* Credentials that a configuration file sets, in any of the languages that such files are written in. Pure. */
#pragma once
#include "base/text.h"

/*
 * Whether a line of it sets a credential, and under which name, for people: "password" of "password: x", of "<password>x<",
 * of {"db": {"password": "x"}} and of "Server=db;Password=x"; a directive ("requirepass x"), a member of .netrc, a header.
 * What is only said where it comes from ("${PASSWORD}"), and comments, are none. What has the form of a credential is
 * secret_find()'s.
 */
bool config_secret_find(struct text content, struct text *ret_name);

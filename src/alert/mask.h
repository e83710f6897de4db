/* SPDX-License-Identifier: Apache-2.0 */
/* Credentials in what an alert quotes of programs: they are told to nobody who only reads alerts. */
#pragma once
#include <jansson.h>

/* Hides them (base/mask.h) in the members of a document that hold texts of others. */
void alert_mask(json_t *document);

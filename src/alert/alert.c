/* SPDX-License-Identifier: Apache-2.0 */
#include "alert/alert.h"

const char *const alert_priorities[] = {
	"Emergency", "Alert", "Critical", "Error", "Warning", "Notice", "Informational", "Debug",
};
const char *const alert_kinds[] = { "finding", "loss", "note", "activity" };

/* SPDX-License-Identifier: Apache-2.0 */
/* Alerts for tests, as lines of JSON and read. */
#pragma once
#include "alert/alert.h"

/* The time of the first sample: 2026-11-22T09:31:05.000000017Z. */
#define SAMPLE_NS 1795339865000000017LL

/* A document of a finding: number n makes its uuid, and its time n milliseconds later. */
json_t *sample_document(int n, const char *rule, const char *container);
/* The same, read; container NULL: on the host. */
struct alert sample_alert(int n, const char *rule, const char *container);
/* A document of one line of JSON, with ' for ", read; fails the test if it is not one. */
json_t *sample_json(const char *text);

/* SPDX-License-Identifier: Apache-2.0 */
/* What a chart or a kustomization was rendered to, inspected. */
#pragma once
#include "inspect/engine.h"

/*
 * Renders a directory, or a packaged chart, and adds what comes out. What helm made of a template has the template's name:
 * "web/templates/pod.yaml (helm)", with lines of what was made of it, which are
 * the template's own as far as nothing before them is left out or put in. As inspect_render() where that fails.
 */
int inspect_rendered_add(struct inspection *in, const char *path, struct error *err);

/*
 * For a walk through a tree (struct input_hook; data is not looked at): 1 if this directory is a chart. One that can't be rendered is told;
 * its files would be no manifests. Of a library nothing can be made.
 */
int inspect_rendered_chart(void *data, struct inspection *in, const char *directory,
			   struct error *err);

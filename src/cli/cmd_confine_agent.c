/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "cli/commands.h"
#include "confine/agent.h"

static const struct option_def options[] = {
	{ "socket", 's', "PATH", "listen here: the same path as in profile export --two-phase",
	  false, COMPLETE_FILE, NULL },
	{ "settle", 0, "TIME",
	  "a container's start is over when it has asked for nothing for so long (default: 5s)",
	  false, COMPLETE_NONE, NULL },
};

static void print_line(const char *text, void *arg)
{
	(void)arg;
	puts(text);
	fflush(stdout);
}

static int signals_open(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int run(const struct arguments *args, struct error *err)
{
	const char *settle = arg_value(args, "settle");
	struct agent_options o = { .socket = arg_value(args, "socket"),
				   .settle_ns = 5000000000ULL,
				   .say = print_line };
	cleanup_fd int signals = -1;
	struct agent *agent = NULL;
	bool ended = false;
	int r;

	if (!o.socket || (settle && (!str_to_duration(settle, &o.settle_ns) || !o.settle_ns)))
		return error_set(err, USAGE_ERROR,
				 "give --socket PATH, and --settle a duration like 5s");
	signals = signals_open();
	if (signals < 0)
		return error_errno(err, errno, "signalfd");
	r = agent_new(&agent, &o, err);
	if (!r)
		print_line("ready", NULL);
	while (!r && !ended) {
		struct signalfd_siginfo info;
		bool signalled = false;

		r = agent_step(agent, signals, &signalled, err);
		while (!r && signalled && read(signals, &info, sizeof(info)) == sizeof(info)) {
			if (info.ssi_signo == SIGUSR1)
				agent_end_starts(agent);
			else
				ended = true;
		}
	}
	agent_free(agent);
	return r;
}

const struct command cmd_confine_agent = {
	.name = "agent",
	.summary =
		"answer filters of the second phase: what was a start's is denied once it is over",
	.description =
		"A profile knows which system calls a workload made only before it was ready to serve. "
		"merlon profile export -f seccomp --two-phase SOCKET writes a filter that asks an agent "
		"about them; this is the agent. It lets them go on while a container starts, and "
		"answers ENOSYS when it has asked for none for a while (--settle), or at SIGUSR1.\n\n"
		"The runtime must know listenerPath (runc 1.1, crun 0.19). If the agent ends, what is "
		"asked is answered ENOSYS by the kernel.",
	.examples =
		"  merlon profile export -f seccomp --two-phase /run/merlon/agent web.merlon.json -o "
		"web.json\n"
		"  merlon confine agent --socket /run/merlon/agent\n",
	.options = options,
	.option_count = ARRAY_SIZE(options),
	.run = run,
};

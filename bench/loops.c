/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loops KIND COUNT: does one thing COUNT times and prints the CPU time that it took, of itself and its
 * children, in nanoseconds for each.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void do_getpid(void)
{
	syscall(SYS_getpid);
}

static void do_readwrite(void)
{
	static int zero = -1, null = -1;
	char byte;

	if (zero < 0) {
		zero = open("/dev/zero", O_RDONLY);
		null = open("/dev/null", O_WRONLY);
	}
	if (read(zero, &byte, 1) != 1 || write(null, &byte, 1) != 1)
		abort();
}

static void do_openread(void)
{
	char byte;
	int fd = open("/etc/hostname", O_RDONLY);

	if (fd < 0 || read(fd, &byte, 1) < 0)
		abort();
	close(fd);
}

static void do_mmap(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		abort();
	munmap(p, 4096);
}

static void do_socket(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0)
		abort();
	close(fd);
}

/* Nobody listens there. */
static void do_connect(void)
{
	const struct sockaddr_in to = { .sin_family = AF_INET,
					.sin_port = htons(1),
					.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || !connect(fd, (const struct sockaddr *)&to, sizeof(to)))
		abort();
	close(fd);
}

static void do_forkexec(void)
{
	char *argv[] = { (char *)"/bin/true", NULL };
	int status;
	pid_t pid;

	if (posix_spawn(&pid, argv[0], NULL, NULL, argv, NULL) || waitpid(pid, &status, 0) != pid)
		abort();
}

static const struct {
	const char *name;
	void (*once)(void);
} kinds[] = {
	{ "getpid", do_getpid }, { "readwrite", do_readwrite }, { "openread", do_openread },
	{ "mmap", do_mmap },	 { "socket", do_socket },	{ "forkexec", do_forkexec },
	{ "connect", do_connect },
};

static double cpu_ns(int who)
{
	struct rusage u;

	getrusage(who, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e9 +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) * 1e3;
}

int main(int argc, char **argv)
{
	long count = argc == 3 ? atol(argv[2]) : 0;
	double before;

	for (size_t i = 0; count > 0 && i < sizeof(kinds) / sizeof(*kinds); i++) {
		if (strcmp(kinds[i].name, argv[1]))
			continue;
		before = cpu_ns(RUSAGE_SELF) + cpu_ns(RUSAGE_CHILDREN);
		for (long n = 0; n < count; n++)
			kinds[i].once();
		printf("%.1f\n",
		       (cpu_ns(RUSAGE_SELF) + cpu_ns(RUSAGE_CHILDREN) - before) / (double)count);
		return 0;
	}
	fputs("loops getpid|readwrite|openread|mmap|socket|connect|forkexec COUNT\n", stderr);
	return 2;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An ordinary small program, linked statically against musl: no dynamic loader, and another libc's choice of calls
 * (open, not openat; fork, not clone; writev for stdio). It reads a file, keeps notes in a temporary one, runs a
 * thread and a child, and waits a moment.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void *count(void *total)
{
        for (int i = 0; i < 1000; ++i)
                ++*(long *)total;
        return NULL;
}

static int thread(void)
{
        pthread_t worker;
        long total = 0;

        return pthread_create(&worker, NULL, count, &total) || pthread_join(worker, NULL) || total != 1000;
}

static int child(void)
{
        int status;
        pid_t pid = fork();

        if (!pid)
                _exit(7);
        return pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status) != 7;
}

static int notes(void)
{
        static const char text[] = "a note\n";
        char path[] = "/tmp/notes-XXXXXX", back[sizeof(text)] = "";
        struct stat st;
        void *map;
        int fd = mkstemp(path), failed;

        if (fd < 0)
                return 1;
        failed = write(fd, text, sizeof(text)) != sizeof(text) || fsync(fd) || fstat(fd, &st) ||
                 pread(fd, back, sizeof(back), 0) != sizeof(back) || memcmp(text, back, sizeof(text));
        map = mmap(NULL, sizeof(text), PROT_READ, MAP_PRIVATE, fd, 0);
        failed |= map == MAP_FAILED || memcmp(map, text, sizeof(text)) || munmap(map, sizeof(text));
        return failed | close(fd) | unlink(path);
}

int main(void)
{
        struct timespec moment = {.tv_nsec = 10000000};
        char line[64];
        FILE *hosts = fopen("/etc/hosts", "r");

        if (!hosts || !fgets(line, sizeof(line), hosts) || fclose(hosts))
                return 1;
        if (notes() || thread() || child() || nanosleep(&moment, NULL))
                return 1;
        puts("static: ok");
        return 0;
}

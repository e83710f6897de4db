/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tries one forbidden thing, named by its argument, by a raw system call, and tells what came of it:
 *
 *   exit 0  "ACTION: EPERM"   denied: an errno of those that filters, capabilities and LSMs answer with
 *   exit 1  "ACTION: ok"      done
 *   exit 2  "ACTION: EINVAL"  let through, but failed for another reason: nothing stood in the way
 *
 * Its own calls are write and exit_group alone, so that it runs under any profile that lets a program say a line.
 * Nothing lasts: what succeeds is undone, or dies with the process.
 */
#include "raw.h"

#include <linux/bpf.h>
#include <linux/fcntl.h>
#include <linux/keyctl.h>
#include <linux/mount.h>
#include <linux/perf_event.h>
#include <linux/ptrace.h>
#include <linux/sched.h>
#include <linux/stat.h>

enum { AF_PACKET = 17, AF_ALG = 38, AF_VSOCK = 40, SOCK_STREAM = 1, SOCK_RAW = 3, SOCK_SEQPACKET = 5 };
enum { EPERM = 1, EACCES = 13, EINVAL = 22, ENOSYS = 38, EAFNOSUPPORT = 97 };

static const char argument_missing[] = "usage: intruder ACTION\n";

static long do_mount(void)
{
        long r = raw5(__NR_mount, "none", "/tmp", "tmpfs", 0, 0);

        if (!r)
                raw2(__NR_umount2, "/tmp", 0);
        return r;
}

static long do_umount(void)
{
        return raw2(__NR_umount2, "/dev/shm", 0);
}

static long do_fsopen(void)
{
        return raw2(__NR_fsopen, "tmpfs", 0);
}

static long do_unshare(void)
{
        return raw1(__NR_unshare, CLONE_NEWUSER);
}

static long do_unshare_mount(void)
{
        return raw1(__NR_unshare, CLONE_NEWNS);
}

static long do_setns(void)
{
        long fd = raw4(__NR_openat, AT_FDCWD, "/proc/self/ns/net", O_RDONLY, 0);

        /* Where opening is not allowed either, the call is made all the same: with a bad descriptor. */
        return raw2(__NR_setns, fd < 0 ? -1 : fd, CLONE_NEWNET);
}

static long do_chroot(void)
{
        return raw1(__NR_chroot, "/tmp");
}

static long do_mknod(void)
{
        long r = raw4(__NR_mknodat, AT_FDCWD, "/tmp/intruder-sda", S_IFBLK | 0600, 8 << 8);

        if (!r)
                raw3(__NR_unlinkat, AT_FDCWD, "/tmp/intruder-sda", 0);
        return r;
}

/* Takes hold of the container's first process, or, being that, offers itself. */
static long do_ptrace(void)
{
        long r = raw4(__NR_ptrace, PTRACE_SEIZE, 1, 0, 0);

        return r == -EPERM && raw0(__NR_getpid) == 1 ? raw4(__NR_ptrace, PTRACE_TRACEME, 0, 0, 0) : r;
}

static long do_process_vm_readv(void)
{
        static char buffer[8];
        struct {
                void *base;
                size_t size;
        } local = {buffer, sizeof(buffer)}, remote = {buffer, sizeof(buffer)};

        return raw6(__NR_process_vm_readv, raw0(__NR_getpid), (long)&local, 1, (long)&remote, 1, 0);
}

static long do_bpf(void)
{
        union bpf_attr attr = {.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1};

        return raw3(__NR_bpf, BPF_MAP_CREATE, &attr, sizeof(attr));
}

static long do_perf_event_open(void)
{
        struct perf_event_attr attr = {.type = PERF_TYPE_SOFTWARE, .size = sizeof(attr), .config = PERF_COUNT_SW_DUMMY,
                                       .exclude_kernel = 1, .exclude_hv = 1};

        return raw5(__NR_perf_event_open, &attr, 0, -1, -1, 0);
}

static long do_keyctl(void)
{
        return raw3(__NR_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_PROCESS_KEYRING, 1);
}

static long do_add_key(void)
{
        return raw5(__NR_add_key, "user", "intruder", "x", 1, KEY_SPEC_PROCESS_KEYRING);
}

static long do_io_uring_setup(void)
{
        static unsigned params[64];

        return raw2(__NR_io_uring_setup, 1, params);
}

static long do_af_alg(void)
{
        return raw3(__NR_socket, AF_ALG, SOCK_SEQPACKET, 0);
}

static long do_af_packet(void)
{
        return raw3(__NR_socket, AF_PACKET, SOCK_RAW, 0);
}

static long do_af_vsock(void)
{
        return raw3(__NR_socket, AF_VSOCK, SOCK_STREAM, 0);
}

static long do_userfaultfd(void)
{
        enum { UFFD_USER_MODE_ONLY_ = 1 };
        long r = raw1(__NR_userfaultfd, UFFD_USER_MODE_ONLY_);

        return r == -EINVAL ? raw1(__NR_userfaultfd, 0) : r;    /* 5.10 does not know the flag */
}

static long do_init_module(void)
{
        return raw3(__NR_init_module, "", 0, "");
}

static long do_open_by_handle_at(void)
{
        struct {
                unsigned bytes;
                int type;
                unsigned char handle[8];
        } file = {.bytes = 8, .type = 1};

        return raw3(__NR_open_by_handle_at, AT_FDCWD, &file, O_RDONLY);
}

static long do_kexec_load(void)
{
        return raw4(__NR_kexec_load, 0, 0, 0, 0);       /* no segments: unloads what is not loaded */
}

static long do_reboot(void)
{
        return raw4(__NR_reboot, 0, 0, 0, 0);           /* wrong magic: never reboots */
}

static long do_clone_newuser(void)
{
        enum { SIGCHLD_ = 17 };
        long pid = raw5(__NR_clone, CLONE_NEWUSER | SIGCHLD_, 0, 0, 0, 0);

        if (!pid)
                raw1(__NR_exit_group, 0);
        return pid;
}

static long do_compat(void)
{
        return int80(20 /* i386 getpid */, 0, 0, 0);
}

static const struct {
        const char *name;
        long (*act)(void);
} actions[] = {
        {"mount", do_mount},
        {"umount", do_umount},
        {"fsopen", do_fsopen},
        {"unshare", do_unshare},
        {"unshare_mount", do_unshare_mount},
        {"clone_newuser", do_clone_newuser},
        {"setns", do_setns},
        {"chroot", do_chroot},
        {"mknod", do_mknod},
        {"ptrace", do_ptrace},
        {"process_vm_readv", do_process_vm_readv},
        {"bpf", do_bpf},
        {"perf_event_open", do_perf_event_open},
        {"keyctl", do_keyctl},
        {"add_key", do_add_key},
        {"io_uring_setup", do_io_uring_setup},
        {"af_alg", do_af_alg},
        {"af_packet", do_af_packet},
        {"af_vsock", do_af_vsock},
        {"userfaultfd", do_userfaultfd},
        {"init_module", do_init_module},
        {"open_by_handle_at", do_open_by_handle_at},
        {"kexec_load", do_kexec_load},
        {"reboot", do_reboot},
        {"compat", do_compat},
};

static int denied(long result)
{
        return result == -EPERM || result == -EACCES || result == -ENOSYS || result == -EAFNOSUPPORT;
}

static int start(int argc, char **argv)
{
        if (argc != 2) {
                raw3(__NR_write, 2, argument_missing, sizeof(argument_missing) - 1);
                return 64;
        }
        if (same(argv[1], "list")) {
                for (size_t i = 0; i < sizeof(actions) / sizeof(*actions); ++i)
                        SAY(actions[i].name, "\n");
                return 0;
        }
        for (size_t i = 0; i < sizeof(actions) / sizeof(*actions); ++i) {
                if (!same(argv[1], actions[i].name))
                        continue;
                long result = actions[i].act();

                SAY(argv[1], ": ", result < 0 ? error_name(result) : "ok", "\n");
                return result >= 0 ? 1 : denied(result) ? 0 : 2;
        }
        SAY(argv[1], ": no such action\n");
        return 64;
}

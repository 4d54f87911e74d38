/*
 * stdio_calls.c - system calls that a sandboxed program may not make.
 *
 * Landlock does not keep a process from connecting to a socket that has a path (kernels before 6.20 at least). Behind such sockets are the gateway's own
 * responders, and services that run programs for whoever has the same user (a user's systemd, a session bus), outside of any sandbox. So no
 * socket of that family is made; pairs of connected ones, which runtimes use between themselves and what they start, are none of
 * this. io_uring could make them in another way, so that is left out as well; runtimes do without.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "stdio_child.h"

#if defined(__x86_64__)
#define NATIVE AUDIT_ARCH_X86_64
#define OTHER_CALLS 0x40000000U /* numbers from here on are of the x32 interface */
#elif defined(__aarch64__)
#define NATIVE AUDIT_ARCH_AARCH64
#define OTHER_CALLS 0xffffffffU
#endif
#ifndef SYS_io_uring_setup
#define SYS_io_uring_setup 425 /* the same on every architecture */
#endif

#define LOAD(member)                                                                               \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (unsigned)offsetof(struct seccomp_data, member))
#define ANSWER(error) BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)(error))

void
calls_restrict(void)
{
#ifdef NATIVE
	struct sock_filter filter[] = {
	    LOAD(arch),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NATIVE, 1, 0),
	    ANSWER(ENOSYS), /* another set of numbers, in which a socket is made by other means */
	    LOAD(nr),
	    BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, OTHER_CALLS, 0, 1),
	    ANSWER(ENOSYS),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 0, 1),
	    ANSWER(ENOSYS),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 1, 0),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	    LOAD(
		args[0]), /* the lower half, as these machines are little-endian; the kernel looks at no more */
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_UNIX, 0, 1),
	    ANSWER(EACCES),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = {
	    .len = sizeof(filter) / sizeof(filter[0]), .filter = filter};

	/* A kernel without it leaves the proof that the gateway's own sockets ask for (run_socket.h). */
	(void)prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
#endif
}

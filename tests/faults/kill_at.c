/*
 * kill_at.c - preloaded into a program: kills it right before its n-th system call by which it changes something outside.
 *
 * n stands in the file that KILL_AT_FILE names. Calls are counted from when the file is there; it is removed right before the
 * kill, so that the next process goes on unharmed, and stays where the n-th call never comes.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#define NUMBER_MAX 16

static atomic_long counted;

/* The number in the file; 0: there is no file. */
static long
armed(const char *path)
{
	char text[NUMBER_MAX] = "";
	long fd = path != NULL ? syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0) : -1;

	if (fd < 0)
		return 0;
	(void)!syscall(SYS_read, fd, text, sizeof(text) - 1);
	(void)syscall(SYS_close, fd);
	return strtol(text, NULL, 10);
}

static void
count(void)
{
	const char *path = getenv("KILL_AT_FILE");
	long number = armed(path);

	if (number <= 0)
		atomic_store(&counted, 0);
	if (number <= 0 || atomic_fetch_add(&counted, 1) + 1 < number)
		return;
	(void)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
	(void)kill(getpid(), SIGKILL);
}

ssize_t
write(int fd, const void *bytes, size_t len)
{
	count();
	return syscall(SYS_write, fd, bytes, len);
}

ssize_t
writev(int fd, const struct iovec *pieces, int npieces)
{
	count();
	return syscall(SYS_writev, fd, pieces, npieces);
}

ssize_t
pwrite(int fd, const void *bytes, size_t len, off_t at)
{
	count();
	return syscall(SYS_pwrite64, fd, bytes, len, at);
}

ssize_t
pwrite64(int fd, const void *bytes, size_t len, off64_t at)
{
	count();
	return syscall(SYS_pwrite64, fd, bytes, len, at);
}

ssize_t
send(int fd, const void *bytes, size_t len, int flags)
{
	count();
	return syscall(SYS_sendto, fd, bytes, len, flags, NULL, 0);
}

int
fsync(int fd)
{
	count();
	return (int)syscall(SYS_fsync, fd);
}

int
fdatasync(int fd)
{
	count();
	return (int)syscall(SYS_fdatasync, fd);
}

int
ftruncate(int fd, off_t len)
{
	count();
	return (int)syscall(SYS_ftruncate, fd, len);
}

int
ftruncate64(int fd, off64_t len)
{
	count();
	return (int)syscall(SYS_ftruncate, fd, len);
}

int
unlink(const char *path)
{
	count();
	return (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
}

int
rename(const char *from, const char *to)
{
	count();
	return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

/* Preloaded into coppice: lets the FAULT_AT-th call that touches files fail, or be cut short with FAULT_SHORT,
   and notes in FAULT_LOG which one that was; FAULT_CALL counts only calls of that name. With FAULT_SHRINK, a file is
   emptied when it has been mapped. */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static long at, seen;
static int cut, shrink;
static char log_path[4096], only[32];

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

__attribute__((constructor)) static void begin(void)
{
    const char *n = getenv("FAULT_AT"), *log = getenv("FAULT_LOG"), *name = getenv("FAULT_CALL");
    at = n ? atol(n) : 0;
    cut = getenv("FAULT_SHORT") != NULL;
    shrink = getenv("FAULT_SHRINK") != NULL;
    if (log) snprintf(log_path, sizeof log_path, "%s", log);
    if (name) snprintf(only, sizeof only, "%s", name);
    unsetenv("LD_PRELOAD"); /* not for the programs that it starts */
}

static int hit(const char *call, const char *path, int error)
{
    int descriptor;
    if (at == 0 || (only[0] && strcmp(only, call) != 0) || ++seen != at) return 0;
    descriptor = (int)syscall(SYS_openat, AT_FDCWD, log_path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    syscall(SYS_write, descriptor, call, strlen(call));
    syscall(SYS_write, descriptor, " ", 1);
    syscall(SYS_write, descriptor, path, strlen(path));
    syscall(SYS_close, descriptor);
    errno = error;
    return 1;
}

int open(const char *path, int flags, ...)
{
    mode_t mode;
    va_list list;
    va_start(list, flags);
    mode = (flags & O_CREAT) ? va_arg(list, mode_t) : 0;
    va_end(list);
    if (!cut && hit("open", path, EACCES)) return -1;
    return REAL(open)(path, flags, mode);
}

ssize_t write(int descriptor, const void *bytes, size_t count)
{
    if (descriptor == 2) return REAL(write)(descriptor, bytes, count);
    if (hit("write", "", ENOSPC)) {
        if (!cut) return -1;
        count = count > 1 ? count / 2 : count;
    }
    return REAL(write)(descriptor, bytes, count);
}

ssize_t read(int descriptor, void *bytes, size_t count)
{
    if (hit("read", "", EIO)) {
        if (!cut) return -1;
        count = count > 1 ? count / 2 : count;
    }
    return REAL(read)(descriptor, bytes, count);
}

ssize_t pread(int descriptor, void *bytes, size_t count, off_t offset)
{
    if (hit("pread", "", EIO)) {
        if (!cut) return -1;
        count = count > 1 ? count / 2 : count;
    }
    return REAL(pread)(descriptor, bytes, count, offset);
}

void *mmap(void *address, size_t count, int protection, int flags, int descriptor, off_t offset)
{
    void *memory;
    if (descriptor >= 0 && !cut && hit("mmap", "", ENOMEM)) return MAP_FAILED;
    memory = (void *)syscall(SYS_mmap, address, count, protection, flags, descriptor, offset);
    if (descriptor >= 0 && shrink && count > (1 << 20)) {
        char name[64];
        snprintf(name, sizeof name, "/proc/self/fd/%d", descriptor);
        if (truncate(name, 0) != 0) _exit(99);
    }
    return memory;
}

int close(int descriptor)
{
    int status = REAL(close)(descriptor);
    return !cut && hit("close", "", EIO) ? -1 : status;
}

int rename(const char *from, const char *to)
{
    return !cut && hit("rename", to, EACCES) ? -1 : REAL(rename)(from, to);
}

int link(const char *from, const char *to)
{
    return !cut && hit("link", to, EPERM) ? -1 : REAL(link)(from, to);
}

int mkdir(const char *path, mode_t mode)
{
    return !cut && hit("mkdir", path, EACCES) ? -1 : REAL(mkdir)(path, mode);
}

char *mkdtemp(char *path)
{
    return !cut && hit("mkdtemp", path, EACCES) ? NULL : REAL(mkdtemp)(path);
}

char *realpath(const char *path, char *resolved)
{
    return !cut && hit("realpath", path, EACCES) ? NULL : REAL(realpath)(path, resolved);
}

DIR *opendir(const char *path)
{
    return !cut && hit("opendir", path, EMFILE) ? NULL : REAL(opendir)(path);
}

struct dirent *readdir(DIR *folder)
{
    return !cut && hit("readdir", "", EIO) ? NULL : REAL(readdir)(folder);
}

int fstat(int descriptor, struct stat *status)
{
    return !cut && hit("fstat", "", EIO) ? -1 : REAL(fstat)(descriptor, status);
}

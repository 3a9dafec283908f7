/*
 * Stands between a program and its disk and clock (LD_PRELOAD). What goes wrong is said by a file that is mapped into the program and
 * that a test writes and reads while the program runs: see shim.ts, which names the same fields in the same order.
 *
 * FAULT_CONTROL names that file, FAULT_FOLDER the folder below which calls count. Other files are left alone.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum how { NOTHING, KILL_BEFORE, KILL_TORN, KILL_AFTER, FAIL, FAIL_READS };

struct control {
  int64_t writes;   /* calls so far that change the disk */
  int64_t reads;    /* calls so far that read from it */
  int64_t at;       /* the call at which it happens, counted from 1; 0: none */
  int64_t how;      /* enum how */
  int64_t error;    /* errno of calls that fail */
  int64_t span;     /* how many calls fail, from `at` on */
  int64_t hold;     /* while it is not 0, no sync returns */
  int64_t held;     /* how many syncs have waited for that */
  int64_t clock_ms; /* how far the wall clock is off */
  int64_t hold_reads; /* while it is not 0, no read returns */
  int64_t held_reads; /* how many reads have waited for that */
};

static struct control nothing;
static struct control *control = &nothing;
static const char *folder = "";
static size_t folder_length;

#define REAL(type, name, ...)                                  \
  static type (*real)(__VA_ARGS__);                            \
  if (!real) real = (type (*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)

__attribute__((constructor)) static void begin(void) {
  const char *file = getenv("FAULT_CONTROL");
  const char *below = getenv("FAULT_FOLDER");
  if (!file || !below) return;
  int descriptor = open(file, O_RDWR | O_CLOEXEC);
  if (descriptor < 0) return;
  void *mapped = mmap(NULL, sizeof(struct control), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  close(descriptor);
  if (mapped == MAP_FAILED) return;
  folder = below;
  folder_length = strlen(below);
  control = mapped;
}

static int is_ours(const char *path) {
  return folder_length > 0 && strncmp(path, folder, folder_length) == 0;
}

static int is_our_descriptor(int descriptor) {
  if (folder_length == 0) return 0;
  char link[32], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return is_ours(path);
}

static void die(void) {
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

/* Counts a call that changes the disk. Returns whether it has to fail; errno says with what. */
static int fails(int64_t *number) {
  *number = __atomic_add_fetch(&control->writes, 1, __ATOMIC_SEQ_CST);
  int64_t at = control->at;
  if (at == 0 || *number < at) return 0;
  if (control->how == KILL_BEFORE && *number == at) die();
  if (control->how != FAIL || *number >= at + control->span) return 0;
  errno = (int)control->error;
  return 1;
}

static int read_fails(void) {
  int64_t number = __atomic_add_fetch(&control->reads, 1, __ATOMIC_SEQ_CST);
  int64_t at = control->at;
  if (control->how != FAIL_READS || at == 0 || number < at || number >= at + control->span) return 0;
  errno = (int)control->error;
  return 1;
}

static void done(int64_t number) {
  if (control->how == KILL_AFTER && number == control->at) die();
}

static int is_torn(int64_t number) { return control->how == KILL_TORN && number == control->at; }

ssize_t write(int descriptor, const void *bytes, size_t size) {
  REAL(ssize_t, "write", int, const void *, size_t);
  if (!is_our_descriptor(descriptor)) return real(descriptor, bytes, size);
  int64_t number;
  if (fails(&number)) return -1;
  ssize_t written = real(descriptor, bytes, is_torn(number) ? size / 2 : size);
  if (is_torn(number)) die();
  done(number);
  return written;
}

static ssize_t write_at(ssize_t (*real)(int, const void *, size_t, off64_t), int descriptor, const void *bytes,
                        size_t size, off64_t at) {
  if (!is_our_descriptor(descriptor)) return real(descriptor, bytes, size, at);
  int64_t number;
  if (fails(&number)) return -1;
  ssize_t written = real(descriptor, bytes, is_torn(number) ? size / 2 : size, at);
  if (is_torn(number)) die();
  done(number);
  return written;
}

ssize_t pwrite(int descriptor, const void *bytes, size_t size, off_t at) {
  REAL(ssize_t, "pwrite64", int, const void *, size_t, off64_t);
  return write_at(real, descriptor, bytes, size, at);
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t size, off64_t at) {
  REAL(ssize_t, "pwrite64", int, const void *, size_t, off64_t);
  return write_at(real, descriptor, bytes, size, at);
}

ssize_t writev(int descriptor, const struct iovec *parts, int count) {
  REAL(ssize_t, "writev", int, const struct iovec *, int);
  if (!is_our_descriptor(descriptor)) return real(descriptor, parts, count);
  int64_t number;
  if (fails(&number)) return -1;
  ssize_t written = real(descriptor, parts, count);
  if (is_torn(number)) die();
  done(number);
  return written;
}

static void wait_for(int64_t *hold, int64_t *held) {
  if (!*hold) return;
  __atomic_add_fetch(held, 1, __ATOMIC_SEQ_CST);
  while (*(volatile int64_t *)hold) usleep(5000);
}

static ssize_t read_at(ssize_t (*real)(int, void *, size_t, off64_t), int descriptor, void *bytes, size_t size,
                       off64_t at) {
  if (is_our_descriptor(descriptor)) {
    wait_for(&control->hold_reads, &control->held_reads);
    if (read_fails()) return -1;
  }
  return real(descriptor, bytes, size, at);
}

/* Whole files are read so. These are not counted. */
ssize_t read(int descriptor, void *bytes, size_t size) {
  REAL(ssize_t, "read", int, void *, size_t);
  if (control->hold_reads && is_our_descriptor(descriptor)) wait_for(&control->hold_reads, &control->held_reads);
  return real(descriptor, bytes, size);
}

ssize_t pread(int descriptor, void *bytes, size_t size, off_t at) {
  REAL(ssize_t, "pread64", int, void *, size_t, off64_t);
  return read_at(real, descriptor, bytes, size, at);
}

ssize_t pread64(int descriptor, void *bytes, size_t size, off64_t at) {
  REAL(ssize_t, "pread64", int, void *, size_t, off64_t);
  return read_at(real, descriptor, bytes, size, at);
}

/* A call without bytes: it is done, or fails, or the program ends before or after it. */
#define CHANGES(name, ours, params, args, ...)  \
  int name params {                             \
    REAL(int, #name, __VA_ARGS__);              \
    if (!(ours)) return real args;              \
    int64_t number;                             \
    if (fails(&number)) return -1;              \
    int answer = real args;                     \
    if (is_torn(number)) die();                 \
    done(number);                               \
    return answer;                              \
  }

static int is_ours_to_sync(int descriptor) {
  if (!is_our_descriptor(descriptor)) return 0;
  wait_for(&control->hold, &control->held);
  return 1;
}

CHANGES(fsync, is_ours_to_sync(descriptor), (int descriptor), (descriptor), int)
CHANGES(fdatasync, is_ours_to_sync(descriptor), (int descriptor), (descriptor), int)
CHANGES(ftruncate, is_our_descriptor(descriptor), (int descriptor, off_t length), (descriptor, length), int, off_t)
CHANGES(ftruncate64, is_our_descriptor(descriptor), (int descriptor, off64_t length), (descriptor, length), int, off64_t)
CHANGES(rename, is_ours(to), (const char *from, const char *to), (from, to), const char *, const char *)
CHANGES(unlink, is_ours(path), (const char *path), (path), const char *)
CHANGES(mkdir, is_ours(path), (const char *path, mode_t mode), (path, mode), const char *, mode_t)

/* Only a call that may make the file counts. */
#define OPENS(name)                                             \
  int name(const char *path, int flags, ...) {                  \
    REAL(int, #name, const char *, int, ...);                   \
    va_list rest;                                               \
    va_start(rest, flags);                                      \
    mode_t mode = flags & O_CREAT ? va_arg(rest, mode_t) : 0;   \
    va_end(rest);                                               \
    if (!(flags & O_CREAT) || !is_ours(path)) return real(path, flags, mode); \
    int64_t number;                                             \
    if (fails(&number)) return -1;                              \
    int descriptor = real(path, flags, mode);                   \
    if (is_torn(number)) die();                                 \
    done(number);                                               \
    return descriptor;                                          \
  }

OPENS(open)
OPENS(open64)

int clock_gettime(clockid_t clock, struct timespec *now) {
  REAL(int, "clock_gettime", clockid_t, struct timespec *);
  int answer = real(clock, now);
  if (answer == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
    int64_t off = control->clock_ms;
    int64_t ns = now->tv_nsec + (off % 1000) * 1000000;
    int64_t carry = ns < 0 ? -1 : ns / 1000000000;
    now->tv_sec += off / 1000 + carry;
    now->tv_nsec = ns - carry * 1000000000;
  }
  return answer;
}

int gettimeofday(struct timeval *now, void *zone) {
  (void)zone;
  struct timespec precise;
  int answer = clock_gettime(CLOCK_REALTIME, &precise);
  now->tv_sec = precise.tv_sec;
  now->tv_usec = precise.tv_nsec / 1000;
  return answer;
}

time_t time(time_t *out) {
  struct timespec precise;
  clock_gettime(CLOCK_REALTIME, &precise);
  if (out) *out = precise.tv_sec;
  return precise.tv_sec;
}

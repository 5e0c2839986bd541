#include "include/faulty.h"
#include <sqlite3.h>
#include <stdatomic.h>
#include <string.h>

static atomic_llong room = -1;
static atomic_int failing_syncs = 0;
static sqlite3_vfs faulty;
static sqlite3_vfs *system_vfs;

typedef struct {
    sqlite3_file base;
    sqlite3_io_methods methods;
    sqlite3_file *real;
} faulty_file;

static sqlite3_file *real(sqlite3_file *file) { return ((faulty_file *)file)->real; }

static int faulty_write(sqlite3_file *file, const void *bytes, int count, sqlite3_int64 offset) {
    long long left = atomic_load(&room);
    if (left >= 0) {
        if (left < count) return SQLITE_FULL;
        atomic_fetch_sub(&room, count);
    }
    return real(file)->pMethods->xWrite(real(file), bytes, count, offset);
}

static int faulty_sync(sqlite3_file *file, int flags) {
    if (atomic_load(&failing_syncs) > 0) {
        atomic_fetch_sub(&failing_syncs, 1);
        return SQLITE_IOERR_FSYNC;
    }
    return real(file)->pMethods->xSync(real(file), flags);
}

static int faulty_close(sqlite3_file *file) { return real(file)->pMethods->xClose(real(file)); }
static int faulty_read(sqlite3_file *f, void *b, int n, sqlite3_int64 o) { return real(f)->pMethods->xRead(real(f), b, n, o); }
static int faulty_truncate(sqlite3_file *f, sqlite3_int64 n) { return real(f)->pMethods->xTruncate(real(f), n); }
static int faulty_size(sqlite3_file *f, sqlite3_int64 *n) { return real(f)->pMethods->xFileSize(real(f), n); }
static int faulty_lock(sqlite3_file *f, int l) { return real(f)->pMethods->xLock(real(f), l); }
static int faulty_unlock(sqlite3_file *f, int l) { return real(f)->pMethods->xUnlock(real(f), l); }
static int faulty_reserved(sqlite3_file *f, int *r) { return real(f)->pMethods->xCheckReservedLock(real(f), r); }
static int faulty_control(sqlite3_file *f, int op, void *a) { return real(f)->pMethods->xFileControl(real(f), op, a); }
static int faulty_sector(sqlite3_file *f) { return real(f)->pMethods->xSectorSize(real(f)); }
static int faulty_device(sqlite3_file *f) { return real(f)->pMethods->xDeviceCharacteristics(real(f)); }
static int faulty_map(sqlite3_file *f, int p, int s, int e, void volatile **m) { return real(f)->pMethods->xShmMap(real(f), p, s, e, m); }
static int faulty_shmlock(sqlite3_file *f, int o, int n, int flags) { return real(f)->pMethods->xShmLock(real(f), o, n, flags); }
static void faulty_barrier(sqlite3_file *f) { real(f)->pMethods->xShmBarrier(real(f)); }
static int faulty_unmap(sqlite3_file *f, int d) { return real(f)->pMethods->xShmUnmap(real(f), d); }

static const sqlite3_io_methods methods = {
    2, faulty_close, faulty_read, faulty_write, faulty_truncate, faulty_sync, faulty_size, faulty_lock, faulty_unlock,
    faulty_reserved, faulty_control, faulty_sector, faulty_device, faulty_map, faulty_shmlock, faulty_barrier, faulty_unmap, 0, 0,
};

static int faulty_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out) {
    faulty_file *wrapped = (faulty_file *)file;
    wrapped->real = (sqlite3_file *)(wrapped + 1);
    memset(wrapped->real, 0, (size_t)system_vfs->szOsFile);
    wrapped->base.pMethods = 0;
    int status = system_vfs->xOpen(system_vfs, name, wrapped->real, flags, out);
    if (status != SQLITE_OK) return status;
    wrapped->methods = methods;
    if (wrapped->real->pMethods->iVersion < 2) wrapped->methods.iVersion = 1;
    wrapped->base.pMethods = &wrapped->methods;
    return status;
}

void faulty_register(void) {
    if (system_vfs) return;
    system_vfs = sqlite3_vfs_find(0);
    faulty = *system_vfs;
    faulty.zName = "faulty";
    faulty.szOsFile = (int)sizeof(faulty_file) + system_vfs->szOsFile;
    faulty.xOpen = faulty_open;
    sqlite3_vfs_register(&faulty, 0);
}

void faulty_set_room(long long bytes) { atomic_store(&room, bytes); }
void faulty_set_failing_syncs(int count) { atomic_store(&failing_syncs, count); }

#ifndef FAULTY_H
#define FAULTY_H

/* A file layer for SQLite that fails when it is told to. One process-wide set of switches; tests that use it do not run side by side. */

/* Registers the layer under the name "faulty"; calling it again does nothing. */
void faulty_register(void);

/* So many bytes may still be written, then every write answers SQLITE_FULL. Negative: no limit. */
void faulty_set_room(long long bytes);

/* The next so many syncs answer SQLITE_IOERR_FSYNC. */
void faulty_set_failing_syncs(int count);

#endif

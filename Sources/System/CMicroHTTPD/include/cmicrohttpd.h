#ifndef CMICROHTTPD_H
#define CMICROHTTPD_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stdint.h>

// What is used of libmicrohttpd. The library is loaded when it is needed first: linked, it and the GnuTLS that it brings along would be
// mapped by every relay. Its options are variadic, which Swift does not import.

/// Loads libmicrohttpd, once a process, from whichever thread. False if it is not there; nothing else may be called then.
bool cmhd_load(void);

/// A request whose head has been read, again once it was resumed, and its end. `*context` is the request's own.
typedef enum MHD_Result (*cmhd_asked)(
    void *owner, struct MHD_Connection *connection, const char *path, const char *method, const char *version, const char *upload,
    size_t *upload_size, void **context);
typedef void (*cmhd_completed)(
    void *owner, struct MHD_Connection *connection, void **context, enum MHD_RequestTerminationCode code);
/// A connection was accepted, or is about to be closed. `*context` is the connection's own.
typedef void (*cmhd_connected)(
    void *owner, struct MHD_Connection *connection, void **context, enum MHD_ConnectionNotificationCode code);

/// A server without a thread on a listening socket, which it takes over. NULL if there is no memory or descriptor.
struct MHD_Daemon *cmhd_start(
    int listener, unsigned connections, size_t memory, cmhd_asked asked, cmhd_completed completed, cmhd_connected connected, void *owner);
void cmhd_stop(struct MHD_Daemon *daemon);

/// The epoll descriptor that is readable when there is something to do.
int cmhd_descriptor(struct MHD_Daemon *daemon);
int cmhd_socket(struct MHD_Connection *connection);
void cmhd_run(struct MHD_Daemon *daemon);
/// After so many milliseconds `cmhd_run` is due whatever the descriptor says; -1: never.
int64_t cmhd_wait(struct MHD_Daemon *daemon);

/// The Host field of a request; NULL if it has none. Lives as long as the request.
const char *cmhd_host(struct MHD_Connection *connection);

void cmhd_suspend(struct MHD_Connection *connection);
void cmhd_resume(struct MHD_Connection *connection);

/// Answers with a copy of `body` and says that the connection is closed then. `allow`: the methods that are understood, or NULL.
enum MHD_Result cmhd_answer(
    struct MHD_Connection *connection, unsigned status, const char *type, const char *allow, const void *body, size_t count);

#endif

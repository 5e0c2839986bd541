#include "cmicrohttpd.h"

#include <dlfcn.h>
#include <pthread.h>

static struct {
    struct MHD_Daemon *(*start_daemon)(
        unsigned, uint16_t, MHD_AcceptPolicyCallback, void *, MHD_AccessHandlerCallback, void *, ...);
    void (*stop_daemon)(struct MHD_Daemon *);
    const union MHD_DaemonInfo *(*get_daemon_info)(struct MHD_Daemon *, enum MHD_DaemonInfoType, ...);
    const union MHD_ConnectionInfo *(*get_connection_info)(struct MHD_Connection *, enum MHD_ConnectionInfoType, ...);
    enum MHD_Result (*run)(struct MHD_Daemon *);
    enum MHD_Result (*get_timeout)(struct MHD_Daemon *, MHD_UNSIGNED_LONG_LONG *);
    void (*suspend_connection)(struct MHD_Connection *);
    void (*resume_connection)(struct MHD_Connection *);
    const char *(*lookup_value)(struct MHD_Connection *, enum MHD_ValueKind, const char *);
    struct MHD_Response *(*create_response)(size_t, void *, enum MHD_ResponseMemoryMode);
    enum MHD_Result (*add_header)(struct MHD_Response *, const char *, const char *);
    enum MHD_Result (*queue_response)(struct MHD_Connection *, unsigned, struct MHD_Response *);
    void (*destroy_response)(struct MHD_Response *);
} mhd;

static bool is_loaded;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void load(void) {
    void *library = dlopen("libmicrohttpd.so.12", RTLD_NOW | RTLD_LOCAL);
    if (!library) return;
    *(void **)&mhd.start_daemon = dlsym(library, "MHD_start_daemon");
    *(void **)&mhd.stop_daemon = dlsym(library, "MHD_stop_daemon");
    *(void **)&mhd.get_daemon_info = dlsym(library, "MHD_get_daemon_info");
    *(void **)&mhd.get_connection_info = dlsym(library, "MHD_get_connection_info");
    *(void **)&mhd.run = dlsym(library, "MHD_run");
    *(void **)&mhd.get_timeout = dlsym(library, "MHD_get_timeout");
    *(void **)&mhd.suspend_connection = dlsym(library, "MHD_suspend_connection");
    *(void **)&mhd.resume_connection = dlsym(library, "MHD_resume_connection");
    *(void **)&mhd.lookup_value = dlsym(library, "MHD_lookup_connection_value");
    *(void **)&mhd.create_response = dlsym(library, "MHD_create_response_from_buffer");
    *(void **)&mhd.add_header = dlsym(library, "MHD_add_response_header");
    *(void **)&mhd.queue_response = dlsym(library, "MHD_queue_response");
    *(void **)&mhd.destroy_response = dlsym(library, "MHD_destroy_response");
    is_loaded = mhd.start_daemon && mhd.stop_daemon && mhd.get_daemon_info && mhd.get_connection_info && mhd.run && mhd.get_timeout
        && mhd.suspend_connection && mhd.resume_connection && mhd.lookup_value && mhd.create_response && mhd.add_header
        && mhd.queue_response && mhd.destroy_response;
}

bool cmhd_load(void) {
    pthread_once(&once, load);
    return is_loaded;
}

struct MHD_Daemon *cmhd_start(
    int listener, unsigned connections, size_t memory, cmhd_asked asked, cmhd_completed completed, cmhd_connected connected, void *owner) {
    return mhd.start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, asked, owner, MHD_OPTION_LISTEN_SOCKET, listener,
        MHD_OPTION_CONNECTION_LIMIT, connections, MHD_OPTION_CONNECTION_MEMORY_LIMIT, memory, MHD_OPTION_NOTIFY_COMPLETED, completed, owner,
        MHD_OPTION_NOTIFY_CONNECTION, connected, owner, MHD_OPTION_END);
}

void cmhd_stop(struct MHD_Daemon *daemon) { mhd.stop_daemon(daemon); }

int cmhd_descriptor(struct MHD_Daemon *daemon) { return mhd.get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd; }

int cmhd_socket(struct MHD_Connection *connection) {
    return mhd.get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
}

void cmhd_run(struct MHD_Daemon *daemon) { mhd.run(daemon); }

int64_t cmhd_wait(struct MHD_Daemon *daemon) {
    MHD_UNSIGNED_LONG_LONG milliseconds;
    return mhd.get_timeout(daemon, &milliseconds) == MHD_YES ? (int64_t)milliseconds : -1;
}

const char *cmhd_host(struct MHD_Connection *connection) {
    return mhd.lookup_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_HOST);
}

void cmhd_suspend(struct MHD_Connection *connection) { mhd.suspend_connection(connection); }
void cmhd_resume(struct MHD_Connection *connection) { mhd.resume_connection(connection); }

enum MHD_Result cmhd_answer(
    struct MHD_Connection *connection, unsigned status, const char *type, const char *allow, const void *body, size_t count) {
    struct MHD_Response *response = mhd.create_response(count, (void *)body, MHD_RESPMEM_MUST_COPY);
    if (!response) return MHD_NO;
    mhd.add_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    mhd.add_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
    if (allow) mhd.add_header(response, MHD_HTTP_HEADER_ALLOW, allow);
    enum MHD_Result result = mhd.queue_response(connection, status, response);
    mhd.destroy_response(response);
    return result;
}

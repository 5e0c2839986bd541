#include "ccurl.h"

#include <dlfcn.h>
#include <pthread.h>

// The functions are called through pointers; libcurl's header checks types in macros of these names.
#undef curl_easy_setopt

static struct {
    CURLcode (*global_init)(long);
    CURL *(*easy_init)(void);
    void (*easy_cleanup)(CURL *);
    CURLcode (*easy_perform)(CURL *);
    const char *(*easy_strerror)(CURLcode);
    CURLcode (*easy_setopt)(CURL *, CURLoption, ...);
    struct curl_slist *(*slist_append)(struct curl_slist *, const char *);
    void (*slist_free_all)(struct curl_slist *);
} curl;

static bool is_loaded;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void load(void) {
    void *library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
    if (!library) return;
    *(void **)&curl.global_init = dlsym(library, "curl_global_init");
    *(void **)&curl.easy_init = dlsym(library, "curl_easy_init");
    *(void **)&curl.easy_cleanup = dlsym(library, "curl_easy_cleanup");
    *(void **)&curl.easy_perform = dlsym(library, "curl_easy_perform");
    *(void **)&curl.easy_strerror = dlsym(library, "curl_easy_strerror");
    *(void **)&curl.easy_setopt = dlsym(library, "curl_easy_setopt");
    *(void **)&curl.slist_append = dlsym(library, "curl_slist_append");
    *(void **)&curl.slist_free_all = dlsym(library, "curl_slist_free_all");
    is_loaded = curl.global_init && curl.easy_init && curl.easy_cleanup && curl.easy_perform && curl.easy_strerror && curl.easy_setopt
        && curl.slist_append && curl.slist_free_all && curl.global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
}

bool ccurl_load(void) {
    pthread_once(&once, load);
    return is_loaded;
}

CURL *ccurl_new(void) { return curl.easy_init(); }
void ccurl_free(CURL *easy) { curl.easy_cleanup(easy); }
CURLcode ccurl_perform(CURL *easy) { return curl.easy_perform(easy); }
const char *ccurl_words(CURLcode code) { return curl.easy_strerror(code); }

struct curl_slist *ccurl_list(const char *text) { return curl.slist_append(NULL, text); }
void ccurl_free_list(struct curl_slist *list) { curl.slist_free_all(list); }

void ccurl_set_long(CURL *easy, CURLoption option, long value) { curl.easy_setopt(easy, option, value); }
void ccurl_set_size(CURL *easy, CURLoption option, curl_off_t value) { curl.easy_setopt(easy, option, value); }
void ccurl_set_text(CURL *easy, CURLoption option, const char *value) { curl.easy_setopt(easy, option, value); }
void ccurl_set_pointer(CURL *easy, CURLoption option, void *value) { curl.easy_setopt(easy, option, value); }
void ccurl_set_list(CURL *easy, CURLoption option, struct curl_slist *value) { curl.easy_setopt(easy, option, value); }
void ccurl_set_data(CURL *easy, CURLoption option, ccurl_data value) { curl.easy_setopt(easy, option, value); }

void ccurl_watch_commands(CURL *easy, ccurl_command watch, void *owner) {
    curl.easy_setopt(easy, CURLOPT_DEBUGDATA, owner);
    curl.easy_setopt(easy, CURLOPT_DEBUGFUNCTION, watch);
}

void ccurl_own_sockets(CURL *easy, ccurl_opened opened, ccurl_close close, void *owner) {
    curl.easy_setopt(easy, CURLOPT_SOCKOPTDATA, owner);
    curl.easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, owner);
    curl.easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, close);
    curl.easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, opened);
}

void ccurl_watch_progress(CURL *easy, ccurl_progress watch, void *owner) {
    curl.easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
    curl.easy_setopt(easy, CURLOPT_XFERINFODATA, owner);
    curl.easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, watch);
}

#include <curl/curl.h>

// libcurl's options are C macros over variadic functions, which Swift does not import: one function for each type of value.
static inline CURLcode ccurl_set_long(CURL *easy, CURLoption option, long value) { return curl_easy_setopt(easy, option, value); }
static inline CURLcode ccurl_set_size(CURL *easy, CURLoption option, curl_off_t value) { return curl_easy_setopt(easy, option, value); }
static inline CURLcode ccurl_set_text(CURL *easy, CURLoption option, const char *value) { return curl_easy_setopt(easy, option, value); }
static inline CURLcode ccurl_set_pointer(CURL *easy, CURLoption option, void *value) { return curl_easy_setopt(easy, option, value); }
static inline CURLcode ccurl_set_list(CURL *easy, CURLoption option, struct curl_slist *value) { return curl_easy_setopt(easy, option, value); }

typedef size_t (*ccurl_data)(char *data, size_t size, size_t count, void *owner);
static inline CURLcode ccurl_set_data(CURL *easy, CURLoption option, ccurl_data value) { return curl_easy_setopt(easy, option, value); }

typedef int (*ccurl_command)(CURL *easy, curl_infotype kind, char *data, size_t size, void *owner);
static inline CURLcode ccurl_watch_commands(CURL *easy, ccurl_command watch, void *owner) {
    curl_easy_setopt(easy, CURLOPT_DEBUGDATA, owner);
    return curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, watch);
}

typedef int (*ccurl_opened)(void *owner, curl_socket_t number, curlsocktype purpose);
typedef int (*ccurl_close)(void *owner, curl_socket_t number);
static inline CURLcode ccurl_own_sockets(CURL *easy, ccurl_opened opened, ccurl_close close, void *owner) {
    curl_easy_setopt(easy, CURLOPT_SOCKOPTDATA, owner);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, owner);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, close);
    return curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, opened);
}

typedef int (*ccurl_progress)(void *owner, curl_off_t download, curl_off_t downloaded, curl_off_t upload, curl_off_t uploaded);
static inline CURLcode ccurl_watch_progress(CURL *easy, ccurl_progress watch, void *owner) {
    curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(easy, CURLOPT_XFERINFODATA, owner);
    return curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, watch);
}

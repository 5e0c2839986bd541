#ifndef CCURL_H
#define CCURL_H

#include <curl/curl.h>
#include <stdbool.h>

// What is used of libcurl. The library is loaded when it is needed first: linked, it and what it brings along would take 4 MB of every
// relay. Its options are C macros over variadic functions, which Swift does not import: one function for each type of value.

/// Loads libcurl, once a process, from whichever thread. False if it is not there; nothing else may be called then.
bool ccurl_load(void);

CURL *ccurl_new(void);
void ccurl_free(CURL *easy);
CURLcode ccurl_perform(CURL *easy);
const char *ccurl_words(CURLcode code);

struct curl_slist *ccurl_list(const char *text);
void ccurl_free_list(struct curl_slist *list);

void ccurl_set_long(CURL *easy, CURLoption option, long value);
void ccurl_set_size(CURL *easy, CURLoption option, curl_off_t value);
void ccurl_set_text(CURL *easy, CURLoption option, const char *value);
void ccurl_set_pointer(CURL *easy, CURLoption option, void *value);
void ccurl_set_list(CURL *easy, CURLoption option, struct curl_slist *value);

typedef size_t (*ccurl_data)(char *data, size_t size, size_t count, void *owner);
void ccurl_set_data(CURL *easy, CURLoption option, ccurl_data value);

typedef int (*ccurl_command)(CURL *easy, curl_infotype kind, char *data, size_t size, void *owner);
void ccurl_watch_commands(CURL *easy, ccurl_command watch, void *owner);

typedef int (*ccurl_opened)(void *owner, curl_socket_t number, curlsocktype purpose);
typedef int (*ccurl_close)(void *owner, curl_socket_t number);
void ccurl_own_sockets(CURL *easy, ccurl_opened opened, ccurl_close close, void *owner);

typedef int (*ccurl_progress)(void *owner, curl_off_t download, curl_off_t downloaded, curl_off_t upload, curl_off_t uploaded);
void ccurl_watch_progress(CURL *easy, ccurl_progress watch, void *owner);

#endif

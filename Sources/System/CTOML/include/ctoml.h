#ifndef CTOML_H
#define CTOML_H

#include <stddef.h>
#include <stdint.h>

/* toml11 behind C: a document is told value by value, in no particular order of keys. */

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    uint32_t line;
    uint32_t column;
} ctoml_place;

/* What the reader is told. `key` is NULL for elements of an array and for the document itself. */
typedef struct {
    void *context;
    void (*begin_table)(void *context, const char *key, ctoml_place place);
    void (*begin_array)(void *context, const char *key, ctoml_place place);
    void (*end)(void *context);
    void (*string)(void *context, const char *key, const char *bytes, size_t count, ctoml_place place);
    void (*integer)(void *context, const char *key, int64_t value, ctoml_place place);
    void (*boolean)(void *context, const char *key, int value, ctoml_place place);
    /* A float, a date or a time: none of our settings is one. */
    void (*other)(void *context, const char *key, const char *kind, ctoml_place place);
} ctoml_reader;

/* Reads a document. 0: done. 1: it is no TOML; `message` says why and `place` where. */
int ctoml_parse(const char *bytes, size_t count, const ctoml_reader *reader, char *message, size_t message_size, ctoml_place *place);

#ifdef __cplusplus
}
#endif

#endif

#include <uv.h>
// Of the C library, and missing in Swift's module of it.
#include <sys/xattr.h>

/*
 * gunzip - one gzip member (RFC 1952) into a bounded buffer.
 */
#ifndef SALURAN_PEER_GUNZIP_H
#define SALURAN_PEER_GUNZIP_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

/* Appends to `out`, whose maximum stops a bomb while it unpacks.
 * RC_TOO_LARGE: over that maximum; RC_INVALID, rule "protocol 5": not gzip, cut short,
 * or bytes after its end. */
enum rc gunzip(const void *p, size_t len, struct buf *out, struct err *e) MUST_CHECK;

#endif

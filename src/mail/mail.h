/*
 * mail - e-mail and abuse reports read into what they propose.
 *
 * GMime takes the message apart; what a part says is read by arf.c (RFC 5965), xarf.c
 * (version 3 and 4) and links.c (letters).  Attachments are never opened: no archive, no
 * picture, no document.
 */
#ifndef SALURAN_MAIL_MAIL_H
#define SALURAN_MAIL_MAIL_H

#include "service/mail.h"

enum {
	MAIL_DEPTH_MAX = 20,		   /* parts in parts */
	MAIL_PARTS_MAX = 500,		   /* of one message */
	MAIL_DASHES_MAX = 20000,	   /* lines that could be boundaries */
	MAIL_BOUNDARIES_MAX = 200,	   /* declared in headers */
	MAIL_HEADER_BYTES_MAX = 256 << 10, /* of one header */
	MAIL_HEADER_FIELDS_MAX = 1000,	   /* of one header */
	MAIL_HEADERS_BYTES_MAX = 4 << 20,  /* of all headers together */
	MAIL_GROUPS_MAX = 1000,		   /* colons in one field of addresses */
	MAIL_TEXT_MAX = 8 << 20,	   /* decoded text of one part */
	MAIL_TEXTS_MAX = 32 << 20,	   /* and of all parts together */
	MAIL_LINKS_MAX = 50000,		   /* words of a message that are looked at */
	MAIL_LINK_MAX = 2048,		   /* bytes of one link in a text */
};

mail_read_fn mail_read;

#endif

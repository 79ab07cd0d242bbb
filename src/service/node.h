/*
 * node - one organisation's running node: its store, signer, writer and settings.
 *
 * What the edges are given.  All functions of service/ take it and may be called
 * from any thread unless they say otherwise.
 */
#ifndef SALURAN_SERVICE_NODE_H
#define SALURAN_SERVICE_NODE_H

struct node;

#endif

/*
 * fuzz - the contract of a fuzz target; the build includes it before each of them.
 *
 * A target holds a property with abort(); it returns 0.
 */
#ifndef SALURAN_FUZZ_FUZZ_H
#define SALURAN_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif

/* What the generated bindings need of <stdlib.h>. */
#ifndef STDLIB_H
#define STDLIB_H

#include <stddef.h>

/* Memory that is handed out once: right for an instance that lives for one call. */
void *malloc(size_t size);

/* Copies what is in `memory` into more of it. Knows nothing of the old size: `memory` is followed by memory, too. */
void *realloc(void *memory, size_t size);

/* Does nothing: the instance is thrown away. */
void free(void *memory);

/* Ends the call without an answer; the host reports a fault. */
_Noreturn void abort(void);

#endif

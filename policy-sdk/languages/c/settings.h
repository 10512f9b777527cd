/* The settings of the policy: a JSON object with one text in it. */
#ifndef SETTINGS_H
#define SETTINGS_H

#include "bindings/check_module.h"

typedef enum {
    SETTINGS_GOOD,
    /* Not an object whose only member is a text called `domain`. */
    SETTINGS_NO_OBJECT,
    /* It is, and the text is no domain in lower case. */
    SETTINGS_NO_DOMAIN,
} settings_problem_t;

/* The domain, as a part of `json`. */
settings_problem_t settings_domain(check_module_string_t json, check_module_string_t *domain);

#endif

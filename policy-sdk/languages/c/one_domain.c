/*
 * A check: certificates for the hosts of one domain, and for nothing else.
 *
 * Its settings are {"domain": "corp.example.com"}. It decides like the policy of this name in policies/gallery.
 */
#include "bindings/check_module.h"
#include "settings.h"

#include <stdlib.h>
#include <string.h>

typedef check_module_string_t text_t;

/* A dot and the domain; set by `init`, which the host calls first. */
static text_t suffix;

/* A text of this program. Nothing is ever written to it, and `free` does nothing. */
static text_t text(const char *literal) {
    return (text_t){.ptr = (uint8_t *)literal, .len = strlen(literal)};
}

static check_module_option_string_t some(text_t value) {
    return (check_module_option_string_t){.is_some = true, .val = value};
}

/* `prefix` and `rest`, in memory of its own. */
static text_t joined(const char *prefix, text_t rest) {
    const size_t length = strlen(prefix);
    text_t whole = {.ptr = malloc(length + rest.len), .len = length + rest.len};
    memcpy(whole.ptr, prefix, length);
    memcpy(whole.ptr + length, rest.ptr, rest.len);
    return whole;
}

static bool ends_with(text_t name, text_t end) {
    return name.len >= end.len && memcmp(name.ptr + name.len - end.len, end.ptr, end.len) == 0;
}

bool exports_step_policy_check_init(exports_step_policy_check_environment_t *environment,
                                    exports_step_policy_check_descriptor_t *descriptor,
                                    exports_step_policy_check_list_config_error_t *errors) {
    text_t domain;
    const settings_problem_t problem = settings_domain(environment->settings, &domain);
    if (problem != SETTINGS_GOOD) {
        errors->len = 1;
        errors->ptr = malloc(sizeof *errors->ptr);
        const bool is_about_all = problem == SETTINGS_NO_OBJECT;
        errors->ptr->path = some(text(is_about_all ? "/settings" : "/settings/domain"));
        errors->ptr->message = text(is_about_all ? "must be an object such as {\"domain\": \"corp.example.com\"}"
                                                 : "must be a domain in lower case, such as corp.example.com");
        return false;
    }
    suffix = joined(".", domain);
    descriptor->operations = EXPORTS_STEP_POLICY_CHECK_OPERATIONS_SIGN | EXPORTS_STEP_POLICY_CHECK_OPERATIONS_RENEW |
                             EXPORTS_STEP_POLICY_CHECK_OPERATIONS_REKEY | EXPORTS_STEP_POLICY_CHECK_OPERATIONS_FINALIZE;
    descriptor->inputs = 0;
    return true;
}

/* A 403 because of one rule. */
static void refuse(exports_step_policy_check_denial_t *denial, step_policy_types_reason_t reason) {
    *denial = (exports_step_policy_check_denial_t){
        .kind = STEP_POLICY_TYPES_DENIAL_KIND_FORBIDDEN,
        .message = reason.message,
        .reasons = {.ptr = malloc(sizeof reason), .len = 1},
    };
    *denial->reasons.ptr = reason;
}

bool exports_step_policy_check_review(exports_step_policy_check_proposal_t *proposal,
                                      exports_step_policy_check_list_edit_t *edits,
                                      exports_step_policy_check_denial_t *denial) {
    const exports_step_policy_check_subject_alt_names_t *names = &proposal->draft.subject_alt_names;
    const check_module_list_string_t others[] = {names->ip_addresses, names->email_addresses, names->uris};
    for (size_t kind = 0; kind < sizeof others / sizeof *others; kind++) {
        if (others[kind].len > 0) {
            refuse(denial, (step_policy_types_reason_t){
                               .rule = text("one-domain.kind"),
                               .message = text("only names of hosts are certified"),
                               .field = some(text("subject-alt-names")),
                               .got = some(others[kind].ptr[0]),
                               .want = some(text("DNS names")),
                           });
            return false;
        }
    }
    for (size_t index = 0; index < names->dns_names.len; index++) {
        const text_t name = names->dns_names.ptr[index];
        if (!ends_with(name, suffix)) {
            refuse(denial, (step_policy_types_reason_t){
                               .rule = text("one-domain.suffix"),
                               .message = text("every name must belong to the domain"),
                               .field = some(text("subject-alt-names.dns-names")),
                               .got = some(name),
                               .want = some(joined("*", suffix)),
                               .hint = some(text("ask for a name below the domain")),
                           });
            return false;
        }
    }
    edits->len = 0;
    edits->ptr = NULL;
    return true;
}

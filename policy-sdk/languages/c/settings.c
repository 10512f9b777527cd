/*
 * Reads {"domain": "corp.example.com"}. The host has parsed the text already, so that what is no JSON does not come here;
 * a domain needs no escape, and one that is written with escapes is refused.
 */
#include "settings.h"

#include <string.h>

static void skip_space(check_module_string_t *rest) {
    while (rest->len > 0 && (*rest->ptr == ' ' || *rest->ptr == '\t' || *rest->ptr == '\n' || *rest->ptr == '\r')) {
        rest->ptr++;
        rest->len--;
    }
}

/* Takes this octet away, and white space before it. */
static bool take(check_module_string_t *rest, uint8_t octet) {
    skip_space(rest);
    if (rest->len == 0 || *rest->ptr != octet) {
        return false;
    }
    rest->ptr++;
    rest->len--;
    return true;
}

/* Takes a text away, as it is written: escapes are left in it. */
static bool take_text(check_module_string_t *rest, check_module_string_t *text) {
    if (!take(rest, '"')) {
        return false;
    }
    text->ptr = rest->ptr;
    while (rest->len > 0 && *rest->ptr != '"') {
        const size_t octets = *rest->ptr == '\\' && rest->len > 1 ? 2 : 1;
        rest->ptr += octets;
        rest->len -= octets;
    }
    text->len = (size_t)(rest->ptr - text->ptr);
    return take(rest, '"');
}

static bool is_of_a_domain(uint8_t octet) {
    return (octet >= 'a' && octet <= 'z') || (octet >= '0' && octet <= '9') || octet == '-' || octet == '.';
}

settings_problem_t settings_domain(check_module_string_t json, check_module_string_t *domain) {
    check_module_string_t name;
    const bool is_member = take(&json, '{') && take_text(&json, &name) && take(&json, ':') && take_text(&json, domain);
    const bool is_all = is_member && take(&json, '}');
    skip_space(&json);
    if (!is_all || json.len > 0 || name.len != 6 || memcmp(name.ptr, "domain", 6) != 0) {
        return SETTINGS_NO_OBJECT;
    }
    bool is_good = domain->len > 0 && *domain->ptr != '.';
    for (size_t index = 0; index < domain->len; index++) {
        is_good = is_good && is_of_a_domain(domain->ptr[index]);
    }
    return is_good ? SETTINGS_GOOD : SETTINGS_NO_DOMAIN;
}

// A check: certificates for the hosts of one domain, and for nothing else.
//
// Its settings are {"domain": "corp.example.com"}. It decides like the policy of this name in policies/gallery.

import { Names, accept, allow, refuse, refuseSettings } from "./contract";
import { read } from "./settings";
import { Text, say } from "./text";

export { cabi_realloc } from "./contract";

/** A dot and the domain; set by `init`, which the host calls first. */
let suffix: Text = new Text(0, 0);

/** `init` of the contract. The texts of the environment are handed over one by one, each in two words. */
export function init(
  _version: usize,
  _versionLength: usize,
  _name: usize,
  _nameLength: usize,
  _type: usize,
  _typeLength: usize,
  settings: usize,
  settingsLength: usize,
  _globalClaims: usize,
  _globalClaimsLength: usize,
  _claims: usize,
  _claimsLength: usize,
  _backdate: i64,
): usize {
  const found = read(new Text(settings, settingsLength));
  if (!found.isObject) {
    return refuseSettings(say("/settings"), say('must be an object such as {"domain": "corp.example.com"}'));
  }
  const domain = found.domain;
  if (domain == null) {
    return refuseSettings(say("/settings/domain"), say("must be a domain in lower case, such as corp.example.com"));
  }
  suffix = say(".").followedBy(domain);
  return accept();
}

/** `review` of the contract. */
export function review(proposal: usize): usize {
  const names = new Names(proposal);
  for (let kind: usize = 1; kind < 4; kind++) {
    if (names.count(kind) > 0) {
      const message = say("only names of hosts are certified");
      const first = names.name(kind, 0);
      return refuse(say("one-domain.kind"), message, say("subject-alt-names"), first, say("DNS names"), null);
    }
  }
  for (let index: usize = 0; index < names.count(0); index++) {
    const name = names.name(0, index);
    if (!name.endsWith(suffix)) {
      return refuse(
        say("one-domain.suffix"),
        say("every name must belong to the domain"),
        say("subject-alt-names.dns-names"),
        name,
        say("*").followedBy(suffix),
        say("ask for a name below the domain"),
      );
    }
  }
  return allow();
}

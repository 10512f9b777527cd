// What of the contract this policy needs, by hand: there is no generator for this language. Values lie in memory as the
// canonical ABI of the component model says: members in order, each aligned to its own size; a text or a list is where it
// begins and how long it is; an option or a result is an octet, and then its value.

import { Text } from "./text";

/** Octets of a text or a list: two words. */
const PAIR: usize = 8;

/** Octets of an option of a text: the octet that tells whether there is one, up to the next word, and the text. */
const OPTION: usize = 12;

/** The names of `proposal.draft.subject-alt-names`: four lists of texts. */
export class Names {
  // `proposal` begins with the context (52 octets, up to 56 as it holds a time), the identity (24), what was requested
  // (32) and three bounds (48); `draft` begins with the subject: a text and a list.
  private static at: usize = 56 + 24 + 32 + 48 + PAIR + PAIR;

  constructor(private proposal: usize) {}

  /** DNS names are kind 0, addresses 1, e-mail addresses 2, URIs 3. */
  count(kind: usize): usize {
    return load<u32>(this.proposal + Names.at + kind * PAIR + 4);
  }

  /** One of a kind. */
  name(kind: usize, index: usize): Text {
    const list: usize = load<u32>(this.proposal + Names.at + kind * PAIR);
    return text(list + index * PAIR);
  }
}

/** `init` accepts; the check wants to be asked about everything, and to be handed nothing that costs extra. */
export function accept(): usize {
  const result = zeros(12);
  store<u8>(result + 4, 0b1111);
  return result;
}

/** `init` refuses, with one problem. */
export function refuseSettings(path: Text, message: Text): usize {
  const problem = zeros(OPTION + PAIR);
  putOption(problem, path);
  put(problem + OPTION, message);
  const result = zeros(12);
  store<u8>(result, 1);
  putList(result + 4, problem, 1);
  return result;
}

/** `review` allows, and changes nothing. */
export function allow(): usize {
  return zeros(4 + 44);
}

/** `review` refuses with a 403, because of one rule. */
export function refuse(rule: Text, message: Text, field: Text, got: Text, want: Text, hint: Text | null): usize {
  const reason = zeros(2 * PAIR + 4 * OPTION);
  put(reason, rule);
  put(reason + PAIR, message);
  putOption(reason + 2 * PAIR, field);
  putOption(reason + 2 * PAIR + OPTION, got);
  putOption(reason + 2 * PAIR + 2 * OPTION, want);
  if (hint != null) {
    putOption(reason + 2 * PAIR + 3 * OPTION, hint);
  }
  const forbidden: u8 = 2;
  const result = zeros(4 + 44);
  store<u8>(result, 1);
  store<u8>(result + 4, forbidden);
  put(result + 8, message);
  putList(result + 16, reason, 1);
  return result;
}

/** Where the host puts what it hands over. */
export function cabi_realloc(old: usize, oldSize: usize, alignment: usize, size: usize): usize {
  const fresh = heap.alloc(size);
  memory.copy(fresh, old, min(oldSize, size));
  return fresh;
}

function text(at: usize): Text {
  return new Text(load<u32>(at), load<u32>(at + 4));
}

function zeros(size: usize): usize {
  const at = heap.alloc(size);
  memory.fill(at, 0, size);
  return at;
}

function put(at: usize, text: Text): void {
  putList(at, text.at, text.length);
}

function putList(at: usize, list: usize, length: usize): void {
  store<u32>(at, <u32>list);
  store<u32>(at + 4, <u32>length);
}

function putOption(at: usize, text: Text): void {
  store<u8>(at, 1);
  put(at + 4, text);
}

// Reads {"domain": "corp.example.com"}. The host has parsed the text already, so that what is no JSON does not come here; a
// domain needs no escape, and one that is written with escapes is refused.

import { Text, say } from "./text";

/** The domain, or why there is none. */
export class Settings {
  constructor(
    /** Whether this is an object whose only member is a text called `domain`. */
    public isObject: bool,
    /** The domain; null when the text is none in lower case. */
    public domain: Text | null,
  ) {}
}

/** What is left of a text. */
class Rest {
  constructor(
    public text: Text,
    public at: usize,
  ) {}

  skipSpace(): void {
    while (this.at < this.text.length && isSpace(this.text.octet(this.at))) {
      this.at++;
    }
  }

  /** Takes this octet away, and white space before it. */
  take(octet: u8): bool {
    this.skipSpace();
    if (this.at >= this.text.length || this.text.octet(this.at) != octet) {
      return false;
    }
    this.at++;
    return true;
  }

  /** Takes a text away, as it is written: escapes are left in it. */
  takeText(): Text | null {
    if (!this.take(0x22)) {
      return null;
    }
    const begin = this.at;
    while (this.at < this.text.length && this.text.octet(this.at) != 0x22) {
      const isEscape = this.text.octet(this.at) == 0x5c && this.at + 1 < this.text.length;
      this.at += isEscape ? 2 : 1;
    }
    const found = new Text(this.text.at + begin, this.at - begin);
    return this.take(0x22) ? found : null;
  }
}

function isSpace(octet: u8): bool {
  return octet == 0x20 || octet == 0x09 || octet == 0x0a || octet == 0x0d;
}

/** A lower-case letter, a digit, a hyphen or a dot. */
function isOfADomain(octet: u8): bool {
  return (octet >= 0x61 && octet <= 0x7a) || (octet >= 0x30 && octet <= 0x39) || octet == 0x2d || octet == 0x2e;
}

/** Reads the settings. */
export function read(json: Text): Settings {
  const rest = new Rest(json, 0);
  const name = rest.take(0x7b) ? rest.takeText() : null;
  const domain = name != null && rest.take(0x3a) ? rest.takeText() : null;
  const isClosed = domain != null && rest.take(0x7d);
  rest.skipSpace();
  if (name == null || domain == null || !isClosed || rest.at < json.length || !name.equals(say("domain"))) {
    return new Settings(false, null);
  }
  let isGood = domain.length > 0 && domain.octet(0) != 0x2e;
  for (let index: usize = 0; index < domain.length; index++) {
    isGood = isGood && isOfADomain(domain.octet(index));
  }
  return new Settings(true, isGood ? domain : null);
}

// Texts of the contract: octets in UTF-8 somewhere in memory. Texts of the language are UTF-16, so they are only used for
// what this program says itself.

/** A text that somebody else has written, or that has been encoded. */
export class Text {
  constructor(
    public at: usize,
    public length: usize,
  ) {}

  /** One octet of it. */
  octet(index: usize): u8 {
    return load<u8>(this.at + index);
  }

  /** Whether it ends like this. */
  endsWith(end: Text): bool {
    return (
      this.length >= end.length && memory.compare(this.at + this.length - end.length, end.at, end.length) == 0
    );
  }

  /** Whether it is this. */
  equals(other: Text): bool {
    return this.length == other.length && memory.compare(this.at, other.at, other.length) == 0;
  }

  /** Both, one after the other. */
  followedBy(other: Text): Text {
    const length = this.length + other.length;
    const at = heap.alloc(length);
    memory.copy(at, this.at, this.length);
    memory.copy(at + this.length, other.at, other.length);
    return new Text(at, length);
  }
}

/** What this program says. */
export function say(text: string): Text {
  const octets = String.UTF8.encode(text);
  return new Text(changetype<usize>(octets), octets.byteLength);
}

/**
 * The digest of a value, by which a premise says what its writer saw. A module of its own: pages need
 * values, and no checksum.
 */
import { createChecksum } from "./checksum.ts";
import type { Value } from "./value.ts";

/**
 * 32 hex digits that two values share only when they are equal: half of the SHA-256 of the encoding
 * and the data; all documents share one. `undefined` stands for no entry. The same in every environment; stands in premises,
 * so it must never change.
 */
export const digestOf = (value: Value | undefined): string => {
  const checksum = createChecksum();
  checksum.add(Uint8Array.of(value === undefined ? 0 : digestTags[value.encoding]));
  if (value !== undefined) checksum.add(canonicalBytes(value));
  return checksum.digest().slice(0, digestLength);
};

const digestLength = 32;

const digestTags = { json: 1, bytes: 2, u64: 3, rich: 4, document: 5 } as const;

const canonicalBytes = (value: Value): Uint8Array => {
  switch (value.encoding) {
    case "json":
    case "rich":
      return new TextEncoder().encode(value.data);
    case "bytes":
      return value.data;
    case "document":
      // Documents are merged, not replaced: a premise says who merged last, not over what.
      return new Uint8Array();
    case "u64": {
      const bytes = new Uint8Array(8);
      new DataView(bytes.buffer).setBigUint64(0, value.data);
      return bytes;
    }
  }
};

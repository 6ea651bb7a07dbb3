/**
 * Keys as people read them, for messages.
 */
import { unpackKey, type KeyPart, type PackedKey } from "@rockpool/model";

/** Longest text of a key in a message, in characters. */
const keyTextMax = 200;

export const keyText = (key: PackedKey): string => {
  const text = `[${unpackKey(key).map(partText).join(", ")}]`;
  return text.length > keyTextMax ? `${text.slice(0, keyTextMax)}…` : text;
};

const partText = (part: KeyPart): string => {
  if (typeof part === "bigint") return `${part}n`;
  if (part instanceof Uint8Array) return `0x${Buffer.from(part).toString("hex")}`;
  return typeof part === "string" ? JSON.stringify(part) : String(part);
};

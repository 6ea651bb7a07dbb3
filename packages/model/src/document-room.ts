/**
 * Rooms: what stock y-websocket clients call a document, as the part of the relay's address behind the
 * bucket. A key of strings is a path, each part percent-encoded; any other key, and one with a part that
 * addresses fold away ("", ".", ".."), is `~` and the base64url of its packed form.
 */
import { decodeBase64, encodeBase64 } from "./base64.ts";
import {
  bytesToPacked,
  isPackedKeyForWrite,
  type PackedKey,
  packedToBytes,
  packKey,
  unpackKey,
} from "./packed-key.ts";
import { keyBytesMax } from "./limits.ts";

/** The room of a key, fit to stand in an address as it is. */
export const roomOfKey = (key: PackedKey): string => {
  const parts = unpackKey(key);
  const isPath = parts.every(isPathPart) && !String(parts[0]).startsWith(packedSign);
  if (isPath) return parts.map((part) => encodeURIComponent(String(part))).join("/");
  const text = encodeBase64(packedToBytes(key));
  return packedSign + text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
};

/** The key that a room names, the room as it stands in the address; undefined for one that names none. */
export const keyOfRoom = (room: string): PackedKey | undefined => {
  // Each byte of a key takes three characters at most, and each part brings one.
  if (room.length > 4 * keyBytesMax) return undefined;
  return room.startsWith(packedSign) ? packedKeyIn(room.slice(packedSign.length)) : keyOfPath(room);
};

const packedSign = "~";

const isPathPart = (part: unknown): boolean =>
  typeof part === "string" && part !== "" && part !== "." && part !== "..";

const packedKeyIn = (text: string): PackedKey | undefined => {
  if (!/^[\w-]+$/.test(text)) return undefined;
  const padding = "=".repeat((4 - (text.length % 4)) % 4);
  const bytes = decodeBase64(text.replaceAll("-", "+").replaceAll("_", "/") + padding);
  const packed = bytes === undefined ? undefined : bytesToPacked(bytes);
  return isPackedKeyForWrite(packed) ? packed : undefined;
};

const keyOfPath = (room: string): PackedKey | undefined => {
  try {
    const parts = room.split("/").map(decodeURIComponent);
    return parts.includes("") ? undefined : packKey(parts);
  } catch (error) {
    // Broken percent-encoding, or longer than a key may be.
    if (error instanceof URIError || error instanceof TypeError) return undefined;
    throw error;
  }
};

/**
 * Values on the wire: `[encoding, text]`. JSON and rich text travel as they were written, bytes in
 * base64, numbers as decimal text. What the text says is not looked into here.
 */
import type { Value } from "@rockpool/model";
import { failField, readTuple, readU64 } from "./field.ts";
import { errorWithin } from "./protocol-error.ts";

export type WireValue = readonly [encoding: "json" | "bytes" | "u64" | "rich", text: string];

/** Characters handed to one String.fromCharCode call: well below every engine's argument limit. */
const charsPerCall = 8192;
const base64Form = /^[0-9A-Za-z+/]*={0,2}$/;

export const writeValue = (value: Value): WireValue => {
  switch (value.encoding) {
    case "json":
    case "rich":
      return [value.encoding, value.data];
    case "bytes":
      return ["bytes", encodeBase64(value.data)];
    case "u64":
      return ["u64", value.data.toString()];
  }
};

/** @throws ProtocolError */
export const readValue = (value: unknown, name: string): Value => {
  try {
    const fields = readTuple(value, "", 2);
    return decode(fields[0], fields[1]);
  } catch (error) {
    throw errorWithin(name, error);
  }
};

const decode = (encoding: unknown, text: unknown): Value => {
  switch (encoding) {
    case "json":
    case "rich":
      return typeof text === "string" ? { encoding, data: text } : failField("text", "a string", text);
    case "bytes":
      return { encoding, data: decodeBase64(text) };
    case "u64":
      return { encoding, data: readU64(text, "text") };
    default:
      return failField("encoding", '"json", "bytes", "u64" or "rich"', encoding);
  }
};

const encodeBase64 = (bytes: Uint8Array): string => {
  let binary = "";
  for (let start = 0; start < bytes.length; start += charsPerCall) {
    binary += String.fromCharCode(...bytes.subarray(start, start + charsPerCall));
  }
  return btoa(binary);
};

const decodeBase64 = (text: unknown): Uint8Array<ArrayBuffer> => {
  if (typeof text !== "string" || text.length % 4 !== 0 || !base64Form.test(text)) {
    return failField("text", "padded base64", text);
  }
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let index = 0; index < binary.length; index++) bytes[index] = binary.charCodeAt(index);
  return bytes;
};

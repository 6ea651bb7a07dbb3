/**
 * Values on the wire: `[encoding, text]`. JSON and rich text travel as they were written, bytes in
 * base64, numbers as decimal text. What the text says is not looked into here.
 */
import { decodeBase64, encodeBase64, type Value } from "@rockpool/model";
import { failField, readTuple, readU64 } from "./field.ts";
import { errorWithin } from "./protocol-error.ts";

export type WireValue = readonly [encoding: "json" | "bytes" | "u64" | "rich", text: string];

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
      return { encoding, data: decodeBase64(text) ?? failField("text", "padded base64", text) };
    case "u64":
      return { encoding, data: readU64(text, "text") };
    default:
      return failField("encoding", '"json", "bytes", "u64" or "rich"', encoding);
  }
};

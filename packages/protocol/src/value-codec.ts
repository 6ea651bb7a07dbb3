/**
 * Values on the wire: `[encoding, text]`, and of a document its incarnation behind them. JSON and rich text travel as they were written, bytes in
 * base64, numbers as decimal text. What the text says is not looked into here.
 */
import { encodeBase64, isUpdateLog, type Revision, type Value } from "@rockpool/model";
import { failField, readBytes, readIncarnation, readTuple, readU64, type Tuple } from "./field.ts";
import { errorWithin } from "./protocol-error.ts";

export type WireValue =
  | readonly [encoding: "json" | "bytes" | "u64" | "rich", text: string]
  | readonly [encoding: "document", text: string, incarnation: Revision | null];

export const writeValue = (value: Value): WireValue => {
  switch (value.encoding) {
    case "json":
    case "rich":
      return [value.encoding, value.data];
    case "bytes":
      return ["bytes", encodeBase64(value.data)];
    case "u64":
      return ["u64", value.data.toString()];
    case "document":
      return ["document", encodeBase64(value.data), value.incarnation];
  }
};

/** @throws ProtocolError */
export const readValue = (value: unknown, name: string): Value => {
  try {
    const fields = readTuple(value, "", 2);
    return decode(fields);
  } catch (error) {
    throw errorWithin(name, error);
  }
};

const decode = ([encoding, text, incarnation]: Tuple): Value => {
  switch (encoding) {
    case "json":
    case "rich":
      return typeof text === "string" ? { encoding, data: text } : failField("text", "a string", text);
    case "bytes":
      return { encoding, data: readBytes(text, "text") };
    case "u64":
      return { encoding, data: readU64(text, "text") };
    case "document": {
      const data = readBytes(text, "text");
      if (!isUpdateLog(data)) return failField("text", "updates, each behind its length", text);
      return { encoding, data, incarnation: readIncarnation(incarnation) };
    }
    default:
      return failField("encoding", '"json", "bytes", "u64", "rich" or "document"', encoding);
  }
};

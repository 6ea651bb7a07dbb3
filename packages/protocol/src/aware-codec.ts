/**
 * The one message that goes both ways, on the wire: who is present at a document.
 */
import { encodeBase64 } from "@rockpool/model";
import { readBytes, readKey, type Fields } from "./field.ts";
import type { Aware } from "./messages.ts";

export const writeAware = ({ type, key, update }: Aware): unknown => ({
  type,
  key,
  update: encodeBase64(update),
});

/** @throws ProtocolError */
export const readAware = (fields: Fields): Aware => ({
  type: "aware",
  key: readKey(fields["key"], "key"),
  update: readBytes(fields["update"], "update"),
});

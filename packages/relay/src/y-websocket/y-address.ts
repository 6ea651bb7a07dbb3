/**
 * Where a stock client asks for a document: `/y/<bucket>/<room>`, the bucket percent-encoded, the room as
 * `roomOfKey` names it, and its token in the query, since browsers let nobody add a header.
 */
import { keyOfRoom, type PackedKey } from "@rockpool/model";

export interface YAddress {
  readonly bucket: string;
  readonly key: PackedKey;
  /** Undefined where none came. */
  readonly token: string | undefined;
}

/** True for what asks for this endpoint, well or not. */
export const isYPath = (path: string): boolean => path.startsWith("/y/");

/** Undefined for a path that names no document. `path` is the request's, with its query. */
export const readYAddress = (path: string): YAddress | undefined => {
  const [place = "", query = ""] = splitOnce(path, "?");
  const [bucketText, room] = splitOnce(place.slice("/y/".length), "/");
  const bucket = decode(bucketText);
  const key = room === undefined ? undefined : keyOfRoom(room);
  if (bucket === undefined || !bucketForm.test(bucket) || key === undefined) return undefined;
  return { bucket, key, token: new URLSearchParams(query).get("token") ?? undefined };
};

/** As a hello names it: 1 to 200 characters, no control characters. */
const bucketForm = /^[^\p{Control}\p{Surrogate}]{1,200}$/u;

const splitOnce = (text: string, separator: string): readonly [string, string | undefined] => {
  const at = text.indexOf(separator);
  return at === -1 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
};

const decode = (text: string): string | undefined => {
  try {
    return decodeURIComponent(text);
  } catch {
    // Broken percent-encoding.
    return undefined;
  }
};

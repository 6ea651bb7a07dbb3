/**
 * Sealing a secret: AES-GCM over its encoding, bound to its name, so that a sealed value put under
 * another name does not open. Form: one byte of format, 12 of initialization vector, ciphertext.
 * Stored and synced: never change a format, add a new one.
 * @see https://www.w3.org/TR/webcrypto/#aes-gcm
 */
import {
  decodeValue,
  encodeValue,
  type Key,
  KvError,
  packedToBytes,
  type PackedKey,
  type SettableValue,
  unpackKey,
} from "@rockpool/model";

const format = 1;
const ivBytes = 12;

/** @throws TypeError for a value that is neither plain JSON data, a Uint8Array nor a KvU64 */
export const seal = async (
  key: CryptoKey,
  name: PackedKey,
  value: unknown,
): Promise<Uint8Array<ArrayBuffer>> => {
  const plain = encodePlain(value);
  const iv = crypto.getRandomValues(new Uint8Array(ivBytes));
  const algorithm = { name: "AES-GCM", iv, additionalData: boundTo(name) };
  const sealed = new Uint8Array(await crypto.subtle.encrypt(algorithm, key, plain));
  const bytes = new Uint8Array(1 + ivBytes + sealed.length);
  bytes[0] = format;
  bytes.set(iv, 1);
  bytes.set(sealed, 1 + ivBytes);
  return bytes;
};

/** @throws KvError "sealed" when it was not sealed by this key under this name, or changed since; "newer-format" */
export const unseal = async (key: CryptoKey, name: PackedKey, bytes: Uint8Array): Promise<unknown> => {
  if (bytes[0] !== format) {
    throw new KvError("newer-format", `the secret ${show(name)} has a form that this Rockpool does not know`);
  }
  const iv = bytes.slice(1, 1 + ivBytes);
  const algorithm = { name: "AES-GCM", iv, additionalData: boundTo(name) };
  let plain: ArrayBuffer;
  try {
    plain = await crypto.subtle.decrypt(algorithm, key, bytes.slice(1 + ivBytes));
  } catch (cause) {
    const message = `the secret ${show(name)} does not open: it was sealed with another key or under another name, or was changed since; delete it or set it anew`;
    throw new KvError("sealed", message, { cause });
  }
  return decodePlain(new Uint8Array(plain));
};

/** The first byte of what is sealed says how the rest is encoded. */
const tagOf = { json: 1, bytes: 2, u64: 3 } as const;

const encodePlain = (value: unknown): Uint8Array<ArrayBuffer> => {
  const encoded = encodeValue(value);
  if (encoded === undefined) {
    throw new TypeError("a secret is plain JSON data, a Uint8Array or a KvU64; encode other values first");
  }
  const data = dataOf(encoded);
  const plain = new Uint8Array(1 + data.length);
  plain[0] = tagOf[encoded.encoding];
  plain.set(data, 1);
  return plain;
};

const dataOf = (value: SettableValue): Uint8Array => {
  switch (value.encoding) {
    case "json":
      return new TextEncoder().encode(value.data);
    case "bytes":
      return value.data;
    case "u64":
      return new Uint8Array(BigUint64Array.of(value.data).buffer);
  }
};

const decodePlain = (plain: Uint8Array<ArrayBuffer>): unknown => {
  const data = plain.slice(1);
  switch (plain[0]) {
    case tagOf.json:
      return decodeValue({ encoding: "json", data: new TextDecoder().decode(data) });
    case tagOf.u64:
      return decodeValue({ encoding: "u64", data: new BigUint64Array(data.buffer)[0] ?? 0n });
    default:
      return data;
  }
};

const boundTo = (name: PackedKey): Uint8Array<ArrayBuffer> => {
  const bytes = packedToBytes(name);
  const bound = new Uint8Array(1 + bytes.length);
  bound[0] = format;
  bound.set(bytes, 1);
  return bound;
};

const show = (name: PackedKey): string => JSON.stringify((unpackKey(name) as Key).map(String));

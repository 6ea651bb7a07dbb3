/**
 * Codecs of keys and values, as NATS KV has them: keys are encoded token by token, so that filters still
 * work on what is stored.
 * @see https://github.com/nats-io/nats-architecture-and-design/blob/main/adr/ADR-54.md
 */

/** What a value may be given as. */
export type Payload = Uint8Array | string;

/** Encodes the tokens of a key, each by itself; wildcards never reach it. */
export interface KvKeyCodec {
  encode(key: string): string;
  decode(key: string): string;
}

export interface KvPayloadCodec {
  encode(value: Payload): Uint8Array;
  decode(data: Uint8Array): Uint8Array;
}

export interface KvCodecs {
  key: KvKeyCodec;
  value: KvPayloadCodec;
}

/** Base64 of each token: keys of any Latin-1 characters, except those whose Base64 has a "+". */
export const Base64KeyCodec = (): KvKeyCodec => ({
  encode: (key) => mapTokens(key, btoa),
  decode: (key) => mapTokens(key, atob),
});

/** Keys as they are; strings as UTF-8. */
export const NoopKvCodecs = (): KvCodecs => ({
  key: { encode: (key) => key, decode: (key) => key },
  value: {
    encode: (value) => (typeof value === "string" ? new TextEncoder().encode(value) : value),
    decode: (data) => data,
  },
});

/** The key with `change` applied to each of its tokens that is no wildcard. */
export const mapTokens = (key: string, change: (token: string) => string): string =>
  key
    .split(".")
    .map((token) => (token === "*" || token === ">" ? token : change(token)))
    .join(".");

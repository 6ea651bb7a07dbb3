/**
 * The codecs of messages of the older package `nats`, which newer code does without.
 */
import { ErrorCode, NatsError } from "./nats-error.ts";

export interface Codec<T> {
  encode(value: T): Uint8Array;
  decode(data: Uint8Array): T;
}

/** Strings as UTF-8. */
export const StringCodec = (): Codec<string> => ({
  encode: (value) => new TextEncoder().encode(value),
  decode: (data) => new TextDecoder().decode(data),
});

/** JSON as UTF-8; undefined as null. @throws NatsError "BAD_JSON" for what is none */
export const JSONCodec = <T = unknown>(
  reviver?: (this: unknown, key: string, value: unknown) => unknown,
): Codec<T> => ({
  encode: (value) => {
    try {
      return new TextEncoder().encode(JSON.stringify(value === undefined ? null : value));
    } catch (error) {
      throw badJson(error);
    }
  },
  decode: (data) => {
    try {
      return JSON.parse(new TextDecoder().decode(data), reviver) as T;
    } catch (error) {
      throw badJson(error);
    }
  },
});

const badJson = (cause: unknown): NatsError => new NatsError("Bad JSON", ErrorCode.BadJson, cause as Error);

/**
 * Which names of buckets, keys and filters there can be, with the texts of NATS' own client.
 * @see https://github.com/nats-io/nats-architecture-and-design/blob/main/adr/ADR-6.md
 */

/** What the name of a bucket's stream begins with. */
export const kvPrefix = "KV_";

const keyPattern = /^[-/=.\w]+$/;
const filterPattern = /^[-/=.>*\w]+$/;
const bucketPattern = /^[-\w]+$/;

/** @throws Error "invalid bucket name: …" */
export const validateBucket = (name: string): void => {
  if (!bucketPattern.test(name)) throw new Error(`invalid bucket name: ${name}`);
};

/** @throws Error "invalid key: …" */
export const validateKey = (key: string): void => {
  // NATS' own client lets "a..b" pass; no server has such a subject.
  if (isBadlyDotted(key) || key.includes("..") || !keyPattern.test(key)) throw invalidKey(key);
};

/** As {@link validateKey}, for a key that may have wildcards. @throws Error "invalid key: …" */
export const validateSearchKey = (key: string): void => {
  if (isBadlyDotted(key) || key.includes("..") || !filterPattern.test(key)) throw invalidKey(key);
};

/** Whether a token is `*`, or the last one `>`. @throws Error "invalid key: …" for another `>` */
export const hasWildcards = (key: string): boolean => {
  if (isBadlyDotted(key)) throw invalidKey(key);
  const tokens = key.split(".");
  if (tokens.slice(0, -1).includes(">")) throw invalidKey(key);
  return tokens.includes("*") || tokens.at(-1) === ">";
};

const isBadlyDotted = (key: string): boolean => key.startsWith(".") || key.endsWith(".");

const invalidKey = (key: string): Error => new Error(`invalid key: ${key}`);

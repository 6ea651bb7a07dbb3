/**
 * Headers of a message, and the form in which NATS writes a message with headers: which is also how
 * messages are stored here, so that they cost what they would cost a server.
 * @see https://github.com/nats-io/nats-architecture-and-design/blob/main/adr/ADR-4.md
 */

/** The headers of NATS KV and JetStream that matter here. */
export const operationHeader = "KV-Operation";
export const rollupHeader = "Nats-Rollup";
export const expectedSequenceHeader = "Nats-Expected-Last-Subject-Sequence";
export const ttlHeader = "Nats-TTL";
export const markerReasonHeader = "Nats-Marker-Reason";
export const messageSizeHeader = "Nats-Msg-Size";

/** How names are compared: as they are written; otherwise without regard to case, as canonical names differ in no more. */
export type HeaderMatch = "exact" | "canonical" | "insensitive";

const versionLine = "NATS/1.0";

/** What `header` of a stored message is: names in the order they were set, each with its values. */
export class MessageHeaders implements Iterable<[string, string[]]> {
  readonly #valuesByName = new Map<string, string[]>();
  readonly hasError = false;
  readonly status = "0";
  readonly code = 0;
  readonly description = "";

  constructor(entries: Iterable<readonly [string, string]> = []) {
    for (const [name, value] of entries) this.append(name, value);
  }

  /** The first value; "" where there is none. */
  get(name: string, match?: HeaderMatch): string {
    return this.values(name, match)[0] ?? "";
  }

  last(name: string, match?: HeaderMatch): string {
    return this.values(name, match).at(-1) ?? "";
  }

  has(name: string, match?: HeaderMatch): boolean {
    return this.values(name, match).length > 0;
  }

  values(name: string, match: HeaderMatch = "exact"): string[] {
    if (match === "exact") return [...(this.#valuesByName.get(name) ?? [])];
    const wanted = name.toLowerCase();
    return [...this.#valuesByName].flatMap(([own, values]) => (own.toLowerCase() === wanted ? values : []));
  }

  keys(): string[] {
    return [...this.#valuesByName.keys()];
  }

  set(name: string, value: string): void {
    this.#valuesByName.set(name, [value]);
  }

  append(name: string, value: string): void {
    this.#valuesByName.set(name, [...this.values(name), value]);
  }

  delete(name: string): void {
    this.#valuesByName.delete(name);
  }

  [Symbol.iterator](): IterableIterator<[string, string[]]> {
    return this.#valuesByName.entries();
  }

  /** As on the wire; "" without any. */
  toString(): string {
    if (this.#valuesByName.size === 0) return "";
    const lines = [...this].flatMap(([name, values]) => values.map((value) => `${name}: ${value}\r\n`));
    return `${versionLine}\r\n${lines.join("")}\r\n`;
  }
}

/** The message as bytes: headers, which must not be empty, and data. */
export const encodeFrame = (headers: MessageHeaders, data: Uint8Array): Uint8Array => {
  const head = new TextEncoder().encode(headers.toString());
  const frame = new Uint8Array(head.length + data.length);
  frame.set(head);
  frame.set(data, head.length);
  return frame;
};

/** What {@link encodeFrame} was given; undefined for bytes that it did not write. */
export const decodeFrame = (
  frame: Uint8Array,
): { readonly headers: MessageHeaders; readonly data: Uint8Array } | undefined => {
  const end = endOfHeaders(frame);
  if (end === undefined) return undefined;
  const [first, ...lines] = new TextDecoder().decode(frame.subarray(0, end)).split("\r\n");
  if (first !== versionLine) return undefined;
  const entries = lines.flatMap((line): [string, string][] => {
    const colon = line.indexOf(": ");
    return colon < 0 ? [] : [[line.slice(0, colon), line.slice(colon + 2)]];
  });
  return { headers: new MessageHeaders(entries), data: frame.slice(end) };
};

/** Behind the first empty line. */
const endOfHeaders = (frame: Uint8Array): number | undefined => {
  for (let at = 3; at < frame.length; at++) {
    if (frame[at] === 10 && frame[at - 1] === 13 && frame[at - 2] === 10 && frame[at - 3] === 13) {
      return at + 1;
    }
  }
  return undefined;
};

/**
 * The stream of a bucket: its messages in Rockpool, read and written. A message is published on the
 * condition of what stood when it was judged, and judged anew when that changed; so every judgement is
 * of the state that the message lands on. Keys are as stored here: encoded, if the bucket has a codec.
 */
import type { AtomicCheck, Kv, KvVersion } from "rockpool";
import { notEnabled, streamNotFound, toNatsError, wrongLastSequence } from "./errors.ts";
import { createKeyFilter, type KeyFilter } from "./key-filter.ts";
import { byRevision, isOver, keptMessages, leavesMarker, type Lens, toMessage } from "./kept-versions.ts";
import { messageKey, messagesPrefix, sequenceKey, streamKey } from "./layout.ts";
import { type Draft, judgeDraft, lifeMsOf, markerDraft, remainingMsOf } from "./draft.ts";
import { encodeMessage, type Message, revisionOf, storedBytes } from "./message.ts";
import { markerMs } from "./stream-config.ts";
import type { StreamConfig } from "./stream-info.ts";
import { takeTurn } from "./turns.ts";
import { groupByKey, VersionFeed } from "./version-feed.ts";

/** A bucket's configuration, as it is stored. */
export interface StoredStream {
  readonly config: StreamConfig;
  /** When it was made, in ISO 8601. */
  readonly created: string;
}

export interface PublishOptions {
  /** Whose word a condition is decided by. */
  readonly confirm: "local" | "relay";
  /** How long to wait for the relay, in ms. */
  readonly timeout?: number | undefined;
}

/** All that a message is judged by, read at one state. */
interface Standing extends Lens {
  readonly sequence: number;
  /** The bucket, its sequence and the key, as they were read. */
  readonly premises: readonly AtomicCheck[];
  /** The key's last message, also when its life is over. */
  readonly last: Message | undefined;
  readonly lastVersionstamp: string | null;
}

/** Attempts to land a message while others write too; so many are met by nobody but a fault of ours. */
const attemptsMax = 1000;

export class Stream {
  readonly name: string;
  /** Before its keys in subjects, as "$KV.bucket". */
  readonly subjectPrefix: string;
  readonly #open: () => Promise<Kv>;

  constructor(name: string, subjectPrefix: string, open: () => Promise<Kv>) {
    this.name = name;
    this.subjectPrefix = subjectPrefix;
    this.#open = open;
  }

  async open(): Promise<Kv> {
    try {
      return await this.#open();
    } catch (error) {
      throw toNatsError(error);
    }
  }

  async get(): Promise<StoredStream | null> {
    const kv = await this.open();
    return (await kv.get<StoredStream>(streamKey(this.name))).value;
  }

  /** @throws StreamNotFoundError */
  async mustGet(): Promise<StoredStream> {
    const stored = await this.get();
    if (stored === null) throw streamNotFound();
    return stored;
  }

  /** Makes the bucket. Without a check: two devices that make the same bucket while offline have made one. */
  async create(config: StreamConfig): Promise<void> {
    const kv = await this.open();
    const stored: StoredStream = { config, created: new Date().toISOString() };
    await kv.set(streamKey(this.name), stored, { confirm: "local", expireIn: "never" });
  }

  /** Deletes the bucket with all its messages. @throws StreamNotFoundError */
  async destroy(): Promise<void> {
    const kv = await this.open();
    await this.mustGet();
    // Before the bucket, lest what ends this half way leaves messages to the next of the name; and after it, for what came meanwhile.
    await kv.delete({ prefix: messagesPrefix(this.name) });
    await kv.delete(streamKey(this.name));
    await kv.delete(sequenceKey(this.name));
    await kv.delete({ prefix: messagesPrefix(this.name) });
  }

  /** What messages are read by. @throws StreamNotFoundError */
  async mustGetLens(): Promise<Lens> {
    const kv = await this.open();
    const { value, revision } = await kv.get<StoredStream>(streamKey(this.name));
    if (value === null) throw streamNotFound();
    return { config: value.config, hasRelay: revision !== undefined };
  }

  /** A key's messages, oldest first. @throws StreamNotFoundError */
  async messagesOf(key: string): Promise<readonly Message[]> {
    const lens = await this.mustGetLens();
    if (markerMs(lens.config) > 0) await this.markEnd(key);
    const kv = await this.open();
    return keptMessages(await kv.history(messageKey(this.name, key)), lens, Date.now());
  }

  /**
   * All messages under a filter, by revision. `marks`: false for who has the turn of writers, which a marker
   * of an ended life would wait for. @throws StreamNotFoundError
   */
  async messages(filter: KeyFilter = createKeyFilter([]), marks = true): Promise<readonly Message[]> {
    const { feed, initial } = await this.follow(filter, "all", marks);
    await feed.cancel();
    return initial;
  }

  /** As `messages`, with a feed of what is made from then on. "end": without what stands. @throws StreamNotFoundError */
  async follow(
    filter: KeyFilter,
    begin: "all" | "end",
    marks = true,
  ): Promise<{ readonly feed: VersionFeed; readonly lens: Lens; readonly initial: readonly Message[] }> {
    const kv = await this.open();
    const lens = await this.mustGetLens();
    for (let attempt = 0; ; attempt++) {
      const feed = await VersionFeed.open(kv, filter.selectorIn(this.name), begin);
      const keys = [...groupByKey(await feed.initial())];
      const nowMs = Date.now();
      const ended = keys.flatMap((versions) => this.#endedIn(versions, filter, lens, nowMs) ?? []);
      // A second time only, for those whose marker cannot be made now.
      if (ended.length === 0 || attempt > 0 || !marks) {
        const kept = keys.flatMap((versions) => keptMessages(versions, lens, nowMs));
        const initial = kept.filter(({ key }) => filter.matches(key)).toSorted(byRevision);
        return { feed, lens, initial };
      }
      await feed.cancel();
      for (const key of ended) await this.markEnd(key);
    }
  }

  /** The key of these versions, when its last message has ended without a marker. */
  #endedIn(
    versions: readonly KvVersion<unknown>[],
    filter: KeyFilter,
    lens: Lens,
    nowMs: number,
  ): string | undefined {
    const last = versions.at(-1);
    const message = last?.type === "set" ? toMessage(last, lens) : undefined;
    if (message === undefined || !filter.matches(message.key)) return undefined;
    return leavesMarker(message, lens, nowMs) ? message.key : undefined;
  }

  /** Lands a message as its key's last, and gives its revision. @throws JetStreamNotEnabled without a bucket; as {@link judgeDraft} */
  async publish(key: string, draft: Draft, options: PublishOptions): Promise<number> {
    return this.#inTurn(key, (kv) => this.#publish(kv, key, draft, options));
  }

  /** Writes of one key, or all of them where there is one sequence, one after the other: see {@link takeTurn}. */
  async #inTurn<T>(key: string, write: (kv: Kv) => Promise<T>): Promise<T> {
    const kv = await this.open();
    const { revision } = await kv.get(streamKey(this.name), { consistency: "eventual" });
    return takeTurn(kv, revision === undefined ? this.name : `${this.name} ${key}`, () => write(kv));
  }

  async #publish(kv: Kv, key: string, draft: Draft, options: PublishOptions): Promise<number> {
    const signal = options.timeout === undefined ? {} : { signal: AbortSignal.timeout(options.timeout) };
    const confirm = draft.expectedSequence === undefined ? "local" : options.confirm;
    const subject = `${this.subjectPrefix}.${key}`;
    let last: Message | undefined;
    for (let attempt = 0; attempt < attemptsMax; attempt++) {
      const standing = await this.#stand(kv, key);
      if (standing === undefined) throw notEnabled(subject);
      if (attempt === 0 && standing.last !== undefined && leavesMarker(standing.last, standing, Date.now())) {
        await this.#markEnd(kv, key);
        continue;
      }
      last = standing.last === undefined || isOver(standing.last, Date.now()) ? undefined : standing.last;
      await judgeDraft(draft, { config: standing.config, last, subject }, () => this.#bytesInAll());
      const revision = await this.#commit(kv, key, draft, standing, { confirm, ...signal });
      if (revision !== undefined) return revision;
    }
    throw wrongLastSequence(last?.revision ?? 0);
  }

  /** The revision; undefined when what the draft was judged by stands no more. */
  async #commit(
    kv: Kv,
    key: string,
    draft: Draft,
    standing: Standing,
    options: { readonly confirm: "local" | "relay"; readonly signal?: AbortSignal },
  ): Promise<number | undefined> {
    const { config, hasRelay, last, lastVersionstamp, premises, sequence } = standing;
    const at = messageKey(this.name, key);
    const operation = kv.atomic();
    // Later than every number shown of the key, also where that is a position: of a restored backup.
    const next = hasRelay ? undefined : Math.max(sequence, last?.revision ?? 0) + 1;
    if (next !== undefined) {
      operation.check(...premises);
      operation.set(sequenceKey(this.name), next, { expireIn: "never" });
    } else if (draft.expectedSequence !== undefined) {
      operation.check({ key: at, versionstamp: lastVersionstamp });
    }
    if (draft.isRollup) operation.purge(at);
    const nowMs = Date.now();
    const life = lifeMsOf(draft, config, nowMs);
    const { headers, data, isRollup: isFirst } = draft;
    const message = { headers, data, createdMs: draft.createdMs ?? nowMs, sequence: next, isFirst };
    const stored = encodeMessage({ ...message, expireAtMs: life.expireAtMs });
    operation.set(at, stored, { expireIn: life.keptMs ?? "never" });
    try {
      const result = await operation.commit(options);
      return result.ok ? revisionOf(result.versionstamp, next, hasRelay) : undefined;
    } catch (error) {
      throw toNatsError(error);
    }
  }

  /** Undefined when there is no such bucket. */
  async #stand(kv: Kv, key: string): Promise<Standing | undefined> {
    const [stream, sequence, entry] = await kv.getMany<[StoredStream, number, unknown]>([
      streamKey(this.name),
      sequenceKey(this.name),
      messageKey(this.name, key),
    ]);
    if (stream.value === null) return undefined;
    const lens = { config: stream.value.config, hasRelay: stream.revision !== undefined };
    return {
      ...lens,
      sequence: sequence.value ?? 0,
      premises: [stream, sequence, entry],
      last: entry.versionstamp === null ? undefined : toMessage(entry, lens),
      lastVersionstamp: entry.versionstamp,
    };
  }

  /**
   * Where the key's last message is at its end, and the bucket has markers of ended lives: writes that marker.
   * At a relay it is made by whoever is connected, once; a device that is offline leaves it.
   */
  async markEnd(key: string): Promise<void> {
    await this.#inTurn(key, (kv) => this.#markEnd(kv, key));
  }

  async #markEnd(kv: Kv, key: string): Promise<void> {
    const standing = await this.#stand(kv, key);
    if (standing?.last === undefined || !leavesMarker(standing.last, standing, Date.now())) return;
    const confirm = standing.hasRelay ? "relay" : "local";
    try {
      await this.#commit(kv, key, markerDraft(standing.last), standing, { confirm });
    } catch {
      // Offline, or the relay's answer was lost: another device makes it, or this one at its next look.
    }
  }

  async #bytesInAll(): Promise<number> {
    return this.bytes(await this.messages(createKeyFilter([]), false));
  }

  /** Bytes that messages take at a server. */
  async bytes(messages: readonly Message[]): Promise<number> {
    const { config } = await this.mustGet();
    const sizes = messages.map((message) =>
      storedBytes(message, `${this.subjectPrefix}.${message.key}`, config.storage),
    );
    return sizes.reduce((sum, size) => sum + size, 0);
  }

  /** The last sequence given without a relay; 0 where there is none. */
  async lastSequence(): Promise<number> {
    const kv = await this.open();
    return (await kv.get<number>(sequenceKey(this.name))).value ?? 0;
  }

  /** Removes a key with all its versions and no marker; false when this is its last message no more. */
  remove(last: Message): Promise<boolean> {
    return this.#inTurn(last.key, async (kv) => {
      const at = messageKey(this.name, last.key);
      const { ok } = await kv.atomic().check({ key: at, versionstamp: last.versionstamp }).purge(at).commit();
      return ok;
    });
  }

  /** Drops a key's older versions; false when this is its last message no more. */
  async dropOlder(last: Message): Promise<boolean> {
    const at = messageKey(this.name, last.key);
    const keptMs = remainingMsOf(last, (await this.mustGet()).config, Date.now());
    return this.#inTurn(last.key, async (kv) => {
      const operation = kv.atomic().check({ key: at, versionstamp: last.versionstamp }).purge(at);
      operation.set(at, encodeMessage({ ...last, isFirst: true }), { expireIn: keptMs ?? "never" });
      return (await operation.commit()).ok;
    });
  }
}

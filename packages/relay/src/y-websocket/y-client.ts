/**
 * A stock client at one document. What it brings is ruled in the order it came, what came while the last
 * was ruled in one commit; a question is answered when all before it is on disk, so that a step 2 says that
 * everything sent before its step 1 is saved. Nothing of the document is kept here between two answers.
 */
import { isInScope, type CommitResult, type PackedKey, type Revision } from "@rockpool/model";
import * as Y from "yjs";
import type { DocumentHub, DocumentNews, DocumentReading } from "../document-hub.ts";
import type { Attendant, PresenceSeat } from "../presence/presence-room.ts";
import type { RelayConfig } from "../relay-config.ts";
import type { SessionAccess } from "../session-access.ts";
import type { DocumentMarkers } from "./document-markers.ts";
import type { ClockByClient } from "./incarnation-marker.ts";
import { isUpdate, KnownDocument, markersIn, markersOf, withoutMarkers } from "./known-document.ts";
import { readYMessage, writeDenied, writeStep1, writeStep2, writeUpdate, YMessageError } from "./message.ts";
import { refusalOf } from "./refusal.ts";
import { YPresence } from "./y-presence.ts";
import { YJobs, type Job } from "./y-jobs.ts";
import type { YSocket } from "./y-socket.ts";

export interface YClientOptions {
  readonly key: PackedKey;
  readonly documents: Pick<DocumentHub, "push" | "read" | "watch">;
  readonly attend: (attendant: Attendant) => PresenceSeat;
  readonly access: SessionAccess;
  readonly config: RelayConfig;
  readonly now: () => number;
  readonly markers: DocumentMarkers;
  readonly onError: (error: unknown) => void;
}

/** An update of more bytes is compared with the document: a client's cache may have brought what is known. */
const comparedBytesMin = 4096;
/** Longest state vector that is remembered for a client that reads slowly, in bytes. */
const rememberedBytesMax = 64 * 1024;

type ToldNews = Exclude<DocumentNews, { readonly type: "failed" }>;

const storageFailed = "the relay could not read or write its storage";

export class YClient {
  readonly #socket: YSocket;
  readonly #options: YClientOptions;
  readonly #markers: DocumentMarkers;
  readonly #presence: YPresence;
  readonly #unwatch: () => void;
  readonly #jobs: YJobs;
  #isWorking = false;
  /** Which document the client was given; undefined before its first answer. */
  #incarnation: Revision | undefined;
  /** News that came while the first answer was made; else undefined. */
  #early: ToldNews[] | undefined;
  /** What is being ruled: the client has it already. */
  #inFlight: Uint8Array | undefined;
  /** True once all that the client had when it came has been ruled. */
  #isComplete = false;
  /** A question that came before that. */
  #heldAnswer: Job | undefined;
  #lastStateVector: Uint8Array = new Uint8Array([0]);
  #isBehind = false;
  #isDenied = false;

  constructor(socket: YSocket, options: YClientOptions) {
    const { key, documents, attend, config, now } = options;
    this.#socket = socket;
    this.#options = options;
    this.#markers = options.markers;
    this.#jobs = new YJobs(config.limits);
    this.#unwatch = documents.watch(key, (news) => this.#hearNews(news));
    this.#presence = new YPresence(socket, { attend, config, now });
  }

  receive(frame: Uint8Array): void {
    if (!this.#options.access.isGood()) return;
    try {
      this.#handle(frame);
    } catch (error) {
      if (!(error instanceof YMessageError)) throw error;
      this.#socket.fail("malformed", error.message);
    }
  }

  /** The socket has sent nearly all it held. */
  onDrained(): void {
    this.#presence.onDrained();
    if (this.#isBehind) {
      this.#isBehind = false;
      void this.#resend().catch((error: unknown) => this.#failInternally(error));
    }
  }

  /** The connection is closed. */
  end(): void {
    this.#jobs.clear();
    this.#unwatch();
    this.#presence.leave();
  }

  #handle(frame: Uint8Array): void {
    const message = readYMessage(frame);
    switch (message.type) {
      case "step1":
        return this.#enqueue({ type: "answer", stateVector: message.stateVector });
      case "step2":
        return this.#enqueue({ type: "merge", update: message.update, isWhole: true });
      case "update":
        return this.#enqueue({ type: "merge", update: message.update, isWhole: false });
      case "aware":
        return this.#presence.aware(message.update);
      case "query-aware":
        return this.#presence.query();
      case "denied":
        return undefined;
    }
  }

  #enqueue(job: Job): void {
    this.#jobs.add(job);
    this.#updateReading();
    if (!this.#isWorking) void this.#work();
  }

  /** Not read from while as much waits as one commit may hold. */
  #updateReading(): void {
    this.#socket.hold(this.#jobs.isFull);
  }

  async #work(): Promise<void> {
    this.#isWorking = true;
    try {
      for (let job = this.#jobs.take(); job !== undefined; job = this.#jobs.take()) {
        this.#updateReading();
        if (!this.#socket.isListening) return;
        await (job.type === "answer" ? this.#answer(job) : this.#merge(job));
      }
    } catch (error) {
      this.#failInternally(error);
    } finally {
      this.#isWorking = false;
    }
  }

  async #answer(job: Job & { readonly type: "answer" }): Promise<void> {
    if (this.#incarnation !== undefined && !this.#isComplete) {
      this.#heldAnswer = job;
      return;
    }
    const clocks = readStateVector(job.stateVector);
    if (clocks === undefined) return this.#socket.fail("malformed", "the state vector is none");
    const { key, documents } = this.#options;
    if (this.#incarnation === undefined) this.#early = [];
    const reading = await documents.read(key);
    const incarnation = this.#admit(reading, clocks);
    if (incarnation === undefined) return;
    const known = new KnownDocument(reading.type === "document" ? reading.updates : []);
    const marker = this.#markers.due(incarnation, clocks);
    if (marker !== undefined) this.#socket.send(writeUpdate(marker));
    this.#socket.send(writeStep2(known.lackOf(job.stateVector)));
    this.#lastStateVector =
      job.stateVector.length > rememberedBytesMax ? new Uint8Array([0]) : job.stateVector;
    if (this.#incarnation !== undefined) return;
    this.#incarnation = incarnation;
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const news of early) if (news.head > reading.head) this.#hearNews(news);
    // Markers count as known, or the client would send them.
    this.#socket.send(
      writeStep1(Y.encodeStateVector(new Map([...known.clockByClient, ...markersOf(clocks)]))),
    );
  }

  /** The incarnation, when the client may have what was read; else its connection is closed. */
  #admit(reading: DocumentReading, clocks: ClockByClient): Revision | undefined {
    if (!this.#socket.isListening) return undefined;
    if (reading.type === "other") {
      this.#socket.fail("other-value", "the key holds a value that is no document: take another key");
      return undefined;
    }
    const { incarnation } = reading;
    const isSame = this.#incarnation === undefined || this.#incarnation === incarnation;
    if (isSame && !this.#markers.areOfAnother(incarnation, clocks)) return incarnation;
    this.#failGone();
    return undefined;
  }

  async #merge({ update, isWhole }: Job & { readonly type: "merge" }): Promise<void> {
    const { key, access, documents } = this.#options;
    // Whatever comes before the whole is in it.
    if (this.#incarnation === undefined || !(isWhole || this.#isComplete)) return;
    const incarnation = this.#incarnation;
    const news = await this.#newsIn(update, isWhole);
    if (news === "refused" || !this.#socket.isListening) return;
    if (news !== undefined) {
      const { rights } = access;
      if (rights === undefined) return;
      if (!isInScope(rights.write, key)) this.#deny();
      else {
        this.#inFlight = news;
        const result = await documents.push(access, [{ type: "merge", key, update: news, incarnation }]);
        this.#inFlight = undefined;
        this.#hearRuling(result);
      }
    }
    if (!isWhole || this.#isComplete) return;
    this.#isComplete = true;
    const held = this.#heldAnswer;
    this.#heldAnswer = undefined;
    if (held !== undefined) this.#jobs.putBack(held);
  }

  /** What of an update is to be ruled; undefined for nothing. "refused": the connection is closed. */
  async #newsIn(update: Uint8Array, isWhole: boolean): Promise<Uint8Array | "refused" | undefined> {
    const { key, documents } = this.#options;
    if (!isUpdate(update)) {
      this.#socket.fail("malformed", "the update is none");
      return "refused";
    }
    const markers = markersIn(update);
    if (this.#incarnation === undefined || this.#markers.areOfAnother(this.#incarnation, markers)) {
      this.#failGone();
      return "refused";
    }
    const isCompared = isWhole || update.length > comparedBytesMin;
    if (!isCompared) return markers.size > 0 ? withoutMarkers(update) : update;
    const reading = await documents.read(key);
    if (this.#admit(reading, new Map()) === undefined) return "refused";
    return new KnownDocument(reading.type === "document" ? reading.updates : []).newsIn(update);
  }

  #hearRuling({ ruling }: CommitResult): void {
    const refusal = refusalOf(ruling);
    if (refusal !== undefined) this.#socket.fail(...refusal);
  }

  #hearNews(news: DocumentNews): void {
    if (news.type === "failed") return this.#socket.fail("internal", storageFailed);
    if (this.#incarnation === undefined) {
      this.#early?.push(news);
      return;
    }
    if (news.type === "ended" || news.incarnation !== this.#incarnation) return this.#failGone();
    if (this.#isBehind || !this.#socket.hasRoom) {
      this.#isBehind = true;
      return;
    }
    for (const update of news.updates) if (update !== this.#inFlight) this.#socket.send(writeUpdate(update));
  }

  /** What a client that read too slowly was not sent, and perhaps more. */
  async #resend(): Promise<void> {
    const { key, documents } = this.#options;
    const reading = await documents.read(key);
    if (this.#admit(reading, new Map()) === undefined || reading.type !== "document") return;
    this.#socket.send(writeUpdate(new KnownDocument(reading.updates).lackOf(this.#lastStateVector)));
  }

  /** Once: it goes on reading, and what it writes is not taken. */
  #deny(): void {
    if (this.#isDenied) return;
    this.#isDenied = true;
    this.#socket.send(writeDenied("permission denied: this token may read the document, not write it"));
  }

  #failGone(): void {
    this.#socket.fail("gone", "the document was deleted: begin with an empty Y.Doc and another provider");
  }

  #failInternally(error: unknown): void {
    if (!this.#socket.isOpen) return;
    this.#socket.fail("internal", storageFailed);
    this.#options.onError(error);
  }
}

const readStateVector = (stateVector: Uint8Array): ClockByClient | undefined => {
  try {
    return Y.decodeStateVector(stateVector);
  } catch {
    // Whatever lib0 throws of bytes that end too soon.
    return undefined;
  }
};

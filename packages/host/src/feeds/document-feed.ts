/**
 * A feed of one document: all that stands, then by what it grows, which is taken from the rows without a
 * look at the document. All of it again where it may have lost something, where rows were missed, and where
 * more waits for a slow reader than is kept.
 */
import {
  type DocumentValue,
  isInScope,
  lastVersionstampOf,
  type PackedKey,
  updateLog,
  updatesOf,
  type Value,
} from "@rockpool/model";
import {
  confirmedOf,
  isPresent,
  type Pages,
  type ReplicaState,
  type RowEffect,
  viewOf,
} from "@rockpool/replica";
import type { FeedSource, FeedsOptions } from "./feed-source.ts";
import type { DocumentGrowth, DocumentRequest, WholeDocument } from "./feed-api.ts";

/** What was told, besides updates. */
type Told = Pick<WholeDocument, "stands" | "isSettled" | "isSynced">;

export class DocumentFeed implements FeedSource {
  readonly #its: FeedsOptions;
  readonly #key: PackedKey;
  /** By the last item; undefined when all that stands is to be given. */
  #told: Told | undefined;
  /** What came since, and the incarnation it came to. */
  #grown: Uint8Array[] = [];
  #grownBytes = 0;
  #incarnation: number | null = null;
  /** Something became of a commit on the key since. */
  #isTouched = false;
  /** The log's tail was looked at. */
  #isLevel = false;

  constructor(its: FeedsOptions, { key }: DocumentRequest) {
    this.#its = its;
    this.#key = key;
  }

  get isDue(): boolean {
    return this.#told === undefined || this.#isTouched || this.#told.isSynced !== this.#isSynced;
  }

  get #isSettled(): boolean {
    return !this.#its.ledger.state.operations.has(this.#key);
  }

  get #isSynced(): boolean {
    const { ledger, isUpToDate } = this.#its;
    // Of other keys nothing is known.
    return this.#isSettled && isInScope(ledger.state.session.confirmedScope, this.#key) && isUpToDate();
  }

  onRow({ changed, settledKeys, replaced, merged }: RowEffect): void {
    if (replaced === true) return this.#forget();
    if (this.#told === undefined) return;
    if (changed.includes(this.#key)) this.#grow(merged?.get(this.#key));
    else if (settledKeys.includes(this.#key)) this.#isTouched = true;
  }

  onGap(): void {
    this.#forget();
  }

  next(): Promise<WholeDocument | DocumentGrowth | undefined> {
    return this.#told === undefined ? this.#readWhole() : Promise.resolve(this.#takeGrowth(this.#told));
  }

  /** All that stands is to be given anew. */
  #forget(): void {
    this.#told = undefined;
    this.#grown = [];
    this.#grownBytes = 0;
    this.#isTouched = false;
  }

  #grow(by: DocumentValue | undefined): void {
    if (by === undefined || this.#told === undefined || this.#told.stands === "other") return this.#forget();
    const { stands } = this.#told;
    // What waits was made for a document that was gone, and that stands again now.
    const isBack = stands === "nothing" && by.incarnation !== null;
    if (isBack && this.#its.ledger.state.operations.has(this.#key)) return this.#forget();
    this.#told = { ...this.#told, stands: "document" };
    // What merges made before the relay gave it a number is still the same document.
    const isSame = this.#incarnation === null || by.incarnation === this.#incarnation;
    this.#grownBytes += by.data.length;
    if (!isSame || this.#grownBytes > this.#its.limits.documentBytes) return this.#forget();
    this.#incarnation = by.incarnation;
    this.#grown.push(by.data);
    this.#isTouched = true;
  }

  #takeGrowth(told: Told): DocumentGrowth | undefined {
    const level = this.#level();
    const isNews =
      this.#grown.length > 0 || level.isSettled !== told.isSettled || level.isSynced !== told.isSynced;
    const updates = updateLog(this.#grown.flatMap((log) => updatesOf(log)));
    this.#tell({ ...told, ...level });
    return isNews ? { ...level, whole: false, updates } : undefined;
  }

  async #readWhole(): Promise<WholeDocument> {
    // The first look is at the log's tail, so that a feed begins no earlier than its opener's writes.
    const item = await this.#its.ledger.read(!this.#isLevel, (state, pages) => {
      const whole = this.#lookAt(state, pages);
      this.#tell(whole);
      return whole;
    });
    this.#isLevel = true;
    return item;
  }

  /** From here on rows are growth on what was found. */
  #tell({ stands, isSettled, isSynced }: Told): void {
    this.#forget();
    this.#told = { stands, isSettled, isSynced };
  }

  #lookAt(state: ReplicaState, pages: Pages): WholeDocument {
    const view = viewOf(state, pages, this.#key);
    const confirmed = confirmedOf(state, pages, this.#key);
    const isThere = isPresent(view, this.#its.readClock());
    const document = view.value?.encoding === "document" ? view.value : undefined;
    const length = document === undefined ? 0 : confirmedLength(document, confirmed.value);
    this.#incarnation = document?.incarnation ?? null;
    return {
      ...this.#level(),
      whole: true,
      stands: document !== undefined ? "document" : isThere ? "other" : "nothing",
      confirmed: pieceOf(document, 0, length),
      pending: pieceOf(document, length),
      revision: confirmed.revision ?? null,
    };
  }

  #level(): Omit<DocumentGrowth, "whole" | "updates"> {
    return {
      type: "document",
      incarnation: this.#incarnation,
      versionstamp: lastVersionstampOf(this.#its.ledger.state.tail),
      isSettled: this.#isSettled,
      isSynced: this.#isSynced,
    };
  }
}

/** How much of a document in view is confirmed: pending merges stand behind it, unless they made another one. */
const confirmedLength = ({ incarnation }: DocumentValue, confirmed: Value | undefined): number =>
  confirmed?.encoding === "document" && confirmed.incarnation === incarnation ? confirmed.data.length : 0;

/** A copy of its own: with a part of a buffer all of it would travel. */
const pieceOf = (document: DocumentValue | undefined, start: number, end?: number): Uint8Array =>
  document === undefined ? new Uint8Array() : document.data.slice(start, end);

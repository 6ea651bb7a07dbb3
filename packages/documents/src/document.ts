/**
 * A document at work: its `Y.Doc`, kept level with the bucket. What the bucket tells is applied to it, what
 * is edited in it goes out by the queue, and where the bucket no longer has something that it has, another
 * `Y.Doc` takes its place.
 */
import { assert, KvError, mergeInGroups, updatesOf } from "@rockpool/model";
import type { AtomicOperation, CommitFailure, CommitResult, Key } from "rockpool";
import type { DocumentItem, WholeDocument } from "rockpool/documents";
import type { Awareness } from "y-protocols/awareness";
import * as Y from "yjs";
import { Compactor } from "./compaction.ts";
import { Deferred } from "./deferred.ts";
import { DocListener } from "./doc-listener.ts";
import { DocumentObservable } from "./document-events.ts";
import type { DocumentSetup, TransactOptions } from "./document-setup.ts";
import { EditQueue } from "./edit-queue.ts";
import { FeedReader } from "./feed-reader.ts";
import { onLeaving } from "./page-life.ts";
import { replacedError } from "./save-failure.ts";
import { squeezeEdits } from "./squeeze-edits.ts";
import { isStanding } from "./standing-edit.ts";
import { Presence } from "./presence.ts";
import { editUndoably } from "./undoable-edit.ts";
import { DocumentVersions } from "./versions.ts";
import { receiveWhole } from "./whole-document.ts";

/** As `openDocument` gives it. */
export class RockpoolDocument extends DocumentObservable {
  readonly key: Key;
  /** Named versions of it. */
  readonly versions: DocumentVersions;
  readonly #its: DocumentSetup;
  readonly #queue: EditQueue;
  readonly #compactor: Compactor;
  readonly #feed: FeedReader;
  readonly #closing = new AbortController();
  readonly #loading = new Deferred();
  readonly #syncing = new Deferred();
  #listener: DocListener;
  #presence: Presence | undefined;
  /** Undefined before the first item. */
  #incarnation: number | null | undefined;
  #isLevel = false;
  #told = { saved: true, synced: false };
  /** Where edits go while one is made that is to be committed with something else. */
  #captured: Uint8Array[] | undefined;
  #destroying: Promise<void> | undefined;

  constructor(its: DocumentSetup) {
    super();
    this.#its = its;
    this.key = its.key;
    this.versions = new DocumentVersions({ ...its, save: () => this.#saved() });
    this.#queue = new EditQueue({
      commit: (update) => this.#commit(update),
      squeeze: (update) => squeezeEdits(this.doc, update),
      onChange: () => this.#tell(),
      onError: (error) => this.emit("error", [error]),
      onOutrun: () => {
        if (!this.#closing.signal.aborted) this.#feed.readAnew();
      },
      clock: its.access.clock,
    });
    this.#compactor = new Compactor(its);
    this.#listener = this.#listenTo(its.createDoc());
    this.#feed = new FeedReader({
      open: () => its.access.openFeed(its.key),
      onItem: (item) => this.#take(item),
      onEnd: (reason) => this.#fail(reason),
    });
    its.access.beforeSignOut(() => this.flush(), this.#closing.signal);
    onLeaving(this.#closing.signal, () => void this.#queue.sendNow());
  }

  /** The document itself. Another one after `replaced`. What is edited before it is loaded is joined with what stands. */
  get doc(): Y.Doc {
    return this.#listener.doc;
  }

  /**
   * Who else is here, and where. From its first use on this one is present: other tabs and devices see it
   * until it is destroyed. Another one after `replaced`, with the same local state.
   * @throws KvError "closed"; TypeError for more documents with presence than a tab may have
   */
  get awareness(): Awareness {
    if (this.#presence === undefined) this.#closing.signal.throwIfAborted();
    this.#presence ??= this.#openPresence({});
    return this.#presence.awareness;
  }

  /** Fulfilled when what stands in the bucket is in `doc`. @throws TypeError where something else stands; KvError when it cannot be had */
  get whenLoaded(): Promise<void> {
    return this.#loading.promise;
  }

  /** Fulfilled when it is `synced` for the first time, which offline may be never. @throws KvError when it is closed before */
  get whenSynced(): Promise<void> {
    return this.#syncing.promise;
  }

  get loaded(): boolean {
    return this.#incarnation !== undefined;
  }

  /**
   * All that was edited here is confirmed by the relay, and all that the relay is known to have is here. In
   * a bucket without a relay: all is saved.
   */
  get synced(): boolean {
    return this.#isLevel && this.#queue.isEmpty && this.#queue.isShown;
  }

  /** All edits are durable on this device. */
  get saved(): boolean {
    return this.#queue.isEmpty;
  }

  /** What the last save failed with; undefined once one went well. It is tried again, unless the bucket is closed. */
  get error(): unknown {
    return this.#queue.error;
  }

  /** Fulfilled when all that was edited so far is durable. @throws what the next save fails with */
  whenSaved(): Promise<void> {
    return this.#queue.whenThrough();
  }

  /** As `whenSaved`, and saves at once. */
  flush(): Promise<void> {
    return this.#queue.flush();
  }

  /**
   * Makes an edit and commits it with the mutations of `operation`, under its checks: both or neither. Where a
   * check does not hold, or the commit fails and is not here all the same (as after `outcome-unknown`, or an
   * aborted signal), the edit is undone again, in `doc` too. `operation` is used up.
   */
  async transact(
    change: (doc: Y.Doc) => void,
    operation: AtomicOperation = this.#its.kv.atomic(),
    { origin = null, ...commitOptions }: TransactOptions = {},
  ): Promise<CommitResult | CommitFailure> {
    await this.whenLoaded;
    const updates: Uint8Array[] = [];
    this.#captured = updates;
    const edit = editUndoably(this.doc, change, origin, () => this.doc);
    this.#captured = undefined;
    const commit = async (update: Uint8Array | undefined): Promise<CommitResult | CommitFailure> => {
      if (edit.failure !== undefined) throw edit.failure.error;
      if (update !== undefined) operation.merge(this.key, update, this.#mergeOptions());
      return operation.commit(commitOptions);
    };
    const stands = (): Promise<boolean> => isStanding(this.#its, updates);
    return this.#queue.commitWith({ updates, commit, stands, undo: edit.undo }).finally(edit.end);
  }

  /**
   * Saves what waits and lets go; `doc` stays as it is, and is level with nothing any more. @throws what the
   * save fails with: `doc` alone has those edits then
   */
  override destroy(): Promise<void> {
    this.#destroying ??= this.#end();
    return this.#destroying;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.destroy();
  }

  async #end(): Promise<void> {
    try {
      await this.flush();
    } finally {
      this.#close(new KvError("closed", "The document was destroyed; open it again"));
      this.#listener.stop();
      await this.#feed.stop();
      this.emit("destroy", []);
      super.destroy();
    }
  }

  #take(item: DocumentItem): void {
    if (!item.whole) this.#apply(updatesOf(item.updates));
    else if (!this.#takeWhole(item)) return;
    const isFirst = !this.loaded;
    this.#incarnation = item.incarnation;
    this.#isLevel = item.isSynced;
    this.#queue.seen(item.versionstamp, item.whole);
    this.#queue.release();
    if (isFirst) {
      this.#loading.resolve();
      this.emit("loaded", []);
    }
    this.#tell();
  }

  /** False where no document can be. */
  #takeWhole({ stands, incarnation, confirmed, pending, versionstamp }: WholeDocument): boolean {
    if (stands === "other" && !this.loaded) {
      void this.#feed.stop();
      this.#fail(
        new TypeError("A value that is no document stands under the key; give the document another"),
      );
      return false;
    }
    const updates = [...updatesOf(confirmed), ...updatesOf(pending)];
    const own = this.#queue.ownAfter(versionstamp);
    const previous = this.doc;
    const inHand = { doc: previous, incarnation: this.#incarnation, own };
    const arrival = receiveWhole(inHand, { stands, incarnation, updates }, this.#its.createDoc, this);
    if (arrival.type === "grown") {
      this.#apply(updates);
      return true;
    }
    const { doc, reason, isLost } = arrival;
    this.#listener.stop();
    this.#listener = this.#listenTo(doc);
    if (this.#presence !== undefined) {
      const state = this.#presence.awareness.getLocalState();
      this.#presence.close();
      this.#presence = this.#openPresence(state);
    }
    if (isLost) this.#queue.drop(replacedError());
    const lost = isLost ? mergeInGroups(own, Y.mergeUpdates) : null;
    this.emit("replaced", [{ doc, previous, reason, lost }]);
    return true;
  }

  #openPresence(state: Record<string, unknown> | null): Presence {
    const { access, key } = this.#its;
    return new Presence(this.doc, (listener) => access.openPresence(key, listener), state);
  }

  #listenTo(doc: Y.Doc): DocListener {
    return new DocListener(doc, this, (update) => {
      if (this.#captured === undefined) this.#queue.add(update);
      else this.#captured.push(update);
    });
  }

  async #saved(): Promise<Y.Doc> {
    await this.whenLoaded;
    await this.flush();
    return this.doc;
  }

  async #commit(update: Uint8Array): Promise<CommitResult> {
    const operation = this.#its.kv.atomic().merge(this.key, update, this.#mergeOptions());
    const result = await operation.commit({ confirm: "local" });
    assert(result.ok, "a commit in which nothing is checked is made, or fails");
    return result;
  }

  #mergeOptions(): { readonly incarnation?: number | null } {
    return this.#incarnation === undefined ? {} : { incarnation: this.#incarnation };
  }

  #tell(): void {
    const { saved, synced } = this;
    const before = this.#told;
    this.#told = { saved, synced };
    if (synced) this.#syncing.resolve();
    if (before.saved !== saved) this.emit("saved", [saved]);
    if (before.synced !== synced) this.emit("synced", [synced]);
  }

  #apply(updates: readonly Uint8Array[]): void {
    this.#compactor.onUpdates(updates.length);
    const failure = this.#listener.apply(updates);
    if (failure === undefined) return;
    const text = "An update of the document cannot be read, and was left out";
    this.emit("error", [new KvError("corrupt", text, { cause: failure })]);
  }

  #fail(reason: unknown): void {
    if (this.#destroying !== undefined && this.#closing.signal.aborted) return;
    this.#close(reason);
    this.emit("error", [reason]);
  }

  /** Nothing comes or goes any more. What is edited all the same is heard, and never called saved. */
  #close(reason: unknown): void {
    this.#closing.abort(reason);
    this.#compactor.end();
    this.#presence?.close();
    this.#isLevel = false;
    this.#queue.end(reason);
    this.#loading.reject(reason);
    this.#syncing.reject(reason);
    this.#tell();
  }
}

/**
 * Named versions of a document: each its whole state at a moment, so that nothing depends on what Yjs, a
 * relay or another client has dropped since. They stand in the bucket beside the document and sync with it.
 */
import { KvError, valueBytesMax } from "@rockpool/model";
import type { CommitOptions, Key, Kv } from "rockpool";
import type { DocumentAccess } from "rockpool/documents";
import * as Y from "yjs";
import { applyUpdates } from "./apply-updates.ts";
import { deflate, inflate } from "./deflate.ts";
import { restoringUpdate } from "./restore-edit.ts";
import { createVersionId, versionKey, versionPieceKey, versionsPrefix } from "./version-keys.ts";

export interface DocumentVersion {
  readonly id: string;
  readonly name: string;
  /** Ms since 1970, by the clock of the device that saved it. */
  readonly savedAt: number;
  /** Of its state, as an update. */
  readonly bytes: number;
}

export interface RestoreVersionOptions {
  /** Of the Yjs transaction, for undo managers and observers. Default null: undo managers take it for an edit. */
  readonly origin?: unknown;
}

export interface VersionedDocument {
  readonly kv: Kv;
  readonly key: Key;
  readonly access: Pick<DocumentAccess, "clock">;
  readonly createDoc: () => Y.Doc;
  /** The document of this moment, saved. @throws what the save fails with */
  readonly save: () => Promise<Y.Doc>;
}

/** As it stands under {@link versionKey}. */
interface StoredVersion {
  readonly format: 1;
  readonly name: string;
  readonly savedAt: number;
  readonly bytes: number;
  /** How many pieces its deflated state is in. */
  readonly pieces: number;
}

export class DocumentVersions {
  readonly #its: VersionedDocument;

  constructor(its: VersionedDocument) {
    this.#its = its;
  }

  /**
   * Saves the document as it is now, in one commit. @throws TypeError where its state, compressed, is more
   * than a commit may hold (8 MiB); what the save of the document's edits fails with; KvError as commits do
   */
  async save(name: string, options: CommitOptions = {}): Promise<DocumentVersion> {
    const { kv, key } = this.#its;
    const state = Y.encodeStateAsUpdate(await this.#its.save());
    const { now, random } = this.#its.access.clock;
    const savedAt = now();
    const id = createVersionId(savedAt, random());
    const deflated = await deflate(state);
    const pieces = piecesOf(deflated);
    const stored: StoredVersion = { format: 1, name, savedAt, bytes: state.length, pieces: pieces.length };
    const operation = kv.atomic().set(versionKey(key, id), stored);
    for (const [index, piece] of pieces.entries()) operation.set(versionPieceKey(key, id, index), piece);
    const { ok } = await operation.commit(options);
    if (!ok) throw new KvError("conflict", "the version was not saved: another stands under its id");
    return { id, name, savedAt, bytes: state.length };
  }

  /** The versions, oldest first. */
  async list(): Promise<readonly DocumentVersion[]> {
    const { kv, key } = this.#its;
    const versions: DocumentVersion[] = [];
    for await (const entry of kv.list<StoredVersion>({ prefix: versionsPrefix(key) }, { batchSize: 1000 })) {
      const { name, savedAt, bytes } = entry.value;
      versions.push({ id: String(entry.key.at(-1)), name, savedAt, bytes });
    }
    return versions;
  }

  /** The document as it was: a `Y.Doc` of its own, which is not saved. @throws KvError "not-found", "corrupt" */
  async show(id: string): Promise<Y.Doc> {
    const doc = this.#its.createDoc();
    const failure = applyUpdates(doc, [await this.#stateOf(id)], null);
    if (failure !== undefined) throw unreadable(id, failure);
    return doc;
  }

  /**
   * Makes of the document what it was, by an edit like any other: what others edit meanwhile joins it, and
   * an undo manager takes it back. Fulfilled when it is saved. @throws KvError "not-found", "corrupt"; what
   * the save fails with
   */
  async restore(id: string, { origin = null }: RestoreVersionOptions = {}): Promise<void> {
    const state = await this.#stateOf(id);
    const doc = await this.#its.save();
    const failure = applyUpdates(doc, [restoringUpdate(doc, state)], origin);
    if (failure !== undefined) throw unreadable(id, failure);
    await this.#its.save();
  }

  /** @throws KvError "not-found"; as commits do */
  async delete(id: string, options: CommitOptions = {}): Promise<void> {
    const { kv, key } = this.#its;
    const { pieces } = await this.#mustGet(id);
    const operation = kv.atomic().delete(versionKey(key, id));
    for (let index = 0; index < pieces; index++) operation.delete(versionPieceKey(key, id, index));
    await operation.commit(options);
  }

  async #mustGet(id: string): Promise<StoredVersion> {
    const { value } = await this.#its.kv.get<StoredVersion>(versionKey(this.#its.key, id));
    if (value !== null) return value;
    throw new KvError("not-found", `The document has no version ${id}; list() gives those it has`);
  }

  async #stateOf(id: string): Promise<Uint8Array> {
    const { kv, key } = this.#its;
    const { pieces } = await this.#mustGet(id);
    const keys = Array.from({ length: pieces }, (_, index) => versionPieceKey(key, id, index));
    const parts = (await kv.getMany<Uint8Array[]>(keys)).map(({ value }) => value);
    if (!parts.every((part) => part instanceof Uint8Array)) throw unreadable(id, "a piece of it is missing");
    try {
      return await inflate(
        new Uint8Array(await new Blob(parts.map((part) => new Uint8Array(part))).arrayBuffer()),
      );
    } catch (cause) {
      throw unreadable(id, cause);
    }
  }
}

const piecesOf = (bytes: Uint8Array): readonly Uint8Array[] =>
  Array.from({ length: Math.ceil(bytes.length / valueBytesMax) }, (_, index) =>
    bytes.slice(index * valueBytesMax, (index + 1) * valueBytesMax),
  );

const unreadable = (id: string, cause: unknown): KvError =>
  new KvError("corrupt", `The version ${id} cannot be read`, { cause });

/**
 * One random run of documents, on the pattern of Yjs' own tests: several people edit one document at random in
 * tabs of several devices, while what they send takes its time, devices go offline, tabs are reloaded and
 * killed, the relay restarts, and logs are compacted. In the end all must have what plain Yjs makes of the
 * updates that the relay accepted, and nothing that was called saved may be missing.
 */
import { isDeepStrictEqual } from "node:util";
import { openDocument, type RockpoolDocument } from "@rockpool/documents";
import { contentOf, editAtRandom } from "@rockpool/documents/edit-arbitrary";
import { packKey } from "@rockpool/model";
import * as Y from "yjs";
import { type App, AppBed } from "../sync/app-bed.ts";
import type { VirtualDevice } from "../simulator/virtual-device.ts";
import { DocumentOracle } from "./document-oracle.ts";

/** What a run may meet. */
export interface RunOptions {
  readonly seed: number;
  /** The document is deleted at times, so that what was saved need not stand. */
  readonly deletes: boolean;
  /** It begins with so many updates that the relay compacts them. */
  readonly isLong: boolean;
}

interface Editor {
  readonly app: App;
  readonly device: VirtualDevice;
  document: RockpoolDocument;
  /** Own edits that nothing was said of yet. */
  unsaved: Uint8Array[];
}

const key = ["shared", "note"];
const steps = 24;
/** Small, so that documents lie in pages, and checkpoints come often. */
const settings = { limits: { rowsMax: 8, pagesMax: 8, pageEntries: 4, pageBytes: 4096 }, tailEntries: 6 };

export class DocumentRun {
  readonly #options: RunOptions;
  readonly #bed: AppBed;
  readonly #oracle: DocumentOracle;
  readonly #editors: Editor[] = [];
  readonly #devices: VirtualDevice[] = [];
  readonly #offline = new Set<string>();
  /** Edits that were called saved. */
  readonly #saved: Uint8Array[] = [];
  /** What went wrong on the way, in words. */
  readonly #troubles: string[] = [];
  /** What was done, for whoever looks into a seed. */
  readonly done: string[] = [];

  private constructor(bed: AppBed, options: RunOptions) {
    this.#bed = bed;
    this.#options = options;
    this.#oracle = new DocumentOracle(packKey(key));
    bed.relay.onRuled = (turn, ruled) => this.#oracle.onRuled(turn, ruled);
  }

  /** Runs it. Returns what is wrong in the end, in words; nothing where all is well. */
  static async run(options: RunOptions): Promise<readonly string[]> {
    const run = new DocumentRun(await AppBed.open({}, options.seed), options);
    await run.#begin();
    for (let step = 0; step < steps; step++) await run.#step();
    return run.#end();
  }

  get #world(): AppBed["world"] {
    return this.#bed.world;
  }

  async #begin(): Promise<void> {
    for (const name of ["a", "b", "c"].slice(0, this.#world.between(2, 3))) {
      const device = this.#bed.device(name, { settings, channelLoss: 0.2 });
      this.#devices.push(device);
      for (let tabs = this.#world.between(1, 2); tabs > 0; tabs--) await this.#open(device);
    }
    if (this.#options.isLong) await this.#writeLong();
  }

  async #step(): Promise<void> {
    const world = this.#world;
    const what = world.random();
    if (what < 0.55) this.#edit(world.pick(this.#editors));
    else if (what < 0.65) await world.pass(world.between(1, 3000));
    else if (what < 0.72) this.#toggleNetwork(world.pick(this.#devices));
    else if (what < 0.78) await this.#reload(world.pick(this.#editors));
    else if (what < 0.83) await this.#kill(world.pick(this.#editors));
    else if (what < 0.86) this.#bed.relay.goDown(world.between(1, 2000));
    else if (what < 0.88) this.#bed.relay.dieAfterTurn(world.between(1, 2000));
    else if (what < 0.92) this.#bed.relay.network.drop();
    else if (what < 0.95) await this.#flush(world.pick(this.#editors));
    else if (what < 0.97 && this.#options.deletes) await this.#delete(world.pick(this.#editors));
    else await this.#open(world.pick(this.#devices));
    await world.pass(world.between(0, 120));
  }

  #edit({ document }: Editor): void {
    this.#note("edit");
    editAtRandom(document.doc, () => this.#world.random());
  }

  async #open(device: VirtualDevice): Promise<void> {
    if ([...this.#editors].filter((editor) => editor.device === device).length >= 2) return;
    this.#note(`open on ${device.name}`);
    const app = await this.#bed.openTab(device);
    const editor: Editor = { app, device, document: this.#openDocument(app), unsaved: [] };
    this.#editors.push(editor);
    this.#listen(editor);
  }

  #openDocument({ kv }: App): RockpoolDocument {
    const createDoc = (): Y.Doc => {
      const doc = new Y.Doc();
      doc.clientID = this.#world.between(1, 2 ** 31);
      return doc;
    };
    const document = openDocument(kv, key, { createDoc, compactAfter: 8 });
    document.on("error", (error) => this.#troubles.push(`error: ${String(error)}`));
    return document;
  }

  #listen(editor: Editor): void {
    const { document } = editor;
    const listenTo = (doc: Y.Doc): void => {
      doc.on("update", (update: Uint8Array, origin: unknown) => {
        if (origin !== document) editor.unsaved.push(update);
      });
    };
    listenTo(document.doc);
    document.on("saved", (saved) => {
      if (saved) this.#saved.push(...editor.unsaved.splice(0));
    });
    document.on("replaced", ({ doc, reason }) => {
      if (!this.#options.deletes) this.#troubles.push(`replaced: ${reason}`);
      editor.unsaved = [];
      listenTo(doc);
    });
  }

  #toggleNetwork({ name }: VirtualDevice): void {
    const isOnline = this.#offline.delete(name);
    if (!isOnline) this.#offline.add(name);
    this.#note(`${name} ${isOnline ? "online" : "offline"}`);
    this.#bed.setOnline(name, isOnline);
  }

  /** As an app does it: what waits is saved, and the tab opens the document anew. */
  async #reload(editor: Editor): Promise<void> {
    this.#note(`reload on ${editor.device.name}`);
    await this.#bed.done(editor.document.destroy().catch(() => this.#mustBeDeleted("destroy")));
    editor.unsaved = [];
    editor.document = this.#openDocument(editor.app);
    this.#listen(editor);
  }

  /** As a browser does it: what was not saved is gone. */
  async #kill(editor: Editor): Promise<void> {
    if (this.#editors.length === 1) return;
    this.#note(`kill on ${editor.device.name}`);
    editor.app.kill();
    this.#editors.splice(this.#editors.indexOf(editor), 1);
    await this.#open(editor.device);
  }

  async #flush({ document }: Editor): Promise<void> {
    this.#note("flush");
    await this.#bed.done(document.flush().catch(() => this.#mustBeDeleted("flush")));
  }

  async #delete({ app }: Editor): Promise<void> {
    this.#note("delete");
    await this.#bed.done(app.kv.delete(key));
  }

  #mustBeDeleted(what: string): void {
    if (!this.#options.deletes) this.#troubles.push(`${what} failed`);
  }

  /** More updates than a relay keeps apart. */
  async #writeLong(): Promise<void> {
    const { app } = this.#editors[0] as Editor;
    const doc = new Y.Doc();
    doc.clientID = 7;
    const operation = app.kv.atomic();
    doc.on("update", (update: Uint8Array) => operation.merge(key, update));
    for (let count = 0; count < 210; count++) doc.getText("text").insert(0, "x");
    await this.#bed.done(operation.commit());
  }

  async #end(): Promise<readonly string[]> {
    const { relay } = this.#bed;
    relay.network.heal();
    await this.#world.until(
      () => relay.isUp,
      () => "the relay is down",
    );
    const isQuiet = ({ app: { host }, document }: Editor): boolean =>
      document.loaded &&
      document.synced &&
      host.state.pendingCount === 0 &&
      host.state.session.revealed === relay.head;
    const levels = (): string =>
      this.#editors
        .map(({ app: { host, kv }, document }) =>
          [
            document.loaded,
            document.saved,
            document.synced,
            kv.sync.status.state,
            host.state.pendingCount,
            host.state.session.revealed,
          ].join(" "),
        )
        .join("; ");
    await this.#world.until(
      () => this.#editors.every(isQuiet),
      () => `not quiet at head ${relay.head}: ${levels()}`,
    );
    // What a host has, its tab is told a moment later.
    await this.#world.pass(100);
    return [...this.#troubles, ...relay.errors.map(String), ...this.#differences()];
  }

  #differences(): readonly string[] {
    const { doc: expected } = this.#oracle;
    const wrong: string[] = [];
    const content = contentOf(expected);
    for (const { device, document } of this.#editors) {
      const has = contentOf(document.doc);
      if (!isDeepStrictEqual(has, content)) {
        wrong.push(`${device.name} shows ${JSON.stringify(has)} and not ${JSON.stringify(content)}`);
      }
      if (!Y.equalSnapshots(Y.snapshot(document.doc), Y.snapshot(expected))) {
        wrong.push(`${device.name} has other edits than were accepted`);
      }
    }
    if (!this.#options.deletes && this.#saved.length > 0) {
      const isThere = Y.snapshotContainsUpdate(Y.snapshot(expected), Y.mergeUpdates(this.#saved));
      if (!isThere) wrong.push("an edit that was called saved is not there");
    }
    return wrong;
  }

  #note(what: string): void {
    this.done.push(`${this.#world.nowMs} ${what}`);
  }
}

/**
 * Who is present at the documents that this device's tabs have open: told among the tabs by their channel,
 * and by the host that carries the session to the relay. What is said is opaque here, so each tab leaves
 * with what it says how its end is to be said, for when it can no more. Nothing of it is stored.
 */
import { awareBytesMax, equalBytes, type PackedKey } from "@rockpool/model";
import type { OwnPresence } from "../document-api.ts";
import type { HostEvent } from "../host-api.ts";
import type { PresenceMessage, TabMessage } from "../tabs.ts";
import { PresenceLine, type PresenceLineOptions, type Said } from "./presence-line.ts";

export interface PresenceOptions extends Omit<PresenceLineOptions, "attended"> {
  readonly host: string;
  readonly emit: (event: HostEvent) => void;
  /** Tells the other hosts. */
  readonly post: (message: TabMessage) => void;
}

/** What a tab says, by source and key, and what it wants to hear. */
interface TabPresence {
  keys: ReadonlySet<PackedKey>;
  readonly saidById: Map<string, Said & { readonly end: Uint8Array }>;
}

/** So many ends later nothing that was said before one is still on its way. */
const goneMax = 1000;

export class Presence {
  readonly #its: PresenceOptions;
  readonly #own: TabPresence = createTabPresence();
  readonly #othersByHost = new Map<string, TabPresence>();
  /** The hosts that ended last: what they said may arrive after that. */
  readonly #gone = new Set<string>();
  readonly #line: PresenceLine;
  #isHeard = false;
  /** The page is gone, perhaps to come back. */
  #isResting = false;

  constructor(its: PresenceOptions) {
    this.#its = its;
    this.#line = new PresenceLine({ ...its, attended: () => this.#attended() });
  }

  /** This tab wants to hear of these documents, and of no others. */
  attend(keys: readonly PackedKey[]): void {
    this.#own.keys = new Set(keys);
    this.#tellKeys(true);
  }

  /** This tab says who is present in it. @throws TypeError for an update over the limit */
  say({ key, source, update, end }: OwnPresence): void {
    const bytes = Math.max(update.length, end?.length ?? 0);
    if (bytes > awareBytesMax) {
      throw new TypeError(
        `Presence too large (max ${awareBytesMax} bytes): ${bytes} bytes; keep less in the awareness state`,
      );
    }
    this.#tell({ type: "aware", host: this.#its.host, source, key, update, ...(end && { end }) });
  }

  /** Hears another host. */
  hear(message: PresenceMessage): void {
    if (message.type !== "remote" && this.#gone.has(message.host)) return;
    switch (message.type) {
      case "attend":
        return this.#onAttend(message);
      case "aware":
        this.#keep(this.#otherOf(message.host), message);
        return this.#emit(message, false);
      case "remote":
        return this.#emit(message, true);
    }
  }

  /** Another host joined: it may come to carry the session. */
  onJoined(): void {
    if (this.#isUsed) this.#tellKeys(false);
  }

  /** Another host is gone: says in its name that nobody is present there any more. */
  onGone(host: string): void {
    this.#gone.add(host);
    const [first] = this.#gone;
    if (this.#gone.size > goneMax && first !== undefined) this.#gone.delete(first);
    const gone = this.#othersByHost.get(host);
    if (gone === undefined) return;
    this.#othersByHost.delete(host);
    for (const [id, { key, end }] of gone.saidById) {
      this.#emit({ key, update: end }, false);
      this.#line.say(`${host} ${id}`, { key, update: end });
    }
    this.#line.attend();
  }

  /** The relay told of others, to this host. */
  onRemote(key: PackedKey, update: Uint8Array): void {
    this.#emit({ key, update }, true);
    const isWanted = [...this.#othersByHost.values()].some(({ keys }) => keys.has(key));
    if (isWanted) this.#its.post({ type: "remote", key, update });
  }

  /** Whether there is a session with the relay, whoever carries it. */
  onSession(isHeard: boolean): void {
    if (isHeard === this.#isHeard) return;
    this.#isHeard = isHeard;
    if (isHeard) {
      this.#sayAllToRelay();
      this.#beginAnew(false);
    } else {
      this.#line.end();
      if (this.#isUsed) this.#its.emit({ type: "presence", news: "unheard" });
    }
  }

  /** The page goes, perhaps to come back. */
  rest(): void {
    this.#isResting = true;
    this.#sayEnds();
    if (this.#isUsed) this.#its.post({ type: "attend", host: this.#its.host, keys: [], asks: false });
  }

  /** The page is back, or looked at again. */
  wake(): void {
    if (!this.#isResting) return;
    this.#isResting = false;
    this.#beginAnew(true);
  }

  /** Says that nobody is present here any more. */
  close(): void {
    this.#sayEnds();
    this.#line.end();
  }

  get #isUsed(): boolean {
    return this.#own.keys.size > 0 || this.#own.saidById.size > 0;
  }

  /** Others may not know of this tab, or take it for gone. */
  #beginAnew(asks: boolean): void {
    if (!this.#isUsed) return;
    this.#tellKeys(asks);
    this.#its.emit({ type: "presence", news: "asked" });
  }

  #tellKeys(asks: boolean): void {
    this.#its.post({ type: "attend", host: this.#its.host, keys: [...this.#own.keys], asks });
    this.#line.attend();
  }

  #tell(message: PresenceMessage & { type: "aware" }): void {
    this.#its.post(message);
    this.#keep(this.#own, message);
  }

  /** Notes what a tab says, and has the relay hear it unless it was said again for a newcomer alone. */
  #keep(
    { saidById }: TabPresence,
    { host, source, key, update, end }: PresenceMessage & { type: "aware" },
  ): void {
    const id = `${source} ${key}`;
    const before = saidById.get(id);
    if (end === undefined) saidById.delete(id);
    else saidById.set(id, { key, update, end });
    if (before !== undefined && equalBytes(before.update, update)) return;
    this.#line.say(`${host} ${id}`, { key, update });
  }

  /** Who comes to a document is told who is there; the relay, who tells of the others, is asked again. */
  #onAttend({ host, keys, asks }: PresenceMessage & { type: "attend" }): void {
    this.#otherOf(host).keys = new Set(keys);
    for (const [id, { key, update, end }] of this.#own.saidById) {
      if (!asks || !keys.includes(key)) continue;
      this.#its.post({ type: "aware", host: this.#its.host, source: sourceOf(id), key, update, end });
    }
    this.#line.attend();
  }

  #sayAllToRelay(): void {
    this.#line.attend();
    for (const [host, { saidById }] of [[this.#its.host, this.#own] as const, ...this.#othersByHost]) {
      for (const [id, said] of saidById) this.#line.say(`${host} ${id}`, said);
    }
  }

  #sayEnds(): void {
    for (const [id, { key, end }] of this.#own.saidById) {
      this.#tell({ type: "aware", host: this.#its.host, source: sourceOf(id), key, update: end });
    }
  }

  #otherOf(host: string): TabPresence {
    const known = this.#othersByHost.get(host) ?? createTabPresence();
    this.#othersByHost.set(host, known);
    return known;
  }

  #emit({ key, update }: Said, isRemote: boolean): void {
    if (this.#own.keys.has(key)) this.#its.emit({ type: "aware", key, update, isRemote });
  }

  #attended(): readonly PackedKey[] {
    const all = [this.#own, ...this.#othersByHost.values()].flatMap(({ keys }) => [...keys]);
    return [...new Set(all)];
  }
}

const createTabPresence = (): TabPresence => ({ keys: new Set(), saidById: new Map() });

const sourceOf = (id: string): number => Number(id.slice(0, id.indexOf(" ")));

/**
 * What a turn changed, as the sessions of its bucket hear of it: each scope's share is picked and
 * encoded once, and sessions without results of their own are sent the very same frame.
 */
import {
  isInScope,
  type CommitResult,
  type Patch,
  type PatchEntry,
  type Revision,
  type Scope,
} from "@rockpool/model";
import { encodeEntries, encodeWithEntries, type DownMessage, type EncodedEntries } from "@rockpool/protocol";
import type { DocumentUpdate } from "./document-state.ts";
import type { RuledTurn } from "./engine.ts";
import { documentEntryOf, highestStamp, patchEntryOf, type RelayEntry } from "./relay-entry.ts";

/** A scope with a text that equal scopes share. */
export interface NamedScope {
  readonly scope: Scope;
  readonly id: string;
}

export const nameScope = (scope: Scope): NamedScope => ({ scope, id: JSON.stringify(scope) });

export class TurnNews {
  readonly from: Revision;
  readonly to: Revision;
  readonly #epoch: string;
  readonly #changed: readonly RelayEntry[];
  readonly #updatesByKey: ReadonlyMap<string, readonly DocumentUpdate[]>;
  readonly #shareByScope = new Map<string, ScopeShare>();

  constructor({ from, to, changed, updates }: Omit<RuledTurn, "answers">, epoch: string) {
    this.from = from;
    this.to = to;
    this.#changed = changed;
    this.#updatesByKey = Map.groupBy(updates, ({ key }) => key);
    this.#epoch = epoch;
  }

  /** The frame of these messages and, behind them, of the turn as a patch that carries these results. */
  frameWith(
    named: NamedScope,
    before: readonly DownMessage[],
    results: readonly CommitResult[],
  ): string | Buffer {
    const share = this.#shareOf(named);
    if (before.length > 0 || results.length > 0) return this.#encode(share, before, results);
    return (share.frame ??= Buffer.from(this.#encode(share, [], [])));
  }

  #encode(share: ScopeShare, before: readonly DownMessage[], results: readonly CommitResult[]): string {
    const { scope, changed } = share;
    const { from, to } = this;
    share.entries ??= encodeEntries(changed.map((entry) => this.#shown(entry)));
    // The entries stand in `share.entries`.
    const span = { from, to, head: to, upToDate: true, entries: [] } as const;
    const patch: Patch = { ...span, results, stamp: highestStamp(changed) };
    return encodeWithEntries(before, { type: "patch", epoch: this.#epoch, scope, patch }, share.entries);
  }

  /** Of a document what the turn added to it. */
  #shown(entry: RelayEntry): PatchEntry {
    const { key, document, revision } = entry;
    if (document === undefined) return patchEntryOf(entry);
    return documentEntryOf(entry, this.#updatesByKey.get(key) ?? [], revision, true);
  }

  #shareOf({ scope, id }: NamedScope): ScopeShare {
    const known = this.#shareByScope.get(id);
    if (known !== undefined) return known;
    const share = { scope, changed: this.#changed.filter(({ key }) => isInScope(scope, key)) };
    this.#shareByScope.set(id, share);
    return share;
  }
}

interface ScopeShare {
  readonly scope: Scope;
  readonly changed: readonly RelayEntry[];
  entries?: EncodedEntries;
  frame?: Buffer;
}

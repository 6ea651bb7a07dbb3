/**
 * Answers what an app asks of syncing, as far as it is no matter of rulings: whether and what this
 * device syncs, whether all of it is synced, and the tokens it gives.
 */
import type { Flushes } from "./flushes.ts";
import type { HostCall, HostCallResults, HostCalls, Unsynced } from "../host-api.ts";
import type { Ledger } from "../ledger.ts";
import type { Presence } from "../presence/presence.ts";
import { followPrefixes, setPaused } from "./sync-settings.ts";
import type { Tabs } from "../tabs.ts";
import type { TokenRequests } from "./token-requests.ts";

const syncCallTypes = [
  "pause",
  "flush",
  "follow",
  "token",
  "unsynced",
  "endOthers",
  "attend",
  "aware",
] as const;

type SyncCallType = (typeof syncCallTypes)[number];

export type SyncCall = { [K in SyncCallType]: { readonly type: K } & HostCalls[K] }[SyncCallType];

export const isSyncCall = (call: HostCall): call is SyncCall =>
  syncCallTypes.some((type) => type === call.type);

export interface SyncCallsOptions {
  readonly ledger: Ledger;
  readonly flushes: Flushes;
  readonly tokens: TokenRequests;
  readonly tabs: Tabs;
  readonly presence: Presence;
  /** Fulfilled when what the tab committed before is in the log. */
  readonly commitsSettled: () => Promise<void>;
  readonly unsynced: () => Unsynced;
  /** The app says to go on, where only the app could say so. */
  readonly onResume: () => void;
}

export class SyncCalls {
  readonly #its: SyncCallsOptions;

  constructor(its: SyncCallsOptions) {
    this.#its = its;
  }

  /** @throws KvError of a flush: "offline" when there is no relay or syncing is paused */
  async answer(call: SyncCall): Promise<HostCallResults[SyncCallType]> {
    const { ledger, flushes, tokens, tabs, presence, unsynced } = this.#its;
    switch (call.type) {
      case "pause":
        await setPaused(ledger, call.paused);
        if (!call.paused) this.#its.onResume();
        break;
      case "flush":
        await this.#lookAtLog();
        await flushes.add();
        break;
      case "follow":
        await followPrefixes(ledger, call.prefixes);
        break;
      case "token":
        tokens.answer(call.id, call.answer);
        break;
      case "unsynced":
        await this.#lookAtLog();
        return unsynced();
      case "endOthers":
        await tabs.endOthers();
        break;
      case "attend":
        presence.attend(call.keys);
        break;
      case "aware":
        presence.say(call);
    }
    return undefined;
  }

  async #lookAtLog(): Promise<void> {
    await this.#its.commitsSettled();
    await this.#its.ledger.catchUp();
  }
}

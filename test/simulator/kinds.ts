/**
 * The table of what can happen in a run. A new fault is a new entry in one of its parts and a new line
 * in actions.ts.
 */
import type { ActionType } from "./actions.ts";
import { accessKinds } from "./access-kinds.ts";
import { appKinds } from "./app-kinds.ts";
import { deviceKinds } from "./device-kinds.ts";
import type { KindsOf } from "./kind.ts";
import { relayKinds } from "./relay-kinds.ts";
import { tabKinds } from "./tab-kinds.ts";

export const kinds: KindsOf<ActionType> = {
  ...appKinds,
  ...tabKinds,
  ...deviceKinds,
  ...accessKinds,
  ...relayKinds,
};

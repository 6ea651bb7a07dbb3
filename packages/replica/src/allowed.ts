/**
 * What the relay lets a replica commit: how much at a time, and on which keys with more than a blind
 * write, since the entries outside its scope are not here.
 */
import { type CommitLimits, commitLimits, type Scope } from "@rockpool/model";
import type { ReplicaState } from "./state.ts";

/** What the session serves; before the relay has said, what the app follows. */
export const scopeOf = ({ session }: Pick<ReplicaState, "session">): Scope =>
  session.epoch === null ? session.followed : session.scope;

/** What one commit may be: by the relay's word, as far as there is one. */
export const limitsOf = ({ session }: Pick<ReplicaState, "session">): CommitLimits =>
  session.limits ?? commitLimits;

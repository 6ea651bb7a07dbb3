/**
 * What the relay lets a replica commit: how much at a time, and on which keys with more than a blind
 * write, since the entries outside its scope are not here.
 */
import { type CommitLimits, commitLimits, equalScopes, intersectScopes, type Scope } from "@rockpool/model";
import type { ReplicaState } from "./state.ts";

/**
 * Where more than a blind write is allowed: what the session serves, as far as it is here already. Before
 * the relay has said, what the app follows.
 */
export const scopeOf = ({ session }: Pick<ReplicaState, "session">): Scope => {
  const { epoch, followed, scope, confirmedScope } = session;
  if (epoch === null) return followed;
  return equalScopes(scope, confirmedScope) ? scope : intersectScopes(scope, confirmedScope);
};

/** What one commit may be: by the relay's word, as far as there is one. */
export const limitsOf = ({ session }: Pick<ReplicaState, "session">): CommitLimits =>
  session.limits ?? commitLimits;

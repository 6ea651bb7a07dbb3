/**
 * For tests: a relay whose tokens are names of grants, which the test changes while sessions run.
 */
import type { Key } from "@rockpool/model";
import { UnauthorizedError, type Authenticate, type Grant } from "./access.ts";
import { testNowMs } from "./commit-fixture.ts";
import { openRelay } from "./relay-fixture.ts";
import type { Relay, RelayOptions } from "./server.ts";

export interface GrantingRelay extends AsyncDisposable {
  readonly relay: Relay;
  readonly clock: { nowMs: number };
  /** What each token stands for from now on. */
  readonly grantByToken: Map<string, Grant>;
  readonly errors: unknown[];
  /** Holds the answer on the next token, as it is, until the returned function is called. */
  readonly hold: () => () => void;
  /** Has the next look at a token fail. */
  readonly fail: (error: Error) => void;
}

const all: readonly Key[] = [[]];

export const grantTo = (subject: string, options: Partial<Grant> = {}): Grant => ({
  subject,
  read: all,
  write: all,
  expiresAt: null,
  ...options,
});

export const openGrantingRelay = async (
  grants: Readonly<Record<string, Grant>>,
  options: Partial<RelayOptions> = {},
): Promise<GrantingRelay> => {
  const clock = { nowMs: testNowMs };
  const grantByToken = new Map(Object.entries(grants));
  const errors: unknown[] = [];
  let held: Promise<void> | undefined;
  let failure: Error | undefined;
  const authenticate: Authenticate = async (token) => {
    const error = failure;
    failure = undefined;
    if (error !== undefined) throw error;
    const grant = grantByToken.get(token ?? "none");
    const wait = held;
    held = undefined;
    await wait;
    if (grant === undefined) throw new UnauthorizedError(`nobody is called ${token ?? "nothing"}`);
    return grant;
  };
  const onError = (error: unknown): void => void errors.push(error);
  const relay = await openRelay({ authenticate, now: () => clock.nowMs, onError, ...options });
  return {
    relay,
    clock,
    grantByToken,
    errors,
    hold: () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      held = promise;
      return resolve;
    },
    fail: (error) => void (failure = error),
    [Symbol.asyncDispose]: () => relay.close(),
  };
};

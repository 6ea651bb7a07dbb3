/**
 * What becomes of tokens and of what they stand for, in runs that ask for them. One part of the table in
 * kinds.ts.
 */
import { drawRights } from "./draw-access.ts";
import type { KindsOf } from "./kind.ts";

export const accessKinds: KindsOf<
  "change-rights" | "withdraw-tokens" | "bar-subject" | "wrong-token" | "no-token"
> = {
  "change-rights": {
    weight: 1.5,
    isFault: true,
    draw: (chance) => ({ subject: chance.between(0, 7), ...drawRights(chance) }),
    act: (run, { subject, read, write }) =>
      run.access?.recheckAfter((issuer) => issuer.change(subject, { read, write })),
  },
  "withdraw-tokens": {
    weight: 0.7,
    isFault: true,
    draw: (chance) => ({ subject: chance.between(0, 7) }),
    act: (run, { subject }) => run.access?.recheckAfter((issuer) => issuer.withdraw(subject)),
  },
  "bar-subject": {
    weight: 0.4,
    isFault: true,
    draw: (chance) => ({ subject: chance.between(0, 7), forMs: chance.between(50, 8000) }),
    act: (run, { subject, forMs }) => run.access?.bar(subject, forMs),
  },
  "wrong-token": {
    weight: 1,
    isFault: true,
    draw: (chance) => ({
      forMs: chance.between(100, chance.pick([3000, 20_000])),
      renews: chance.is(0.5),
    }),
    act: (run, { forMs, renews }, where) => run.access?.giveWrong(run.device(where), forMs, renews),
  },
  "no-token": {
    weight: 0.5,
    isFault: true,
    draw: (chance) => ({ forMs: chance.between(100, 8000), renews: chance.is(0.5) }),
    act: (run, { forMs, renews }, where) => run.access?.giveNone(run.device(where), forMs, renews),
  },
};

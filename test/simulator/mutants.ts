/**
 * Planted bugs, each a change of the source: the simulator must catch every one. The names say what
 * goes wrong.
 */
import { accessMutants } from "./access-mutants.ts";
import { attachMutants } from "./attach-mutants.ts";
import { documentMutants } from "./document-mutants.ts";
import { mutant, type Mutant } from "./mutant.ts";
import { scopeMutants } from "./scope-mutants.ts";

const atRelay: readonly Mutant[] = [
  mutant(
    "forget a host's last n",
    "relay/src/turn.ts",
    "if (commit.name.n > Math.max(last, retried)) return this.#acceptedBefore(commit, last);",
    "return undefined;",
  ),
  mutant(
    "do not count a retry as the commit it stands for",
    "relay/src/turn.ts",
    "if (first === undefined) return;",
    "return;",
  ),
  mutant(
    "rule on a retry of what was accepted",
    "relay/src/turn.ts",
    "if (first === undefined) return undefined;",
    "return undefined;",
  ),
  mutant(
    "split a revision",
    "relay/src/patch-part.ts",
    "if (isFull && last !== undefined && last !== entry.revision) return this.#endAt(last);",
    "if (isFull && last !== undefined) return this.#endAt(last);",
  ),
  mutant(
    "say up to date before the head",
    "relay/src/patch-part.ts",
    "upToDate: to === head,",
    "upToDate: true,",
  ),
  mutant(
    "results by session instead of replica",
    "relay/src/bucket-hub.ts",
    "resultsByReplica.get(session.replica) ?? []",
    "answersByPusher.get(session) ?? []",
  ),
  mutant(
    "a premise without the value digest",
    "relay/src/resolve.ts",
    "entry.writer.n === premise.by.n &&\n        digestOf(shownValue(entry)) === premise.digest",
    "entry.writer.n === premise.by.n",
  ),
  mutant(
    "a premise without the epoch",
    "relay/src/resolve.ts",
    "isInHistory(context.epochs, premise.epoch, premise.revision)",
    "true",
  ),
  mutant(
    "one stamp a key instead of two",
    "relay/src/resolve.ts",
    "const standing = isSet ? before.stamp : before.setStamp;",
    "const standing = before.stamp;",
  ),
  mutant(
    "a write loses to its own device's earlier one",
    "relay/src/resolve.ts",
    "return holder === by.replica ? stampAfter(standing, by.host) : before.writer;",
    "return before.writer;",
  ),
  mutant(
    "arrival order instead of stamps",
    "relay/src/resolve.ts",
    "if (given >= standing) return given;",
    "return given;",
  ),
  mutant(
    "accept what is older than the retention",
    "relay/src/resolve.ts",
    "if (msOfStamp(stamp) < context.nowMs - context.retentionMs)",
    "if (msOfStamp(stamp) < 0)",
  ),
  mutant(
    "let a clock that runs ahead win",
    "relay/src/resolve.ts",
    "msOfStamp(stamp) > nowMs + clockAheadMsMax",
    "msOfStamp(stamp) > nowMs + 1e12",
  ),
  mutant(
    "sweep without a tombstone",
    "relay/src/memory-engine.ts",
    "keepEntries(bucket, { to: changed.length > 0 ? from + 1 : from, changed });",
    "for (const { key } of changed) bucket.entryByKey.delete(key);",
  ),
  mutant(
    "take a cursor of a history that is gone",
    "relay/src/epoch-history.ts",
    "      isInHistory(history.epochs, epoch, cursor);",
    "      true;",
  ),
  mutant(
    "forget the floor of dropped deletions",
    "relay/src/memory-engine.ts",
    "bucket.floor = Math.max(bucket.floor, revision);",
    "",
  ),
  mutant(
    "accept what is over a limit",
    "relay/src/resolve.ts",
    'if (exceeded !== undefined) return rejected(stamp, { type: "limit", message: exceeded });',
    "",
  ),
];

const atReplica: readonly Mutant[] = [
  {
    name: "remove pending on acknowledgement",
    edits: [
      {
        file: "packages/replica/src/session-live.ts",
        find: "const isDue = ({ revision }: CommitResult): boolean => revision <= replica.session.received;",
        replace: "const isDue = (_result: CommitResult): boolean => true;",
      },
      {
        file: "packages/replica/src/receive.ts",
        find: "(result) => result.revision <= session.received && state.getUnruled(result) !== undefined,",
        replace: "(result) => state.getUnruled(result) !== undefined,",
      },
    ],
  },
  mutant(
    "reveal a part",
    "replica/src/fold-sync.ts",
    "return patch.upToDate ? reveal(state, row) : noEffect;",
    "return reveal(state, row);",
  ),
  mutant(
    "leave the scope out of the guard",
    "replica/src/receive.ts",
    "if (epoch !== session.epoch || !equalScopes(scope, session.scope)) return",
    "if (epoch !== session.epoch) return",
  ),
  mutant(
    "leave the epoch out of the guard",
    "replica/src/receive.ts",
    "if (epoch !== session.epoch || !equalScopes(scope, session.scope)) return",
    "if (!equalScopes(scope, session.scope)) return",
  ),
  mutant(
    "reveal parts that were read at a later head",
    "replica/src/receive.ts",
    "const upToDate = patch.upToDate && patch.to >= (session.setAside?.head ?? 0);",
    "const { upToDate } = patch;",
  ),
  mutant(
    "keep what was set aside over an epoch",
    "replica/src/fold-sync.ts",
    "  if (!moved) return noEffect;\n  session.setAside = null;",
    "  if (!moved) return noEffect;",
  ),
  mutant("take any welcome", "replica/src/adopt.ts", 'if (!asGreeted) return { type: "moved" };', ""),
  mutant(
    "leave the cursor out of the guard",
    "replica/src/receive.ts",
    "if (patch.from !== session.received) {",
    "if (patch.from > session.received) {",
  ),
  {
    name: "push before the fill",
    edits: [
      {
        file: "packages/replica/src/session-live.ts",
        find: "if (needsFill(session, replica)) return beginFill(session, context);",
        replace: `const early = push(session, context);
  if (needsFill(session, replica)) {
    const begun = beginFill(early.session, context);
    return { session: begun.session, effects: [...early.effects, ...begun.effects] };
  }`,
      },
      {
        file: "packages/replica/src/session-live.ts",
        find: "replica.session.epoch === welcome.epoch && !replica.session.fillDue;",
        replace: "replica.session.epoch === welcome.epoch;",
      },
    ],
  },
  mutant(
    "do not take up again what a relay lost",
    "replica/src/fold-sync.ts",
    "state.trackAgain(lostCommits(state));",
    "",
  ),
  mutant(
    "checkpoint past a set-aside catch-up",
    "replica/src/checkpoint.ts",
    "if (state.session.setAside !== null) continue;",
    "",
  ),
  mutant(
    "save the session state of the tail instead of c",
    "replica/src/checkpoint.ts",
    "return { at, state: at === state.tail ? state : foldUpTo(start, at) };",
    "const planned = foldUpTo(start, at); for (const row of start.rows) if (row.position > state.tail) foldRow(state, row); Object.assign(planned.session, state.session); return { at, state: planned };",
  ),
  mutant(
    "drop pending commits at a checkpoint",
    "replica/src/checkpoint.ts",
    'if (tracked.state !== "confirmed" || lost.has(tracked)) continue;',
    'if (tracked.state === "rejected" || lost.has(tracked)) continue;',
  ),
  mutant(
    "give a commit back with the stamp it was made with",
    "replica/src/fold-sync.ts",
    "const commit: Commit = { ...before.commit, stamp };",
    "const { commit } = before;",
  ),
  mutant(
    "sweep the pages that the log's tail shows",
    "replica/src/stored-generations.ts",
    "    foldRow(state, row);\n    passed.add(state.generation);",
    "    void row;",
  ),
  mutant(
    "check a retry on what was seen then",
    "replica/src/rejected.ts",
    `const checks = commit.checks.map(({ key }): Check => {
      const draft = drafts.get(key);`,
    `const checks = commit.checks.map(({ key, premise }): Check => {
      const draft = drafts.get(key);
      if (draft === undefined) return { key, premise };`,
  ),
  mutant(
    "a retry under a fresh name",
    "replica/src/rejected.ts",
    "const name = retryName(commit.name);",
    "const name = { host: `${commit.name.host}r${readingMs}`, n: commit.name.n };",
  ),
  mutant(
    "stamp from the local clock only",
    "replica/src/fold.ts",
    "const stamp = nextStamp(state.stamp, record.readingMs, record.name.host);",
    'const stamp = nextStamp("0000000000000000-" as typeof state.stamp, record.readingMs, record.name.host);',
  ),
  mutant(
    "hide what still holds",
    "replica/src/hidden.ts",
    "if (!holds) hidden.set(key, tracked.commit.name);",
    "if (!holds || tracked.commit.checks.length > 0) hidden.set(key, tracked.commit.name);",
  ),
  mutant(
    "show what no longer holds",
    "replica/src/hidden.ts",
    "if (!holds) hidden.set(key, tracked.commit.name);",
    "",
  ),
  mutant(
    "push the newest first",
    "replica/src/push.ts",
    "for (const tracked of state.unruled.values()) {",
    "for (const tracked of [...state.unruled.values()].toReversed()) {",
  ),
  mutant(
    "push more than the relay takes",
    "replica/src/push.ts",
    "inFlight.size < limits.pushCommitsMax && ",
    "",
  ),
];

const atHost: readonly Mutant[] = [
  mutant(
    "acknowledge before persist",
    "host/src/committer.ts",
    "if (!isQuota(error)) return group.forEach(({ reject }) => reject(error));",
    'if (!isQuota(error)) return group.forEach(({ resolve }) => resolve("00100000000000000000" as Versionstamp));',
  ),
  mutant(
    "read a page without the tail",
    "host/src/ledger.ts",
    "    this.#fold(missed);\n    for (const page of loaded.flat()) {",
    "    for (const page of loaded.flat()) {",
  ),
  mutant(
    "fold a notice over a gap",
    "host/src/ledger.ts",
    "if (after !== this.#state.tail || this.#stale) return false;",
    "if (this.#stale) return false;",
  ),
  mutant(
    "give lost positions again",
    "host/src/ledger.ts",
    "const atLeast = this.#isFirstAppend ? { atLeast: Math.floor(this.#now() * 1024) } : {};",
    "const atLeast = {};",
  ),
  mutant(
    "checkpoint without verifying the base",
    "log/src/memory-log.ts",
    "if ((image.meta?.checkpoint ?? 0) !== base) return { result: false };",
    "",
  ),
  mutant(
    "tell nobody of rejections among rows that were missed",
    "host/src/sync/decisions.ts",
    "this.#tellOf(missed);",
    "",
  ),
  mutant(
    "tell once of what is ruled on again",
    "host/src/sync/losses.ts",
    "`${nameKey(commit.name)} ${revision} ${ruledAtMs}`",
    "nameKey(commit.name)",
  ),
  mutant(
    "name another as the one that a write lost to",
    "replica/src/losses.ts",
    "winner: winner === undefined ? null : nameKey(winner)",
    "winner: winner === undefined ? null : nameKey(commit.name)",
  ),
  mutant(
    "say confirmed before the ruling",
    "host/src/sync/settlements.ts",
    "if (!isUnruled(tracked)) return settledOf(tracked);",
    'if (tracked.state !== "hidden") return settledOf(tracked);',
  ),
  mutant(
    "a hidden tab keeps the session",
    "host/src/sync/sync-lock.ts",
    "if (!this.#isVisible) this.#handOver();",
    "",
  ),
];

export const mutants: readonly Mutant[] = [
  ...atRelay,
  ...atReplica,
  ...atHost,
  ...scopeMutants,
  ...accessMutants,
  ...attachMutants,
  ...documentMutants,
];

/**
 * Planted bugs in who may read and write what: a part of the list in mutants.ts.
 */
import { mutant, type Mutant } from "./mutant.ts";

export const accessMutants: readonly Mutant[] = [
  mutant(
    "patches ignore the rights of the session",
    "relay/src/session-access.ts",
    "return intersectScopes(this.#options.follow, this.#access.read);",
    "return this.#options.follow;",
  ),
  mutant(
    "send a user's commits under another's subject",
    "replica/src/folded-session.ts",
    "subject === null || session.subject === null || subject === session.subject;",
    'session.subject === null || subject !== "nobody";',
  ),
  mutant(
    "take another subject's token in the midst of a session",
    "relay/src/session-access.ts",
    "if (access.subject !== this.#access.subject) {",
    "if (access.subject === null) {",
  ),
  mutant(
    "go on with a session whose rights changed",
    "relay/src/session-access.ts",
    "if (!equalScopes(scope, this.scope) || !equalScopes(write, access.write)) {",
    "if (!equalScopes(scope, scope) || !equalScopes(write, write)) {",
  ),
  {
    name: "go on when the token has ended",
    edits: [
      {
        file: "packages/relay/src/session-access.ts",
        find: "if (this.expiresInMs !== 0) return !this.#isRevoked;",
        replace: "if (this.expiresInMs !== -1) return !this.#isRevoked;",
      },
      {
        file: "packages/relay/src/session-access.ts",
        find: "if (this.isGood()) this.#watchEnd();",
        replace: "this.isGood();",
      },
    ],
  },
  mutant(
    "tell the winner under a key that may not be read",
    "relay/src/resolve.ts",
    "const mayKnow = winner !== undefined && isInScope(context.rights.read, key);",
    "const mayKnow = winner !== undefined;",
  ),
  mutant(
    "check what may not be read",
    "relay/src/permission.ts",
    'if (!isInScope(read, key)) return denied("checks", key, "read");',
    'if (!isInScope(read, key) && key === "") return denied("checks", key, "read");',
  ),
];

/**
 * Fedify's federation in two processes on one store: each has a replica of its own, and a relay between
 * them. What one has handled the other knows, and of two that race for a key one wins.
 */
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { openMemoryEngine, type Relay, startRelay } from "@rockpool/relay";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Question } from "./federation-process.ts";

const file = fileURLToPath(new URL("federation-process.ts", import.meta.url));

class Member {
  readonly #process: ChildProcess;
  readonly #answers = new Map<number, (message: { value?: unknown; error?: string }) => void>();
  #asked = 0;

  constructor(relay: string) {
    this.#process = fork(file, [relay], { execArgv: ["--no-warnings"] });
    this.#process.on("message", (message: { id: number; value?: unknown; error?: string }) =>
      this.#answers.get(message.id)?.(message),
    );
  }

  ask(question: Question): Promise<unknown> {
    const id = ++this.#asked;
    return new Promise((resolve, reject) => {
      this.#answers.set(id, ({ value, error }) =>
        error === undefined ? resolve(value) : reject(new Error(error)),
      );
      this.#process.send({ id, question });
    });
  }

  stop(): void {
    this.#process.kill("SIGKILL");
  }
}

let relay: Relay;
let members: [Member, Member];

beforeAll(async () => {
  relay = await startRelay({ port: 0, engine: await openMemoryEngine() });
  members = [new Member(relay.url), new Member(relay.url)];
});

afterAll(async () => {
  for (const member of members) member.stop();
  await relay.close();
});

const follow = (n: number): unknown => ({
  "@context": "https://www.w3.org/ns/activitystreams",
  id: `https://there.example/follows/${n}`,
  type: "Follow",
  actor: `https://there.example/users/${n}`,
  object: "https://here.example/users/alice",
});

test("an activity that one process has handled is not handled again by the other", async () => {
  const [first, second] = members;
  for (let n = 0; n < 5; n++) expect(await first.ask({ type: "deliver", activity: follow(n) })).toBe(202);
  const followers = () => second.ask({ type: "list", prefix: ["follower"] });
  await expect.poll(followers).toHaveLength(5);
  expect(await followers()).toContainEqual({
    key: ["follower", "https://there.example/users/3"],
    value: { since: "https://there.example/follows/3" },
  });
  // What it remembers of activities is written after what they do.
  const remembered = () => second.ask({ type: "list", prefix: ["_fedify", "activityIdempotence"] });
  await expect.poll(remembered).toHaveLength(5);
  for (let n = 0; n < 6; n++) await second.ask({ type: "deliver", activity: follow(n) });
  expect([await first.ask({ type: "handled" }), await second.ask({ type: "handled" })]).toEqual([5, 1]);
});

test("of two processes that race for a key one wins, in each of 100 races", async () => {
  const keys = Array.from({ length: 100 }, (_, n) => String(n));
  // A session with the relay is there from the first answer on.
  const race = (member: Member, token: string) =>
    member.ask({ type: "cas", keys, token }) as Promise<boolean[]>;
  const [first, second] = await Promise.all([race(members[0], "first"), race(members[1], "second")]);
  const winners = keys.map((_, n) => [first[n], second[n]].filter(Boolean).length);
  expect(winners).toEqual(keys.map(() => 1));
  const tokens = keys.map((_, n) => (first[n] === true ? "first" : "second"));
  for (const member of members) {
    const held = async () => {
      const entries = (await member.ask({ type: "list", prefix: ["race"] })) as {
        key: string[];
        value: string;
      }[];
      const tokenByKey = new Map(entries.map(({ key, value }) => [key[1], value]));
      return keys.map((key) => tokenByKey.get(key));
    };
    await expect.poll(held).toEqual(tokens);
  }
});

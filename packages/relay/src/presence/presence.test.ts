/**
 * Presence between connections:
 * y-protocols' own Awareness at each end, and what is held of hostile ones.
 */
import { packKey } from "@rockpool/model";
import { describe, expect, onTestFinished, test } from "vitest";
import { applyAwarenessUpdate, Awareness, encodeAwarenessUpdate } from "y-protocols/awareness";
import * as Y from "yjs";
import { createRelayConfig, type RelayConfig } from "../relay-config.ts";
import { writeAwarenessUpdate } from "./awareness-update.ts";
import type { PresenceSeat } from "./presence-room.ts";
import { Presence } from "./presence.ts";

const key = packKey(["notes", "a"]);

class Bed {
  readonly presence: Presence;
  nowMs = 1e12;
  readonly #due: (() => void)[] = [];

  constructor(config: Partial<RelayConfig> = {}) {
    this.presence = new Presence({
      config: createRelayConfig(config),
      now: () => this.nowMs,
      schedule: (_, run) => {
        this.#due.push(run);
        return () => void this.#due.splice(this.#due.indexOf(run), 1);
      },
    });
  }

  /** Time passes, until nothing is due. */
  tell(): void {
    for (let run = this.#due.shift(); run !== undefined; run = this.#due.shift()) run();
  }
}

/** A client as stock ones are: it sends back whatever changed, its own or not. */
class Client {
  readonly awareness: Awareness;
  readonly heard: Uint8Array[] = [];
  seat: PresenceSeat | undefined;
  readonly #bed: Bed;

  constructor(bed: Bed) {
    this.#bed = bed;
    this.awareness = new Awareness(new Y.Doc());
    onTestFinished(() => this.awareness.destroy());
    this.awareness.on("update", ({ added, updated, removed }: Record<string, number[]>) => {
      const changed = [...(added ?? []), ...(updated ?? []), ...(removed ?? [])];
      this.seat?.aware(encodeAwarenessUpdate(this.awareness, changed));
    });
  }

  get names(): readonly unknown[] {
    return [...this.awareness.getStates().values()].map(({ name }) => name as unknown).toSorted();
  }

  join(name?: string): this {
    this.seat = this.#bed.presence.attend("b", key, {
      hearAware: (update) => {
        this.heard.push(update);
        applyAwarenessUpdate(this.awareness, update, "relay");
      },
    });
    if (name === undefined) this.seat.aware(encodeAwarenessUpdate(this.awareness, [this.awareness.clientID]));
    else this.awareness.setLocalStateField("name", name);
    return this;
  }

  leave(): void {
    const seat = this.seat;
    this.seat = undefined;
    seat?.leave();
  }
}

const states = (
  ...clients: readonly (readonly [client: number, clock: number, state: unknown])[]
): Uint8Array =>
  writeAwarenessUpdate(
    clients.map(([client, clock, state]) => ({ client, clock, state: JSON.stringify(state) })),
  );

describe("those who are present at a document", () => {
  test("see each other, whoever came first, until one leaves", () => {
    const bed = new Bed();
    const [ada, bob] = [new Client(bed).join("Ada"), new Client(bed).join("Bob")];
    bed.tell();
    expect([ada.names, bob.names]).toEqual([
      ["Ada", "Bob"],
      ["Ada", "Bob"],
    ]);
    bob.leave();
    bed.tell();
    expect(ada.names).toEqual(["Ada"]);
    expect(bed.presence.rooms).toBe(1);
    ada.leave();
    expect([bed.presence.rooms, bed.presence.length]).toEqual([0, 0]);
  });

  test("see who comes back, though its clock stood still", () => {
    const bed = new Bed();
    const [ada, bob] = [new Client(bed).join("Ada"), new Client(bed).join("Bob")];
    bed.tell();
    bob.leave();
    bed.tell();
    bob.join();
    bed.tell();
    expect([ada.names, bob.names]).toEqual([
      ["Ada", "Bob"],
      ["Ada", "Bob"],
    ]);
  });

  test("say that they are there when another connection ended their state", () => {
    const bed = new Bed();
    const [ada, bob] = [new Client(bed).join("Ada"), new Client(bed).join("Bob")];
    bed.tell();
    const { clientID } = bob.awareness;
    const clock = bob.awareness.meta.get(clientID)?.clock ?? 0;
    ada.seat?.aware(states([clientID, clock, null]));
    bed.tell();
    expect(ada.names).toEqual(["Ada", "Bob"]);
  });

  test("are told of many changes at once, and not of what they sent or heard before", () => {
    const bed = new Bed();
    const [ada, bob] = [new Client(bed).join("Ada"), new Client(bed).join("Bob")];
    bed.tell();
    const [adaHeard, bobHeard] = [ada.heard.length, bob.heard.length];
    for (let at = 0; at < 100; at++) ada.awareness.setLocalStateField("cursor", at);
    bed.tell();
    expect(ada.heard).toHaveLength(adaHeard);
    // The first at once, all others together.
    expect(bob.heard.length - bobHeard).toBe(2);
    expect([...bob.awareness.getStates().values()].map(({ cursor }) => cursor as unknown)).toContain(99);
  });

  test("are forgotten when they were silent for long", () => {
    const bed = new Bed();
    const ada = new Client(bed).join("Ada");
    bed.nowMs += 29_000;
    bed.presence.forgetSilent();
    expect(bed.presence.length).toBeGreaterThan(0);
    bed.nowMs += 2000;
    bed.presence.forgetSilent();
    expect(bed.presence.length).toBe(0);
    ada.leave();
  });
});

const seatOf = (bed: Bed, name = "a"): PresenceSeat =>
  bed.presence.attend("b", packKey([name]), { hearAware: () => undefined });

describe("what is held", () => {
  test("of a state too large, or of what is none, is nothing", () => {
    const bed = new Bed({ awareLengthMax: 100 });
    const seat = seatOf(bed);
    expect(seat.aware(states([1, 1, "x".repeat(99)]))).toBe("too-large");
    expect(seat.aware(states([1, 1, "x".repeat(98)]))).toBe("taken");
    expect(seat.aware(Uint8Array.of(9))).toBe("malformed");
    expect(seat.aware(Uint8Array.of(...states([1, 2, "x"]), 0))).toBe("malformed");
    expect(seat.aware(writeAwarenessUpdate([{ client: 1, clock: 2, state: "{" }]))).toBe("malformed");
    expect(bed.presence.length).toBe(100);
  });

  test("of one connection, of one document and in all is bounded, and given back", () => {
    const bed = new Bed({ presentPerSessionMax: 3, presentMax: 5, presenceLengthMax: 60 });
    const [one, two, other] = [seatOf(bed), seatOf(bed), seatOf(bed, "b")];
    const many = [1, 2, 3, 4].map((client) => [client, 1, "12345678"] as const);
    expect(one.aware(states(...many))).toBe("taken");
    expect(bed.presence.length).toBe(30);
    two.aware(states(...many.map(([client, clock, state]) => [client + 10, clock, state] as const)));
    expect(bed.presence.length).toBe(50);
    other.aware(states(...many));
    expect(bed.presence.length).toBe(60);
    for (let client = 0; client < 1000; client++) {
      one.aware(states([1, client + 2, null], [client + 100, 1, "12345678"]));
      one.aware(states([client + 100, 1, null]));
    }
    expect(bed.presence.length).toBeLessThanOrEqual(60);
    for (const seat of [one, two, other]) seat.leave();
    expect([bed.presence.rooms, bed.presence.length]).toEqual([0, 0]);
  });
});

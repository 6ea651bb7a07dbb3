/**
 * For tests: relays on a free port of loopback, with the clock of the tests, and an engine that
 * waits or fails at the test's word.
 */
import { testNowMs } from "./commit-fixture.ts";
import type { Engine, RuledTurn, Turn } from "./engine.ts";
import { openMemoryEngine } from "./memory-engine.ts";
import { startRelay, type Relay, type RelayOptions } from "./server.ts";

export const openRelay = async (options: Partial<RelayOptions> = {}): Promise<Relay> =>
  startRelay({ engine: await openMemoryEngine(), port: 0, now: () => testNowMs, ...options });

export interface HeldEngine {
  readonly engine: Engine;
  /** Whether rulings fail from now on. */
  readonly fail: (isFailing: boolean) => void;
  /** Holds the answers to rulings, which are carried out, until the returned function is called. */
  readonly hold: () => () => void;
  /** Holds the patches that are read, as they are, until the returned function is called. */
  readonly holdReads: () => () => void;
  /** Holds the pages that are read, as they are, until the returned function is called. */
  readonly holdPages: () => () => void;
}

/** A memory engine whose rulings wait, or fail, at the test's word. */
export const openHeldEngine = async (): Promise<HeldEngine> => {
  const engine = await openMemoryEngine();
  let hold: Promise<void> | undefined;
  let readHold: Promise<void> | undefined;
  let pageHold: Promise<void> | undefined;
  let isFailing = false;
  const rule = async (bucket: string, turn: Turn): Promise<RuledTurn> => {
    if (isFailing) throw new Error("disk on fire");
    const ruled = await engine.rule(bucket, turn);
    await hold;
    return ruled;
  };
  const held: Engine = {
    rule,
    openBucket: (...parameters) => engine.openBucket(...parameters),
    readEntry: (...parameters) => engine.readEntry(...parameters),
    compact: (...parameters) => engine.compact(...parameters),
    readPatch: async (...parameters) => {
      const patch = await engine.readPatch(...parameters);
      await readHold;
      return patch;
    },
    readPage: async (...parameters) => {
      const page = await engine.readPage(...parameters);
      await pageHold;
      return page;
    },
    sweep: async (...parameters) => {
      if (isFailing) throw new Error("disk on fire");
      return engine.sweep(...parameters);
    },
    close: () => engine.close(),
    [Symbol.asyncDispose]: () => engine.close(),
  };
  return {
    engine: held,
    fail: (failing) => {
      isFailing = failing;
    },
    hold: () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      hold = promise;
      return resolve;
    },
    holdReads: () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      readHold = promise;
      return resolve;
    },
    holdPages: () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      pageHold = promise;
      return resolve;
    },
  };
};

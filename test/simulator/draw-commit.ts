/**
 * Draws the commits of a run: blind and checked ones, sums, deletes, entries that expire, documents, and
 * pairs of keys that are always written together, so that whoever sees one without the other saw half a
 * commit.
 */
import type { TransportMutation } from "@rockpool/host";
import { packKey, type PackedKey } from "@rockpool/model";
import type { CommitAsked, PlainWrite, Write } from "./actions.ts";
import type { Chance } from "./chance.ts";
import { documentNames, drawDocumentCommit } from "./draw-document-commit.ts";
import { json, u64 } from "./written-values.ts";

const texts = ["text a", "text b", "text c"];
const checked = ["checked a", "checked b"];
const counters = ["counter a", "counter b"];
const briefs = ["brief a", "brief b"];
const pairNames = ["pair a", "pair b"];

export const keyOf = (name: string): PackedKey => packKey(name.split(" "));

/** Prefixes by their names; none is the whole bucket. */
export const scopeOf = (names: readonly string[]): readonly PackedKey[] =>
  names.length === 0 ? [packKey([])] : names.map(keyOf).toSorted();

/** Keys that only sums ever touch. */
export const counterKeys: readonly PackedKey[] = counters.map(keyOf);

/** Keys whose entries expire. */
export const briefKeys: ReadonlySet<PackedKey> = new Set(briefs.map(keyOf));

/** Keys whose documents apps follow. */
export const documentKeys: readonly PackedKey[] = documentNames.map(keyOf);

/** Keys of which one never changes without the other. */
export const pairs: readonly (readonly [PackedKey, PackedKey])[] = pairNames.map((name) => [
  keyOf(`${name} left`),
  keyOf(`${name} right`),
]);

export const drawCommit = (chance: Chance, id: number): CommitAsked => {
  // No two operations write the same value.
  const value = id * 10;
  switch (chance.between(0, 10)) {
    case 0:
      return { writes: [setOrDelete(chance, chance.pick(texts), value)] };
    case 1:
      return {
        writes: [sum(chance), ...(chance.is(0.3) ? [setOrDelete(chance, chance.pick(texts), value)] : [])],
      };
    case 2:
      return { writes: [number(chance)] };
    case 3:
      return { writes: pair(chance, value) };
    case 4:
      return {
        writes: [brief(chance, value)],
        ...(chance.is(0.3) ? { check: [chance.pick(briefs)] } : {}),
      };
    case 5:
      return { writes: [mixed(chance, value)] };
    case 6:
    case 7:
      return drawDocumentCommit(chance, value);
    default:
      return drawChecked(chance, value);
  }
};

const drawChecked = (chance: Chance, value: number): CommitAsked => {
  const key = chance.pick(checked);
  const also = chance.is(0.5) ? [sum(chance)] : chance.is(0.3) ? pair(chance, value + 1) : [];
  const check = chance.is(0.2) ? [key, chance.pick(counters)] : chance.is(0.1) ? checked : [key];
  return {
    writes: [setOrDelete(chance, key, value), ...also],
    check,
    ...(chance.is(0.3) ? { strong: false } : {}),
    ...(chance.is(0.3) ? { times: 2 } : {}),
  };
};

const setOrDelete = (chance: Chance, key: string, value: number): Write =>
  chance.is(0.15) ? ["delete", key] : ["set", key, value];

const sum = (chance: Chance): Write => ["sum", chance.pick(counters), chance.between(1, 9)];

const number = (chance: Chance): Write => {
  const operand = chance.between(1, 99);
  const type = chance.pick(["sum", "min", "max", "set-number", "delete"] as const);
  return type === "delete" ? [type, "number a"] : [type, "number a", operand];
};

/** A key that is a text for some and a number for others: what one may do the other's relay refuses. */
const mixed = (chance: Chance, value: number): Write => {
  const type = chance.pick(["sum", "max", "set-number", "set", "delete"] as const);
  return type === "delete" ? [type, "mixed a"] : [type, "mixed a", value];
};

const brief = (chance: Chance, value: number): Write => {
  const key = chance.pick(briefs);
  return chance.is(0.15) ? ["delete", key] : ["set", key, value, chance.between(200, 20_000)];
};

const pair = (chance: Chance, value: number): readonly Write[] => {
  const name = chance.pick(pairNames);
  const isDelete = chance.is(0.1);
  return ["left", "right"].map((side): Write => {
    const key = `${name} ${side}`;
    return isDelete ? ["delete", key] : ["set", key, value];
  });
};

/** What a write is to a host, the `time`th time that its operation makes it. */
export const mutationOf = (write: PlainWrite, time: number): TransportMutation => {
  const key = keyOf(write[1]);
  switch (write[0]) {
    case "set": {
      const [, , value, lifeMs] = write;
      const expireIn = lifeMs === undefined ? {} : { expireIn: lifeMs };
      return { type: "set", key, value: json(value + time), ...expireIn };
    }
    case "set-number":
      return { type: "set", key, value: u64(BigInt(write[2])) };
    case "delete":
      return { type: "delete", key };
    default:
      return { type: write[0], key, operand: BigInt(write[2]) };
  }
};

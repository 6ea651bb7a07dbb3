/**
 * A deep copy of what logs hold, made of plain objects, arrays, maps, sets and bytes: several times
 * faster than structuredClone, which copies anything else. References that are shared or cyclic are not
 * kept: rows and pages have none.
 */

/** @throws DataCloneError as structuredClone does, for what cannot be stored */
export const plainClone = <Value>(value: Value): Value => copyOf(value) as Value;

const copyOf = (value: unknown): unknown => {
  if (isPrimitive(value)) return value;
  // Which refuses functions and symbols.
  return typeof value === "object" ? copyOfObject(value as object) : structuredClone(value);
};

const copyOfObject = (value: object): unknown => {
  if (Array.isArray(value)) return value.map(copyOf);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype && !Object.hasOwn(value, "__proto__")) {
    // Spread first: a copy that begins with the shape of the original takes a third of the time.
    const copy: Record<string, unknown> = { ...value };
    for (const name in copy) if (!isPrimitive(copy[name])) copy[name] = copyOf(copy[name]);
    return copy;
  }
  if (prototype === Map.prototype) {
    return new Map(
      Array.from(value as Map<unknown, unknown>, ([key, member]) => [copyOf(key), copyOf(member)]),
    );
  }
  if (prototype === Uint8Array.prototype) return (value as Uint8Array).slice();
  if (prototype === Set.prototype) return new Set(Array.from(value as Set<unknown>, copyOf));
  return structuredClone(value);
};

const isPrimitive = (value: unknown): boolean =>
  value === null || (typeof value !== "object" && typeof value !== "function" && typeof value !== "symbol");

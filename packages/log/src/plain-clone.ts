/**
 * A deep copy of what logs hold, made of plain objects, arrays, maps, sets and bytes: several times
 * faster than structuredClone, which copies anything else. References that are shared or cyclic are not
 * kept: rows and pages have none.
 */

/** @throws DataCloneError as structuredClone does, for what cannot be stored */
export const plainClone = <Value>(value: Value): Value => copyOf(value) as Value;

const copyOf = (value: unknown): unknown => {
  switch (typeof value) {
    case "string":
    case "number":
    case "bigint":
    case "boolean":
    case "undefined":
      return value;
    case "function":
    case "symbol":
      return structuredClone(value);
    case "object":
      return value === null ? null : copyOfObject(value);
  }
};

const copyOfObject = (value: object): unknown => {
  if (Array.isArray(value)) return value.map(copyOf);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype && !Object.hasOwn(value, "__proto__")) {
    const copy: Record<string, unknown> = {};
    for (const name of Object.keys(value)) copy[name] = copyOf((value as typeof copy)[name]);
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

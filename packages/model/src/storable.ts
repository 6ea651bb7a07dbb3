/**
 * Says whether the rich codec can keep a value, and if not, where in it the fault lies. What can be
 * kept is what structured clone holds, as structured clone holds it: instances of classes become
 * plain objects, getters their values, members under symbols are left out, and of an error stay
 * name, message, stack and cause. Platform objects (Blob, CryptoKey, DOM nodes …) are refused though
 * some of them can be cloned: they mean something on one device only.
 */

/** Deepest nesting that is kept. */
export const storableDepthMax = 500;

/**
 * A clone of what can be kept: the value as it is at this moment.
 * @throws TypeError that names the path to what cannot be kept, such as `value.items[3].onClick`.
 */
export const cloneStorable = (value: unknown): unknown => {
  const fault = findFault(value, { visited: new Set(), depth: 0, clones: false });
  if (fault !== undefined) throw faultError(fault);
  try {
    return structuredClone(value);
  } catch (cause) {
    // A Proxy, or bytes whose buffer was transferred away: the walk does not see them, their clones tell.
    const hidden = findFault(value, { visited: new Set(), depth: 0, clones: true });
    throw faultError(hidden ?? { path: "", complaint: unclonable }, { cause });
  }
};

const faultError = ({ path, complaint }: Fault, options?: ErrorOptions): TypeError =>
  new TypeError(`${shorten(`value${path}`)} ${complaint}`, options);

const unclonable =
  "is an object that cannot be cloned, such as a Proxy or bytes whose buffer was transferred; store a plain copy of it";

interface Fault {
  readonly path: string;
  readonly complaint: string;
}

interface Walk {
  readonly visited: Set<object>;
  readonly depth: number;
  /** Whether objects are cloned too, the innermost first: slow, for the one that was found to be unclonable. */
  readonly clones: boolean;
}

const findFault = (value: unknown, walk: Walk): Fault | undefined => {
  switch (typeof value) {
    case "function":
    case "symbol":
      return faultHere(typeof value);
    case "object":
      return value === null ? undefined : findFaultInObject(value, walk);
    default:
      return undefined;
  }
};

const findFaultInObject = (object: object, walk: Walk): Fault | undefined => {
  const { visited, depth, clones } = walk;
  if (visited.has(object)) return undefined;
  visited.add(object);
  if (depth > storableDepthMax) {
    return {
      path: "",
      complaint: `is nested deeper than ${storableDepthMax} levels; keep its parts under keys of their own`,
    };
  }
  const fault = findFaultInParts(object, { ...walk, depth: depth + 1 });
  if (fault !== undefined || !clones || cloneOrUndefined(object) !== undefined) return fault;
  return { path: "", complaint: unclonable };
};

const findFaultInParts = (object: object, inner: Walk): Fault | undefined => {
  switch (kindOf(object)) {
    case "leaf":
      return undefined;
    case "array":
      return findFaultInArray(object as readonly unknown[], inner);
    case "map":
      return (
        findFaultInList((object as ReadonlyMap<unknown, unknown>).keys(), ".keys()", inner) ??
        findFaultInList((object as ReadonlyMap<unknown, unknown>).values(), ".values()", inner)
      );
    case "set":
      return findFaultInList((object as ReadonlySet<unknown>).values(), ".values()", inner);
    case "error":
      return under(".cause", findFault((object as Error).cause, inner));
    case "plain":
      return findFaultInMembers(object, inner);
    case "stranger":
      return findFaultInStranger(object, inner);
  }
};

type Kind = "leaf" | "array" | "map" | "set" | "error" | "plain" | "stranger";

const kindOf = (object: object): Kind => {
  if (Array.isArray(object)) return "array";
  const prototype: unknown = Object.getPrototypeOf(object);
  if (prototype === Object.prototype || prototype === null) return "plain";
  if (object instanceof Map) return "map";
  if (object instanceof Set) return "set";
  if (ArrayBuffer.isView(object)) return isKeptView(object) ? "leaf" : "stranger";
  if (leafClasses.some((leafClass) => object instanceof leafClass)) return "leaf";
  // A DOMException is an instance of Error too, and a platform object.
  return object instanceof Error && tagOf(object) === "Error" ? "error" : "stranger";
};

const leafClasses = [Date, RegExp, ArrayBuffer, Boolean, Number, String, BigInt] as const;

/** Float16Array is too new for the codec, and shared memory is nothing to keep. */
const isKeptView = (view: ArrayBufferView): boolean =>
  tagOf(view) !== "Float16Array" && tagOf(view.buffer) === "ArrayBuffer";

const findFaultInArray = (array: readonly unknown[], walk: Walk): Fault | undefined => {
  // Named members come last among the keys.
  const lastKey = Object.keys(array).at(-1);
  if (lastKey !== undefined && String(Number(lastKey) >>> 0) !== lastKey) {
    return {
      path: "",
      complaint: `is an array with a member named ${JSON.stringify(lastKey)} and cannot be stored; copy it into an object`,
    };
  }
  return findFaultInList(array, "", walk);
};

const findFaultInList = (items: Iterable<unknown>, step: string, walk: Walk): Fault | undefined => {
  let index = 0;
  for (const item of items) {
    const fault = findFault(item, walk);
    if (fault !== undefined) return under(`${step}[${index}]`, fault);
    index += 1;
  }
  return undefined;
};

const findFaultInMembers = (object: object, walk: Walk): Fault | undefined => {
  for (const [name, member] of Object.entries(object)) {
    const fault = findFault(member, walk);
    if (fault !== undefined) {
      return under(
        /^[\p{L}$_][\p{L}\p{N}$_]*$/u.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`,
        fault,
      );
    }
  }
  return undefined;
};

/** An instance of a class, an object of another realm, or a platform object: its clone tells which. */
const findFaultInStranger = (object: object, walk: Walk): Fault | undefined => {
  // WebKit makes an ordinary buffer of shared memory, where pages may not share any.
  const clone = tagOf(object) === "SharedArrayBuffer" ? undefined : cloneOrUndefined(object);
  if (clone !== undefined && kindOf(clone) !== "stranger" && !isEmptyShell(object, clone)) {
    return findFaultInObject(clone, walk);
  }
  // Members of a platform object are nobody's data: React, say, hangs its own on DOM nodes.
  const inner =
    clone === undefined && tagOf(object) === "Object" ? findFaultInMembers(object, walk) : undefined;
  return inner ?? faultHere(tagOf(object));
};

/** True for platform objects that Node builds from classes (URL, AbortSignal): nothing of them is cloned. */
const isEmptyShell = (object: object, clone: object): boolean =>
  tagOf(object) !== "Object" && kindOf(clone) === "plain" && Object.keys(clone).length === 0;

const cloneOrUndefined = (object: object): object | undefined => {
  try {
    return structuredClone(object);
  } catch {
    // Not clonable is an answer here, whatever the platform's reason.
    return undefined;
  }
};

const tagOf = (object: object): string => Object.prototype.toString.call(object).slice(8, -1);

const faultHere = (what: string): Fault => ({
  path: "",
  complaint: `is ${/^[AEIO]/i.test(what) ? "an" : "a"} ${what} and cannot be stored; remove it or store what it stands for`,
});

const under = (step: string, fault: Fault | undefined): Fault | undefined =>
  fault && { ...fault, path: step + fault.path };

const pathLengthMax = 200;

const shorten = (path: string): string =>
  path.length > pathLengthMax ? `${path.slice(0, pathLengthMax)}…` : path;

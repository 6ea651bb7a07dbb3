/**
 * The conditions of filters and transactions: what a request may say, and what they hold of.
 */
import { arrayOf, isObject, type JsonObject, objectOf } from "./json.ts";
import { conditionsMax } from "./limits.ts";
import { badRequest } from "./refusal.ts";
import { attributeOf } from "./space.ts";
import { compareTexts } from "./text-order.ts";

/** Whether a value meets all conditions, or one of them. */
export type Filter = (value: unknown) => boolean;

/** Of an attribute, which is undefined where there is none. */
type Test = (attribute: unknown, values: readonly unknown[]) => boolean;

const compared =
  (holds: (order: number) => boolean): Test =>
  (attribute, [operand]) => {
    const order = compare(attribute, operand);
    return order !== undefined && holds(order);
  };

const isEqual: Test = (attribute, [operand]) => attribute === operand;
const contains: Test = (attribute, [operand]) =>
  Array.isArray(attribute)
    ? attribute.includes(operand)
    : typeof attribute === "string" && typeof operand === "string" && attribute.includes(operand);
const exists: Test = (attribute) => attribute !== undefined;
const not =
  (test: Test): Test =>
  (attribute, values) =>
    !test(attribute, values);

const testByCondition: ReadonlyMap<unknown, Test> = new Map<string, Test>([
  [
    "BEGINS_WITH",
    (attribute, [start]) =>
      typeof attribute === "string" && typeof start === "string" && attribute.startsWith(start),
  ],
  [
    "BETWEEN",
    (attribute, [low, high]) => (compare(attribute, low) ?? -1) >= 0 && (compare(attribute, high) ?? 1) <= 0,
  ],
  ["CONTAINS", contains],
  ["NOT_CONTAINS", not(contains)],
  ["EQUAL_TO", isEqual],
  ["NOT_EQUAL_TO", not(isEqual)],
  ["EXISTS", exists],
  ["NOT_EXISTS", not(exists)],
  ["GREATER_THAN", compared((order) => order > 0)],
  ["GREATER_THAN_EQUAL_TO", compared((order) => order >= 0)],
  ["LESS_THAN", compared((order) => order < 0)],
  ["LESS_THAN_EQUAL_TO", compared((order) => order <= 0)],
]);

/** Below 0, 0 or above 0 for values of one type, in the order of an index; undefined for others. */
export const compare = (a: unknown, b: unknown): number | undefined => {
  if (typeof a === "string" && typeof b === "string") return compareTexts(a, b);
  if (typeof a === "number" && typeof b === "number") return a - b;
  return typeof a === "boolean" && typeof b === "boolean" ? Number(a) - Number(b) : undefined;
};

/** Undefined where a request has none. @throws Refusal for operators, conditions and values that cannot be */
export const readFilter = (filters: unknown): Filter | undefined => {
  if (filters === undefined || filters === null) return undefined;
  const body = objectOf(filters, "filters");
  const operators = ["and", "or"].filter((operator) => body[operator] !== undefined);
  if (operators.length > 1) {
    throw badRequest(
      "INVALID_FILTER_OPERATORS_COMBINATION",
      'Filter operators "and" and "or" cannot be present at the same level.',
    );
  }
  const [operator = "and"] = operators;
  const conditions = arrayOf(body, operator);
  if (conditions.length === 0) {
    throw badRequest("EMPTY_FILTER_OPERATOR", 'Filter operators "and" and "or" cannot be empty.');
  }
  if (conditions.length > conditionsMax) {
    throw badRequest(
      "TOO_MANY_FILTER_CONDITIONS",
      `At most ${conditionsMax} conditions can be combined: received ${conditions.length}.`,
    );
  }
  const tests = conditions.map(readCondition);
  return operator === "and"
    ? (value) => tests.every((test) => test(value))
    : (value) => tests.some((test) => test(value));
};

const readCondition = (condition: unknown): Filter => {
  const body = objectOf(condition, "a condition");
  const { property } = body;
  const test = testByCondition.get(body["condition"]);
  if (test === undefined || typeof property !== "string") throw invalidCondition();
  const values = valuesOf(body);
  return (value) => test(attributeOf(value, property), values);
};

export const invalidCondition = (): Error =>
  badRequest("INVALID_FILTER_CONDITION", "The specified condition is not supported for filters.");

export const invalidValues = (): Error =>
  badRequest(
    "INVALID_FILTER_VALUES",
    "The specified number of values are not supported by the given condition.",
  );

/** The values of a condition: two of a BETWEEN, one of any other. @throws Refusal for more and for fewer */
export const valuesOf = (body: JsonObject): readonly unknown[] => {
  const values = arrayOf(body, "values");
  const count = body["condition"] === "BETWEEN" ? 2 : 1;
  if (values.length < count && count === 2) {
    throw badRequest("INSUFFICIENT_FILTER_VALUES", "The specified condition needs at least two values.");
  }
  if (values.length !== count || values.some(isObject)) throw invalidValues();
  return values;
};

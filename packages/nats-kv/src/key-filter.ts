/**
 * Filters of keys: which keys they match, and how Rockpool is asked for them.
 * @see https://docs.nats.io/nats-concepts/subjects#wildcards
 */
import { any, type ChangesSelector, rest } from "rockpool";
import { invalidFilter, overlappingFilters } from "./errors.ts";
import { messageKey, messagesPrefix } from "./layout.ts";

export interface KeyFilter {
  matches(natsKey: string): boolean;
  /** Selects in Rockpool every message that matches, and it may be others. */
  selectorIn(stream: string): ChangesSelector;
}

/**
 * Of filters that were checked by `validateSearchKey` and encoded; none at all match every key.
 * @throws JetStreamApiError 10138 for two that match a key in common, 10052 for a ">" that is not the last token
 */
export const createKeyFilter = (filters: readonly string[]): KeyFilter => {
  const tokens = (filters.length === 0 ? [">"] : filters).map((filter) => filter.split("."));
  if (tokens.some((filter) => filter.slice(0, -1).includes(">"))) throw invalidFilter();
  if (tokens.some((filter, index) => tokens.slice(index + 1).some((other) => overlap(filter, other)))) {
    throw overlappingFilters();
  }
  return {
    matches: (natsKey) => {
      const key = natsKey.split(".");
      return tokens.some((filter) => matchesTokens(filter, key));
    },
    selectorIn: (stream) => {
      const [single = [], ...others] = tokens;
      if (others.length > 0 || single[0] === ">") return { prefix: messagesPrefix(stream) };
      if (!single.includes("*") && single.at(-1) !== ">") {
        return { keys: [messageKey(stream, single.join("."))] };
      }
      const parts = single.map((token) => (token === "*" ? any : token === ">" ? rest : token));
      return { pattern: [...messagesPrefix(stream), ...parts] };
    },
  };
};

const matchesTokens = (filter: readonly string[], key: readonly string[]): boolean => {
  if (filter.at(-1) === ">") {
    return key.length >= filter.length && matchesEach(filter.slice(0, -1), key);
  }
  return filter.length === key.length && matchesEach(filter, key);
};

const matchesEach = (filter: readonly string[], key: readonly string[]): boolean =>
  filter.every((token, index) => token === "*" || token === key[index]);

/** Whether some key matches both. */
const overlap = (one: readonly string[], other: readonly string[]): boolean => {
  for (const [index, token] of one.entries()) {
    const their = other[index];
    if (their === undefined) return false;
    if (token === ">" || their === ">") return true;
    if (token !== their && token !== "*" && their !== "*") return false;
  }
  return one.length === other.length;
};

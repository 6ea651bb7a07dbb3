/**
 * Custom entities as the platform keeps them (2.2): what a manifest may declare, typed attributes, indexes,
 * conditions, filters, pages and cursors.
 */
import { Filter, FilterConditions, kvs, MetadataField, Sort, WhereConditions } from "@forge/kvs";
import { createForgeKvs, type EntityDeclaration } from "@rockpool/forge-kvs";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { places } from "../places.ts";
import { ForgeBed, refusal } from "./forge-bed.ts";

interface Employee {
  surname?: string;
  age?: number;
  employmentyear?: number;
  gender?: string;
  nationality?: string;
  rating?: number;
  active?: boolean;
  notes?: unknown;
}

interface Query {
  readonly index: string;
  readonly partition?: unknown[];
  readonly where?: Parameters<ReturnType<ReturnType<typeof employees.query>["index"]>["where"]>[0];
  readonly filter?: Filter<Employee> | ReturnType<Filter<Employee>["and"]>;
  readonly sort?: Sort;
}

const employees = kvs.entity<Employee>("employee");

/** A query of employees, as the SDK builds it. */
const build = ({ index, partition, where, filter, sort }: Query) => {
  const query = employees.query().index(index, partition === undefined ? {} : { partition });
  if (where !== undefined) query.where(where);
  if (filter !== undefined) query.filters(filter as ReturnType<Filter<Employee>["and"]>);
  // oxlint-disable-next-line unicorn/no-array-sort -- it is a builder, no array
  if (sort !== undefined) query.sort(sort);
  return query.limit(100);
};
const keysOf = async (query: Query): Promise<string> =>
  (await build(query).getMany()).results.map(({ key }) => key).join(" ");

const declare = (...entities: EntityDeclaration[]) => createForgeKvs({ name: "none", entities });
const many = (count: number) => Array.from({ length: count }, (_, n) => `n${n}`);

describe("2.2 entities: what a manifest may declare", () => {
  const attributes = { a: { type: "string" } } as const;

  test.each<readonly [what: string, message: string, entities: readonly EntityDeclaration[]]>([
    ["21 entities", "at most 20 entities", many(21).map((n) => ({ name: `entity${n}`, attributes }))],
    [
      "51 attributes",
      "at most 50 attributes",
      [{ name: "abc", attributes: Object.fromEntries(many(51).map((n) => [n, { type: "any" }])) }],
    ],
    [
      "8 indexes",
      "at most 7 indexes",
      [{ name: "abc", attributes, indexes: many(8).map((n) => ({ name: `index${n}`, range: ["a"] })) }],
    ],
    ["a name of 2", "3 to 60 characters", [{ name: "ab", attributes }]],
    ["a name of 61", "3 to 60 characters", [{ name: "a".repeat(61), attributes }]],
    ["a name in capitals", "a-z 0-9", [{ name: "Employee", attributes }]],
    ["an index name of 2", "3 to 50", [{ name: "abc", attributes, indexes: [{ name: "ix", range: ["a"] }] }]],
    [
      "two of a name",
      "declared twice",
      [
        { name: "abc", attributes },
        { name: "abc", attributes },
      ],
    ],
    [
      "a type that is none",
      "must be of type",
      [{ name: "abc", attributes: { a: { type: "date" as "any" } } }],
    ],
    [
      "the index by-key",
      "is taken",
      [{ name: "abc", attributes, indexes: [{ name: "by-key", range: ["a"] }] }],
    ],
    ["an index of nothing", "declare it", [{ name: "abc", attributes, indexes: ["b"] }]],
    [
      "a range of two",
      "one attribute",
      [{ name: "abc", attributes, indexes: [{ name: "two", range: ["a", "a"] }] }],
    ],
  ])("2.2 entities: %s is refused", (_, message, entities) => {
    expect(() => declare(...entities)).toThrow(TypeError);
    expect(() => declare(...entities)).toThrow(message);
  });
});

describe.each(places)("$name", (place) => {
  const bucket = `forge-entities-${crypto.randomUUID()}`;
  let bed: ForgeBed;
  beforeAll(async () => {
    await place.start();
    bed = await ForgeBed.open(place, bucket);
  });
  beforeEach(() => bed.clear());
  afterAll(async () => {
    await bed[Symbol.asyncDispose]();
    await place.stop();
  });

  describe("2.2 entities: types", () => {
    test("2.2 entities: an integer has 32 bits, else INCORRECT_PROPERTY_TYPE", async () => {
      await kvs.entity("row").set("k", { n: 2147483647 });
      await kvs.entity("row").set("k", { n: -2147483648 });
      for (const n of [2147483648, -2147483649, "5", 1.5, true, null]) {
        await expect(kvs.entity("row").set("k", { n })).rejects.toMatchObject(
          refusal(400, "INCORRECT_PROPERTY_TYPE", 'Data type for property "n" is defined as "integer"'),
        );
      }
    });

    test("2.2 entities: strings, floats, booleans and any are checked, what is missing or undeclared is not", async () => {
      await employees.set("k", { rating: 0, active: false, surname: "", notes: { any: [1] } });
      await employees.set("k", { rating: -1.5e-130, undeclared: 1 } as Employee);
      expect(await employees.get("k")).toEqual({ rating: -1.5e-130, undeclared: 1 });
      for (const wrong of [{ rating: 1e-131 }, { rating: "1" }, { active: 1 }, { surname: 1 }]) {
        await expect(employees.set("k", wrong as Employee)).rejects.toMatchObject(
          refusal(400, "INCORRECT_PROPERTY_TYPE"),
        );
      }
      for (const wrong of ["text", [1], 1]) {
        await expect(kvs.entity("row").set("k", wrong)).rejects.toMatchObject(
          refusal(400, "INVALID_ENTITY_VALUE"),
        );
      }
    });

    test("2.2 entities: an undeclared one is 404 SCHEMA_NOT_FOUND, a name that is none its own code", async () => {
      for (const call of [
        kvs.entity("nobody").get("k"),
        kvs.entity("nobody").set("k", {}),
        kvs.entity("nobody").delete("k"),
        kvs.entity("nobody").query().index("by-key").getMany(),
      ]) {
        await expect(call).rejects.toMatchObject(
          refusal(404, "SCHEMA_NOT_FOUND", "The schema provided does not exist"),
        );
      }
      for (const [name, code] of [
        ["ab", "ENTITY_TYPE_TOO_SHORT"],
        ["a".repeat(61), "ENTITY_TYPE_TOO_LARGE"],
        ["Employee", "INVALID_ENTITY_TYPE"],
      ] as const) {
        await expect(kvs.entity(name).get("k")).rejects.toMatchObject(refusal(400, code));
      }
    });

    test("2.2 entities: a range of 900 bytes and a partition of 1,700 at most", async () => {
      await employees.set("k".repeat(500), {
        gender: "g".repeat(1000),
        nationality: "n".repeat(700),
        employmentyear: 1,
        surname: "é".repeat(450),
      });
      expect((await build({ index: "surname" }).getMany()).results).toHaveLength(1);
      const partition = ["g".repeat(1000), "n".repeat(700)];
      expect((await build({ index: "by-year", partition }).getMany()).results).toHaveLength(1);
      await expect(employees.set("k", { surname: "s".repeat(901) })).rejects.toMatchObject(
        refusal(400, "MAX_SIZE", /"surname" takes 901 bytes of 900/),
      );
      await expect(
        employees.set("k", { gender: "g".repeat(1000), nationality: "n".repeat(701), employmentyear: 1 }),
      ).rejects.toMatchObject(refusal(400, "MAX_SIZE", /1701 bytes of 1700/));
      await expect(employees.set("k".repeat(500), { surname: "\0".repeat(900) })).rejects.toMatchObject(
        refusal(400, "MAX_SIZE", /takes \d+ bytes of 2048: shorten one of them/),
      );
    });
  });

  describe("2.2 entity query", () => {
    beforeEach(async () => {
      await kvs.batchSet<Employee>(
        (
          [
            [
              "davis",
              { age: 30, gender: "male", nationality: "Australian", employmentyear: 2022, rating: -1.5 },
            ],
            [
              "scott",
              { age: 41, gender: "female", nationality: "British", employmentyear: 2020, rating: 0.5 },
            ],
            ["adams", { age: 30, gender: "female", nationality: "Australian", employmentyear: 2019 }],
            [
              "zhang",
              { age: -7, gender: "male", nationality: "Australian", employmentyear: 2021, active: true },
            ],
            ["young", { age: 100, gender: "male", nationality: "British", active: false, rating: 1e9 }],
          ] as const
        ).map(([key, value]) => ({
          key,
          value: { surname: key[0]?.toUpperCase() + key.slice(1), ...value },
          entityName: "employee",
        })),
      );
    });

    test("2.2 entity query: the index by-key is there without a declaration", async () => {
      expect(await keysOf({ index: "by-key" })).toBe("adams davis scott young zhang");
      expect(await keysOf({ index: "by-key", where: WhereConditions.beginsWith("y") })).toBe("young");
      expect(await keysOf({ index: "by-key", where: WhereConditions.between("b", "scott") })).toBe(
        "davis scott",
      );
      expect(await keysOf({ index: "by-key", where: WhereConditions.greaterThan("scott") })).toBe(
        "young zhang",
      );
      expect(await keysOf({ index: "by-key", where: WhereConditions.equalTo("davis") })).toBe("davis");
    });

    test("2.2 entity query: index order is value order, of integers, floats, strings and booleans; DESC is its reverse", async () => {
      expect(await keysOf({ index: "by-age" })).toBe("zhang adams davis scott young");
      expect(await keysOf({ index: "by-age", sort: Sort.DESC })).toBe("young scott davis adams zhang");
      expect(await keysOf({ index: "by-age", sort: Sort.ASC })).toBe("zhang adams davis scott young");
      expect(await keysOf({ index: "surname" })).toBe("adams davis scott young zhang");
      expect(await keysOf({ index: "rating" })).toBe("davis scott young");
      expect(await keysOf({ index: "active" })).toBe("young zhang");
    });

    test("2.2 entity query: where takes equalTo, between, greater and less, beginsWith", async () => {
      const { equalTo, between, beginsWith } = WhereConditions;
      const { greaterThan, greaterThanEqualTo, lessThan, lessThanEqualTo } = WhereConditions;
      for (const [index, where, keys] of [
        ["by-age", equalTo(30), "adams davis"],
        ["by-age", between(30, 41), "adams davis scott"],
        ["by-age", between(41, 30), ""],
        ["by-age", greaterThan(30), "scott young"],
        ["by-age", greaterThan(29.5), "adams davis scott young"],
        ["by-age", greaterThanEqualTo(30), "adams davis scott young"],
        ["by-age", lessThan(30), "zhang"],
        ["by-age", lessThanEqualTo(30), "zhang adams davis"],
        ["surname", beginsWith("D"), "davis"],
        ["surname", beginsWith(""), "adams davis scott young zhang"],
        ["surname", greaterThan("Davis"), "scott young zhang"],
        ["surname", lessThanEqualTo("Davis"), "adams davis"],
        ["rating", lessThan(0.5), "davis"],
        ["rating", between(-1.5, 0.5), "davis scott"],
        ["active", equalTo(true), "zhang"],
      ] as const) {
        expect([where, await keysOf({ index, where })]).toEqual([where, keys]);
      }
      for (const [index, where, code] of [
        ["by-age", beginsWith("3"), "INCORRECT_PROPERTY_TYPE"],
        ["by-age", beginsWith(3), "INVALID_FILTER_CONDITION"],
        ["surname", equalTo(3), "INCORRECT_PROPERTY_TYPE"],
        ["surname", { condition: "CONTAINS", values: ["a"] }, "INVALID_FILTER_CONDITION"],
        ["surname", { condition: "BETWEEN", values: ["a"] }, "INSUFFICIENT_FILTER_VALUES"],
        ["surname", { condition: "EQUAL_TO", values: [] }, "INVALID_FILTER_VALUES"],
      ] as const) {
        await expect(build({ index, where: where as never }).getMany()).rejects.toMatchObject(
          refusal(400, code),
        );
      }
    });

    test("2.2 entity query: values of the partition are all required, in their order", async () => {
      const index = "by-year";
      expect(await keysOf({ index, partition: ["male", "Australian"] })).toBe("zhang davis");
      expect(await keysOf({ index: "by-age-per-gender", partition: ["female"] })).toBe("adams scott");
      const where = WhereConditions.greaterThan(30);
      expect(await keysOf({ index: "by-age-per-gender", partition: ["female"], where })).toBe("scott");
      expect(await keysOf({ index, partition: ["Australian", "male"] })).toBe("");
      for (const partition of [undefined, ["male"], ["male", "Australian", "x"]]) {
        const query = build({ index, ...(partition === undefined ? {} : { partition }) });
        await expect(query.getMany()).rejects.toMatchObject(refusal(400, "INVALID_FILTER_VALUES"));
      }
      await expect(build({ index: "no-index" }).getMany()).rejects.toMatchObject(
        refusal(400, "INVALID_ENTITY_INDEX"),
      );
    });

    test("2.2 entity query: filters and XOR or, of any attribute", async () => {
      const { equalTo, notEqualTo, exists, notExists, contains, greaterThan } = FilterConditions;
      const filter = new Filter<Employee>();
      const index = "by-age";
      const both = filter.and("gender", equalTo("male")).and("nationality", equalTo("Australian"));
      expect(await keysOf({ index, filter: both })).toBe("zhang davis");
      const either = filter.or("age", greaterThan(90)).or("nationality", equalTo("British"));
      expect(await keysOf({ index, filter: either as never })).toBe("scott young");
      expect(await keysOf({ index, filter: filter.and("rating", exists()) })).toBe("davis scott young");
      expect(await keysOf({ index, filter: filter.and("rating", notExists()) })).toBe("zhang adams");
      expect(await keysOf({ index, filter: filter.and("surname", contains("a")) })).toBe("zhang adams davis");
      expect(await keysOf({ index, filter: filter.and("active", notEqualTo(true)) })).toBe(
        "adams davis scott young",
      );
    });

    test("2.2 entity query: the documented codes of filters", async () => {
      const condition = { property: "age", condition: "EQUAL_TO", values: [1] };
      for (const [filters, code] of [
        [{ and: [condition], or: [condition] }, "INVALID_FILTER_OPERATORS_COMBINATION"],
        [{ and: [] }, "EMPTY_FILTER_OPERATOR"],
        [{}, "EMPTY_FILTER_OPERATOR"],
        [{ and: [{ ...condition, condition: "BETWEEN" }] }, "INSUFFICIENT_FILTER_VALUES"],
        [{ and: [{ ...condition, values: [1, 2] }] }, "INVALID_FILTER_VALUES"],
        [{ and: [{ ...condition, condition: "SOUNDS_LIKE" }] }, "INVALID_FILTER_CONDITION"],
        [{ or: Array.from({ length: 101 }, () => condition) }, "TOO_MANY_FILTER_CONDITIONS"],
      ] as const) {
        const body = { entityName: "employee", indexName: "by-age", filters };
        expect(await bed.post("entity/query", body)).toMatchObject({ status: 400, body: { code } });
      }
    });

    test("2.2 entity query: a filtered page may be empty and have a cursor", async () => {
      const filter = new Filter<Employee>().and("surname", FilterConditions.equalTo("Young"));
      const pages: string[] = [];
      let cursor: string | undefined;
      do {
        const query = build({ index: "by-age", filter }).limit(2);
        if (cursor !== undefined) query.cursor(cursor);
        const { results, nextCursor } = await query.getMany();
        pages.push(results.map(({ key }) => key).join(" "));
        cursor = nextCursor;
      } while (cursor !== undefined);
      expect(pages).toEqual(["", "", "young"]);
    });

    test("2.2 entity query: pages of 1 to 100, 10 by default, cursors for both orders", async () => {
      for (const limit of [0, 101]) {
        await expect(build({ index: "by-age" }).limit(limit).getMany()).rejects.toMatchObject(
          refusal(
            400,
            "COMPLEX_QUERY_PAGE_LIMIT_NOT_IN_RANGE",
            "The page limit must be set between 1 and 100.",
          ),
        );
      }
      await kvs.batchSet(
        Array.from({ length: 12 }, (_, n) => ({ key: `r${n}`, value: { n: n % 3 }, entityName: "row" })),
      );
      expect((await kvs.entity("row").query().index("n").getMany()).results).toHaveLength(10);
      for (const order of [Sort.ASC, Sort.DESC]) {
        const first = await build({ index: "by-age", sort: order }).limit(3).getMany();
        const rest = await build({ index: "by-age", sort: order })
          .cursor(first.nextCursor ?? "")
          .getMany();
        const keys = [...first.results, ...rest.results].map(({ key }) => key).join(" ");
        expect(keys).toBe(await keysOf({ index: "by-age", sort: order }));
        expect(rest.nextCursor).toBeUndefined();
        const other = build({ index: "by-age", sort: order === Sort.ASC ? Sort.DESC : Sort.ASC });
        await expect(other.cursor(first.nextCursor ?? "").getMany()).rejects.toMatchObject(
          refusal(400, "INVALID_CURSOR"),
        );
      }
    });

    test("2.2 entity query: an index follows what is set, deleted and left out", async () => {
      await employees.set("scott", { surname: "Scott", age: 5 });
      await employees.delete("young");
      await employees.set("davis", { surname: "Davis" });
      expect(await keysOf({ index: "by-age" })).toBe("zhang scott adams");
      expect(await keysOf({ index: "by-age-per-gender", partition: ["female"] })).toBe("adams");
      await kvs.transact().delete("adams", { entityName: "employee" }).execute();
      expect(await keysOf({ index: "by-age" })).toBe("zhang scott");
      for (const key of ["zhang", "scott", "davis"]) await employees.delete(key);
      expect(await bed.kv.count({ prefix: ["forge-kvs"] })).toBe(0);
    });

    test("2.2 entity query: metadata when asked, getOne", async () => {
      const asked = employees.query({ metadataFields: [MetadataField.CREATED_AT] });
      const found = await asked.index("by-age").where(WhereConditions.equalTo(41)).getOne();
      expect(found).toMatchObject({ key: "scott", createdAt: expect.any(Number) as number });
    });
  });

  test("2.2 entity query: strings stand in the order of their code points, whatever they hold", async () => {
    const texts = ["", "\0", "a", "a\0", "aa", "é", "\uFFFD", "𝄞", "𝄞a", "\ud800"];
    const rows = kvs.entity<{ s: string }>("row");
    for (const [n, s] of texts.entries()) await rows.set(`k${n}`, { s });
    const { results } = await rows.query().index("s").limit(100).getMany();
    // A lone surrogate stands with U+FFFD.
    expect(results.map(({ value }) => value.s)).toEqual([
      "",
      "\0",
      "a",
      "a\0",
      "aa",
      "é",
      "\uFFFD",
      "\ud800",
      "𝄞",
      "𝄞a",
    ]);
    const beginning = await rows.query().index("s").where(WhereConditions.beginsWith("𝄞")).getMany();
    expect(beginning.results.map(({ value }) => value.s)).toEqual(["𝄞", "𝄞a"]);
    const above = new Filter<{ s: string }>().and("s", FilterConditions.greaterThan("\uFFFD"));
    const filtered = await rows.query().index("by-key").filters(above).limit(100).getMany();
    expect(filtered.results.map(({ value }) => value.s)).toContain("𝄞");
  });
});

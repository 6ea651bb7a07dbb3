/**
 * What the example's manifest.yml has under `app.storage`, as JSON.
 */
import type { EntityDeclaration } from "@rockpool/forge-kvs";

export const entities: readonly EntityDeclaration[] = [
  {
    name: "employee",
    attributes: {
      surname: { type: "string" },
      age: { type: "integer" },
      employmentyear: { type: "integer" },
      gender: { type: "string" },
      nationality: { type: "string" },
    },
    indexes: [
      "surname",
      "employmentyear",
      { name: "by-age", range: ["age"] },
      { name: "by-age-per-gender", partition: ["gender"], range: ["age"] },
    ],
  },
];

/**
 * Every limit of Forge's stores that is kept here, with unit. Source: Forge's "Storage limits", and
 * what was measured on the platform.
 */

/** Longest key, in characters. */
export const keyCharsMax = 500;
/** Largest value, in bytes as JSON: 240 KiB. */
export const valueBytesMax: number = 240 * 1024;
/** Objects and arrays inside each other in a value. The platform's message says 32. */
export const valueDepthMax = 31;
/** Longest life, in ms: a year. */
export const ttlMsMax: number = 365 * 24 * 60 * 60 * 1000;
/** Entries of a page of a query, when nothing is said and at most. */
export const pageDefault = 10;
export const pageMax = 100;
/** Keys of one batch. */
export const batchKeysMax = 25;
/** Operations of one transaction. */
export const transactionOperationsMax = 25;
/** Body of a batch or a transaction, in bytes: 4 MB. */
export const payloadBytesMax: number = 4 * 1024 * 1024;
/** Conditions of one query or operation. */
export const conditionsMax = 100;
/** What a manifest may declare. */
export const entitiesMax = 20;
export const attributesMax = 50;
export const indexesMax = 7;
export const entityNameCharsMin = 3;
export const entityNameCharsMax = 60;
export const indexNameCharsMin = 3;
export const indexNameCharsMax = 50;
/** Attributes of an index, in bytes: the values of its partition together, and that of its range. */
export const partitionBytesMax = 1700;
export const rangeBytesMax = 900;
/** Largest integer attribute: 32 bits, signed. */
export const integerMax: number = 2 ** 31 - 1;
export const integerMin: number = -(2 ** 31);
/** Magnitudes of a float attribute that is not 0. */
export const floatMagnitudeMin = 1e-130;
export const floatMagnitudeMax = 9.999999999999999e125;

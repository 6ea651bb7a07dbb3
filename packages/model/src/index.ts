// Keys, values, entries, operations, versionstamps, limits and errors of Rockpool. Pure.
// Not written yet: this line is here so that the package can be imported.
export {};

// Rockpool's log in IndexedDB.
// Not written yet: this line is here so that the package can be imported.
export {};

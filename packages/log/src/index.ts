// The contract of Rockpool's log, and a log in memory.
// Not written yet: this line is here so that the package can be imported.
export {};

// A Rockpool replica at work: group commit, tabs, socket and the worker.
// Not written yet: this line is here so that the package can be imported.
export {};

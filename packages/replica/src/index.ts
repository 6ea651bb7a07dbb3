// The pure fold of a Rockpool log: views, commits, pages and the sync session.
// Not written yet: this line is here so that the package can be imported.
export {};

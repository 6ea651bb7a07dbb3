// The server that orders, resolves, keeps and fans out Rockpool commits.
// Not written yet: this line is here so that the package can be imported.
export {};

// A key-value store for web apps that keep working offline.
// Not written yet: this line is here so that the package can be imported.
export {};

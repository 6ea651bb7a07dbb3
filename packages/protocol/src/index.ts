// The messages between a Rockpool replica and its relay.
// Not written yet: this line is here so that the package can be imported.
export {};

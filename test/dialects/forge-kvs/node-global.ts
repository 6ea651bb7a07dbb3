/**
 * What the SDK of Forge, written for Node, needs of a page: the name `global`. A bundler's `define` does
 * the same. To be imported before it.
 */
(globalThis as { global?: unknown }).global ??= globalThis;

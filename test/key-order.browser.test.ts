/** The order of keys in a real browser's IndexedDB. */
import { describeKeyOrder } from "./key-order-suite.ts";

describeKeyOrder("IndexedDB", indexedDB);

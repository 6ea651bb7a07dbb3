/**
 * The order of keys in a real browser's IndexedDB: what key-order.test.ts shows of one made of
 * JavaScript proves nothing for it.
 */
import { describeKeyOrder } from "./key-order-suite.ts";

describeKeyOrder("IndexedDB", indexedDB);

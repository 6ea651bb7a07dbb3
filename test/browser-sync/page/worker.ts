/**
 * The worker of the package on a device whose clock may be wrong: it is started under the name of its clock's error, in
 * ms.
 */
// oxlint-disable-next-line import/no-unassigned-import -- what a worker's entry does is what it imports
import "rockpool/worker";
import { shiftClock } from "./shifted-clock.ts";

shiftClock(Number(self.name));

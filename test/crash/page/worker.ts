/**
 * The worker of the package, started by the page itself so that the page can end it.
 */
// oxlint-disable-next-line import/no-unassigned-import -- what a worker's entry does is what it imports
import "rockpool/worker";

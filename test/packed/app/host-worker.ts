// A worker file of the app's own.
// What it does besides would stand here.
import "rockpool/worker";

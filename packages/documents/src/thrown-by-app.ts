/**
 * What an app's own code throws while it is told of something: uncaught, as where an `EventTarget` calls it. It
 * must not stop what tells it, or a broken editor would be the end of saving.
 */
export const callApp = (call: () => void): void => {
  try {
    call();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
};

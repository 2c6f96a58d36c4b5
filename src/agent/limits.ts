// Each a constant of its own, not one object: so the agent's bundle has room only for their values.

export const seconds = 1000
const minutes = 60 * seconds

/** A worker that outlives the hook at the end of its job by this no longer counts. */
export const hungWorker = 15 * minutes
/** A cancelled job of whose end nothing was heard is over; GitLab gives its `after_script` 5 minutes by default. */
export const cancelled = 15 * minutes
/** A hook left a message, but no worker was ever seen: its job was over before we looked. */
export const missingWorker = 60 * seconds
export const leavingWorker = 5 * seconds
export const update = 10 * minutes
/** How long refusals are worth another try, and the pause before each. */
export const refusals = 20 * minutes
export const refusalPause = 30 * seconds
/** A registration younger than the first is there, whatever a refused session says; an older one is gone when that is said twice within the second. */
export const youngRegistration = 2 * minutes
export const disowning = 10 * minutes
/** A program that was told to stop, or whose registration is gone, may take this long. */
export const stop = 60 * seconds
/** The same when the machine is taken away: systemd waits 80 s, the spot market 2 minutes. */
export const forcedStop = 40 * seconds
/** `single`: the program should have ended with its job. */
export const afterSingle = 2 * minutes

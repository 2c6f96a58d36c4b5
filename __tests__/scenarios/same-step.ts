/** Two tries of one step of one job have these in common: the worker's GUID of the job, and the step's own id. */
export const sameStep = { env: { RUNNER_TRACKING_ID: 'github_6f1c3f3e-2f0b-4a52-9a6c-0c8f2f5f2a11' } }

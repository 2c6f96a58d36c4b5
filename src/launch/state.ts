/** Names of what a launch leaves for its own post step. */
export const state = {
  identity: 'identity',
  creating: 'creating',
  removed: 'removed',
  instance: 'instance',
  /** Id of a machine that another process made. */
  adopted: 'adopted',
  handedOver: 'handed-over',
} as const

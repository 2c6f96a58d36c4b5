/** What only this program says to itself: the word by which a runner on this machine is started anew (here.ts). */
export const workingOn = 'here'

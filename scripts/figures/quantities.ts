/** What of the benchmark people are shown, in their words, in the order of the page. */
export interface Quantity {
  /** The rows of the benchmark it is about (`quantity` in bench.json); the worst of them is shown. */
  readonly rows: RegExp
  readonly says: string
  /** Where docs/figures/others.json has the same of other projects. */
  readonly others?: string
  /** Shown on the README, too, in these words. */
  readonly door?: string
}

export const quantities: readonly Quantity[] = [
  {
    rows: /^waste over boot time, .* console live$/,
    says: 'runner online → the end of the step that launched it, boots of 2 to 120 s',
    others: 'end',
    door: 'from a runner that is online to the end of the step that launched it',
  },
  {
    rows: /^waste over boot time, .* console absent$/,
    says: 'the same where the machine’s console may not be read',
  },
  {
    rows: /^forge calls, .* console live$/,
    says: 'requests to GitHub or GitLab, boot of 58 s, 1,000 stale runners there',
    others: 'requests',
    door: 'requests to GitHub or GitLab until then, with a boot of 58 s and 1,000 stale runners',
  },
  {
    rows: /^forge calls, .* console absent$/,
    says: 'the same where the console may not be read',
  },
  { rows: /^pages read to prune$/, says: 'pages of runners read to tidy up after 1,000 stale ones' },
  {
    rows: /^forge calls of stop$/,
    says: 'requests of `stop` to GitHub or GitLab, among 3,000 other runners',
  },
  {
    rows: /^creating cloud calls of a launch$/,
    says: 'requests to the cloud that create something',
    others: 'creating',
    door: 'requests that create something in the cloud',
  },
  {
    rows: /^first request to the cloud, over the floor$/,
    says: 'start of the program → its first request to the cloud, over what bare Node.js takes',
    others: 'start',
  },
  {
    rows: /^capacity list of 8 places, all empty$/,
    says: 'a whole launch that asks eight places for a machine, none of which has one',
  },
  {
    rows: /^peak memory of the launch$/,
    says: 'peak memory',
    others: 'memory',
    door: 'peak memory of a launch',
  },
  { rows: /^all code loaded by the launch$/, says: 'code loaded by a launch', others: 'code' },
  {
    rows: /^machine's own time$/,
    says: 'the machine’s own part: its program starts → the runner listens, downloads left out',
  },
  { rows: /^whole payload of a default launch$/, says: 'what is sent to the machine' },
  {
    rows: /^cancel to exit$/,
    says: 'cancel of a launch → the end of its step; what it made is removed right after',
    others: 'cancel',
    door: 'from the cancel of a launch to the end of its step; what it made is removed right after',
  },
]

/** Rows of no cloud. */
export const downloads: readonly Quantity[] = [
  { rows: /^npm package$/, says: 'the npm package, as `npx` fetches it' },
  { rows: /^dist\/$/, says: '`dist/`, what a job runs, unpacked' },
  { rows: /^agent-.*, gzipped$/, says: 'the program that the machine runs, compressed, the largest' },
]

/** Of so many launches at once; `N` stands for the number. */
export const crowds: readonly Quantity[] = [
  { rows: /^failed of /, says: 'failed' },
  { rows: /^made twice by /, says: 'machines or registrations made twice' },
  {
    rows: /^waste of .* console live$/,
    says: 'runner online → the end of its step, for 95 of 100 at most',
    others: 'crowd',
  },
  { rows: /^waste of .* console absent$/, says: 'the same where the console may not be read' },
]

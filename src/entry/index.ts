// The one entry of the bundle, so that the doors in dist/ share their chunks. Each door loads only what it needs.

export function runMain(dist: string): void {
  void import('./main.ts').then(({ main }) => main(dist, process.argv.slice(2))).then(leave)
}

export function runPost(): void {
  void import('./post.ts').then(({ post }) => post()).then(leave)
}

export function runCli(dist: string): void {
  void import('./cli.ts').then(({ cli }) => cli(dist, process.argv.slice(2))).then(leave)
}

/** Ends at once, since idle connections would keep the process for seconds, but not before everything is written. */
async function leave(code: number): Promise<void> {
  for (const stream of [process.stdout, process.stderr]) {
    await new Promise<void>((resolve) => void stream.write('', () => resolve()))
  }
  process.exit(code)
}

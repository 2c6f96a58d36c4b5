import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AgentConfig } from '../../src/machine/agent-config.ts'
import { compiled } from '../compiled.ts'
import { Bystanders } from './bystanders.ts'
import { Forgers, selfOf } from './forgers.ts'
import type { ForgeryPlan } from './forgery-plan.ts'
import { Fleet, type Pace } from './light-machine.ts'
import type { Pair } from './pairs.ts'
import { flagsOf, Processes, runCommandLine, type Signal } from './processes.ts'
import type { Sweeper, Door, End, OpenCloud, OpenForge, SeenMachine, SeenRunner, Step } from './rig.ts'
import { scan, type Piece } from './secrets.ts'
import { StoryClock } from './story-clock.ts'
import { StoryTap } from './tap.ts'

export interface StoryOptions {
  readonly dist: string
  /** How much faster than real its time runs. */
  readonly factor: number
  /** Looks until listings show what is new. */
  readonly lag: number
  /** The forge tells lies about who works. */
  readonly lying: boolean
  /** Which of the forge's registrations: 0 = the usual one. */
  readonly variant: number
  /** From where the launch is asked for. */
  readonly door: Door
  /** None at all where it is absent. */
  readonly forgery?: ForgeryPlan
  readonly pace?: Partial<Pace>
}

type Verb = 'launch' | 'stop' | 'sweep'

const usualPace: Pace = { registersAfter: 2_000, listensAfter: 1_500, lingers: 2_500 }

/** Milliseconds of the story that whoever waits for an answer waits without a doubt. */
const longestSweep = 8_000

/** Long enough for what goes well, and short for what never does. Seconds. */
const launchOptions = { 'launch-timeout': '120', 'max-lifetime': '1h', 'idle-timeout': '1h' }
const lifetime = 3_600_000

/** What forgeries have led to, each a list of sentences: nothing, if all is well. */
export interface Deceptions {
  /** Taken away, and not the product's to take. */
  readonly removed: readonly string[]
  /** A forged machine was handed over. */
  readonly adopted: readonly string[]
  /** A launch was handed over on a forged runner's word. */
  readonly believed: readonly string[]
}

/** One world with a cloud, a forge, bystanders, and the product's own doors in it. */
export class Story {
  readonly clock: StoryClock
  readonly tap: StoryTap
  readonly processes: Processes
  readonly folder: string
  readonly cloud: OpenCloud
  readonly forge: OpenForge
  readonly fleet: Fleet
  readonly bystanders: Bystanders
  readonly forgers: Forgers
  /** Identities of launches that were handed over. */
  readonly kept = new Set<string>()
  /** Identities of launches that said so and then died: what became of them is nobody's mistake. */
  readonly excused = new Set<string>()
  /** What is wrong beside leaks and harm: exit codes, secrets, requests that nobody understood. */
  readonly problems: string[] = []
  /** For a person who looks into a failing story. */
  readonly log: string[] = []
  /** What was to happen to a process has happened. */
  struck = false
  /** Somebody else's sweep took longer than a request beside it can wait: the host has too much to do. */
  sweptSlowly = false
  /** Called before the process that is tried starts. */
  onStruck: () => void = () => undefined
  /** Milliseconds of the story that removing took. */
  recovery = 0
  readonly #options: StoryOptions
  readonly #steps: Step[] = []
  readonly #pieces: Piece[] = []
  #closed = false
  readonly #verbs = new Set<string>()
  readonly #following: Promise<void>[] = []

  static async open(pair: Pair, options: StoryOptions): Promise<Story> {
    const folder = mkdtempSync(join(tmpdir(), 'cml-runner-chaos-'))
    mkdirSync(join(folder, 'home'))
    const clock = new StoryClock(options.factor)
    const tap = new StoryTap(clock)
    const surroundings = { clock, tap, folder }
    const forge = await pair.forge.open(surroundings)
    const fleet = new Fleet(clock, { ...usualPace, ...options.pace }, (config) => forge.join(config))
    const cloud = await pair.cloud.open(surroundings, fleet)
    const self = selfOf(forge, options.door)
    const world = { clock, cloud, cloudName: pair.cloud.name, forge, fleet, run: self.run }
    const bystanders = new Bystanders(world)
    const forgers = new Forgers({ ...world, bystanders }, self, options.forgery)
    return new Story({ ...world, tap, folder, bystanders, forgers }, options)
  }

  /** The call of a creation after which this story's launches die: another one in each story, where there are several. */
  get creatingCall(): string | undefined {
    const { creates } = this.cloud
    return creates[(this.#options.forgery?.number ?? 0) % creates.length]
  }

  private constructor(
    parts: Pick<Story, 'clock' | 'tap' | 'folder' | 'cloud' | 'forge' | 'fleet' | 'bystanders' | 'forgers'>,
    options: StoryOptions,
  ) {
    ;({
      clock: this.clock,
      tap: this.tap,
      folder: this.folder,
      cloud: this.cloud,
      forge: this.forge,
      fleet: this.fleet,
      bystanders: this.bystanders,
      forgers: this.forgers,
    } = parts)
    this.processes = new Processes(parts.clock)
    this.#options = options
    this.forgers.prepare()
    // Whoever reads the log is a little later than the machine.
    this.fleet.onBoot = (config) => this.#following.push(this.#follow(config))
    this.cloud.lag(options.lag)
    this.forge.lag(options.lag)
    if (options.lying) this.forge.lie(this.bystanders.isWorking)
    this.#tellTime()
  }

  /** A step of the job. */
  async step(command: Verb, more: Readonly<Record<string, string>> = {}): Promise<Step> {
    const step = await this.forge.step({
      dist: this.#options.dist,
      command,
      inputs: { ...(command === 'launch' ? this.#launchInputs() : this.cloud.inputs), ...more },
      variables: this.#variables(),
      onSpawn: this.processes.watch,
    })
    this.#steps.push(step)
    return { ...step, main: async () => this.#ended(command, await step.main()) }
  }

  /** The same from a command line in the same job. */
  async command(command: Verb): Promise<End> {
    const inputs = command === 'launch' ? this.#launchInputs() : this.cloud.inputs
    const { pieces, ...end } = await runCommandLine({
      dist: this.#options.dist,
      argv: [command, ...flagsOf(inputs)],
      home: join(this.folder, 'home'),
      variables: { ...this.#variables(), CI: 'true', CML_RUNNER_TOKEN: this.forge.token },
      onSpawn: this.processes.watch,
    })
    this.#pieces.push(...pieces)
    return this.#ended(command, end)
  }

  async #follow(config: AgentConfig): Promise<void> {
    await this.clock.sleep(300)
    if (!this.#closed) this.forgers.followLog(config)
  }

  /** What a launch has handed on must be its own machine, and that machine's runner must have been there. */
  #ended(command: Verb, end: End): End {
    this.#verbs.add(command)
    if (command === 'stop') this.bystanders.forgetSiblings()
    const { instanceId: id, runnerName: name, reused } = end.outputs
    // Whose a runner is that was there does not matter, and no machine was handed over.
    if (String(reused) === 'true') return end
    if (command !== 'launch' || typeof id !== 'string') return end
    const machine = this.cloud.machines().find((seen) => seen.id === id)
    if (!machine || this.forgers.owns({ machine: id })) this.forgers.adopted.push(`${String(name)} on ${id}`)
    else if (!this.fleet.get(id).wasOnline || name !== machine.lease?.name)
      this.forgers.believed.push(`${String(name)} for ${id}, whose own runner was not there`)
    return end
  }

  #launchInputs(): Readonly<Record<string, string>> {
    const variant = this.#options.variant > 0 ? this.forge.variants[this.#options.variant - 1] : undefined
    return { ...launchOptions, ...this.cloud.inputs, ...this.forge.inputs, ...variant }
  }

  #variables(): Readonly<Record<string, string>> {
    const preload = join(import.meta.dirname, 'fast-time.cjs')
    return {
      ...this.cloud.variables,
      ...this.forge.variables,
      NODE_OPTIONS: `--require "${preload}"`,
      CHAOS_FOLDER: this.folder,
      ...compiled,
    }
  }

  /** Real ms after the next process has started. Returns what takes that back. */
  strikeAfter(ms: number, signal: Signal): () => void {
    let timer: NodeJS.Timeout | undefined
    this.processes.next(() => (timer = setTimeout(() => this.processes.strike(signal), ms)))
    return () => clearTimeout(timer)
  }

  /** The next process dies before or after it writes this down. */
  crashAt(write: string, when: 'before' | 'after', signal: Signal): void {
    rmSync(join(this.folder, 'struck'), { force: true })
    writeFileSync(join(this.folder, 'crash'), [write, when, signal].join('|'))
  }

  /** The process that was to die by `crashAt` came to that point. */
  get crashed(): boolean {
    return existsSync(join(this.folder, 'struck'))
  }

  /** Everything that processes have written down so far, as `state identity#1`. */
  writes(): readonly string[] {
    try {
      return readFileSync(join(this.folder, 'writes'), 'utf8').split('\n').filter(Boolean)
    } catch {
      return []
    }
  }

  /** Beyond the hard end of every machine that this story has launched so far. */
  async passLifetime(): Promise<void> {
    await this.pass(lifetime + 60_000)
  }

  /** So many ms later nothing is under way or new any more. */
  async pass(ms: number): Promise<void> {
    await this.settled()
    this.clock.setForward(ms)
    this.cloud.lag(0)
    this.forge.lag(0)
    this.#tellTime()
    this.cloud.timePassed?.()
    await this.settled()
  }

  #tellTime(): void {
    writeFileSync(join(this.folder, 'clock'), this.clock.text)
  }

  /** Machines of the product's own launches. */
  ours(): readonly SeenMachine[] {
    const { scope } = this.forge
    return this.cloud
      .machines()
      .filter(({ id, alive, lease }) => alive && lease?.scope === scope && !this.#isOthers({ machine: id }))
  }

  /** Registrations that nobody forged. */
  #honest(): readonly SeenRunner[] {
    return this.forge.runners().filter((runner) => !this.forgers.owns({ runner }))
  }

  #isOthers({ machine }: { readonly machine: string }): boolean {
    return this.bystanders.owns({ machine }) || this.forgers.owns({ machine })
  }

  /** From now on the launch's machine is somebody's. */
  keep(): void {
    const [machine, ...more] = this.ours()
    if (machine?.lease) this.kept.add(machine.lease.identity)
    if (!machine || more.length > 0)
      this.problems.push(`a launch that succeeded has ${more.length + (machine ? 1 : 0)} machines`)
  }

  /** It was handed over, and its process was killed before it could end well. */
  excuse(): void {
    for (const { lease } of this.ours()) this.excused.add(lease!.identity)
  }

  /** It works, and the forge does not tell so when it lies. */
  work(): void {
    for (const { id } of this.ours()) this.fleet.get(id).work()
    if (this.#options.lying) this.forge.lie(() => true)
  }

  /** Runs something that removes; its time is the recovery's. */
  async recover(what: string, run: () => Promise<End>, mustSucceed = true): Promise<End> {
    this.forgers.comeBack()
    const began = this.clock.now()
    const end = await run()
    this.recovery += this.clock.now() - began
    this.note(what, end)
    if (mustSucceed && end.exitCode !== 0)
      this.problems.push(`${what} ended with ${end.exitCode ?? end.signal}, without any trouble`)
    return end
  }

  note(what: string, { exitCode, signal, log }: End): void {
    this.log.push(`--- ${what}: ${exitCode ?? signal}\n${log}`)
  }

  /** Somebody else's sweep, from its start to its end: nothing of the launch that is under way may be gone after it. */
  async sweptBy(sweeper: Sweeper): Promise<void> {
    const before = this.#launched()
    const began = this.clock.now()
    const home = join(this.folder, 'elsewhere')
    mkdirSync(home, { recursive: true })
    const { variables, inputs } = this.forge.otherJob(sweeper, home)
    const { pieces, ...end } = await runCommandLine({
      dist: this.#options.dist,
      argv: ['sweep', ...flagsOf({ ...this.cloud.inputs, ...inputs })],
      home,
      variables: {
        ...this.#variables(),
        ...variables,
        CI: 'true',
        CML_RUNNER_TOKEN: this.forge.token,
        CHAOS_HURRY: '25',
      },
      onSpawn: this.processes.watch,
    })
    this.#pieces.push(...pieces)
    if (sweeper === 'another run') this.#verbs.add('sweep')
    this.note(`sweep by ${sweeper}`, end)
    this.sweptSlowly = this.clock.now() - began > longestSweep
    if (end.exitCode !== 0 && !this.sweptSlowly)
      this.problems.push(`the sweep by ${sweeper} ended with ${end.exitCode ?? end.signal}`)
    const after = new Set(this.#launched())
    const gone = before.filter((what) => !after.has(what))
    this.problems.push(...gone.map((what) => `the sweep by ${sweeper} took ${what} of a launch under way`))
  }

  /** What there is of the launch that is tried. */
  #launched(): readonly string[] {
    const machines = this.ours().map(({ id }) => `machine ${id}`)
    const runners = this.#honest().filter(
      ({ id, labels }) =>
        !this.bystanders.owns({ runner: id }) && labels.some((label) => /^cml-[a-z2-7]{20}$/.test(label)),
    )
    return [...machines, ...runners.map(({ id, name }) => `registration ${id}, ${name},`)]
  }

  /** Nothing that has ended does anything any more. */
  async settled(): Promise<void> {
    await this.tap.settled()
    await Promise.all(this.#following)
    await this.fleet.settled()
  }

  /** Is all that is left registrations of which somebody was told that the forge keeps them for now? */
  busyEntries(): boolean {
    const leaks = this.leaks()
    const told = (leak: string): boolean =>
      this.log.some((text) => text.split('\n').some((line) => /busy/.test(line) && line.includes(leak)))
    return leaks.length > 0 && leaks.every((leak) => told(leak.replace('registration ', '')))
  }

  /** Is all that is left registrations of which nobody can know yet that their machines are gone? The cloud has forgotten them, the forge has not noticed. */
  unnoticedEntries(): boolean {
    const leaks = this.leaks()
    const nobodyKnows = this.cloud.forgets === true && this.forge.noticesAfter !== undefined
    return nobodyKnows && leaks.length > 0 && leaks.every((leak) => leak.startsWith('registration '))
  }

  /** Is all that is left registrations that may be those of machines with damaged tags? Somebody forged those machines. */
  entriesInDoubt(): boolean {
    const leaks = new Set(this.leaks())
    const spoken = this.#honest().filter((runner) => this.forgers.speakOf(runner))
    return (
      leaks.size > 0 && [...leaks].every((leak) => spoken.some(({ name }) => leak === `registration ${name}`))
    )
  }

  /** What should have been removed and is there, or was handed over more than once. */
  leaks(): readonly string[] {
    const expected = new Set([...this.kept, ...this.excused])
    const machines = this.ours().filter(({ lease }) => !expected.has(lease!.identity))
    const runners = this.#honest().filter(({ id, labels }) => {
      const ours = labels.some((label) => /^cml-[a-z2-7]{20}$/.test(label))
      return (
        ours &&
        !this.bystanders.owns({ runner: id }) &&
        ![...expected].some((identity) => labels.includes(`cml-${identity}`))
      )
    })
    return [
      ...machines.map(({ id, region }) => `machine ${id} in ${region}`),
      ...runners.map(({ name }) => `registration ${name}`),
      ...this.cloud.strays(),
    ]
  }

  /** What should be there and was taken away. */
  harm(): readonly string[] {
    const living = new Set(this.ours().map(({ lease }) => lease?.identity))
    const labels = new Set(this.#honest().flatMap((runner) => runner.labels))
    return [
      ...this.bystanders.harmed(),
      ...[...this.kept].flatMap((identity) => [
        ...(living.has(identity) ? [] : ['a machine that was handed over was ended']),
        ...(labels.has(`cml-${identity}`)
          ? []
          : ['the registration of a machine that was handed over was removed']),
      ]),
    ]
  }

  /** Sentences about what somebody's forgeries have led to. */
  deceptions(): Deceptions {
    const { adopted, believed } = this.forgers
    return { removed: this.forgers.removed(this.#verbs), adopted, believed }
  }

  /** Secrets where none belongs, and requests that an emulator did not understand. */
  otherProblems(): readonly string[] {
    const secrets = [...this.cloud.secrets(), ...this.forge.secrets()]
    const pieces = [
      ...this.cloud.sent(),
      ...this.forge.sent(),
      ...this.processes.pieces(),
      ...this.#pieces,
      ...this.#steps.flatMap((step) => step.pieces()),
    ]
    const refused = [...this.cloud.refused(), ...this.forge.refused()]
    return [...this.problems, ...refused.map((text) => `not understood: ${text}`), ...scan(secrets, pieces)]
  }

  async close(): Promise<void> {
    this.#closed = true
    this.processes.killAll()
    await Promise.all(this.#steps.map((step) => step.dispose()))
    await Promise.all([this.cloud.close(), this.forge.close()])
    rmSync(this.folder, { recursive: true, force: true })
  }
}

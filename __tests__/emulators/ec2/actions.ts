import { isNitro } from './catalogue.ts'
import {
  describeImages,
  describeInstances,
  describeOfferings,
  describeRegions,
  describeRouteTables,
  describeSecurityGroups,
  describeSpotPrices,
  describeSubnets,
  describeTypes,
  describeVpcs,
  unknownInstance,
} from './describe.ts'
import type { Machine } from './machines.ts'
import { runInstances } from './run-instances.ts'
import type { Shape } from './schema.ts'
import { reservationShape, stateShape } from './shapes.ts'
import { Refusal, wouldSucceed } from './wire.ts'
import { list, text, type World } from './world.ts'

type Handler = (world: World, region: string, input: Shape) => Shape

const handlers: Readonly<Record<string, Handler>> = {
  RunInstances: (world, region, input) => {
    const machine = runInstances(world, region, input)
    return reservationShape(machine, machine.state === 'pending' ? 'ordered' : 'later')
  },
  DescribeInstances: describeInstances,
  TerminateInstances: terminateInstances,
  GetConsoleOutput: getConsoleOutput,
  DescribeImages: describeImages,
  DescribeSubnets: describeSubnets,
  DescribeVpcs: describeVpcs,
  DescribeSecurityGroups: describeSecurityGroups,
  DescribeRouteTables: describeRouteTables,
  DescribeSpotPriceHistory: describeSpotPrices,
  DescribeInstanceTypeOfferings: describeOfferings,
  DescribeInstanceTypes: describeTypes,
  DescribeRegions: (_world, region, input) => describeRegions(region, input),
}

export const knownActions: ReadonlySet<string> = new Set(Object.keys(handlers))

/** What is tried is looked at as if it were meant, up to the change. */
const looksFirst: ReadonlySet<string> = new Set(['RunInstances', 'TerminateInstances'])

export function answerAction(world: World, action: string, region: string, input: Shape): Shape {
  const handler = handlers[action]
  if (!handler) throw new Refusal('InvalidAction', action)
  if (input.DryRun === true && !looksFirst.has(action)) throw wouldSucceed()
  return handler(world, region, input)
}

function machineOf(world: World, region: string, id: string): Machine | undefined {
  return world.machines.all.find((machine) => machine.id === id && machine.order.region === region)
}

function terminateInstances(world: World, region: string, input: Shape): Shape {
  const ids = list(input, 'InstanceIds').map(String)
  const { lag } = world.dials
  const machines = ids.map((id) => machineOf(world, region, id))
  const missing = ids.filter(
    (_, index) => !machines[index] || (lag.alsoTerminate && !world.machines.isVisible(machines[index])),
  )
  if (missing.length > 0) throw unknownInstance(missing)
  if (input.DryRun === true) throw wouldSucceed()
  const TerminatingInstances = machines.map((machine) => {
    const PreviousState = stateShape(machine!.state)
    world.machines.terminate(machine!, {
      code: 'Client.UserInitiatedShutdown',
      message: 'Client.UserInitiatedShutdown: User initiated shutdown',
    })
    return {
      InstanceId: machine!.id,
      PreviousState,
      CurrentState: stateShape(machine!.state === 'terminated' ? 'terminated' : 'shutting-down'),
    }
  })
  return { TerminatingInstances }
}

/** What a machine without an emulated inside says. */
const cannedConsole =
  '[    0.000000] Linux version 6.14.0-1015-aws\r\ncloud-init[612]: Cloud-init v. 25.1.4 running\r\n'

function getConsoleOutput(world: World, region: string, input: Shape): Shape {
  const id = text(input, 'InstanceId') ?? ''
  const machine = machineOf(world, region, id)
  if (!machine) throw unknownInstance([id])
  if (input.Latest === true && !isNitro(machine.order.type)) {
    throw new Refusal(
      'UnsupportedOperation',
      `This instance type does not support retrieving the latest console logs. Please try again without the latest option.`,
    )
  }
  const said = world.consoleOf(machine, cannedConsole)
  const Output = Buffer.from(said.slice(-65_536)).toString('base64')
  return { InstanceId: id, Timestamp: new Date(world.now()), ...(Output ? { Output } : {}) }
}

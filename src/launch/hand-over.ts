import type { Outputs } from '../hosts/host.ts'
import { leave } from '../removal/trail.ts'
import type { Launched } from './await-runner.ts'
import type { Leg } from './leg.ts'
import { linksOf } from './links.ts'
import { outputsOf } from './outputs.ts'
import { describeCost } from './price.ts'
import { renderSummary } from './summary.ts'

/** The machine is the user's from here on: its record goes out first, what only tells of it later. */
export async function handOver({ online, candidate }: Launched, leg: Leg): Promise<Outputs> {
  const { order, attempts, ports } = leg
  const { host } = ports
  // A cancel that came while the runner went online: its job is over, and nobody will use the machine.
  ports.signal.throwIfAborted()
  const price = await attempts.pricing.known()
  host.log.info(describeCost(price, online.instance, order))
  const outputs = outputsOf(order, { ...online, price }, candidate, ports)
  host.output(outputs)
  host.links(linksOf(online, ports))
  leave(host, { handedOver: true })
  await host.summary(renderSummary({ outputs, candidate, price, instance: online.instance }, leg))
  return outputs
}

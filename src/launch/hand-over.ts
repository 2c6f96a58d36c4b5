import type { Outputs } from '../hosts/host.ts'
import { leave } from '../removal/trail.ts'
import type { Launched } from './await-runner.ts'
import type { Leg } from './leg.ts'
import { linksOf } from './links.ts'
import { orderOn } from './order.ts'
import { outputsOf } from './outputs.ts'
import { costOf } from './price.ts'

/** The machine is the user's from here on: its record goes out first, what only tells of it later. */
export async function handOver({ online, candidate }: Launched, whole: Leg): Promise<Outputs> {
  const leg = { ...whole, order: orderOn(whole.order, candidate) }
  const { order, attempts, ports, story } = leg
  const { host } = ports
  // A cancel that came while the runner went online: its job is over, and nobody will use the machine.
  ports.signal.throwIfAborted()
  const price = await attempts.pricing.known()
  const outputs = outputsOf(order, { ...online, price }, candidate, ports)
  host.output(outputs)
  host.links(linksOf(online, ports))
  leave(host, { handedOver: true })
  // Loaded once nobody waits for it any more.
  const { headline, renderSummary } = await import('./summary.ts')
  const given = { outputs, candidate, price, ...online, seconds: story.seconds }
  host.announce(
    'Runner online',
    `Runner ${outputs.runnerName}: ${headline(given, ports)}: ${costOf(price, online.instance, order)}`,
  )
  await host.summary(await renderSummary(given, leg))
  return outputs
}

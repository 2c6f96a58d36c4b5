import { orAbort } from '../../lib/abort.ts'
import type { Draw, Known, Unread } from '../../model/quota.ts'
import type { CloudContext } from '../cloud.ts'
import { addressOf, sendSigned } from './caller.ts'
import type { AwsCandidate } from './candidate.ts'
import type { Ec2 } from './client.ts'
import { parseType } from './families.ts'

type Market = AwsCandidate['market']

/** By the classes of `families.ts`: https://docs.aws.amazon.com/ec2/latest/instancetypes/ec2-instance-quotas.html */
const codes: Readonly<Record<string, Readonly<Record<Market, string>>>> = {
  Standard: { 'on-demand': 'L-1216C47A', spot: 'L-34B43A08' },
  'G and VT': { 'on-demand': 'L-DB2E81BA', spot: 'L-3819A6DF' },
  P: { 'on-demand': 'L-417A185B', spot: 'L-7212CCBC' },
  DL: { 'on-demand': 'L-6E869C2A', spot: 'L-85EED4F7' },
}

/** What each machine takes, and how much there is. Every quota is read once. */
export async function drawsOf(
  candidates: readonly AwsCandidate[],
  ec2: Pick<Ec2, 'signing'>,
  context: CloudContext,
  signal: AbortSignal | undefined,
): Promise<readonly (readonly Draw[])[]> {
  const read = new Map<string, Promise<Known | Unread>>()
  const draws = candidates.map(async ({ region, market, type }) => {
    const { quotaClass = type, vcpus = Infinity, family = '' } = parseType(type) ?? {}
    const what = `quota for ${market} ${quotaClass} machines in ${region}`
    const takes = Number.isFinite(vcpus) ? vcpus : undefined
    const code = codeOf(quotaClass, market, family)
    const key = `${region} ${code ?? quotaClass}`
    const reading = read.get(key) ?? readQuota(ec2, { region, code, takes }, context)
    read.set(key, reading)
    return [{ what, by: type, takes, unit: 'vCPUs', known: await orAbort(reading, signal) }]
  })
  return Promise.all(draws)
}

/** Spot machines of the newest P have a quota of their own, whose code is in no list that AWS publishes. */
function codeOf(quotaClass: string, market: Market, family: string): string | undefined {
  if (market === 'spot' && /^p([5-9]|\d\d)/.test(family)) return undefined
  return Object.hasOwn(codes, quotaClass) ? codes[quotaClass]![market] : undefined
}

interface Wanted {
  readonly region: string
  readonly code: string | undefined
  readonly takes: number | undefined
}

/** https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_GetServiceQuota.html. One request: nothing depends on the answer but what is told. */
async function readQuota(
  ec2: Pick<Ec2, 'signing'>,
  { region, code, takes }: Wanted,
  { variables }: Pick<CloudContext, 'variables'>,
): Promise<Known | Unread> {
  if (code === undefined)
    return {
      why: 'under which code AWS keeps it is not known here',
      look: `look: aws service-quotas list-service-quotas --service-code ec2 --region ${region} --query "Quotas[].[QuotaName,Value]" --output table`,
    }
  const words = `--service-code ec2 --quota-code ${code} --region ${region}`
  const look = `look: aws service-quotas get-service-quota ${words}; or give the role servicequotas:GetServiceQuota, and doctor looks.`
  const raise = `aws service-quotas request-service-quota-increase ${words} --desired-value ${takes ?? 'VCPUS'}`
  const address = addressOf('servicequotas', region, variables)
  if (!address) return { why: 'where to ask in that region is not known here', look }
  try {
    const { status, text } = await sendSigned(ec2.signing(region), {
      ...{ service: 'servicequotas', region, address },
      headers: {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': 'ServiceQuotasV20190624.GetServiceQuota',
      },
      body: JSON.stringify({ ServiceCode: 'ec2', QuotaCode: code }),
    })
    const answer = JSON.parse(text) as Answer
    const limit = answer.Quota?.Value
    if (status === 200 && typeof limit === 'number') return { limit, raise }
    return { why: answer.Message ?? answer.message ?? `Service Quotas answered HTTP ${status}`, look }
  } catch (error) {
    return { why: `Service Quotas could not be asked (${(error as Error).message})`, look }
  }
}

interface Answer {
  readonly Quota?: { readonly Value?: unknown }
  readonly Message?: string
  readonly message?: string
}

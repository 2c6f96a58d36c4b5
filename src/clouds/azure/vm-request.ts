import type { CreateOrder } from '../cloud.ts'
import type { AzureCandidate } from './candidate.ts'
import { nameOfMachine } from './names.ts'
import { nobodysKey } from './ssh-key.ts'
import { tagsOf } from './tags.ts'

/** As the image's documentation and CML have it. */
export const loginUser = 'ubuntu'

/** Version of the network's interface that makes the parts which are made with a machine. */
const networkVersion = '2022-11-01'

/**
 * The machine with all its parts, each of which goes with it. Azure makes no Linux machine that nobody could log in to: whose key the user has given, cloud-init adds
 * it, and what Azure is told is nobody's. `subnet`: whole id.
 */
export function machineRequest(candidate: AzureCandidate, order: CreateOrder, subnet: string): object {
  const { region, zone, plan, identities } = candidate
  const name = nameOfMachine(order.lease)
  const tags = tagsOf(order.lease, order.request.metadata)
  return {
    location: region,
    tags,
    ...(zone ? { zones: [zone] } : {}),
    ...(plan ? { plan } : {}),
    ...(identities.length > 0
      ? {
          identity: {
            type: 'UserAssigned',
            userAssignedIdentities: Object.fromEntries(identities.map((id) => [id, {}])),
          },
        }
      : {}),
    properties: {
      hardwareProfile: { vmSize: candidate.type },
      ...spotOf(candidate),
      storageProfile: {
        imageReference: candidate.reference,
        osDisk: {
          createOption: 'FromImage',
          deleteOption: 'Delete',
          diskSizeGB: candidate.diskGb,
          managedDisk: { storageAccountType: candidate.diskKind },
        },
      },
      osProfile: systemOf(name, order),
      networkProfile: networkOf(candidate, name, subnet, tags),
      diagnosticsProfile: { bootDiagnostics: { enabled: true } },
    },
  }
}

function systemOf(name: string, { payload }: CreateOrder): object {
  const key = { path: `/home/${loginUser}/.ssh/authorized_keys`, keyData: nobodysKey() }
  return {
    computerName: name,
    adminUsername: loginUser,
    customData: payload.toString('base64'),
    linuxConfiguration: { disablePasswordAuthentication: true, ssh: { publicKeys: [key] } },
  }
}

/** Taken back, it is removed and not only stopped. */
function spotOf({ market, maxPrice }: AzureCandidate): object {
  return market === 'spot' ? { priority: 'Spot', evictionPolicy: 'Delete', billingProfile: { maxPrice } } : {}
}

/** An address of the standard kind lets nothing in that no security group allows. */
function networkOf(
  { publicAddress }: AzureCandidate,
  name: string,
  subnet: string,
  tags: Readonly<Record<string, string>>,
): object {
  const address = {
    name,
    sku: { name: 'Standard' },
    tags,
    properties: { deleteOption: 'Delete', publicIPAllocationMethod: 'Static' },
  }
  const configuration = {
    name,
    properties: {
      primary: true,
      subnet: { id: subnet },
      ...(publicAddress ? { publicIPAddressConfiguration: address } : {}),
    },
  }
  return {
    networkApiVersion: networkVersion,
    networkInterfaceConfigurations: [
      {
        name,
        tags,
        properties: { primary: true, deleteOption: 'Delete', ipConfigurations: [configuration] },
      },
    ],
  }
}

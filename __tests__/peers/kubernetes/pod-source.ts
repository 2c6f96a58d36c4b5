import type { VolumeFile, VolumeSource } from '../../emulators/pod/volumes.ts'
import type { Api, Thing } from './api.ts'

/** What a node fetches from the API for a pod. */
export function sourceOf(api: Api, pod: Thing): VolumeSource {
  const { namespace } = pod.metadata
  const base = `/api/v1/namespaces/${namespace}`
  const named = (kind: string, name: string): Promise<Thing> =>
    api.until(`${base}/${kind}?fieldSelector=metadata.name%3D${name}`, ([thing]) => thing)
  return {
    secret: async (name) => (await named('secrets', name)).data ?? {},
    projected: async ({ projected }) => {
      const { sources = [], defaultMode = 0o644 } = projected as Thing
      const files = await Promise.all(sources.map((source: Thing) => filesOf(source)))
      return files.flat().map((file: Omit<VolumeFile, 'mode'>) => ({ ...file, mode: defaultMode }))
    },
  }

  async function filesOf(source: Thing): Promise<readonly Omit<VolumeFile, 'mode'>[]> {
    if (source.serviceAccountToken) {
      const { path, expirationSeconds } = source.serviceAccountToken
      const asked = await api.post(`${base}/serviceaccounts/${pod.spec.serviceAccountName}/token`, {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenRequest',
        spec: {
          expirationSeconds,
          boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: pod.metadata.name },
        },
      })
      return [{ path, bytes: Buffer.from(asked.status.token) }]
    }
    if (source.configMap) {
      const { data } = await named('configmaps', source.configMap.name)
      return source.configMap.items.map(({ key, path }: Thing) => ({ path, bytes: Buffer.from(data[key]) }))
    }
    const items = source.downwardAPI?.items ?? []
    return items.map(({ path }: Thing) => ({ path, bytes: Buffer.from(namespace) }))
  }
}

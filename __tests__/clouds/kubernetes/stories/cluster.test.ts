import type { EmulatedCloud } from '../../../sides/cloud-side.ts'
import { clusterOf, kubernetesSide } from '../../../sides/kubernetes.ts'
import type { Hands, Look, Thing } from '../cluster-hands.ts'
import { clusterStories } from '../cluster-stories.ts'

/** The emulated cluster, asked over HTTP where the product asks it, and turned by its dials. */
function handsOf(cloud: EmulatedCloud): Hands {
  const cluster = clusterOf({ cloud })
  const { namespace, token, url, world } = cluster
  const get = async (path: string): Promise<Response> => {
    const response = await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${token}` } })
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
    return response
  }
  const list = async (path: string): Promise<readonly Thing[]> =>
    ((await (await get(path)).json()) as { items: readonly Thing[] }).items
  const look = async (): Promise<Look> => ({
    jobs: await list(`/apis/batch/v1/namespaces/${namespace}/jobs`),
    pods: await list(`/api/v1/namespaces/${namespace}/pods`),
    secrets: world.secrets.map(({ name }) => name),
  })
  return {
    look,
    async until(find) {
      for (;;) {
        let changed = false
        const change = cluster.until(() => (changed ? true : ((changed = true), undefined)))
        const found = find(await look())
        if (found !== undefined && found !== false) return found
        await change
      }
    },
    log: async (pod, container) =>
      (await get(`/api/v1/namespaces/${namespace}/pods/${pod}/log?container=${container}`)).text(),
    async evict(pod) {
      world.evict(cluster.jobs.find((one) => one.pod?.name === pod)!)
    },
    fill: async () => void cluster.dials.full.add(`*|${namespace}`),
    lose: async (image) => void cluster.dials.missingImages.add(image),
    exhaust: async () => void cluster.dials.exhausted.add(`*|${namespace}`),
    async annotate(name, annotations) {
      const job = cluster.job(name)
      Object.assign(job.body.metadata.annotations as object, annotations)
    },
    forget: async () => cluster.advance(7200_000),
  }
}

clusterStories({ side: kubernetesSide, hands: handsOf })

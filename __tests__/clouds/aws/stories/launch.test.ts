import { describe, expect } from '@jest/globals'
import { createHash, generateKeyPairSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { dist, story, type Stage } from './story.ts'

const sha256 = (bytes: Buffer | string) => createHash('sha256').update(bytes).digest('hex')

describe('a launch on EC2', () => {
  story(
    'one call makes everything, as it should be, and the machine runs the very bytes that were sent',
    async (stage) => {
      const { ec2 } = stage
      const { main, outputs } = await stage.launch({
        'cloud-metadata': 'team=vision',
        'cloud-hdd-size': '60',
      })
      const mutating = ec2.journal.filter(({ action }) => !/^(Describe|Get)/.test(action))
      expect(mutating.map(({ action }) => action)).toEqual(['RunInstances'])
      const input = mutating[0]!.input as Record<string, unknown>
      expect(input).toMatchObject({
        MinCount: 1,
        MaxCount: 1,
        InstanceType: 'm7i.2xlarge',
        InstanceInitiatedShutdownBehavior: 'terminate',
        MetadataOptions: { HttpTokens: 'required', HttpPutResponseHopLimit: 1 },
        BlockDeviceMappings: [
          {
            DeviceName: '/dev/sda1',
            Ebs: { VolumeType: 'gp3', VolumeSize: 60, Encrypted: true, DeleteOnTermination: true },
          },
        ],
      })
      expect(input.ClientToken).toContain(outputs.label!.slice('cml-'.length))
      for (const absent of ['KeyName', 'SecurityGroupIds', 'IamInstanceProfile', 'InstanceMarketOptions'])
        expect(input).not.toHaveProperty(absent)
      const specifications = input.TagSpecifications as {
        ResourceType: string
        Tags: { Key: string; Value: string }[]
      }[]
      expect(specifications.map(({ ResourceType }) => ResourceType)).toEqual([
        'instance',
        'volume',
        'network-interface',
      ])
      for (const { Tags } of specifications) {
        const tags = Object.fromEntries(Tags.map(({ Key, Value }) => [Key, Value]))
        expect(tags).toEqual({
          Name: outputs.runnerName,
          team: 'vision',
          'managed-by': 'cml-runner',
          'cml-runner-identity': outputs.label!.slice('cml-'.length),
          'cml-runner-run': expect.stringMatching(/^[a-z2-7]{20}$/),
          'cml-runner-scope': `${new URL(stage.github.url).host}/octo-org/octo-repo`,
          'cml-runner-owner': 'octocat',
          'cml-runner-name': outputs.runnerName,
          'cml-runner-due-at': expect.stringMatching(/^\d{10}$/),
          'cml-runner-nonce': expect.stringMatching(/^s-[a-z2-7]{20}$/),
          'cml-runner-expires-at': String(Date.parse(outputs.expiresAt!) / 1000),
        })
      }
      const machine = stage.machine()
      expect(sha256(machine.spec.userData)).toBe(sha256(Buffer.from(input.UserData as string, 'base64')))
      expect(sha256(readFileSync(join(machine.root, 'opt/cml-runner/agent.js')))).toBe(
        sha256(readFileSync(join(dist, 'agent-github-aws.js'))),
      )
      expect(main.log).not.toContain(input.UserData)
      await stage.shutDown()
    },
  )

  story('the summary tells the machine, the phases and what to do next', async (stage) => {
    const { main, outputs } = await stage.launch({ 'idle-timeout': '25m', 'max-lifetime': '1d' })
    const text = main.summary
    for (const part of [
      '### ✅ m7i.2xlarge on-demand in us-west-1b is online after ',
      ' · price not known',
      `| Runner | [${outputs.runnerName}](${stage.github.url}/octo-org/octo-repo/settings/actions/runners/`,
      `| Machine | [${outputs.instanceId}](https://`,
      'ubuntu-noble-24.04-amd64-server-20261112',
      `when idle for 25m, at the latest ${outputs.expiresAt}`,
      'piece by piece</summary>',
      /^booting +\d+\.\d s +\S/m,
      /^coming online +\d+\.\d s +\S/m,
      /<summary>What was asked for<\/summary>[\s\S]*^max-lifetime: 1d$/m,
      `runs-on: ${outputs.runsOn}`,
      `${stage.github.url}/octo-org/octo-repo/settings/actions/runners`,
      `aws ec2 terminate-instances --region us-west-1 --instance-ids ${outputs.instanceId}`,
      'Re-run all jobs',
    ])
      expect(text).toEqual(
        typeof part === 'string' ? expect.stringContaining(part) : expect.stringMatching(part),
      )
    expect(text).not.toMatch(/cml-at-|cml-run-/)
    const lifetime = Date.parse(outputs.expiresAt!) - Date.parse(outputs.instanceLaunchTime!)
    expect(Math.round(lifetime / 3600_000)).toBe(24)
    await stage.shutDown()
  })
})

describe('a machine as it was asked for', () => {
  const imageOf = ({ ec2 }: Stage) => ec2.images.find(({ id }) => id === ec2.machines[0]?.order.imageId)?.name

  story('has the architecture of its type, and the runner made for it', async (stage) => {
    const { main, outputs } = await stage.launch({ 'cloud-type': 'm7g.xlarge' })
    expect([main.exitCode, outputs.instanceType]).toEqual([0, 'm7g.xlarge'])
    expect(imageOf(stage)).toContain('noble-24.04-arm64-server')
    const fetched = stage.github.journal.filter(({ side }) => side === 'archive').map(({ path }) => path)
    expect(fetched).toEqual([expect.stringContaining('linux-arm64')])
    const job = stage.jobFor(outputs, 'echo "$RUNNER_ARCH"')
    await job.completed
    expect(job.log).toContain(' ARM64\n')
    await stage.shutDown()
  })

  story('has drivers where it has a GPU, and a disk that holds them', async (stage) => {
    const { main, outputs } = await stage.launch({
      'cloud-gpu': 't4',
      'cloud-type': 'm',
      'cloud-region': 'us-west-2',
    })
    expect([main.exitCode, outputs.instanceType]).toEqual([0, 'g4dn.xlarge'])
    expect(imageOf(stage)).toContain('Deep Learning Base OSS Nvidia Driver GPU AMI')
    expect(stage.ec2.machines[0]?.volumes).toMatchObject([
      { sizeGb: 75, encrypted: true, deleteOnTermination: true },
    ])
    await stage.shutDown()
  })

  story(
    'is in the subnet and group that were named, with permissions and a key but no key pair',
    async (stage) => {
      const { ec2 } = stage
      const subnet = ec2.networks.addSubnet({ zone: 'us-west-1c', vpc: 'training' })
      const group = ec2.networks.addGroup('ci', subnet)
      ec2.networks.addGroup('ci', 'us-west-1')
      const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
      const { main, outputs } = await stage.launch({
        'cloud-aws-subnet': subnet.id,
        'cloud-aws-security-group': 'ci',
        'cloud-permission-set': 'arn:aws:iam::111122223333:instance-profile/training',
        'cloud-ssh-private': privateKey.export({ type: 'pkcs1', format: 'pem' }).toString(),
        'cloud-image': 'self/training-box',
        workdir: 'work here',
      })
      expect(main.exitCode).toBe(0)
      expect(main.log).toContain('metadata answers travel two hops')
      expect(ec2.machines[0]?.order).toMatchObject({
        subnet: subnet.id,
        groups: [{ id: group.id }],
        hopLimit: 2,
      })
      expect(
        ec2.machines[0]?.volumes.map(({ encrypted, deleteOnTermination }) => [
          encrypted,
          deleteOnTermination,
        ]),
      ).toEqual([
        [true, true],
        [true, true],
      ])
      expect(ec2.calls('RunInstances')[0]?.input).not.toHaveProperty('KeyName')
      const keys = readFileSync(join(stage.machine().root, 'home/ubuntu/.ssh/authorized_keys'), 'utf8')
      expect(keys).toMatch(/^ssh-rsa AAAA/)
      expect(main.raw.replace(/^::add-mask::.*$/gm, '')).not.toContain('PRIVATE KEY')
      const job = stage.jobFor(outputs, 'pwd')
      await job.completed
      expect(job.log).toContain('/work here/octo-repo/octo-repo\n')
      await stage.shutDown()
    },
  )
})

import { join, relative } from 'node:path'
import { startScene, type Scene } from '../emulators/scene.ts'
import type { CloudSide } from '../sides/cloud-side.ts'
import { runDeployJob } from './deploy-job.ts'
import type { Piece } from './piece.ts'
import { runTrainJob } from './train-job.ts'
import { sidesOf } from '../sides/joint.ts'
import { joinWorkflows } from './joint-workflow.ts'
import { readWorkflow } from './workflow.ts'

/** The workflow that somebody with this cloud would write. */
const fileOf = ({ name }: CloudSide): string => join(import.meta.dirname, `${name}.workflow.yml`)

/** A workflow of GitHub with the action in dist/. */
export function workflowPiece(cloud: CloudSide): Piece<Scene> {
  const [first, ...others] = sidesOf(cloud).map((side) => ({
    cloud: side.name,
    file: fileOf(side),
    workflow: readWorkflow(fileOf(side)),
  }))
  const files = [first!, ...others].map(({ file }) => relative(process.cwd(), file)).join(', ')
  const workflow = others.length > 0 ? joinWorkflows([first!, ...others]) : first!.workflow
  return {
    forge: 'GitHub',
    open: (machine) => startScene({ cloud, machine }),
    introduce(screen) {
      const bold = (text: string): string => screen.style('bold', text)
      screen.plain(bold('A workflow launches a machine, trains on it, and the machine takes itself away.'))
      screen.plain(
        `GitHub, ${cloud.service} and the machine are emulators on 127.0.0.1. The action is the one in dist/, the machine`,
      )
      screen.plain('boots the very bytes that the action sends, and the training is a real one.')
      screen.plain()
      screen.plain(`${bold('Workflow')}  ${files}`)
      for (const [name, { needs, 'runs-on': runsOn }] of Object.entries(workflow.jobs))
        screen.plain(`  ${name.padEnd(8)}runs-on: ${runsOn}${needs ? `, needs: ${needs}` : ''}`)
    },
    deploy: (scene, screen, onStart) => runDeployJob(scene, workflow, screen, onStart),
    async train(scene, { outputs }, screen) {
      const { train } = await runTrainJob(scene, workflow, { deploy: { outputs } }, screen)
      return train?.accuracy
    },
  }
}
